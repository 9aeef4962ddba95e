"""How well and how fast a search finds what people judged relevant, by keywords, by vectors and by both, and
by both with the first papers put in order again by the reranker that is configured.

A set is ingested once, through the same door as a user's papers, into a collection that is kept, so that a
second run only searches. nDCG@10 (graded gains, log2 discount), recall@10 and @100 and MRR are trec_eval's,
by ir-measures. Queries without a relevant document are passed over.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from store.search import RERANKED as RERANK_DEPTH

if TYPE_CHECKING:
    from store.embedding import Embedder
    from store.ingesting import IngestReport, Progress
    from store.reranking import Reranker

Grades = Mapping[str, Mapping[str, int]]
MEASURES = ("nDCG@10", "recall@10", "recall@100", "MRR")
RERANKED = "reranked"


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
    reranker: Reranker | None = None,
    depth: int = RERANK_DEPTH,
    half: str = "all",
    limit: int | None = None,
    notice: Callable[[str], None],
    progress: Callable[[str, int, int | None], None],
) -> list[Measured]:
    """Every set searched in every mode; `half` and `limit` say which queries of each, `depth` how many papers
    the reranker reads. The collections are kept under `home`. `progress` is told (what, done, of how many).
    Raises BenchError, StoreError.
    """
    _library()  # what is missing is said before hours of embedding
    if RERANKED in modes and reranker is None:
        raise BenchError(
            "There is no reranker. Name the folder of an ONNX cross-encoder with CHATBOT_RERANK_PATH, or a "
            "rerank endpoint with CHATBOT_RERANK_URL."
        )
    found = []
    for judged in chosen:
        with filled(judged, home, embedder, notice=notice, progress=progress):
            pass
        name = collection_name(judged, embedder.fingerprint)
        for mode in modes:
            # Opened anew: a collection remembers the vectors of its last queries.
            with Collection.open(
                home,
                name,
                embedder,
                notice=notice,
                reranker=reranker if mode == RERANKED else None,
                rerank_depth=depth,
            ) as collection:
                told = partial(progress, f"{judged.name} {mode}")
                found.append(measure(collection, judged, mode, half=half, limit=limit, progress=told))
    return found


@contextmanager
def filled(
    judged: JudgedSet,
    home: Path,
    embedder: Embedder,
    *,
    notice: Callable[[str], None],
    progress: Callable[[str, int, int | None], None],
) -> Iterator[Collection]:
    """The collection of a set under `home`, made if it is not there. Raises StoreError, BenchError."""
    name = collection_name(judged, embedder.fingerprint)
    with Collection.open(home, name, embedder, create=True, notice=notice) as collection:
        fill(collection, judged, lambda step: progress(step.phase, step.done, step.total))
        yield collection


def halved(set: str, query: str) -> str:
    """ "tune" or "report": our own split, by a hash of the query's id."""
    return ("tune", "report")[hashlib.sha256(f"{set}/{query}".encode()).digest()[0] % 2]


def queries(judged: JudgedSet) -> list[tuple[str, str, dict[str, int]]]:
    """The judged queries of a set: id, text, grades. Raises BenchError where there are none."""
    grades = judgements(judged.qrels)
    found = [
        (each["_id"], each["text"], grades[each["_id"]])
        for each in objects(judged.queries)
        if each["_id"] in grades
    ]
    if not found:
        raise BenchError(f"No query of {judged.queries} is judged in {judged.qrels}. Are they of one set?")
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
    half: str = "all",
    limit: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Search for every judged query in one mode, RERANKED if the collection has a reranker. The collection
    should be opened for this alone: it remembers the vectors of its last queries, which would make the next
    side's searches look fast.
    """
    chosen = [each for each in queries(judged) if half in ("all", halved(judged.name, each[0]))][:limit]
    if not chosen:
        raise BenchError(f"No query of {judged.queries} is in the half {half!r}. Leave --half out.")
    side = Side.HYBRID if mode == RERANKED else Side(mode)
    for _ in range(2):  # the first search of a collection takes another way than the others
        collection.search("warm up", side=side)
    found: dict[str, list[str]] = {}
    spent = 0.0
    for done, (id, text, _) in enumerate(chosen, start=1):
        started = time.perf_counter()
        hits = collection.search(text, 2 * DEPTH, side=side)
        spent += time.perf_counter() - started
        if mode == RERANKED and hits and hits[0].rerank is None:
            raise BenchError("The reranker failed: nothing is measured. `chatbot doctor` says what is wrong.")
        # A merged paper stands for each of the documents that it was merged from.
        found[id] = [source.name for hit in hits for source in hit.paper.sources]
        progress(done, len(chosen))
    values = measures(found, {id: grades for id, _, grades in chosen})
    return Measured(judged.name, collection.count(), len(chosen), mode, values, len(chosen) / spent)


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
