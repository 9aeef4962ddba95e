"""Which papers pass a `Filter`: checked here, turned into SQL with every value bound, and said in words.

A date that is known only in part must hold for certain: a paper of "2025" passes since "2025",
not since "2025-05". What a paper does not tell, it does not pass; `undecided` counts such papers, so that an
answer can say how many there are.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from store import facts
from store.errors import FilterError
from store.latex import readable
from store.records import Filter
from store.schema import HIDDEN_LINKS

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
# The first and the last day that a paper's date may mean.
EARLIEST = "papers.created || substr('0000-01-01', length(papers.created) + 1)"
LATEST = (
    "CASE length(papers.created) WHEN 7 THEN date(papers.created || '-01', '+1 month', '-1 day') "
    "ELSE papers.created || substr('0000-12-31', length(papers.created) + 1) END"
)


def _linking(function: str, words: str) -> str:
    """Papers with a link of that kind: in the abstract, by the keyword index or hidden; else beside it."""
    return (
        f"papers.row IN (SELECT words.rowid FROM words JOIN papers AS told ON told.row = words.rowid "
        f"WHERE words MATCH '{words}' AND {function}(told.abstract) "
        f"UNION SELECT row FROM papers WHERE {HIDDEN_LINKS} AND {function}(abstract) "
        "UNION SELECT row FROM papers WHERE (comment IS NOT NULL OR url IS NOT NULL) "
        f"AND ({function}(comment) OR {function}(url)))"
    )


FACTS = {
    "code": _linking("code", facts.CODE_WORDS),
    "github": _linking("github", '"github com"'),
    "date": "papers.created IS NOT NULL",
    "title": "papers.title IS NOT NULL",
    "authors": "papers.authors != '[]'",
    "categories": "papers.categories != '[]'",
    "venue": "venue_of(papers.venue, papers.comment) IS NOT NULL",
    "comment": "papers.comment IS NOT NULL",
    "doi": "papers.doi IS NOT NULL",
    "arxiv": "papers.arxiv_id IS NOT NULL",
}
"""What a paper can have, and the SQL that says whether it has it. "code" is a link to a host of code."""
# The same, asked of few papers.
_FEW = {
    name: f"({name}(papers.abstract) OR {name}(papers.comment) OR {name}(papers.url))"
    for name in ("code", "github")
}


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


@dataclass(frozen=True, slots=True)
class _Part:
    """One condition. `unknown` is SQL for the papers that don't tell; `fact` says what they don't tell."""

    sql: str
    values: tuple[object, ...]
    fact: str = ""
    unknown: str = ""
    unknown_values: tuple[object, ...] = ()


def condition(filter: Filter, *, few: bool = False) -> tuple[str, list[object]]:
    """SQL over `papers` that holds for those that pass, and its parameters. Empty: "1".

    `few` says that few papers will be asked: then nothing is looked up in an index first, and the same pass.
    `ids` and `without` are the caller's to resolve: here they are compared as they stand.
    The connection must know `FUNCTIONS`. Raises FilterError.
    """
    parts = list(_parts(filter, few))
    return " AND ".join(part.sql for part in parts) or "1", [value for part in parts for value in part.values]


def undecided(filter: Filter) -> list[tuple[str, str, list[object]]]:
    """For each kind of fact that the filter asks for: its name, and SQL with parameters for the papers that
    don't tell it, or not exactly enough, and that everything else lets pass, or might.
    """
    parts = list(_parts(filter))
    found = []
    for fact in dict.fromkeys(part.fact for part in parts if part.fact):
        terms: list[str] = []
        values: list[object] = []
        for part in parts:
            if part.fact == fact:
                terms.append(f"({part.unknown})")
                values += part.unknown_values
            elif part.fact:
                terms.append(f"({part.sql} OR {part.unknown})")
                values += (*part.values, *part.unknown_values)
            else:
                terms.append(part.sql)
                values += part.values
        found.append((fact, " AND ".join(terms), values))
    return found


def asks_for_dates(filter: Filter) -> bool:
    """Whether undated papers can't pass."""
    return bool(filter.since or filter.until)


