"""How long a search takes beside what it can't do without: embedding the question and asking Chroma.

Each question is searched for both ways, one after the other, in turns, so that whatever else the machine does
meets both alike. No vector of a question is remembered. With a filter there is no raw counterpart: Chroma
knows no filters that are fast enough, so the same raw query without one stands beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.scaling.common import NAME, ShortBge, quantile, questions, table
from store.collection import Collection
from store.records import Filter
from store.search import Side

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


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def measure(data: Path, home: Path, count: int) -> str:
    """Both ways over every question and filter, as Markdown."""
    asked = questions(data, count)
    with Collection.open(home, NAME, ShortBge(), notice=print) as collection:
        collection.search("the first question opens Chroma and loads the model")
        collection.search("the second one finds them open")
        index, embedder = collection._vector_index(), collection.embedder
        papers = collection.count()
        rows: list[Sequence[object]] = []
        for name, filter in FILTERS:
            passing = collection.count(filter)
            first = timed(lambda filter=filter: collection.search("how far is the moon", filter=filter))
            raw, ours, words = [], [], []
            for text in asked if filter.empty else asked[: max(count // 4, 20)]:

                def plain(text: str = text) -> None:
                    index.query(embedder.query(text), 10)

                def whole(text: str = text, filter: Filter = filter) -> None:
                    collection._queries.clear()
                    collection.search(text, 10, filter)

                raw.append(timed(plain))
                ours.append(timed(whole))
                if filter.empty:
                    words.append(timed(lambda text=text: collection.search(text, 10, side=Side.KEYWORD)))
            ratio = quantile(ours, 0.5) / quantile(raw, 0.5)
            rows.append(
                (
                    f"`{name}`",
                    f"{passing:,}",
                    len(raw),
                    *(f"{quantile(raw, share):.0f}" for share in (0.5, 0.95)),
                    f"{first:.0f}",
                    *(f"{quantile(ours, share):.0f}" for share in (0.5, 0.95)),
                    f"{ratio:.2f}",
                )
            )
            if words:
                rows.append(("(of it words alone)", f"{passing:,}", len(words), "", "", "",
                             f"{quantile(words, .5):.0f}", f"{quantile(words, .95):.0f}", ""))  # fmt: skip
    head = ("filter", "papers that pass", "questions", "raw p50 (ms)", "raw p95", "first", "hybrid p50",
            "hybrid p95", "p50 to raw p50")  # fmt: skip
    return f"{papers:,} papers; top 10.\n\n{table(head, rows)}"
