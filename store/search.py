"""Hybrid retrieval: what the keyword index found and what the vectors found, fused into one order.

Pure functions; `collection` asks the two sides and looks the papers up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from store.keywords import content_stems, stems

# Half min-max-normalised cosine plus half BM25 over its maximum, on the union of both top 100. Of 72 ways the
# best was .0015 nDCG@10 better on one half of the queries of SciFact and Cranfield, and .001 on the other.
# There this reaches .767 and .444, words alone .697 and .397, vectors alone .746 and .425, reciprocal rank
# fusion .759 and .442: bench/results/retrieval.md, `chatbot bench retrieval --sweep`.
DEPTH = 100
VECTOR_WEIGHT = 0.5
RERANKED = 20
"""Papers that a reranker puts in order again, unless told otherwise: a small model takes 50-130 ms each."""
# Chroma and numpy sum in different orders: beyond this many digits their cosines are noise, and ties ties.
_DIGITS = 6


class Side(StrEnum):
    """Which of its two sides a search asks."""

    KEYWORD = "keyword"
    VECTOR = "vector"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Fused:
    """A paper's id and its scores, as in `Hit`."""

    id: str
    score: float
    keyword: float | None
    vector: float | None


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """How a sentence bears on a question. `lexical` in [0, 1] is the share of the question's content words
    that it has, each weighted by its rarity in the collection; `vector` is the cosine in [-1, 1], None
    where there is no embedder.
    """

    lexical: float
    vector: float | None


def fuse(
    keyword: Mapping[str, float],
    vector: Mapping[str, float],
    limit: int,
    vector_weight: float = VECTOR_WEIGHT,
    unknown: Set[str] = frozenset(),
) -> list[Fused]:
    """The best of both sides, best first; equal scores by id.

    `keyword` are BM25 scores and `vector` cosines by paper id. A side that did not find a paper counts 0;
    `vector_weight` in [0, 1] is the vectors' share of the score, words have the rest. Of papers in `unknown`
    no vector is made yet: nobody knows how near they are, so that words have the whole of their score.
    """
    vector = {id: round(cosine, _DIGITS) for id, cosine in vector.items()}
    best = max(keyword.values(), default=0.0)
    low, high = min(vector.values(), default=0.0), max(vector.values(), default=0.0)

    def score(id: str) -> float:
        word = keyword.get(id, 0.0) / best if best > 0 else 0.0
        near = word if id in unknown else 0.0
        if id in vector:
            near = (vector[id] - low) / (high - low) if high > low else 1.0
        return (1 - vector_weight) * word + vector_weight * near

    found = [Fused(id, score(id), keyword.get(id), vector.get(id)) for id in keyword.keys() | vector.keys()]
    return sorted(found, key=lambda each: (-each.score, each.id))[:limit]


def rarity(frequency: int, papers: int) -> float:
    """BM25's idf (Robertson and Spärck Jones, kept positive) of a stem in `frequency` of `papers`."""
    return math.log(1 + (papers - frequency + 0.5) / (frequency + 0.5))


def lexical_scores(
    question: str, sentences: Sequence[str], frequencies: Mapping[str, int], papers: int
) -> list[float]:
    """For each readable sentence the share of the question's content stems in it, weighted by rarity.

    `frequencies` must hold each of `content_stems(question)`. A stem that no paper has weighs most: a
    sentence that lacks it does not answer.
    """
    weights = {stem: rarity(frequencies[stem], papers) for stem in content_stems(question)}
    total = sum(weights.values())
    if not total:
        return [0.0] * len(sentences)
    return [sum(weights[stem] for stem in each & weights.keys()) / total for each in stems(sentences)]
