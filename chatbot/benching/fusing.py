"""Ways to fuse what keywords and vectors found, held against each other on judged queries.

Each query is searched once by either side, as deep as the deepest way looks; then every way orders the same
findings. What is chosen on the tune half of the queries is reported on the other: `retrieval.halved` splits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.benching import retrieval
from chatbot.benching.judged import JudgedSet
from chatbot.benching.tables import number, stamp, table
from store.collection import Collection
from store.search import DEPTH, VECTOR_WEIGHT, fuse

if TYPE_CHECKING:
    from store.embedding import Embedder

Scores = Mapping[str, float]
Way = Callable[[Scores, Scores], list[str]]
"""Keyword and vector scores by paper; the papers, best first."""

_DEEPEST = 200
_DEPTHS = (50, 100, 200)
_WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_KS = (5, 10, 20, 40, 60, 100)
_NOW = f"min-max, vectors {VECTOR_WEIGHT}, depth {DEPTH}"
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Found:
    """One query: what either side found, its grades, and its half."""

    query: str
    keyword: Scores
    vector: Scores
    grades: Mapping[str, int]
    half: str


@dataclass(frozen=True, slots=True)
class Searched:
    """A set, searched: `documents` are a paper's documents by its id."""

    name: str
    found: tuple[Found, ...]
    documents: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Row:
    """One way on one half of a set; `set` "" is the mean of all sets."""

    way: str
    set: str
    queries: int
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sweep:
    """All ways on the tune half, best first by mean nDCG@10; and those worth it on the other."""

    tuned: tuple[Row, ...]
    reported: tuple[Row, ...]


def ways() -> dict[str, Way]:
    """Every way that is tried, by its name: what the store does now is one of them."""
    found: dict[str, Way] = {}
    for depth in _DEPTHS:
        for weight in _WEIGHTS:
            found[f"min-max, vectors {weight}, depth {depth}"] = partial(_min_max, weight, depth)
            found[f"cosine as it is, vectors {weight}, depth {depth}"] = partial(_raw, weight, depth)
        for k in _KS:
            found[f"RRF, k {k}, depth {depth}"] = partial(_rrf, k, 0.5, depth)
            found[f"RRF, k {k}, vectors 0.6, depth {depth}"] = partial(_rrf, k, 0.6, depth)
    return found


def family(way: str) -> str:
    """The method without its constants."""
    return way.partition(",")[0]


def run(
    chosen: Sequence[JudgedSet],
    home: Path,
    embedder: Embedder,
    *,
    notice: Callable[[str], None],
    progress: Callable[[str, int, int | None], None],
) -> Sweep:
    """Search every set once, try all ways on the tune half, and report the best of each method on the other.

    Collections are kept under `home`, those of `retrieval.run`. Raises what that raises.
    """
    searched = []
    for judged in chosen:
        with retrieval.filled(judged, home, embedder, notice=notice, progress=progress) as collection:
            searched.append(search(collection, judged, partial(progress, judged.name)))
    return sweep(searched)


def search(
    collection: Collection, judged: JudgedSet, progress: Callable[[int, int | None], None]
) -> Searched:
    """Each judged query of a set by both sides."""
    documents = {paper.id: tuple(source.name for source in paper.sources) for paper in collection.papers()}
    queries = retrieval.queries(judged)
    found = []
    for done, (id, text, grades) in enumerate(queries, start=1):
        keyword, vector = collection.sides(text, depth=_DEEPEST)
        found.append(Found(id, keyword, vector, grades, retrieval.halved(judged.name, id)))
        progress(done, len(queries))
    return Searched(judged.name, tuple(found), documents)


def sweep(searched: Sequence[Searched]) -> Sweep:
    """All ways on the tune half; on the other either side, what is used now and the best of each method."""
    tried = ways()
    tuned = [row for name, way in tried.items() for row in _rows(name, way, searched, "tune")]
    means = sorted((row for row in tuned if not row.set), key=lambda row: -row.values["nDCG@10"])
    best: dict[str, str] = {}
    for row in means:
        best.setdefault(family(row.way), row.way)
    names = list(dict.fromkeys((_NOW, *best.values())))
    reported = [
        *_rows("keyword only", lambda keyword, vector: _best(keyword, DEPTH), searched, "report"),
        *_rows("vector only", lambda keyword, vector: _best(vector, DEPTH), searched, "report"),
        *(row for name in names for row in _rows(name, tried[name], searched, "report")),
    ]
    return Sweep(tuple(means), tuple(reported))


