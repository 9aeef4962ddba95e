"""Embedders that make a text when a test says so: in this process, or in a child through a pipe."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from store.embedding import HashEmbedder

if TYPE_CHECKING:
    from store.embedding import Vector

PATIENCE = 30  # seconds that a test waits for what must come


class Waiting(HashEmbedder):
    """Says in `asked` which text it is given, and waits for a `go` before it makes it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: queue.Queue[str] = queue.Queue()
        self.go = threading.Semaphore(0)
        self.made: list[str] = []

    def documents(self, texts: Sequence[str]) -> Iterator[Vector]:
        for text in texts:
            self.asked.put(text)
            if not self.go.acquire(timeout=PATIENCE):
                raise RuntimeError("nobody let it go on")
            self.made.append(text)
            yield self.query(text)

    def let(self, count: int) -> None:
        self.go.release(count)


class Piped(HashEmbedder):
    """Makes a text for each byte in the pipe of that name; writes each text that it makes to a log.

    Texts shorter than `shortest`, as sentences are, it makes at once.
    """

    def __init__(self, pipe: str, log: str, shortest: int = 0) -> None:
        super().__init__()
        self._shortest = shortest
        self._name, self._log = pipe, log
        self._pipe: int | None = None

    def documents(self, texts: Sequence[str]) -> Iterator[Vector]:
        if self._pipe is None:
            self._pipe = os.open(self._name, os.O_RDWR)  # never at its end, whoever else has it open
        for text in texts:
            if len(text) < self._shortest:
                yield self.query(text)
                continue
            os.read(self._pipe, 1)
            with Path(self._log).open("a") as log:
                log.write(text.replace("\n", " ") + "\n")
            yield self.query(text)
