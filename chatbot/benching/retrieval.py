"""How well and how fast a search finds what people judged relevant, by keywords, by vectors and by both, and
by both with the first papers put in order again by a cross-encoder.

A set is ingested once, through the same door as a user's papers, into a collection that is kept, so that a
second run only searches. nDCG@10 (graded gains, log2 discount), recall@10 and @100 and MRR are trec_eval's,
by ir-measures. Queries without a relevant document are passed over.
"""

from __future__ import annotations

import hashlib
import math
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
from chatbot.verifying import Passage
from store.collection import Collection
from store.latex import readable
from store.records import Hit, Record, Source
from store.search import DEPTH, Side

if TYPE_CHECKING:
    from chatbot.entailment import Entailment
    from store.embedding import Embedder
    from store.ingesting import IngestReport, Progress

Grades = Mapping[str, Mapping[str, int]]
MEASURES = ("nDCG@10", "recall@10", "recall@100", "MRR")
RERANKED = "reranked"
Rerank = Callable[[str, Sequence[Hit]], list[Hit]]
"""The hits of a query in another order."""
# Papers that a cross-encoder looks at: each costs it a whole run.
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """One set searched in one mode: the name of a side, or RERANKED. `values` are in [0, 1], by the names of
    MEASURES; `speed` is queries a second, embedding the query included."""

    set: str
    papers: int
    queries: int
    mode: str
    values: Mapping[str, float]
    speed: float

    @property
    def shape(self) -> dict[str, object]:
        return {
            "set": self.set,
            "papers": self.papers,
            "queries": self.queries,
            "mode": self.mode,
            **self.values,
            "queries_per_second": self.speed,
        }


def run(
    chosen: Sequence[JudgedSet],
    modes: Sequence[str],
    home: Path,
    embedder: Embedder,
    *,
    rerank: Rerank | None = None,
    limit: int | None = None,
    notice: Callable[[str], None],
    progress: Callable[[str, int, int | None], None],
) -> list[Measured]:
    """Every set searched in every mode; `limit` is how many queries of each at most. The collections are kept
    under `home`. `progress` is told (what, done, of how many). Raises BenchError, StoreError,
    EntailmentError.
    """
    _library()  # what is missing is said before hours of embedding
    if RERANKED in modes and rerank is None:
        raise BenchError(
            "There is no reranker. Name the folder of an ONNX cross-encoder with CHATBOT_NLI_PATH, or a "
            "rerank endpoint with CHATBOT_NLI_URL."
        )
    found = []
    for judged in chosen:
        name = collection_name(judged, embedder.fingerprint)
        with Collection.open(home, name, embedder, create=True, notice=notice) as collection:
            fill(collection, judged, lambda step: progress(step.phase, step.done, step.total))
        for mode in modes:
            # Opened anew: a collection remembers the vectors of its last queries.
            with Collection.open(home, name, embedder, notice=notice) as collection:
                told = partial(progress, f"{judged.name} {mode}")
                order = rerank if mode == RERANKED else None
                found.append(measure(collection, judged, mode, rerank=order, limit=limit, progress=told))
    return found


def page(found: Sequence[Measured], embedder: str, command: str) -> str:
    """The results as Markdown: when and where, the command, the table."""
    rows = [
        [
            each.set,
            str(each.papers),
            str(each.queries),
            each.mode,
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
    mode: str,
    *,
    rerank: Rerank | None = None,
    limit: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Search for every judged query in one mode. The collection should be opened for this alone: it
    remembers the vectors of its last queries, which would make the next side's searches look fast.
    """
    grades = judgements(judged.qrels)
    queries = [(item["_id"], item["text"]) for item in objects(judged.queries) if item["_id"] in grades]
    queries = queries[:limit]
    if not queries:
        raise BenchError(f"No query of {judged.queries} is judged in {judged.qrels}. Are they of one set?")
    side = Side.HYBRID if mode == RERANKED else Side(mode)
    for _ in range(2):  # the first search of a collection takes another way than the others
        collection.search("warm up", side=side)
    found: dict[str, list[str]] = {}
    spent = 0.0
    for done, (id, text) in enumerate(queries, start=1):
        started = time.perf_counter()
        hits = collection.search(text, 2 * DEPTH, side=side)
        hits = rerank(text, hits) if rerank is not None else hits
        spent += time.perf_counter() - started
        # A merged paper stands for each of the documents that it was merged from.
        found[id] = [source.name for hit in hits for source in hit.paper.sources]
        progress(done, len(queries))
    values = measures(found, {id: grades[id] for id, _ in queries})
    return Measured(judged.name, collection.count(), len(queries), mode, values, len(queries) / spent)


def reranker(encoder: Entailment, first: int = _LOOKED_AT) -> Rerank:
    """Puts the first hits in the order of the cross-encoder's odds; equals and the rest stay as they are."""

    def rerank(query: str, hits: Sequence[Hit]) -> list[Hit]:
        def odds(hit: Hit) -> float:
            names = (hit.paper.title,) if hit.paper.title else ()
            told = encoder.odds(query, [Passage(readable(hit.paper.abstract), names)])
            return -math.inf if told is None else told

        return [*sorted(hits[:first], key=odds, reverse=True), *hits[first:]]

    return rerank


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
