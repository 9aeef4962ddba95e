"""Dates as exports write them, as ISO 8601, cut to a month or a year where no more is known.

Where day and month can't be told apart (`03/04/2019`), the year alone is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from store.readers.lines import iso_date

_EARLIEST, _LATEST = 1500, 2100
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:$|[T ])")
_PARTS = re.compile(r"(\d{4})[-/.](\d{1,2})?(?:[-/.](\d{1,2})?)?(?:[-/. ]\D.*)?$")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:\D.*)?$")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(rf"(?<![^\W\d_])({'|'.join(_MONTHS)})[a-z]*\.?", re.IGNORECASE)
_DAY_BEFORE = re.compile(r"(?<![\d\-–])(\d{1,2})(?:st|nd|rd|th)?\.?[\s\-]*$")
_DAY_AFTER = re.compile(r"[\s\-]*(\d{1,2})(?:st|nd|rd|th)?(?![\d\-–:])")
_LONGEST = 80
_KEYS = ("date-parts", "date-time", "value", "raw")


def iso(value: object) -> str | None:
    """A date of any export's: text, year, (milli)seconds since 1970, `date-parts`; None if it is none."""
    if isinstance(value, str):
        return _text(value.strip())
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        return iso(
            next((value[key] for key in ("date-parts", "date-time", "value", "raw") if key in value), None)
        )
    if isinstance(value, Sequence) and value:
        if isinstance(value[0], Sequence):
            return iso(value[0])
        return _parts(*(str(part) for part in value[:3]))
    return None


def _text(text: str) -> str | None:
    if found := _ISO.match(text):
        return _parts(*found.groups())
    if not text or len(text) > _LONGEST:
        return None
    if text.isascii() and text.isdigit() and len(text) != 8:
        return _number(int(text))
    if found := _PARTS.match(text):
        return _parts(*found.groups())
    if found := _SLASHED.match(text):
        return _slashed(*found.groups())
    if known := iso_date(text):
        return known if _EARLIEST <= int(known[:4]) <= _LATEST else None
    return _words(text)


def _number(value: float) -> str | None:
    if _EARLIEST <= value <= _LATEST:
        return f"{int(value):04}"
    if not 1e6 < value < 1e14:
        return None
    if value < 1e8:
        return iso_date(str(int(value)))
    seconds = value / 1000 if value > 1e11 else value
    if not 1e8 <= seconds < 4e9:
        return None
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _parts(year: str, month: str | None = None, day: str | None = None) -> str | None:
    """The date as far as its parts make sense."""
    try:
        numbers = [int(part) for part in (year, month, day) if part]
        if not _EARLIEST <= numbers[0] <= _LATEST:
            return None
        date(*[*numbers, 1, 1][:3])
    except (ValueError, OverflowError):
        return None
    return "-".join((f"{numbers[0]:04}", *(f"{number:02}" for number in numbers[1:])))


def _slashed(first: str, second: str, year: str) -> str | None:
    if int(first) > 12:
        return _parts(year, second, first)
    if int(second) > 12 or first == second:
        return _parts(year, first, second)
    return _parts(year)


def _words(text: str) -> str | None:
    """A date with its month in English words, in any order; of a span ("Jul-Aug 2004") the year alone."""
    year = _YEAR.search(text)
    if year is None:
        return None
    months = _MONTH.findall(text)
    found = _MONTH.search(text)
    if found is None or len(months) > 1:
        return year.group()
    month = str(_MONTHS.index(found.group(1).lower()) + 1)
    day = _DAY_BEFORE.search(text[: found.start()]) or _DAY_AFTER.match(text, found.end())
    return (_parts(year.group(), month, day.group(1)) if day else None) or _parts(year.group(), month)
