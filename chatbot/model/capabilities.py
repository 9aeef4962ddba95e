"""What an endpoint was found not to take, remembered for the process and, in a small file, for the next ones.

A fact is the name of a request field that the endpoint refused ("response_format", "stream_options",
"logprobs", "temperature", ...) for one model. Facts in the file are asked again after a week: servers learn.
A file that can't be read or written is as good as none.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

WEEK = 7 * 24 * 3600.0


class Capabilities:
    """What one model at one endpoint refuses. `path` is shared by all models; None keeps nothing.

    `clock` gives seconds since the epoch.
    """

    def __init__(self, key: str, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._path = path
        self._clock = clock
        self._refused: set[str] | None = None

    def refuses(self, field: str) -> bool:
        """The endpoint was found to refuse `field`."""
        return field in self._known()

    def learn(self, field: str, *, sure: bool = True) -> None:
        """Remember that `field` is refused; what is not `sure` is kept out of the file."""
        self._known().add(field)
        if sure and self._path is not None:
            facts = self._read()
            facts[self._key] = {**facts.get(self._key, {}), field: self._clock()}
            _write(self._path, facts)

    def _known(self) -> set[str]:
        if self._refused is None:
            self._refused = set(self._read().get(self._key, {}))
        return self._refused

    def _read(self) -> dict[str, dict[str, float]]:
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        oldest = self._clock() - WEEK
        fresh = {
            key: {name: at for name, at in facts.items() if isinstance(at, int | float) and at > oldest}
            for key, facts in found.items()
            if isinstance(facts, dict)
        }
        return {key: facts for key, facts in fresh.items() if facts}


def _write(path: Path, facts: dict[str, dict[str, float]]) -> None:
    """Replace the file in one step. Two writers at once lose a fact, which is then learnt again."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(facts, file, indent=1, sort_keys=True)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
