"""The objects of a JSON text that is no file of lines, one by one, with the line on which each begins.

Looks into lists, and into objects under the keys that services use for their results; keeps at most one
object in memory. Scanning a value is `json`'s own work; finding the next one is done here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from store.readers.fields import fold

# Keys under which answers of services and exports hold their records.
_WRAPPERS = frozenset(
    """
    data results items papers records articles notes documents docs response message entries hits works
    publications result resultlist collection list rows
    """.split()  # noqa: SIM905
)
_TELLING = frozenset(("title", "abstract", "abstractinvertedindex", "summary", "displayname"))
_INNER = frozenset(("content", "source", "attributes", "paper", "fields", "metadata", "article", "bibjson"))
_LARGEST = 64 * 2**20
_STEP = 2**20
_DEEPEST = 6
_MOST_KEYS = 10_000
_SPACE = re.compile(r"[ \t\n\r]*")
_decode = json.JSONDecoder().raw_decode

_Found = Iterator[tuple[int, object]]


@dataclass(frozen=True, slots=True)
class Broken:
    """Where JSON breaks off, why, and how what can't be read begins. `last`: nothing behind it was read."""

    reason: str
    text: str
    last: bool = True


class _Break(Exception):
    """The scan can't go on."""


def values(pieces: Iterable[str]) -> _Found:
    """The objects in a text, and whatever else stands where one should; a Broken is the last."""
    scan = _Scan(pieces)
    try:
        while scan.peek():
            yield from _value(scan, 0)
            if scan.peek() == ",":
                scan.take()
    except _Break as error:
        yield scan.line, Broken(str(error), scan.ahead())


class _Scan:
    """A place in a text that comes in pieces. `line` is the line of that place."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._text = ""
        self._place = 0
        self.line = 1

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            self._move(_SPACE.match(self._text, self._place).end())  # type: ignore[union-attr]
            if self._place < len(self._text) or not self._more():
                return self._text[self._place : self._place + 1]

    def take(self, wanted: str = "") -> None:
        """Pass the next character. Raises _Break if it is not the one wanted."""
        found = self.peek()
        if wanted and found != wanted:
            what = f"{found!r} stands" if found else "the file ends"
            raise _Break(f"broken JSON: {what} where {wanted!r} should be; nothing behind it was read")
        self._move(self._place + 1)

    def value(self) -> object:
        """Pass the next value and return it. Raises _Break if it is none."""
        self.peek()
        while True:
            try:
                found, end = _decode(self._text, self._place)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._more():
                    reason = getattr(error, "msg", None) or str(error)
                    raise _Break(f"broken JSON ({reason}); nothing behind it was read") from None
                continue
            # A number that ends where the piece does may go on in the next one.
            if end == len(self._text) and not isinstance(found, str | dict | list) and self._more():
                continue
            self._move(end)
            return found

    def ahead(self) -> str:
        return self._text[self._place : self._place + 400]

    def _move(self, place: int) -> None:
        self.line += self._text.count("\n", self._place, place)
        self._place = place

    def _more(self) -> bool:
        """Read on, at least as much again as waits to be understood; False at the end."""
        waiting = self._text[self._place :]
        if len(waiting) > _LARGEST:
            raise _Break(
                f"an object of more than {_LARGEST // 2**20} million characters; nothing more was read"
            )
        found, wanted = [waiting], max(_STEP, len(waiting))
        for piece in self._pieces:
            found.append(piece)
            wanted -= len(piece)
            if wanted <= 0:
                break
        self._text, self._place = "".join(found), 0
        return len(self._text) > len(waiting)


def _value(scan: _Scan, depth: int) -> _Found:
    opened = scan.peek()
    if opened == "[" and depth < _DEEPEST:
        yield from _list(scan, depth + 1)
    elif opened == "{" and depth < _DEEPEST:
        yield from _object(scan, depth + 1)
    else:
        yield scan.line, scan.value()


def _list(scan: _Scan, depth: int) -> _Found:
    scan.take("[")
    while scan.peek() != "]":
        if scan.peek() == "[":
            yield from _value(scan, depth)
        else:
            line = scan.line
            yield line, scan.value()
        if scan.peek() != "]":
            scan.take(",")
    scan.take("]")


def _object(scan: _Scan, depth: int) -> _Found:
    """What an object holds: records under a key that is known for it, records by their ids, or itself."""
    start = scan.line
    held: dict[str, object] = {}
    paper = inside = False
    scan.take("{")
    while scan.peek() != "}":
        key = scan.value()
        if not isinstance(key, str):
            raise _Break("broken JSON: a key that is no text; nothing behind it was read")
        scan.take(":")
        opened = scan.peek()
        line, name = scan.line, fold(key)
        if not paper and opened in ("[", "{") and name in _WRAPPERS:
            for found in _value(scan, depth):
                if isinstance(found[1], dict):
                    inside = True
                    yield found
        else:
            value = scan.value()
            paper = paper or name in _TELLING
            if isinstance(value, dict) and not paper and name not in _INNER and _is_paper(value):
                inside = True
                yield line, {"id": key, **value}
            elif len(held) < _MOST_KEYS:
                held[key] = value
        if scan.peek() != "}":
            scan.take(",")
    scan.take("}")
    if not inside:
        yield start, held


def _is_paper(value: dict[str, object]) -> bool:
    return not _TELLING.isdisjoint(map(fold, value))
