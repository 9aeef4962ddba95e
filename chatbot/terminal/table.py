"""A Markdown table, row by row as it comes: its columns are as wide as their number allows, never redrawn."""

from __future__ import annotations

import re
from itertools import zip_longest

from rich.text import Text

from chatbot.terminal.screen import Screen

_PIPE = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r":?-{1,}:?")
_BETWEEN = 2
_NARROWEST = 8  # columns in which a word can still be read


class Table:
    """Prints the rows that are given to it; the first is the head."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._head = True

    def add(self, row: Text) -> None:
        """One whole row, with its bars."""
        cells = _cells(row)
        if all(_RULE.fullmatch(cell.plain) for cell in cells):
            return
        widths = self._widths(len(cells))
        wrapped = [
            list(cell.wrap(self._screen.out, width)) or [Text()]
            for cell, width in zip(cells, widths, strict=True)
        ]
        for lines in zip_longest(*wrapped, fillvalue=Text()):
            whole = Text(style="bold" if self._head else "")
            for part, width in zip(lines, widths, strict=True):
                part = part.copy()
                part.rstrip()
                whole.append(part)
                whole.append(" " * max(width - part.cell_len + _BETWEEN, 1))
            whole.rstrip()
            self._screen.out.print(whole, soft_wrap=True)
        if self._head:
            self._screen.out.print(
                Text(self._screen.signs.rule * (sum(widths) + _BETWEEN * (len(cells) - 1)), "dim"),
                soft_wrap=True,
            )
        self._head = False

    def _widths(self, count: int) -> list[int]:
        """Of three columns the one in the middle is the text; others share alike."""
        room = self._screen.width - _BETWEEN * (count - 1)
        if count == 3:
            first, last = max(room // 4, _NARROWEST), max(room // 5, _NARROWEST)
            return [first, max(room - first - last, _NARROWEST), last]
        return [max(room // count, _NARROWEST)] * count


def _cells(row: Text) -> list[Text]:
    """The texts between the bars."""
    bars = [match.start() for match in _PIPE.finditer(row.plain)]
    ends = [*bars, len(row.plain)]
    cells = [row[start + 1 : end] for start, end in zip(bars, ends[1:], strict=False)]
    if cells and not cells[-1].plain.strip():
        cells.pop()
    return [_stripped(cell) for cell in cells] or [_stripped(row)]


def _stripped(cell: Text) -> Text:
    plain = cell.plain
    start = len(plain) - len(plain.lstrip())
    found = cell[start : len(plain.rstrip())] if plain.strip() else Text()
    return _without_escapes(found)


def _without_escapes(cell: Text) -> Text:
    """`\\|` is a bar of the text, `\\\\` a backslash."""
    parts, at = Text(), 0
    for match in re.finditer(r"\\([\\|])", cell.plain):
        parts.append(cell[at : match.start()])
        parts.append(match[1])
        at = match.end()
    parts.append(cell[at:])
    return parts
