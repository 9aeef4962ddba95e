"""How well and how fast a search finds what people judged relevant, by keywords, by vectors and by both.

A set is ingested once, through the same door as a user's papers, into a collection that is kept, so that a
second run only searches. nDCG@10 (graded gains, log2 discount), recall@10 and @100 and MRR are trec_eval's,
by ir-measures. Queries without a relevant document are passed over.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.benching.judged import JudgedSet, judgements, objects
from chatbot.benching.tables import number, stamp, table
from chatbot.errors import BenchError
from store.collection import Collection
from store.records import Record, Source
from store.search import DEPTH, Side

if TYPE_CHECKING:
    from store.embedding import Embedder
    from store.ingesting import IngestReport, Progress

Grades = Mapping[str, Mapping[str, int]]
MEASURES = ("nDCG@10", "recall@10", "recall@100", "MRR")


@dataclass(frozen=True, slots=True)
class Measured:
    """One set searched by one side. `values` are in [0, 1], by the names of MEASURES; `speed` is queries a
    second, embedding the query included."""

    set: str
    papers: int
    queries: int
    side: Side
    values: Mapping[str, float]
    speed: float

    @property
    def shape(self) -> dict[str, object]:
        return {
            "set": self.set,
            "papers": self.papers,
            "queries": self.queries,
            "mode": self.side.value,
            **self.values,
            "queries_per_second": self.speed,
        }


def run(
    chosen: Sequence[JudgedSet],
    sides: Sequence[Side],
    home: Path,
    embedder: Embedder,
    *,
    limit: int | None = None,
    notice: Callable[[str], None],
    progress: Callable[[str, int, int | None], None],
) -> list[Measured]:
    """Every set searched by every side; `limit` is how many queries of each at most. The collections are kept
    under `home`. `progress` is told (what, done, of how many). Raises BenchError, StoreError.
    """
    _library()  # what is missing is said before hours of embedding
    found = []
    for judged in chosen:
        name = collection_name(judged, embedder.fingerprint)
        with Collection.open(home, name, embedder, create=True, notice=notice) as collection:
            fill(collection, judged, lambda step: progress(step.phase, step.done, step.total))
        for side in sides:
            # Opened anew: a collection remembers the vectors of its last queries.
            with Collection.open(home, name, embedder, notice=notice) as collection:
                told = partial(progress, f"{judged.name} {side.value}")
                found.append(measure(collection, judged, side, limit=limit, progress=told))
    return found


def page(found: Sequence[Measured], embedder: str, command: str) -> str:
    """The results as Markdown: when and where, the command, the table."""
    rows = [
        [
            each.set,
            str(each.papers),
            str(each.queries),
            each.side.value,
            *(number(each.values[measure], 3) for measure in MEASURES),
            number(each.speed, 0),
        ]
        for each in found
    ]
    header = ["set", "papers", "queries", "mode", *MEASURES, "queries/s"]
    return f"{stamp()}, {embedder}.\n\n    {command}\n\n{table(header, rows)}"


def shape(found: Sequence[Measured], embedder: str, command: str) -> dict[str, Any]:
    """The results as a JSON value."""
    return {
        "version": 1,
        "made": stamp(),
        "command": command,
        "embedder": embedder,
        "results": [each.shape for each in found],
    }


def collection_name(judged: JudgedSet, embedder: str) -> str:
    """Where a set is kept: another name for another corpus or embedder (a text that names it)."""
    digest = hashlib.sha256(embedder.encode())
    with judged.corpus.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", judged.name).strip("-._")[:40] or "set"
    return f"{plain}-{digest.hexdigest()[:8]}"


def fill(
    collection: Collection, judged: JudgedSet, progress: Callable[[Progress], None] = lambda _: None
) -> IngestReport:
    """Ingest the corpus; a document's id is the name of its paper's source. Raises what `ingest` raises."""

    def records() -> Iterator[Record]:
        for line, item in enumerate(objects(judged.corpus), start=1):
            title, text = item["title"].strip(), item["text"].strip()
            if text or title:
                yield Record(text or title, Source(item["_id"], line), title=title or None)

    return collection.ingest(records(), progress)


def measure(
    collection: Collection,
    judged: JudgedSet,
    side: Side,
    *,
    limit: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Search for every judged query by one side. The collection should be opened for this alone: it
    remembers the vectors of its last queries, which would make the next side's searches look fast.
    """
    grades = judgements(judged.qrels)
    queries = [(item["_id"], item["text"]) for item in objects(judged.queries) if item["_id"] in grades]
    queries = queries[:limit]
    if not queries:
        raise BenchError(f"No query of {judged.queries} is judged in {judged.qrels}. Are they of one set?")
    for _ in range(2):  # the first search of a collection takes another way than the others
        collection.search("warm up", side=side)
    found: dict[str, list[str]] = {}
    spent = 0.0
    for done, (id, text) in enumerate(queries, start=1):
        started = time.perf_counter()
        hits = collection.search(text, 2 * DEPTH, side=side)
        spent += time.perf_counter() - started
        # A merged paper stands for each of the documents that it was merged from.
        found[id] = [source.name for hit in hits for source in hit.paper.sources]
        progress(done, len(queries))
    values = measures(found, {id: grades[id] for id, _ in queries})
    return Measured(judged.name, collection.count(), len(queries), side, values, len(queries) / spent)


def measures(found: Mapping[str, Sequence[str]], grades: Grades) -> dict[str, float]:
    """The MEASURES of ranked documents by query, averaged over the queries of `grades`. Raises BenchError."""
    ir = _library()
    # trec_eval orders by score, and equal scores by id: the scores must say our order.
    run = {
        query: {document: float(len(ranked) - place) for place, document in enumerate(dict.fromkeys(ranked))}
        for query, ranked in found.items()
    }
    wanted = dict(zip(MEASURES, (ir.nDCG @ 10, ir.R @ 10, ir.R @ 100, ir.RR), strict=True))
    values = ir.calc_aggregate(list(wanted.values()), grades, run)
    return {name: float(values[measure]) for name, measure in wanted.items()}


def _library() -> Any:
    try:
        import ir_measures
        import pytrec_eval  # noqa: F401  what ir-measures computes these measures with
    except ImportError as error:
        raise BenchError(
            f"{error.name} is not installed, which the measures are computed by: "
            "pip install 'proven-chatbot[bench]'."
        ) from error
    return ir_measures
