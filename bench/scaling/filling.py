"""How fast a collection fills: reading, the ledger with its keyword index, embedding, and what is ours of it.

The ingest is the public one. Reading is timed around its source, the embedder times itself; what is left of
the first half is the ledger's (papers, sentences, words, sketches), of the second the vectors' two stores.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from bench.scaling.common import NAME, ShortBge, Spent, Timed, corpus, machine, table
from store.chroma import ChromaIndex
from store.collection import Collection
from store.embedding import BgeSmall
from store.ingesting import Progress
from store.records import Record, Reject

_SAMPLE = 100


class Source:
    """The records, and what reading them took."""

    def __init__(self, items: Iterator[Record | Reject]) -> None:
        self._items = items
        self.spent = Spent()

    def __iter__(self) -> Iterator[Record | Reject]:
        while True:
            with self.spent:
                item = next(self._items, None)
            if item is None:
                return
            yield item


def fill(data: Path, home: Path, records: int | None) -> None:
    """Take everything in, once; the numbers are kept beside the collection."""
    embedder = Timed(ShortBge(threads=1))
    source = Source(iter(corpus(data, records)))
    first, second, chroma = Spent(), Spent(), Spent()
    _time(ChromaIndex, "put", chroma)
    last = 0.0

    def progress(each: Progress) -> None:
        nonlocal last
        if each.phase == "embedding" and each.done == 1:
            first.__exit__()
            second.__enter__()
        if (now := time.perf_counter()) - last > 30:
            last = now
            print(f"{each.phase} {each.done:,}/{each.total or '?'}", flush=True)

    list(embedder.documents(["warm"]))
    embedder.spent = Spent()
    with Collection.open(home, NAME, embedder, create=True, notice=print) as collection:
        first.__enter__()
        report = collection.ingest(source, progress, print)
        second.__exit__()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lone, whole = BgeSmall(), Spent()
    texts = [f"{item.title}\n{item.abstract}" for item in corpus(data, _SAMPLE) if isinstance(item, Record)]
    list(lone.documents(texts[:3]))
    with whole:
        list(lone.documents(texts))
    found = {
        "machine": machine(),
        "records": report.read,
        "papers": report.papers,
        "embedded": report.embedded,
        "reading": _both(source.spent),
        "ledger": _both(first, source.spent),
        "embedding": _both(embedder.spent),
        "vectors": _both(second, embedder.spent, chroma),
        "chroma": _both(chroma),
        "whole": [each / len(texts) for each in _both(whole)],
        "peak": peak,
    }
    (home / "filled.json").write_text(json.dumps(found), encoding="utf-8")


def _time(owner: type, name: str, spent: Spent) -> None:
    """From now on what a method takes is added to `spent`."""
    method = getattr(owner, name)

    def timed(*args: object, **named: object) -> object:
        with spent:
            return method(*args, **named)

    setattr(owner, name, timed)


def _both(spent: Spent, *but: Spent) -> list[float]:
    """Seconds by the clock and of the processor, without those of `but`."""
    return [spent.clock - sum(each.clock for each in but), spent.work - sum(each.work for each in but)]


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
    rows = [
        (name, f"{clock:,.0f}", f"{count / clock:,.0f}", f"{1000 * clock / count:.2f}",
         f"{1000 * work / count:.2f}")
        for name, (clock, work), count in (
            ("reading (gzipped JSON lines)", got["reading"], records),
            ("ledger: papers, sentences, keyword index, sketches", got["ledger"], records),
            (f"embedding ({ShortBge.name})", got["embedding"], made),
            ("vectors into the ledger", got["vectors"], made),
            ("vectors and abstracts into Chroma", got["chroma"], made),
        )
    ]  # fmt: skip

    def share(*parts: str, of: list[float]) -> str:
        """Of a time a text, by the clock and of the processor."""
        ours = [sum(got[part][which] for part in parts) / made for which in (0, 1)]
        return " and ".join(f"{mine / theirs:.1%}" for mine, theirs in zip(ours, of, strict=True))

    whole, cut = got["whole"], [each / made for each in got["embedding"]]
    head = ("part", "s", "records/s", "ms a record", "ms of the processor")
    return "\n".join(
        [
            f"{records:,} records, {got['papers']:,} papers, {made:,} vectors ({got['machine']}).",
            "",
            table(head, rows),
            "",
            f"Peak memory of the process {got['peak']:,.0f} MB. On disk: ledger {ledger / 1e6:,.0f} MB, "
            f"Chroma {chroma / 1e6:,.0f} MB.",
            "",
            f"Whole abstracts take the default embedder {1000 * whole[0]:.0f} ms each here, raw, and "
            f"{1000 * whole[1]:.0f} ms of the processor. Beside that (by the clock, and of the processor) "
            f"our own is {share('vectors', 'ledger', 'reading', of=whole)}, {share('vectors', of=whole)} "
            f"of it while embedding, and Chroma's {share('chroma', of=whole)}; beside the embedder that "
            f"is cut short, our own while embedding is {share('vectors', of=cut)}.",
        ]
    )
