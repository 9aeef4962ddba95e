"""Questions to the whole collection: count, list, newest and oldest, count by; exactly, over the ledger.

A `Plan` says what is wanted, `str(plan)` for people; `take` computes it: no model, no ranking, no sample.
What papers don't tell is no evidence of absence: a `Census` says how many there are that could not be judged.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import nlargest
from typing import Any, Protocol

from store import filters
from store.facts import venue_of
from store.plans import By, Census, Do, Entry, Group, Plan
from store.records import Filter

LISTED = 1000
"""So many papers a census names unless more are asked for; it counts them all."""


class Source(Protocol):
    """What a census needs of the ledger."""

    def read(self, sql: str, values: Any = ()) -> list[Any]: ...

    def snapshot(self) -> Any: ...


_ENTRY = "id, label, title, arxiv_id, doi, url, authors, categories, created, comment, venue"
_NEWEST = "created DESC, label COLLATE NOCASE, id"  # undated last: the index's own order
_FACT = {
    By.YEAR: "date",
    By.MONTH: "date",
    By.AUTHOR: "authors",
    By.CATEGORY: "categories",
    By.VENUE: "venue",
}


def take(plan: Plan, source: Source, listed: int | None = LISTED) -> Census:
    """What the plan gives now; at most `listed` papers are named (None: all). Raises FilterError."""
    where, values = filters.condition(plan.filter)
    with source.snapshot():
        (total,) = _one(source, "SELECT count(*) FROM papers")
        untold = _untold(plan.filter, source)
        if values or where != "1":  # asked of each paper once; it goes with the snapshot
            source.read("DROP TABLE IF EXISTS temp.passing")
            source.read("CREATE TEMP TABLE passing (row INTEGER PRIMARY KEY)")
            source.read(f"INSERT INTO passing SELECT row FROM papers WHERE {where}", values)
            where = "papers.row IN passing"
        if plan.do in (Do.NEWEST, Do.OLDEST):
            return _extreme(plan, source, where, total, untold, listed)
        (count,) = _one(source, "SELECT count(*) FROM " + ("papers" if where == "1" else "passing"))
        groups: list[Group] = []
        left = 0
        if plan.by is not None:
            groups, left, grouped = _groups(plan.by, plan.most, source, where)
            if grouped < count:
                untold[_FACT[plan.by]] = untold.get(_FACT[plan.by], 0) + count - grouped
        papers = _entries(source, f"WHERE {where} ORDER BY {_NEWEST}", [], listed)
    return Census(plan, total, count, papers, tuple(groups), left, tuple(untold.items()))


def _untold(filter: Filter, source: Source) -> dict[str, int]:
    counts = {
        fact: _one(source, f"SELECT count(*) FROM papers WHERE {where}", values)[0]
        for fact, where, values in filters.undecided(filter)
    }
    return {fact: count for fact, count in counts.items() if count}


def _extreme(
    plan: Plan, source: Source, where: str, total: int, untold: dict[str, int], listed: int | None
) -> Census:
    """The newest or oldest papers that pass, and all that are as new as the last of them.

    A date that is known in part counts as its first day among the newest and as its last among the oldest:
    so much is certain. Papers that could be newer or older than those are told as untold.
    """
    newest = plan.do is Do.NEWEST
    certain, possible = (filters.EARLIEST, filters.LATEST) if newest else (filters.LATEST, filters.EARLIEST)
    order, beyond = ("DESC", ">") if newest else ("ASC", "<")
    dated = f"{where} AND papers.created IS NOT NULL"
    days = source.read(
        f"SELECT {certain} FROM papers WHERE {dated} ORDER BY 1 {order} LIMIT ?", [plan.most or 1]
    )
    if not filters.asks_for_dates(plan.filter):
        (undated,) = _one(source, f"SELECT count(*) FROM papers WHERE {where} AND created IS NULL")
        untold |= {"date": undated} if undated else {}
    if not days:
        return Census(plan, total, 0, untold=tuple(untold.items()))
    last = days[-1][0]
    taken = f"{dated} AND {certain} {beyond}= ?"
    (count,) = _one(source, f"SELECT count(*) FROM papers WHERE {taken}", [last])
    tail = f"WHERE {taken} ORDER BY {certain} {order}, label COLLATE NOCASE, id"
    papers = _entries(source, tail, [last], listed)
    (vague,) = _one(
        source,
        f"SELECT count(*) FROM papers WHERE {dated} AND NOT {certain} {beyond}= ? AND {possible} {beyond} ?",
        [last, last],
    )
    if vague:
        untold["date"] = untold.get("date", 0) + vague
    return Census(plan, total, count, papers, untold=tuple(untold.items()))


def _groups(by: By, most: int | None, source: Source, where: str) -> tuple[list[Group], int, int]:
    """The groups, the `most` largest of them and all that equal the last of those; how many more there are;
    and how many papers are in one or more."""
    counts: Counter[str] = Counter()
    if by in (By.YEAR, By.MONTH):
        size = 4 if by is By.YEAR else 7
        sql = f"SELECT substr(created, 1, {size}), count(*) FROM papers WHERE {where} AND created IS NOT NULL"
        counts.update(dict(source.read(f"{sql} GROUP BY 1")))
        kept = _largest(counts, most)
        return (
            [Group(key, counts[key]) for key in sorted(kept)],
            len(counts) - len(kept),
            sum(counts.values()),
        )
    grouped = 0
    for keys, number in _keys(by, source, where):
        own = set(keys)
        own.discard("")
        grouped += number if own else 0
        for key in own:
            counts[key] += number
    if by is By.VENUE:
        counts = _respelt(counts)
    kept = _largest(counts, most)
    ordered = sorted(kept, key=lambda key: (-counts[key], key.casefold(), key))
    return [Group(key, counts[key]) for key in ordered], len(counts) - len(kept), grouped


def _respelt(counts: Counter[str]) -> Counter[str]:
    """Spellings that differ in case alone are one, under the one that most papers have."""
    spelt: dict[str, list[str]] = {}
    for key in sorted(counts, key=lambda key: (-counts[key], key)):
        spelt.setdefault(key.casefold(), []).append(key)
    return Counter({keys[0]: sum(counts[key] for key in keys) for keys in spelt.values()})


def _largest(counts: Counter[str], most: int | None) -> set[str]:
    """The `most` largest groups and all that equal the last of them."""
    if most is None or len(counts) <= most:
        return set(counts)
    least = nlargest(most, counts.values())[-1]
    return {key for key, count in counts.items() if count >= least}


def _keys(by: By, source: Source, where: str) -> Iterator[tuple[Iterable[str], int]]:
    """What papers count under, and how many papers do so together."""
    if by is By.VENUE:
        some = "(venue IS NOT NULL OR comment IS NOT NULL)"
        told = f"SELECT venue, comment FROM papers WHERE {where} AND {some}"
        for venue, comment in source.read(told):
            if name := venue_of(venue, comment):
                yield (name,), 1
    elif by is By.AUTHOR:
        for (authors,) in source.read(f"SELECT authors FROM papers WHERE {where}"):
            yield json.loads(authors), 1
    else:
        sql = f"SELECT categories, count(*) FROM papers WHERE {where} GROUP BY 1"
        for categories, number in source.read(sql):
            yield json.loads(categories), number


def _entries(source: Source, tail: str, values: list[object], listed: int | None) -> tuple[Entry, ...]:
    limit = -1 if listed is None else listed
    rows = source.read(f"SELECT {_ENTRY} FROM papers {tail} LIMIT ?", [*values, limit])
    return tuple(
        Entry(id, label, title, arxiv, doi, url, tuple(json.loads(authors)), tuple(json.loads(filed)), *rest)
        for id, label, title, arxiv, doi, url, authors, filed, *rest in rows
    )


def _one(source: Source, sql: str, values: Any = ()) -> Any:
    return source.read(sql, values)[0]
