"""Sentences as people read them: maths marked for typesetting, numbers emphasised, dates in words.

What stands in `data-tex` is typeset by the page's own script if it can be; its text is the same maths made
readable, so that nothing is lost where it can't.
"""

from __future__ import annotations

import re

from chatbot.web.markup import Safe, el, join, text
from store.latex import maths, readable

_NUMBER = re.compile(r"(?<![\w.])[-+±~≈]?\d[\d,]*(?:\.\d+)?(?:\s?[%×‰]|[KMBTx](?![a-z]))?(?![\w])")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*|`([^`\n]+)`")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def sentence(raw: str, *, numbers: bool = False) -> Safe:
    """A sentence of an abstract, or of an answer. `numbers`: those in it are emphasised."""
    pieces, at = [], 0
    for start, end in maths(raw):
        pieces += [_plain(raw[at:start], numbers), _maths(raw[start:end])]
        at = end
    return join(*pieces, _plain(raw[at:], numbers))


def written(raw: str) -> Safe:
    """What a model wrote: as `sentence`, its ** and ` too, and its line breaks kept."""
    pieces: list[Safe] = []
    at = 0
    for found in _STRONG.finditer(raw):
        pieces.append(sentence(raw[at : found.start()]))
        tag, inner = ("strong", found[1]) if found[1] else ("code", found[2])
        pieces.append(el(tag, sentence(inner)))
        at = found.end()
    return join(*pieces, sentence(raw[at:]))


def date(iso: str | None) -> str:
    """`2025-07-24` as "24 Jul 2025", `2025-07` as "Jul 2025"; what is no date as it is, "" for none."""
    found = _DATE.fullmatch(iso or "")
    if not found:
        return iso or ""
    year, month, day = found.groups()
    if not month or not 1 <= int(month) <= 12:
        return year
    return " ".join(filter(None, (day.lstrip("0") if day else "", _MONTHS[int(month) - 1], year)))


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 paper`, `2,000 papers`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _plain(raw: str, numbers: bool) -> Safe:
    if not raw:
        return Safe("")
    # `readable` folds white space: what stood at the ends stays, as one space or the line break it was.
    inner = raw.strip()
    lead, tail = raw[: len(raw) - len(raw.lstrip())], raw[len(raw.rstrip()) :] if inner else ""
    shown = "\n".join(readable(line) for line in inner.split("\n")) if "\n" in inner else readable(inner)
    body = _emphasised(shown) if numbers else text(shown)
    return join(_space(lead), body, _space(tail))


def _space(white: str) -> str:
    return ("\n\n" if white.count("\n") > 1 else "\n") if "\n" in white else (" " if white else "")


def _emphasised(shown: str) -> Safe:
    pieces: list[str] = []
    at = 0
    for found in _NUMBER.finditer(shown):
        pieces += [text(shown[at : found.start()]), el("b", found[0])]
        at = found.end()
    return join(*pieces, text(shown[at:]))


def _maths(raw: str) -> Safe:
    display = raw.startswith(("$$", "\\["))
    width = 2 if raw.startswith(("$$", "\\(", "\\[")) else 1
    tex = raw[width:-width].strip()
    return el("span", readable(raw), class_="tex", data_tex=tex, data_display="1" if display else None)
