"""How many pairs of an archive's papers would be taken for one, were their ids missing.

Every record is another paper: each has its own arXiv id. What `resemblance` says of two of them, by abstracts
and titles alone, is therefore a mistake, unless they are one work submitted twice. The pairs are those that
the sketches suggest, as in an ingest; every pair is then compared in full.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from pathlib import Path

from bench.scaling.common import NAME, table
from store import merging, resemblance
from store.collection import LEDGER
from store.ledger import Ledger
from store.records import Record

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)


def measure(home: Path, shown: int) -> str:
    """Pairs by resemblance, title and numbers, as Markdown; the `shown` most alike ones that have other
    titles, and the least alike that have one."""
    ledger = Ledger(home / "collections" / NAME / LEDGER)
    try:
        papers = ledger.count()
        pairs = _pairs(ledger)
        compared = [_compared(ledger, *pair) for pair in pairs]
    finally:
        ledger.close()
    rows = []
    for least in THRESHOLDS:
        above = [pair for pair in compared if pair.alike >= least]
        rows.append(
            (
                f"≥ {least}",
                len(above),
                sum(pair.titles for pair in above),
                sum(not pair.titles for pair in above),
                sum(pair.numbers for pair in above),
                sum(pair.numbers and not pair.titles for pair in above),
            )
        )
    letters = [pair for pair in compared if pair.text]
    same = sum(pair.titles and pair.alike >= resemblance.SAME_TITLE for pair in compared)
    bare = sum(pair.numbers and pair.alike >= resemblance.NO_TITLE for pair in compared)
    head = ("resemblance", "pairs", "of one title", "of two titles", "of the same numbers",
            "of these, of two titles")  # fmt: skip
    lines = [
        f"{papers:,} papers, {papers * (papers - 1) // 2:,} pairs; the sketches suggest {len(pairs):,}.",
        "",
        table(head, rows),
        "",
        f"At the thresholds in use {same} pairs are one paper by their titles (≥ {resemblance.SAME_TITLE}), "
        f"and {bare} would be, did none of them have a title (≥ {resemblance.NO_TITLE}, the same numbers).",
        f"{len(letters)} pairs have the whole abstract in common, letter for letter: without ids they are "
        f"one paper by that alone, {sum(not pair.titles for pair in letters)} of them under two titles.",
    ]
    bands = (
        ("One title, least alike", sorted((p for p in compared if p.titles), key=lambda p: p.alike)),
        (
            "Two titles, the same numbers, most alike",
            sorted((p for p in compared if p.numbers and not p.titles), key=lambda p: -p.alike),
        ),
        (
            "Two titles, other numbers, most alike",
            sorted((p for p in compared if not p.numbers and not p.titles), key=lambda p: -p.alike),
        ),
    )
    for name, band in bands:
        listed = [(f"{p.alike:.2f}", *p.ids, *(title[:90] for title in p.names)) for p in band[:shown]]
        head = ("resemblance", "one", "other", "its title", "the other's")
        lines += ["", f"{name}:", "", table(head, listed)]
    return "\n".join(lines)


class Pair:
    """Two papers, compared."""

    def __init__(self, one: Record, other: Record) -> None:
        self.ids = (one.arxiv_id or "", other.arxiv_id or "")
        self.names = (one.title or "", other.title or "")
        self.titles = resemblance._words(self.names[0]) == resemblance._words(self.names[1])
        self.numbers = resemblance._numbers(one.abstract) == resemblance._numbers(other.abstract)
        self.text = merging.keys(one)[-1] == merging.keys(other)[-1]
        self.alike = resemblance.resemblance(resemblance.runs(one.abstract), resemblance.runs(other.abstract))


def _compared(ledger: Ledger, one: int, other: int) -> Pair:
    return Pair(ledger.records(one)[0], ledger.records(other)[0])


def _pairs(ledger: Ledger) -> list[tuple[int, int]]:
    """The pairs of rows that share enough of their sketches."""
    known: dict[int, list[int]] = defaultdict(list)
    for hash, paper in ledger.read("SELECT hash, paper FROM sketches"):
        known[hash].append(paper)
    shared: Counter[tuple[int, int]] = Counter()
    for papers in known.values():
        shared.update(itertools.combinations(sorted(papers), 2))
    return sorted(pair for pair, count in shared.items() if count >= resemblance.SHARED)
