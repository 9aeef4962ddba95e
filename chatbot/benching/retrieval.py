"""How well and how fast a search finds what people judged relevant, on sets in the BEIR layout.

A set is a folder with `corpus.jsonl`, `queries.jsonl` (either may end in .gz: objects with `_id`, `title` and
`text`) and `qrels.tsv` or `qrels/test.tsv` (query, document, grade). It is ingested once, through the same
door as a user's papers, into a collection that is kept, so that a second run only searches.

nDCG@10 (graded gains, log2 discount), recall@10 and @100 and MRR are trec_eval's, by ir-measures. Queries
without a relevant document are passed over.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from chatbot.errors import BenchError
from store.collection import Collection
from store.records import Record, Source
from store.search import DEPTH, Side

if TYPE_CHECKING:
    from store.ingesting import IngestReport, Progress

Grades = Mapping[str, Mapping[str, int]]
MEASURES = ("nDCG@10", "recall@10", "recall@100", "MRR")
_LAYOUT = "corpus.jsonl, queries.jsonl (or .jsonl.gz) and qrels.tsv or qrels/test.tsv"


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """The three files of a set; `name` is its folder's."""

    name: str
    corpus: Path
    queries: Path
    qrels: Path


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


def sets(folder: Path, wanted: Sequence[str] = ()) -> list[JudgedSet]:
    """The set that a folder is, or those in it, by name; only the `wanted` ones if any are named.

    Raises BenchError where there is none, or one lacks a file.
    """
    if not folder.is_dir():
        raise BenchError(f"There is no folder {folder}. Name one that holds {_LAYOUT} with --data.")
    if _file(folder, "corpus.jsonl"):
        found = [folder]
    else:
        found = sorted(each for each in folder.iterdir() if each.is_dir() and _file(each, "corpus.jsonl"))
    if not found:
        raise BenchError(f"{folder} holds no set: a set is a folder with {_LAYOUT}. Name one with --data.")
    names = [each.resolve().name for each in found]
    if unknown := [name for name in wanted if name not in names]:
        raise BenchError(f"{folder} has no set {unknown[0]!r}. There are: {', '.join(names)}.")
    chosen = [each for each, name in zip(found, names, strict=True) if not wanted or name in wanted]
    return [_set(each) for each in chosen]


def judgements(file: Path) -> dict[str, dict[str, int]]:
    """Grades by query and document; queries without a relevant document are left out. Raises BenchError."""
    found: dict[str, dict[str, int]] = {}
    with _reading(file) as lines:
        for number, row in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), start=1):
            if not row:
                continue
            try:
                query, document, grade = row
                found.setdefault(query, {})[document] = int(float(grade))
            except ValueError as error:
                if number == 1:
                    continue  # the header
                raise BenchError(
                    f"{file}:{number} is no judgement. Write query, document and grade, parted by tabs."
                ) from error
    return {query: grades for query, grades in found.items() if any(grade > 0 for grade in grades.values())}


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
        for number, item in enumerate(_objects(judged.corpus), start=1):
            title, text = item.get("title", "").strip(), item.get("text", "").strip()
            if text or title:
                yield Record(text or title, Source(item["_id"], number), title=title or None)

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
    queries = [(item["_id"], item["text"]) for item in _objects(judged.queries) if item["_id"] in grades]
    queries = queries[:limit]
    if not queries:
        raise BenchError(f"No query of {judged.queries} is judged in {judged.qrels}. Are they of one set?")
    for _ in range(2):  # the first search of a collection takes another way than the others
        collection.search("warm up", side=side)
    found: dict[str, list[str]] = {}
    spent = 0.0
    for number, (id, text) in enumerate(queries, start=1):
        started = time.perf_counter()
        hits = collection.search(text, 2 * DEPTH, side=side)
        spent += time.perf_counter() - started
        # A merged paper stands for each of the documents that it was merged from.
        found[id] = [source.name for hit in hits for source in hit.paper.sources]
        progress(number, len(queries))
    values = measures(found, {id: grades[id] for id, _ in queries})
    return Measured(judged.name, collection.count(), len(queries), side, values, len(queries) / spent)


def measures(found: Mapping[str, Sequence[str]], grades: Grades) -> dict[str, float]:
    """The MEASURES of ranked documents by query, averaged over the queries of `grades`. Raises BenchError."""
    try:
        import ir_measures
        from ir_measures import RR, R, nDCG
    except ImportError as error:
        raise BenchError(
            "ir-measures is not installed, which computes the measures: pip install 'proven-chatbot[bench]'."
        ) from error
    # trec_eval orders by score, and equal scores by id: the scores must say our order.
    run = {
        query: {document: float(len(ranked) - place) for place, document in enumerate(dict.fromkeys(ranked))}
        for query, ranked in found.items()
    }
    wanted = dict(zip(MEASURES, (nDCG @ 10, R @ 10, R @ 100, RR), strict=True))
    values = ir_measures.calc_aggregate(list(wanted.values()), grades, run)
    return {name: float(values[measure]) for name, measure in wanted.items()}


def _set(folder: Path) -> JudgedSet:
    places = (folder / "qrels.tsv", folder / "qrels" / "test.tsv")
    qrels = next((each for each in places if each.is_file()), None)
    corpus, queries = _file(folder, "corpus.jsonl"), _file(folder, "queries.jsonl")
    if corpus is None or queries is None or qrels is None:
        lacking = "queries.jsonl" if queries is None else "qrels.tsv"
        raise BenchError(f"{folder} lacks its {lacking}. A set is a folder with {_LAYOUT}.")
    return JudgedSet(folder.resolve().name, corpus, queries, qrels)


def _file(folder: Path, name: str) -> Path | None:
    return next((each for each in (folder / name, folder / f"{name}.gz") if each.is_file()), None)


def _objects(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, each with the texts `_id` and `text`. Raises BenchError."""
    with _reading(file) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
                texts = {name: str(item.get(name) or "") for name in ("_id", "title", "text")}
            except (ValueError, AttributeError) as error:
                raise BenchError(f"{file}:{number} is no JSON object. Mend or remove the line.") from error
            if not texts["_id"]:
                raise BenchError(f"{file}:{number} has no _id. Give it one.")
            yield texts


@contextmanager
def _reading(file: Path) -> Iterator[Iterator[str]]:
    """The lines of a text file that may be gzipped. Raises BenchError where it can't be read."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as content:
            yield TextIOWrapper(cast("IO[bytes]", content), encoding="utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise BenchError(f"{file} can't be read ({error}). Get it again, or leave its set out.") from error
