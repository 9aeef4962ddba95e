"""A text on its way to a reader: its beginning, its lines, or all of it; read once, from the front.

A large file is never held whole unless a format asks for `text()`. Knows nothing of formats.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from store.records import Reject, Source

LARGEST = 256 * 2**20
"""Characters of a text that is held whole."""

LONGEST_LINE = 32 * 2**20
"""Characters of a line; one that is longer is cut there, and no format takes it for a record."""


class Unreadable(Exception):
    """The rest of a text can't be read. Its message is the reason of a Reject; it never leaves this room.

    `line` is the line where it breaks off, if that is known better than by how much was read.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def unsaid(_: str) -> None:
    """A notice that nobody wants."""


@dataclass(slots=True)
class Document:
    """A text and the name by which the user knows it.

    `head` is its beginning, up to a megabyte; `rest` yields what follows and may raise Unreadable. `met` in a
    folder or an archive, or named by the user. `mapping` says which field the user wants from which column or
    key; `notice` is told how names were understood. `line` is the number of the line that is being read.
    """

    name: str
    head: str
    rest: Iterator[str] = field(default_factory=lambda: iter(()))
    met: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    notice: Callable[[str], None] = unsaid
    line: int = 1

    def pieces(self) -> Iterator[str]:
        """The whole text in pieces of up to a megabyte. Raises Unreadable."""
        for piece in itertools.chain((self.head,), self.rest):
            yield piece
            self.line += piece.count("\n")

    def lines(self) -> Iterator[str]:
        """Its lines, without their ends. Raises Unreadable."""
        return lines_of(self.pieces())

    def text(self) -> str:
        """All of it. Raises Unreadable if it is larger than LARGEST."""
        found, size = [], 0
        for piece in self.pieces():
            found.append(piece)
            size += len(piece)
            if size > LARGEST:
                raise Unreadable(f"larger than {LARGEST // 2**20} MB: split it")
        return "".join(found)


def lines_of(pieces: Iterable[str]) -> Iterator[str]:
    """The lines of a text in pieces, without their ends, cut at LONGEST_LINE."""
    begun: list[str] = []
    size = 0
    for piece in pieces:
        first, *others = piece.split("\n")
        if size < LONGEST_LINE:
            begun.append(first)
            size += len(first)
        if others:
            yield "".join(begun)[:LONGEST_LINE]
            begun = [others.pop()]
            size = len(begun[0])
            yield from others
    if size:
        yield "".join(begun)[:LONGEST_LINE]


def reject(name: str, line: int, reason: str, text: str = "", *, broken: bool = False) -> Reject:
    """A Reject whose excerpt is the beginning of `text`, in one line."""
    return Reject(Source(name, line), reason, excerpt(text), broken)


def excerpt(text: str) -> str:
    """The beginning of a text in one line of at most 80 characters."""
    line = " ".join(text[:400].split())
    return line if len(line) <= 80 else line[:79].rstrip() + "…"
