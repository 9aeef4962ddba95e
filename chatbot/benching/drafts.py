"""A file of questions in the making: the journal beside it, and the file once everything is made.

A file that somebody else wrote, or changed since, is left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from chatbot.benching import questions
from chatbot.benching.journal import Journal
from chatbot.benching.questions import Asked
from chatbot.errors import BenchError

_WRITTEN = "written"


class Draft:
    """A context manager; `journal` is open within. Raises BenchError where `file` is not ours to replace."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.journal = Journal(file.with_name(f"{file.name}.journal"))

    def __enter__(self) -> Self:
        self.journal.__enter__()
        try:
            self._check()
        except BaseException as error:
            self.journal.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.journal.__exit__(kind, error, trace)

    def write(self, asked: Iterable[Asked]) -> None:
        """Write the file, whole or not at all. Raises BenchError."""
        text = questions.text_of(asked)
        # First: a file that is not noted as ours is never replaced, and one that is may be missing.
        self.journal.add(_WRITTEN, {"sha256": hashlib.sha256(text.encode()).hexdigest()})
        questions.write(text, self.file)

    def _check(self) -> None:
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise BenchError(
                f"{self.file} can't be read ({error.strerror}). Choose another with --out."
            ) from error
        written = self.journal.get(_WRITTEN)
        if written is None or written["sha256"] != hashlib.sha256(content).hexdigest():
            raise BenchError(
                f"{self.file} is there already, and was not written by this command or was changed since. "
                "Move it away, or choose another with --out."
            )