def page(found: Sweep, embedder: str, command: str) -> str:
    """The sweep as Markdown."""
    now = next(place for place, row in enumerate(found.tuned, start=1) if row.way == _NOW)
    tuned = [
        [str(place), row.way, number(row.values["nDCG@10"], 4), number(row.values["recall@10"], 4)]
        for place, row in enumerate(found.tuned, start=1)
        if place <= _SHOWN or place == now
    ]
    measures = ("nDCG@10", "recall@10", "recall@100", "MRR")
    reported = [
        [row.set or "mean", str(row.queries), row.way, *(number(row.values[name], 3) for name in measures)]
        for row in sorted(found.reported, key=lambda row: (not row.set, row.set))
    ]
    return "\n\n".join(
        (
            f"{stamp()}, {embedder}. Now: {_NOW}.",
            f"    {command}",
            f"The best of {len(found.tuned)} ways on the tune half, by the mean of the sets:",
            table(["place", "way", "nDCG@10", "recall@10"], tuned),
            "On the report half: either side alone, what is used now, and what was best of each method:",
            table(["set", "queries", "way", *measures], reported),
        )
    )


def shape(found: Sweep, embedder: str, command: str) -> dict[str, Any]:
    """The sweep as a JSON value."""

    def rows(values: Sequence[Row]) -> list[dict[str, object]]:
        return [
            {"way": row.way, "set": row.set or None, "queries": row.queries, **row.values} for row in values
        ]

    return {
        "version": 1,
        "made": stamp(),
        "command": command,
        "embedder": embedder,
        "now": _NOW,
        "tune": rows(found.tuned),
        "report": rows(found.reported),
    }


def _rows(name: str, way: Way, searched: Sequence[Searched], half: str) -> list[Row]:
    """The way on one half of each set, and the mean of the sets."""
    rows = []
    for each in searched:
        asked = [found for found in each.found if found.half == half]
        if not asked:
            continue
        ranked = {
            found.query: [
                document for id in way(found.keyword, found.vector) for document in each.documents.get(id, ())
            ]
            for found in asked
        }
        grades = {found.query: found.grades for found in asked}
        rows.append(Row(name, each.name, len(asked), retrieval.measures(ranked, grades)))
    means = {
        measure: sum(row.values[measure] for row in rows) / max(len(rows), 1)
        for measure in retrieval.MEASURES
    }
    return [*rows, Row(name, "", sum(row.queries for row in rows), means)]


def _best(scores: Scores, depth: int) -> list[str]:
    return sorted(scores, key=lambda id: (-scores[id], id))[:depth]


def _cut(scores: Scores, depth: int) -> dict[str, float]:
    return {id: scores[id] for id in _best(scores, depth)}


def _min_max(weight: float, depth: int, keyword: Scores, vector: Scores) -> list[str]:
    """What the store does, with other constants."""
    found = fuse(_cut(keyword, depth), _cut(vector, depth), 2 * depth, weight)
    return [each.id for each in found]


def _raw(weight: float, depth: int, keyword: Scores, vector: Scores) -> list[str]:
    """BM25 over its maximum and the cosine as it is: a paper that only words found has a cosine of 0."""
    words, near = _cut(keyword, depth), _cut(vector, depth)
    most = max(words.values(), default=0.0) or 1.0
    score = {
        id: (1 - weight) * words.get(id, 0.0) / most + weight * near.get(id, 0.0)
        for id in words.keys() | near.keys()
    }
    return _best(score, 2 * depth)


def _rrf(k: int, weight: float, depth: int, keyword: Scores, vector: Scores) -> list[str]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009), the sides weighted."""
    score: dict[str, float] = {}
    for side, share in ((keyword, 1 - weight), (vector, weight)):
        for place, id in enumerate(_best(side, depth), start=1):
            score[id] = score.get(id, 0.0) + share / (k + place)
    return _best(score, 2 * depth)
