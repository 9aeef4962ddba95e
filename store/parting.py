"""Of how many works do these records speak? Asked when a record has gone that held others together.

The same rules as `ingesting`'s, over a handful of records in memory. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store import merging, resemblance
from store.records import Record

# A work has one arXiv id, whatever it shares with another. (It may have two DOIs: arXiv's and a journal's.)
_UNIQUE = "arxiv:"


def unique(keys: Iterable[str]) -> set[str]:
    """Those of the keys of which a work has but one."""
    return {key for key in keys if key.startswith(_UNIQUE)}


def may_be_one(held: set[str], theirs: set[str]) -> bool:
    """Whether nothing that a work has but one of says that these are two."""
    return not held or not theirs or bool(held & theirs)


@dataclass(slots=True)
class _Work:
    keys: set[str]
    members: list[int]


def works(records: Sequence[Record]) -> list[list[int]]:
    """The places of the records of each work, in order; the works by their first."""
    found: list[_Work] = []
    for place, record in enumerate(records):
        keys = merging.keys(record)
        held = unique(keys)
        linked = [
            work
            for work in found
            if work.keys & set(keys) or any(resemblance.same(record, records[each]) for each in work.members)
        ]
        linked.sort(key=lambda work: not work.keys & held)  # who has the same id goes first
        mine = _Work(set(keys), [place])
        for work in linked:
            theirs = unique(work.keys)
            if may_be_one(held, theirs):
                held |= theirs
                mine = _Work(mine.keys | work.keys, [*work.members, *mine.members])
                found.remove(work)
        found.append(mine)
    return sorted(sorted(work.members) for work in found)
