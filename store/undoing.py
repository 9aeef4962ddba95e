"""Undoing an ingest: the records that it added go, and those that it replaced come back.

What others took in since stays: a record that another ingest has replaced or dropped meanwhile is left alone.
One transaction; papers are made again of the records that they then have, and one without any goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from store.ledger import Ledger, Stored
from store.pruning import Concerned, Departed, take_away


@dataclass(frozen=True, slots=True)
class Undo:
    """What it takes to undo an ingest: the rows of the records that it added, and those that it replaced."""

    added: tuple[int, ...] = ()
    replaced: tuple[Stored, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.replaced)


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of it: `removed` records went, and with them the `departed` papers; `restored` came back."""

    removed: int
    restored: int
    departed: tuple[Departed, ...]


def undo(ledger: Ledger, what: Undo, remake: Callable[[list[int]], None]) -> Undone:
    """Undo an ingest; `remake` as in `store.pruning.settle`."""
    with ledger.transaction():
        added = list(ledger.standing(what.added))
        heirs = ledger.standing(each.heir for each in what.replaced)
        there = ledger.standing(each.row for each in what.replaced)  # they came back before
        back = [
            replace(each, paper=heirs[each.heir])
            for each in what.replaced
            if each.heir in heirs and each.row not in there
        ]
        ledger.put_back(back)
        papers = Concerned.by(ledger, added)
        departed = take_away(ledger, added, papers, remake, (each.paper for each in back))
    return Undone(len(added), len(back), departed)
