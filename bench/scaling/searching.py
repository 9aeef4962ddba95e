"""How long a search takes beside what it can't do without: embedding the question and asking Chroma.

Each question is searched for both ways, one after the other, in turns, so that whatever else the machine does
meets both alike. No vector of a question is remembered; the scores of its words are, so each is searched for
twice: new, and when its words are known. Beside the clock stands the processor's time, of all threads. With a
filter there is no raw counterpart, Chroma's own being slow, so the raw query without one stands beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.scaling.common import NAME, ShortBge, quantile, questions, table
from store.collection import Collection
from store.records import Filter

FILTERS: tuple[tuple[str, Filter], ...] = (
    ("none", Filter()),
    ("since:2025", Filter(since="2025")),
    ("since:2025-06 until:2025-09", Filter(since="2025-06", until="2025-09")),
    ("since:2025-12-15", Filter(since="2025-12-15")),
    ("cat:cs.CL", Filter(categories=("cs.CL",))),
    ("cat:math.OC", Filter(categories=("math.OC",))),
    ('author:"Bowen Yu"', Filter(authors=("Bowen Yu",))),
    ('author:"Wei Zhang"', Filter(authors=("Wei Zhang",))),
    ('"reinforcement learning"', Filter(phrases=("reinforcement learning",))),
    ("-survey", Filter(exclude=("survey",))),
    ("-model", Filter(exclude=("model",))),
    ("has:code", Filter(has=("code",))),
    ("cat:cs.CL since:2025-06 -survey", Filter(categories=("cs.CL",), since="2025-06", exclude=("survey",))),
)


def timed(work: Callable[[], object], processor: list[float] | None = None) -> float:
    """Milliseconds by the clock; those of the processor, of all threads, are added to `processor`."""
    started, used = time.perf_counter(), time.process_time()
    work()
    taken = (time.perf_counter() - started) * 1000
    if processor is not None:
        processor.append((time.process_time() - used) * 1000)
    return taken


def measure(data: Path, home: Path, count: int) -> str:
    """Both ways over every question and filter, as Markdown."""
    asked = questions(data, count)
    with Collection.open(home, NAME, ShortBge(), notice=print) as collection:
        opening = timed(lambda: collection.search("the first question opens Chroma and loads the model"))
        collection.search("the second one finds them open, and has common words prepared in the background")
        if collection._bm25._thread is not None:
            started = time.perf_counter()
            collection._bm25._thread.join()
            print(f"The common words were prepared in {time.perf_counter() - started:.1f} s.", flush=True)
        collection._vector_index().open()
        index, embedder = collection._vector_index(), collection.embedder
        papers = collection.count()
        rows: list[Sequence[object]] = []
        for name, filter in FILTERS:
            passing = collection.count(filter)
            first = timed(lambda filter=filter: collection.search("how far is the moon", filter=filter))
            raw, ours, again, raw_work, our_work = [], [], [], [], []
            for text in asked:

                def plain(text: str = text) -> None:
                    index.query(embedder.query(text), 10)

                def whole(text: str = text, filter: Filter = filter) -> None:
                    collection._queries.clear()
                    collection.search(text, 10, filter)

                raw.append(timed(plain, raw_work))
                ours.append(timed(whole))
                raw.append(timed(plain, raw_work))
                again.append(timed(whole, our_work))
            rows.append(
                (
                    f"`{name}`",
                    f"{passing:,}",
                    len(ours),
                    *(f"{quantile(raw, share):.0f}" for share in (0.5, 0.95)),
                    f"{first:.0f}",
                    *(f"{quantile(ours, share):.0f}" for share in (0.5, 0.95)),
                    *(f"{quantile(again, share):.0f}" for share in (0.5, 0.95)),
                    f"{quantile(ours, 0.5) / quantile(raw, 0.5):.2f}",
                    f"{quantile(again, 0.5) / quantile(raw, 0.5):.2f}",
                    f"{quantile(our_work, 0.5) / quantile(raw_work, 0.5):.2f}",
                )
            )
            print(" | ".join(map(str, rows[-1])), flush=True)
    head = ("filter", "papers that pass", "questions", "raw p50 (ms)", "raw p95", "the filter's first",
            "new question p50", "p95", "known words p50", "p95", "new to raw p50", "known to raw p50",
            "the same, processor")  # fmt: skip
    return (
        f"{papers:,} papers; top 10. A process's first search took {opening / 1000:.1f} s.\n\n"
        f"{table(head, rows)}"
    )
