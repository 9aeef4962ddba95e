"""Undoing an ingest: the records that it added go, and those that it replaced come back.

What others took in since stays: a record that another ingest has replaced or dropped meanwhile is left alone.
One transaction; papers are made again of the records that they then have, and one without any goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from store.ledger import Ledger, Stored
from store.pruning import Departed, take_away


@dataclass(frozen=True, slots=True)
class Undo:
    """What it takes to undo an ingest: the rows of the records that it added, and those that it replaced."""

    added: tuple[int, ...] = ()
    replaced: tuple[Stored, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added)


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of it: `removed` records went, and with them the `departed` papers; `restored` came back."""

    removed: int
    restored: int
    departed: tuple[Departed, ...]


def undo(ledger: Ledger, what: Undo, remake: Callable[[list[int]], None]) -> Undone:
    """Undo an ingest; `remake` as in `store.pruning.settle`."""
    with ledger.transaction():
        added = ledger.standing(what.added)
        speaking = set(added.values())
        back = [each for each in what.replaced if (each.paper, each.source) in speaking]
        ledger.put_back(back)
        departed = take_away(ledger, list(added), remake)
    return Undone(len(added), len(back), departed)