def _parts(filter: Filter, few: bool = False) -> Iterator[_Part]:
    if filter.since or filter.until:
        yield _dates(filter)
    if filter.text and (phrase := " ".join(readable(filter.text).split()).casefold()):
        yield _Part("(mentions(papers.readable, ?) OR mentions(papers.names, ?))", (phrase, phrase))
    if filter.ids:
        yield _Part(f"papers.id IN ({', '.join('?' * len(filter.ids))})", filter.ids)
    if filter.without:
        yield _Part(f"papers.id NOT IN ({', '.join('?' * len(filter.without))})", filter.without)
    for name in filter.authors:
        _letters(name, "an author's name", 'author:"Bowen Yu"')
        rough, like = _rough("papers.authors", facts.unaccented(name), escaped=True)
        sql = f"({rough}authored(papers.authors, ?))"
        yield _Part(sql, (*like, name), "authors", "papers.authors = '[]'")
    for category in filter.categories:
        _letters(category, "a category", "cat:cs.CL")
        yield _Part("filed(papers.categories, ?)", (category,), "categories", "papers.categories = '[]'")
    for venue in filter.venues:
        _letters(venue, "a venue", 'venue:"ACL 2025"')
        told = "coalesce(papers.venue, '') || ' ' || coalesce(papers.comment, '')"
        rough, like = _rough(told, venue)
        sql = f"({rough}accepted_at(papers.venue, papers.comment, ?))"
        untold = "papers.venue IS NULL AND papers.comment IS NULL"
        yield _Part(sql, (*like, venue), "venue or comment", untold)
    for words in filter.titles:
        yield _saying(words, few, "names")
    for words in filter.phrases:
        yield _saying(words, few, "names", "readable")
    for words in filter.exclude:
        part = _saying(words, few, "names", "readable")
        yield _Part(f"NOT {part.sql}", part.values)
    for fact in filter.has:
        yield _Part(_fact(fact, few), ())
    for fact in filter.lacks:
        yield _Part(f"NOT ({_fact(fact, few)})", ())


def _dates(filter: Filter) -> _Part:
    """Certainly not before `since` and not after `until`. The year alone lets SQLite use its index."""
    since = period(filter.since)[0] if filter.since else None
    until = period(filter.until)[1] if filter.until else None
    if since and until and since > until:
        raise FilterError(f"Nothing lies between {filter.since} and {filter.until}. Exchange the two dates.")
    inside, outside = [], []
    values: list[str] = []
    if since:
        inside += ["papers.created >= ?", f"{EARLIEST} >= ?"]
        outside.append(f"{LATEST} < ?")
        values += [since[:4], since]
    if until:
        inside += ["papers.created <= ?", f"{LATEST} <= ?"]
        outside.append(f"{EARLIEST} > ?")
        values += [until, until]
    certain = " AND ".join(inside)
    unsure = f"papers.created IS NULL OR NOT ({certain} OR {' OR '.join(outside)})"
    days = [day for day in (since, until) if day]
    return _Part(f"({certain})", tuple(values), "date", unsure, (*values, *days))


def _saying(words: str, few: bool, *columns: str) -> _Part:
    """Papers that have the words in one of the columns, found by the keyword index where it can and pays."""
    phrase = facts.fold(readable(words))
    _letters(phrase, "a word", '"reward hacking" or -survey')
    told = " OR ".join(f"says(told.{column}, ?)" for column in columns)
    phrases = (phrase,) * len(columns)
    if few:
        return _Part(f"({told.replace('told.', 'papers.')})", phrases)
    if not phrase.isascii():  # SQLite folds other letters in its own way
        return _Part(f"papers.row IN (SELECT row FROM papers AS told WHERE {told})", phrases)
    quoted = phrase.replace('"', '""')
    match = f'{{{" ".join(columns)}}} : ("{quoted}" OR "{quoted}s")'
    found = "SELECT words.rowid FROM words JOIN papers AS told ON told.row = words.rowid"
    return _Part(f"papers.row IN ({found} WHERE words MATCH ? AND ({told}))", (match, *phrases))


def _rough(column: str, words: str, *, escaped: bool = False) -> tuple[str, tuple[str, ...]]:
    """A condition of SQLite's own that holds wherever the exact one behind it can: it has the longest of the
    words, or (`escaped`) letters that JSON wrote in another way. Five times faster than to ask each paper.
    """
    plain = [word for word in re.findall(r"[^\W_]+", words) if word.isascii() and not word.isdigit()]
    if not plain:
        return "", ()
    other = f" OR instr({column}, '\\')" if escaped else ""
    return f"({column} LIKE ?{other}) AND ", (f"%{max(plain, key=len)}%",)


def _letters(text: str, what: str, example: str) -> None:
    if not any(char.isalnum() for char in text):
        raise FilterError(f"{text.strip()[:40]!r} is not {what}. Write, for example, {example}.")


def _fact(name: str, few: bool = False) -> str:
    if name not in FACTS:
        raise FilterError(f"Papers can't have {name.strip()[:40]!r}. They can have: {', '.join(FACTS)}.")
    return _FEW.get(name, FACTS[name]) if few else FACTS[name]


def mentions(text: str | None, folded_phrase: str) -> bool:
    """Whether a readable text contains a folded phrase, whatever the case."""
    return folded_phrase in (text or "").casefold()


FUNCTIONS: tuple[tuple[str, int, Callable[..., str | bool | None]], ...] = (
    ("mentions", 2, mentions),
    ("says", 2, facts.says),
    ("authored", 2, facts.authored),
    ("filed", 2, facts.filed),
    ("accepted_at", 3, facts.accepted_at),
    ("venue_of", 2, facts.venue_of),
    ("code", 1, facts.code),
    ("github", 1, facts.github),
)
"""What a connection must know: the name, how many arguments, and the function."""
