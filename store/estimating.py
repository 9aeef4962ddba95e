"""What a large embedding job will take, told before it is done: texts, tokens, requests, time, money.

Pure arithmetic, and the moment to tell it. An endpoint's job is told before the first request; how fast this
machine is, only its first batch can say. Whoever is told may stop the job by raising.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.embedding import Embedder

LARGE = 2_000
"""Texts from which on a job is told: two to four minutes on two cores, a cent or less at most endpoints."""
# English abstracts have 4.5 to 5 in the tokenizers of BERT and Qwen; LaTeX and other scripts have fewer.
_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """How an endpoint is asked: at most `texts` and `characters` a request, `rate` requests a minute (None:
    as fast as it answers), `price` of a million tokens (None: unknown)."""

    texts: int
    characters: int
    rate: float | None = None
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A job: `tokens` is a guess from the characters. `requests`: None on this machine. `seconds`: None where
    unknown; of an endpoint, what its rate alone makes it take. `cost`: None where no price is set."""

    embedder: str
    texts: int
    tokens: int
    requests: int | None = None
    seconds: float | None = None
    cost: float | None = None

    def __str__(self) -> str:
        """The job in a sentence, for a person."""
        parts = [f"{self.texts:,} texts", f"about {self.tokens:,} tokens"]
        if self.requests is not None:
            parts.append(f"{self.requests:,} requests")
            if self.seconds is not None:
                parts.append(f"at least {_duration(self.seconds)} at the rate that is set")
        elif self.seconds is not None:
            parts.append(f"about {_duration(self.seconds)}")
        if self.cost is not None:
            parts.append(f"about {self.cost:,.2f} at the price that is set")
        verb = "are sent to" if self.requests is not None else "are embedded by"
        return f"{parts[0]} {verb} {self.embedder}: {', '.join(parts[1:])}."


Told = Callable[[Estimate], None]
"""Told of a large job once. What it raises ends the job; what was embedded before stays."""


def estimate(
    embedder: str,
    texts: int,
    characters: int,
    terms: Terms | None = None,
    seconds_a_text: float | None = None,
) -> Estimate:
    """The job of `texts` that have so many `characters` together: by an endpoint on `terms`, else here."""
    tokens = math.ceil(characters / _CHARACTERS_PER_TOKEN)
    if terms is None:
        seconds = None if seconds_a_text is None else texts * seconds_a_text
        return Estimate(embedder, texts, tokens, seconds=seconds)
    requests = max(math.ceil(texts / terms.texts), math.ceil(characters / terms.characters))
    return Estimate(
        embedder,
        texts,
        tokens,
        requests,
        None if terms.rate is None else requests / terms.rate * 60,
        None if terms.price is None else tokens / 1_000_000 * terms.price,
    )


class Forecast:
    """Tells `told` of a large job at the right moment: call `begin` before it and `went` after each batch."""

    def __init__(
        self,
        embedder: Embedder,
        texts: int,
        characters: Callable[[], int],
        told: Told,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`characters` counts those of all texts; it is asked only if the job is large."""
        self._embedder = embedder
        self._texts = texts
        self._characters = characters
        self._told: Told | None = told if texts > LARGE else None
        self._clock = clock
        self._begun = clock()

    def begin(self) -> None:
        """The first text comes next."""
        terms = getattr(self._embedder, "terms", None)
        if isinstance(terms, Terms):
            self._tell(terms, None)
        self._begun = self._clock()

    def went(self, done: int) -> None:
        """So many texts are done."""
        self._tell(None, (self._clock() - self._begun) / max(done, 1))

    def _tell(self, terms: Terms | None, seconds_a_text: float | None) -> None:
        if self._told is not None:
            told, self._told = self._told, None
            told(estimate(self._embedder.name, self._texts, self._characters(), terms, seconds_a_text))


def _duration(seconds: float) -> str:
    """Seconds as a person would say them."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
