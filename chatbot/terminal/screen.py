"""Where to print, how wide, and with which signs.

Two consoles: `out` for results, `err` for notices. Neither reads markup, emoji codes or links in
what it prints. Colours follow the terminal, NO_COLOR and FORCE_COLOR (rich knows them); `plain`
writes text alone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import IO

from rich.console import Console
from rich.text import Text

from chatbot.terminal.text import line
from chatbot.values import Verdict

WIDEST = 100  # columns: longer lines are hard to read


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs beside words. A verdict has a word and a shape: no colour is needed."""

    supported: str = "✓"
    partial: str = "◐"
    unsupported: str = "?"
    contradicted: str = "✗"
    unchecked: str = "○"
    dot: str = "·"
    opening: str = "“"
    closing: str = "”"
    bar: str = "█"
    bullet: str = "•"
    rule: str = "─"

    def of(self, verdict: Verdict) -> str:
        shapes = {
            Verdict.SUPPORTED: self.supported,
            Verdict.PARTIAL: self.partial,
            Verdict.UNSUPPORTED: self.unsupported,
            Verdict.CONTRADICTED: self.contradicted,
            Verdict.UNCHECKED: self.unchecked,
        }
        return shapes[verdict]

    def quoted(self, text: str) -> str:
        return f"{self.opening}{text}{self.closing}"


_UNICODE = Signs()
_ASCII = Signs("+", "~", "?", "x", "o", "-", '"', '"', "#", "-", "-")

STYLES = {
    Verdict.SUPPORTED: "green",
    Verdict.PARTIAL: "yellow",
    Verdict.UNSUPPORTED: "magenta",
    Verdict.CONTRADICTED: "red",
    Verdict.UNCHECKED: "dim",
}


class Screen:
    """`out`, `err`, `signs`, `width` in columns, and `live`: may something move on stderr?"""

    def __init__(
        self,
        *,
        plain: bool = False,
        stdout: IO[str] | None = None,
        stderr: IO[str] | None = None,
        width: int | None = None,
    ) -> None:
        self.out = _console(stdout or sys.stdout, plain, width)
        self.err = _console(stderr or sys.stderr, plain, width)
        self.signs = _signs(self.out)
        self.live = not plain and self.err.file.isatty() and not self.err.is_dumb_terminal

    @property
    def width(self) -> int:
        """Columns to write in: the window's of now, which may be resized."""
        return min(self.out.width, WIDEST)

    def print(self, text: Text | str = "", style: str = "", indent: int = 0, hang: int = 0) -> None:
        """One paragraph on stdout, wrapped; `indent` columns in, its further lines `hang` more."""
        self._wrapped(self.out, text, style, indent, hang)

    def notice(self, text: str, style: str = "dim") -> None:
        """One sentence for a person, on stderr."""
        self._wrapped(self.err, line(text), style, 0, 0)

    def _wrapped(self, console: Console, text: Text | str, style: str, indent: int, hang: int) -> None:
        whole = Text(text, style) if isinstance(text, str) else text
        lines = whole.wrap(console, max(self.width - indent - hang, 20))
        for number, part in enumerate(lines):
            part.rstrip()
            lead = indent + (hang if number else 0)
            console.print(Text(" " * lead) + part, soft_wrap=True)
        if not lines:
            console.print()


def _console(stream: IO[str], plain: bool, width: int | None) -> Console:
    if plain:
        return Console(
            file=stream,
            width=width,
            color_system=None,
            force_terminal=False,
            highlight=False,
            markup=False,
            emoji=False,
        )
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def _signs(console: Console) -> Signs:
    try:
        "".join(
            (_UNICODE.supported, _UNICODE.partial, _UNICODE.contradicted, _UNICODE.unchecked, "·“”█•─")
        ).encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return _UNICODE
