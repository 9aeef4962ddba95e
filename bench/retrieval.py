"""How well and how fast our search finds what people judged relevant, on public sets (BEIR layout).

    python -m bench.retrieval --data DIR [--sets scifact-train,cranfield] [--mode keyword,vector,hybrid]

DIR holds one folder a set: `corpus.jsonl.gz`, `queries.jsonl.gz`, `qrels.tsv`. Each set is ingested once,
through the same door as a user's papers, into a collection that is kept under --home, so that a second run
only searches.
Queries without a judgement are passed over. Every mode runs the whole search and ranks by its side of it. A
Markdown table goes to standard output, and to --out.

nDCG@10 uses the judged grades as gains and log2(rank + 1) as discount, recall@100 counts grades above 0: the
definitions of trec_eval.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import os
import platform
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import store.search
from store import BgeSmall, Collection, Progress, Record, Source

MODES = {"keyword": 0.0, "vector": 1.0, "hybrid": store.search.VECTOR_WEIGHT}
DEEP = 100


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def judgements(path: Path) -> dict[str, dict[str, int]]:
    """Grades by query and document."""
    found: dict[str, dict[str, int]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file, delimiter="\t")
        next(rows)
        for query, document, grade in rows:
            found.setdefault(query, {})[document] = int(grade)
    return found


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain of the first `depth`, in [0, 1]."""

    def gain(values: Sequence[int]) -> float:
        return sum(max(value, 0) / math.log2(place + 2) for place, value in enumerate(values[:depth]))

    best = gain(sorted(grades.values(), reverse=True))
    return gain([grades.get(id, 0) for id in ranked]) / best if best else 0.0


def recall(ranked: Sequence[str], grades: Mapping[str, int], depth: int = DEEP) -> float:
    """Share of the relevant documents that are among the first `depth`."""
    relevant = {id for id, grade in grades.items() if grade > 0}
    return len(relevant & set(ranked[:depth])) / len(relevant) if relevant else 0.0


def fill(collection: Collection, corpus: Path) -> float:
    """Ingest the corpus; seconds that it took. Documents keep their id in their source's line."""

    def records() -> Iterator[Record]:
        for number, item in enumerate(lines(corpus), start=1):
            text = item["text"].strip() or item["title"].strip()
            if text:
                yield Record(text, Source(item["_id"], number), title=item["title"].strip() or None)

    def show(progress: Progress) -> None:
        if progress.done % 100 == 0:
            print(
                f"\r{collection.name}: {progress.phase} {progress.done}", end="", file=sys.stderr, flush=True
            )

    started = time.perf_counter()
    collection.ingest(records(), show)
    print(file=sys.stderr)
    return time.perf_counter() - started


def measure(collection: Collection, folder: Path, mode: str) -> tuple[int, float, float, float]:
    """Queries, nDCG@10, recall@100, queries a second (embedding the query included, after one warm-up)."""
    grades = judgements(folder / "qrels.tsv")
    queries = [
        (item["_id"], item["text"]) for item in lines(folder / "queries.jsonl.gz") if item["_id"] in grades
    ]
    store.search.VECTOR_WEIGHT = MODES[mode]
    collection.search("warm up")
    gains, recalls = [], []
    spent = 0.0
    for id, text in queries:
        started = time.perf_counter()
        hits = collection.search(text, limit=2 * DEEP)
        spent += time.perf_counter() - started
        side = {"keyword": lambda hit: hit.keyword, "vector": lambda hit: hit.vector}.get(
            mode, lambda hit: hit.score
        )
        # A merged paper stands for each of the documents that it was merged from.
        ranked = [source.name for hit in hits if side(hit) is not None for source in hit.paper.sources]
        gains.append(ndcg(ranked, grades[id]))
        recalls.append(recall(ranked, grades[id]))
    count = len(queries)
    return count, sum(gains) / count, sum(recalls) / count, count / spent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.retrieval", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--sets", default="scifact-train,cranfield", help="comma-separated folders of it")
    parser.add_argument("--mode", default="keyword,vector,hybrid", help="comma-separated")
    parser.add_argument("--home", type=Path, default=Path(".bench"), help="where the collections are kept")
    parser.add_argument("--out", type=Path, help="write the table there too")
    options = parser.parse_args()
    if unknown := set(options.mode.split(",")) - MODES.keys():
        parser.error(f"no such mode: {', '.join(sorted(unknown))}")
    rows = []
    for name in options.sets.split(","):
        folder = options.data / name
        if not (folder / "corpus.jsonl.gz").is_file():
            parser.error(f"{folder} holds no corpus.jsonl.gz")
        with Collection.open(options.home, name, BgeSmall, create=True, notice=print) as collection:
            seconds = fill(collection, folder / "corpus.jsonl.gz")
            print(f"{name}: {collection.count()} papers, ingest took {seconds:.0f} s", file=sys.stderr)
            for mode in options.mode.split(","):
                count, gain, found, speed = measure(collection, folder, mode)
                rows.append(
                    f"| {name} | {collection.count()} | {count} | {mode} "
                    f"| {gain:.3f} | {found:.3f} | {speed:.0f} |"
                )
                print(rows[-1], file=sys.stderr)
    table = "\n".join(
        [
            "| set | papers | queries | mode | nDCG@10 | recall@100 | queries/s |",
            "|---|---|---|---|---|---|---|",
            *rows,
        ]
    )
    print(table)
    if options.out:
        command = shlex.join(["python", "-m", "bench.retrieval", *sys.argv[1:]])
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(
            f"# Retrieval\n\n{date.today()}, {platform.machine()}, {os.cpu_count()} cores, "
            f"Python {platform.python_version()}, {BgeSmall.name}.\n\n    {command}\n\n{table}\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
