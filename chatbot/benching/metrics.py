"""Shares and medians, and nothing made up where there is nothing to count."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, counted. `value` in [0, 1] is None where there was nothing to count."""

    part: int
    whole: int

    @classmethod
    def of(cls, values: Iterable[bool | None]) -> Share:
        """How many are true, of those that are known."""
        known = [value for value in values if value is not None]
        return cls(sum(known), len(known))

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    def __str__(self) -> str:
        return f"{self.part}/{self.whole}" if self.whole else "–"

    @property
    def shape(self) -> dict[str, object]:
        return {"value": self.value, "part": self.part, "whole": self.whole}


@dataclass(frozen=True, slots=True)
class Refusals:
    """Precision: how many refused questions the papers don't answer. Recall: how many such were refused."""

    precision: Share
    recall: Share

    @classmethod
    def of(cls, outcomes: Iterable[tuple[bool, bool]]) -> Refusals:
        """From (answerable, refused) of each question."""
        pairs = list(outcomes)
        refused = [answerable for answerable, was_refused in pairs if was_refused]
        unanswerable = [was_refused for answerable, was_refused in pairs if not answerable]
        return cls(Share.of(not answerable for answerable in refused), Share.of(unanswerable))


def median(values: Iterable[float | None]) -> float | None:
    """The median of the values that are known; None where none is."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def mean(values: Iterable[float]) -> float | None:
    """The arithmetic mean; None of nothing."""
    known = list(values)
    return statistics.fmean(known) if known else None
