"""What a single pasted line is: a marker, an id, a date, a field, or text.

Knows lines, not layouts: what belongs together is for `store.readers.pasted` to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from store.identifiers import ARXIV, arxiv_id, doi

_DECORATION = r"^[\s#*>_•-]{0,12}"
_MARKER = re.compile(
    _DECORATION + r"abstract[*_]{0,2}\s*(?:[:：—–][*_]{0,2}|[.\-][*_]{0,2}(?=\s|$)|$)\s*", re.IGNORECASE
)
_ARXIV = re.compile(
    _DECORATION
    + r"(?:cite as:?\s*)?(?:arxiv\s*(?:id|identifier)?\s*[:：]?\s*|https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/)"
    + rf"\[?(?P<id>{ARXIV}(?:v\d+)?)(?:\.pdf)?\]?(?P<rest>(?:\s|\[[^\]]*\]|\([^)]*\)|[,;|·])*)(?P<more>.*)$",
    re.IGNORECASE,
)
_CATEGORY = re.compile(
    r"\b[a-z\-]{2,}\.[A-Za-z\-]{2,}\b|\b(?:hep|nucl|gr|math|astro|cond|quant)-(?:th|ph|ex|lat|qc|mat)\b"
)
_DATE_WORD = (
    r"(?:created|submitted|published|announced|date|v1|updated|revised|last updated|last revised|modified)"
)
_DATED = re.compile(
    rf"\b(?P<word>{_DATE_WORD})(?: on)?\s*[:：]?\s*"
    rf"(?P<date>.*?)(?=[;,|]?\s+{_DATE_WORD}\b|$)",
    re.IGNORECASE,
)
_DATE_LINE = re.compile(_DECORATION + rf"{_DATE_WORD}(?: on)?(?:\s*[:：]|\s+\d)", re.IGNORECASE)
_FIELDS = {
    "title": "title", "author": "authors", "authors": "authors", "comment": "comment", "comments": "comment",
    "subject": "categories", "subjects": "categories", "category": "categories", "categories": "categories",
    "doi": "doi", "journal": "venue", "journal-ref": "venue", "journal ref": "venue",
    "journal reference": "venue",
    "venue": "venue", "url": "url", "link": "url",
}  # fmt: skip
_FIELD = re.compile(
    _DECORATION + r"(?P<name>[A-Za-z][A-Za-z\- ]{2,18}?)[*_]{0,2}\s*[:：][*_]{0,2}\s*(?P<value>.*)$"
)
_DOI_LINE = re.compile(
    _DECORATION + r"(?:https?://(?:dx\.)?doi\.org/|doi\s*[:：]?\s*)(?P<doi>10\.\S+)\s*$", re.IGNORECASE
)
_DATE_FORMATS = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%B %Y", "%b %Y", "%d.%m.%Y", "%Y%m%d")


@dataclass(frozen=True, slots=True)
class Line:
    """A recognised line. `kind` is "blank", "abstract", "arxiv", "dates", "field" or "text".

    `values` are fields of a Record as texts; `wrong` is what should have been a date and is none.
    """

    number: int
    kind: str
    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    wrong: str | None = None


def recognise(number: int, line: str) -> Line:
    """What the line, the `number`th from 1, is."""
    text = line.strip()
    if not text:
        return Line(number, "blank", "")
    if marker := _MARKER.match(line[:200]):
        return Line(number, "abstract", line[marker.end() :].strip())
    if len(text) < 1_000:
        return _arxiv(number, text) or _dates(number, text) or _doi(number, text) or _field(number, text)
    return Line(number, "text", text)


def _arxiv(number: int, text: str) -> Line | None:
    found = _ARXIV.match(text)
    known = arxiv_id(found.group("id")) if found else None
    if found is None or known is None:
        return None
    more = found.group("more")
    dated = _dates(number, more) if more else None
    if more and dated is None and not re.match(r"arxiv:|https?://|\W*\(?or\b", more, re.IGNORECASE):
        return None
    values = {"arxiv_id": known, **(dated.values if dated else {})}
    categories = _CATEGORY.findall(found.group("rest"))
    if categories:
        values["categories"] = " ".join(categories)
    return Line(number, "arxiv", text, values, dated.wrong if dated else None)


def _dates(number: int, text: str) -> Line | None:
    if not _DATE_LINE.match(text) or len(text) > 200:
        return None
    values: dict[str, str] = {}
    wrong = None
    for found in _DATED.finditer(text):
        word, written = found.group("word").lower(), found.group("date").strip(" .;,|")
        name = "updated" if re.search("updat|revis|modif", word) else "created"
        day = iso_date(written)
        if day is None and written:
            wrong = wrong or found.group().strip()
        elif day is not None:
            values.setdefault(name, day)
    return Line(number, "dates", text, values, wrong) if values or ":" in text[:20] else None


def _doi(number: int, text: str) -> Line | None:
    found = _DOI_LINE.match(text)
    known = doi(found.group("doi")) if found else None
    return Line(number, "field", text, {"doi": known}) if known else None


def _field(number: int, text: str) -> Line:
    found = _FIELD.match(text)
    name = _FIELDS.get(found.group("name").strip().lower()) if found else None
    if found is None or name is None:
        return Line(number, "text", text)
    value = found.group("value").strip()
    if name == "categories":
        value = " ".join(_CATEGORY.findall(value)) or value
    if name == "doi":
        value = doi(value) or ""
    return Line(number, "field", text, {name: value} if value else {})


def iso_date(text: str) -> str | None:
    """A written date as ISO 8601, cut to a month or a year where no more is known; None if it is no date."""
    text = re.sub(r"[T ]\d{1,2}:\d\d.*$", "", text.strip())
    numbers = re.fullmatch(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?", text)
    if numbers:
        year, month, day = (int(part) if part else None for part in numbers.groups())
        try:
            date(year or 0, month or 1, day or 1)
        except ValueError:
            return None
        return "-".join([f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)])
    words = " ".join(
        re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", text.replace(",", " ").replace(".", ". ")).split()
    )
    for pattern in _DATE_FORMATS:
        try:
            found = datetime.strptime(words.replace(". ", " ") if "." not in pattern else text, pattern)
        except ValueError:
            continue
        return found.strftime("%Y-%m-%d" if "%d" in pattern else "%Y-%m")
    return None
