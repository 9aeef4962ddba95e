"""Records into the ledger: which paper is each of, what changed, what came from where.

Each batch is one transaction, so a kill loses at most what was never acknowledged, and the next run
finishes. Reading the same sources again changes nothing.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from store import merging, resemblance, sentences
from store.ledger import Ledger, content
from store.records import Record, Reject

# Records a transaction: its fsync does not show, and a kill costs well under a second of work.
BATCH = 200
# A work has one arXiv id, whatever it shares with another. (It may have two DOIs: arXiv's and a journal's.)
_UNIQUE = "arxiv:"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is: `phase` is "reading" or "embedding"; `total` is None while unknown."""

    phase: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did. `read` records = new + updated + merged + unchanged + those rejected while reading.

    new: of a paper that was not known; merged: a further source, or place in it, of a known paper;
    updated: a source speaks differently of a paper than before; unchanged: known word for word.
    `papers` is how many the collection has now, `embedded` how many vectors were made, `vectors_missing` how
    many papers have none yet.
    """

    read: int = 0
    new: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    papers: int = 0
    embedded: int = 0
    vectors_missing: int = 0
    rejects: tuple[Reject, ...] = ()


@dataclass(slots=True)
class Intake:
    """One ingest's reading phase: what it has counted and seen so far."""

    ledger: Ledger
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("read", "new", "updated", "merged", "unchanged"), 0)
    )
    rejects: list[Reject] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)
    _changed: set[int] = field(default_factory=set)

    def run(self, items: Iterable[Record | Reject], progress: Callable[[Progress], None]) -> None:
        """Take in everything. The iterable may fail: what was committed before stays."""
        with self.ledger.transaction():
            for row in self.ledger.prepare_sketches():
                for record in self.ledger.records(row):
                    self.ledger.add_sketch(row, resemblance.sketch(resemblance.runs(record.abstract)))
        iterator = iter(items)
        while batch := list(itertools.islice(iterator, BATCH)):
            with self.ledger.transaction():
                for item in batch:
                    self._take(item)
                self._merge()
            progress(Progress("reading", self.counts["read"], None))
        with self.ledger.transaction():
            self._changed.update(self.ledger.drop_replaced(self._seen))
            self._merge()

    def _take(self, item: Record | Reject) -> None:
        if isinstance(item, Reject):
            self.rejects.append(item)
            return
        self.counts["read"] += 1
        try:
            item.source.name.encode()
            digest = hashlib.sha256(content(item).encode()).hexdigest()
        except UnicodeEncodeError:
            excerpt = item.abstract[:60].encode("utf-8", "replace").decode()
            self.rejects.append(Reject(item.source, "it holds half a character (a lone surrogate)", excerpt))
            return
        self.counts[self._known(item, digest) or self._join(item, digest)] += 1

    def _known(self, record: Record, digest: str) -> str | None:
        """ "unchanged" if the source had these words before, in this line or in one that has moved."""
        same = [
            kept
            for kept in self.ledger.find_records(record.source.name, digest)
            if kept.row not in self._seen
        ]
        if not same:
            return None
        kept = next((kept for kept in same if kept.line == record.source.line), same[0])
        if kept.line != record.source.line:
            self.ledger.move_record(kept.row, record.source.line)
            self._changed.add(kept.paper)
        self._seen.add(kept.row)
        return "unchanged"

    def _join(self, record: Record, digest: str) -> str:
        """Give the record to its paper, new or known, and say which."""
        keys = merging.keys(record)
        sketch = resemblance.sketch(resemblance.runs(record.abstract))
        paper, others = self._owners(keys, self._alike(record, sketch))
        kind = "merged"
        if paper is None:
            kind = "new"
            made = merging.merge(self._new_id(record), [record])
            paper = self.ledger.put_paper(made, sentences.split(made.id, made.abstract))
        elif set(self.ledger.rows_from(paper, record.source.name)) - self._seen:
            kind = "updated"
        for other in others:
            self.ledger.absorb(paper, other)
            self._changed.discard(other)
        self.ledger.add_keys(paper, keys)
        self.ledger.add_sketch(paper, sketch)
        self._seen.add(self.ledger.add_record(paper, record, digest))
        if kind != "new" or others:
            self._changed.add(paper)
        return kind

    def _alike(self, record: Record, sketch: tuple[int, ...]) -> list[int]:
        """The rows of the papers of which a source gave nearly this abstract, under this title or none."""
        if not sketch:
            return []
        return [
            row
            for row in self.ledger.sketched(sketch, resemblance.SHARED)
            if any(resemblance.same(record, known) for known in self.ledger.records(row))
        ]

    def _owners(self, keys: tuple[str, ...], alike: list[int]) -> tuple[int | None, list[int]]:
        """The paper that the keys lead to, and others that they, or the text, show to be the same one.

        The strongest key goes first; a paper with another arXiv id than the record, or than the papers
        found before, is another work, however alike the texts are.
        """
        held = _unique(keys)
        same: list[int] = []
        for owner in dict.fromkeys([*self.ledger.owners(keys).values(), *alike]):
            theirs = _unique(self.ledger.keys(owner))
            if not held or not theirs or held & theirs:
                same.append(owner)
                held |= theirs
        same.sort()
        return (same[0], same[1:]) if same else (None, [])

    def _new_id(self, record: Record) -> str:
        wanted = merging.new_id(record)
        ids = itertools.chain([wanted], (f"{wanted}-{number}" for number in itertools.count(2)))
        return next(id for id in ids if self.ledger.resolve(id) is None)

    def _merge(self) -> None:
        """Make the papers again whose records have changed."""
        for row in sorted(self._changed):
            before = self.ledger.paper_at(row)
            after = merging.merge(before.id, self.ledger.records(row))
            if after != before:
                same_text = after.abstract == before.abstract
                self.ledger.put_paper(
                    after, None if same_text else sentences.split(after.id, after.abstract), row
                )
        self._changed.clear()


def _unique(keys: Iterable[str]) -> set[str]:
    return {key for key in keys if key.startswith(_UNIQUE)}
