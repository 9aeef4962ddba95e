"""What is asked of a whole collection, and what came of it: plain, frozen values, as `records` holds them.

`store.census` computes the one from the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from store.records import Filter, Paper


class Do(StrEnum):
    """What is done with the papers that pass."""

    COUNT = "count"
    LIST = "list"
    NEWEST = "newest"
    OLDEST = "oldest"


class By(StrEnum):
    """What they are counted by."""

    YEAR = "year"
    MONTH = "month"
    AUTHOR = "author"
    CATEGORY = "category"
    VENUE = "venue"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the papers that pass `filter`.

    `by` goes with COUNT alone. `most` is how many of the newest or oldest papers (1 if None), or of the
    largest groups (all if None); those that equal the last of them are taken in too.
    """

    do: Do
    filter: Filter = Filter()
    by: By | None = None
    most: int | None = None

    def __str__(self) -> str:
        parts = [self.do.value]
        parts += [f"by {self.by.value}"] if self.by else []
        if self.most and (self.by or self.most > 1):
            parts.append(f"({self.most} most)" if self.by else str(self.most))
        parts += [] if self.filter.empty else [f"where {self.filter}"]
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper as a census names it: all that is asked of it, not its abstract."""

    id: str
    label: str
    title: str | None
    arxiv_id: str | None
    doi: str | None
    url: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    created: str | None
    comment: str | None
    venue: str | None

    @property
    def name(self) -> str:
        """What to call the paper in front of people: its title, else its label."""
        return self.title or self.label

    @property
    def link(self) -> str | None:
        """Where the full text is, as far as the sources tell."""
        return Paper("", "", "", False, arxiv_id=self.arxiv_id, doi=self.doi, url=self.url).link


@dataclass(frozen=True, slots=True)
class Group:
    """So many papers share `key`: "2025", "2025-05", "Bowen Yu", "cs.CL", "ACL 2025"."""

    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Census:
    """What a plan gave. `total` papers are in the collection, `count` of them pass the filter.

    `papers` are those that count, newest first and undated last (oldest first for OLDEST), at most as many as
    were asked for. `groups` are in order of time, else the largest first; `more_groups` were not the largest.
    A paper of two authors counts for both; authors are told apart by their names as they are spelt.
    `untold` says of how many papers a fact is not known that decides about them ("date", "authors").
    """

    plan: Plan
    total: int
    count: int
    papers: tuple[Entry, ...] = ()
    groups: tuple[Group, ...] = ()
    more_groups: int = 0
    untold: tuple[tuple[str, int], ...] = ()
