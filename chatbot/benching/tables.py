"""Markdown: tables whose cells hold any text, and the line that says when and where a result was got.

A cell's text may come from a model or a paper: it is shown as text, never as HTML, a link or an image.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import date

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; every cell below the header is shown as text."""
    lines = [header, ["---"] * len(header), *([text(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def text(value: str) -> str:
    """A value as it may stand in a cell."""
    plain = " ".join(_CONTROL.sub(" ", value).split())
    escaped = "".join(_ENTITIES.get(character, character) for character in plain)
    return escaped.replace("\\", "\\\\").replace("|", "\\|").replace("![", "!\\[").replace("](", "]\\(")


def number(value: float | None, digits: int) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def stamp() -> str:
    """When and on what machine."""
    return f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
