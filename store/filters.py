"""Which papers pass a `Filter`: its dates are checked here and turned into SQL, with every value bound.

A date that is known only in part must hold for certain: a paper of "2025" passes since "2025",
not since "2025-05".
"""

from __future__ import annotations

import calendar
import re
from datetime import date

from store.errors import FilterError
from store.latex import readable
from store.records import Filter

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def period(text: str) -> tuple[str, str]:
    """The first and last day of an ISO date that may lack its day, or its month too.

    Raises FilterError for anything else, days that don't exist included.
    """
    match = _DATE.fullmatch(text.strip())
    cure = "Write 2025, 2025-05 or 2025-05-14."
    if not match:
        raise FilterError(f"{text.strip()[:40]!r} is not a date. {cure}")
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
    except ValueError:
        raise FilterError(f"{text.strip()[:40]!r} is not a date of the calendar. {cure}") from None
    last_month = month or 12
    last = first.replace(month=last_month, day=day or calendar.monthrange(first.year, last_month)[1])
    return first.isoformat(), last.isoformat()


def condition(filter: Filter) -> tuple[str, list[object]]:
    """SQL over `papers` that holds for those that pass, and its parameters. Empty: "1".

    `ids` and `without` are the caller's to resolve: here they are compared as they stand.
    The connection must know the function `mentions(text, folded_phrase)`.
    """
    parts: list[str] = []
    values: list[object] = []
    since = period(filter.since)[0] if filter.since else None
    until = period(filter.until)[1] if filter.until else None
    if since and until and since > until:
        raise FilterError(f"Nothing lies between {filter.since} and {filter.until}. Exchange the two dates.")
    if since:
        parts.append("papers.created || substr('0000-01-01', length(papers.created) + 1) >= ?")
        values.append(since)
    if until:
        parts.append("papers.created || substr('0000-12-31', length(papers.created) + 1) <= ?")
        values.append(until)
    if filter.text and (phrase := fold(filter.text)):
        parts.append("(mentions(papers.readable, ?) OR mentions(papers.names, ?))")
        values += [phrase, phrase]
    if filter.ids:
        parts.append(f"papers.id IN ({', '.join('?' * len(filter.ids))})")
        values += filter.ids
    if filter.without:
        parts.append(f"papers.id NOT IN ({', '.join('?' * len(filter.without))})")
        values += filter.without
    return " AND ".join(parts) or "1", values


def fold(text: str) -> str:
    """A phrase as it is compared: readable, white space folded, case folded."""
    return " ".join(readable(text).split()).casefold()


def mentions(text: str | None, folded_phrase: str) -> bool:
    """Whether a readable text contains a folded phrase, whatever the case."""
    return folded_phrase in (text or "").casefold()
