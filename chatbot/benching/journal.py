"""A file to which every result is appended as it is got, so that a run may be broken off and gone on with.

One JSON object a line, each under its `key`. The last line may be torn by a kill: it is passed over, and
cut off before the next is written. One process writes at a time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chatbot.errors import BenchError

Entry = Mapping[str, Any]


class Journal:
    """The entries of `file`, by key; a context manager while it is written to. Raises BenchError."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._entries: dict[str, Entry] = {}
        self._whole = 0  # bytes up to the end of the last whole line
        self._read()

    def __enter__(self) -> Self:
        from filelock import FileLock, Timeout

        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(f"{self.file}.lock")
            self._lock.acquire(blocking=False)
        except Timeout as error:
            raise BenchError(
                f"Another run writes to {self.file}. Wait for it, or keep this one elsewhere with --out."
            ) from error
        except OSError as error:
            raise BenchError(
                f"{self.file} can't be written ({error.strerror}). Choose another place with --out."
            ) from error
        self._read()  # another run may have written since
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """The entries, in the order in which their keys first came."""
        return iter(self._entries.values())

    def get(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def add(self, key: str, entry: Entry) -> None:
        """Keep an entry, in the file too, before this returns."""
        made = {"key": key, **entry}
        line = json.dumps(made, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"
        try:
            with self.file.open("ab") as file:
                if file.tell() > self._whole:
                    file.truncate(self._whole)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BenchError(
                f"{self.file} can't be written ({error.strerror}). Make room, then run it again."
            ) from error
        self._whole += len(line)
        self._entries[key] = made

    def _read(self) -> None:
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise BenchError(
                f"{self.file} can't be read ({error.strerror}). Choose another place."
            ) from error
        self._entries.clear()
        self._whole = content.rfind(b"\n") + 1
        for number, line in enumerate(content[: self._whole].splitlines(), start=1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                self._entries[str(entry["key"])] = entry
            except (ValueError, TypeError, KeyError) as error:
                raise BenchError(
                    f"{self.file}:{number} is damaged. Remove that line or the file, then run again."
                ) from error
