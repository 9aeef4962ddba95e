"""How fast a collection fills: reading, the ledger with its keyword index, embedding, and what is ours of it.

The ingest is the public one. Reading is timed around its source, the embedder times itself; what is left of
the first half is the ledger's (papers, sentences, words, sketches), of the second the vectors' two stores.
"""

from __future__ import annotations

import json
import resource
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bench.scaling.common import NAME, ShortBge, Timed, corpus, table
from store.collection import Collection
from store.embedding import BgeSmall
from store.estimating import Estimate
from store.ingesting import Progress
from store.records import Record, Reject

_SAMPLE = 100


class Source:
    """The records, and the seconds that reading them took."""

    def __init__(self, items: Iterator[Record | Reject]) -> None:
        self._items = items
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Record | Reject]:
        while True:
            started = time.perf_counter()
            item = next(self._items, None)
            self.seconds += time.perf_counter() - started
            if item is None:
                return
            yield item


def fill(data: Path, home: Path, records: int | None) -> dict[str, float]:
    """Take everything in, once; the numbers are kept beside the collection."""
    embedder = Timed(ShortBge(threads=1))
    source = Source(iter(corpus(data, records)))
    began: dict[str, float] = {}
    last = 0.0

    def progress(each: Progress) -> None:
        nonlocal last
        now = time.perf_counter()
        began.setdefault(each.phase, now)
        if now - last > 30:
            last = now
            print(f"{each.phase} {each.done:,}/{each.total or '?'}", flush=True)

    def told(job: Estimate) -> None:
        began["embedding"] = time.perf_counter() - embedder.seconds
        print(job, flush=True)

    list(embedder.documents(["warm"]))
    embedder.seconds = 0.0
    with Collection.open(home, NAME, embedder, create=True, notice=print) as collection:
        started = time.perf_counter()
        report = collection.ingest(source, progress, told)
        ended = time.perf_counter()
    half = began["embedding"]
    lone = BgeSmall()
    texts = [item.abstract for item in corpus(data, _SAMPLE) if isinstance(item, Record)]
    list(lone.documents(texts[:3]))
    begun = time.perf_counter()
    list(lone.documents(texts))
    whole = (time.perf_counter() - begun) / len(texts)
    found = {
        "records": report.read,
        "papers": report.papers,
        "embedded": report.embedded,
        "reading": source.seconds,
        "ledger": half - started - source.seconds,
        "embedding": embedder.seconds,
        "vectors": ended - half - embedder.seconds,
        "whole": whole,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "free": shutil.disk_usage(home).free / 1e9,
    }
    (home / "filled.json").write_text(json.dumps(found), encoding="utf-8")
    return found


def report(home: Path) -> str:
    """What `fill` measured, as Markdown."""
    path = home / "filled.json"
    if not path.is_file():
        return "The collection was not filled by this bench."
    got = json.loads(path.read_text(encoding="utf-8"))
    records, made = got["records"], got["embedded"]
    folder = home / "collections" / NAME
    chroma = sum(file.stat().st_size for file in (folder / "chroma").rglob("*") if file.is_file())
    ledger = sum(file.stat().st_size for file in folder.glob("ledger.sqlite3*"))
    ours = got["vectors"]
    rows = [
        (name, f"{seconds:,.0f}", f"{count / seconds:,.0f}", f"{1000 * seconds / count:.2f}")
        for name, seconds, count in (
            ("reading (gzipped JSON lines)", got["reading"], records),
            ("ledger: papers, sentences, keyword index, sketches", got["ledger"], records),
            (f"embedding ({ShortBge.name})", got["embedding"], made),
            ("vectors into ledger and Chroma", ours, made),
        )
    ]
    whole, cut = got["whole"], got["embedding"] / made
    around = (ours + got["ledger"] + got["reading"]) / made
    return "\n".join(
        [
            f"{records:,} records, {got['papers']:,} papers, {made:,} vectors.",
            "",
            table(("part", "s", "records/s", "ms a record"), rows),
            "",
            f"Peak memory of the process {got['peak']:,.0f} MB. On disk: ledger {ledger / 1e6:,.0f} MB, "
            f"Chroma {chroma / 1e6:,.0f} MB.",
            "",
            f"Raw, whole abstracts take the default embedder {1000 * whole:.0f} ms each here. Beside that "
            f"our own while embedding is {ours / made / whole:.1%}, and all that is not embedding "
            f"{around / whole:.1%}; beside the embedder that is cut short, {ours / made / cut:.0%}.",
        ]
    )
