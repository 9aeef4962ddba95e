"""Records into the ledger: which paper is each of, what changed, what came from where.

Each batch is one transaction, so a kill loses at most what was never acknowledged, and the next run
finishes. Reading the same sources again changes nothing.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from store import merging, parting, resemblance, sentences
from store.ledger import Ledger, Stored, content
from store.parting import may_be_one, unique
from store.pruning import Pruned, Pruning, Watch, settle
from store.records import Record, Reject
from store.undoing import Undo, Undone, undo

# Records a transaction: its fsync does not show, and a kill costs well under a second of work.
BATCH = 200


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
    many papers have none yet, `pruned` what came of records that their sources no longer have. `undo` is for
    `Collection.undo`.
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
    pruned: Pruned = field(default_factory=Pruned)
    undo: Undo = field(default_factory=Undo, repr=False)


@dataclass(slots=True)
class Intake:
    """One ingest's reading phase: what it has counted and seen so far."""

    ledger: Ledger
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("read", "new", "updated", "merged", "unchanged"), 0)
    )
    rejects: list[Reject] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)
    added: list[int] = field(default_factory=list)
    replaced: list[Stored] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)
    _changed: set[int] = field(default_factory=set)

    def run(self, items: Iterable[Record | Reject], progress: Callable[[Progress], None]) -> None:
        """Take in everything. The iterable may fail: what was committed before stays."""
        with self.ledger.transaction():
            for row in self.ledger.prepare_sketches():
                for record in self.ledger.records(row):
                    self.ledger.add_sketch(row, resemblance.sketch(resemblance.runs(record.abstract)))
        iterator = self.watch.over(items)
        while batch := list(itertools.islice(iterator, BATCH)):
            with self.ledger.transaction():
                for item in batch:
                    self._take(item)
                self._merge()
            progress(Progress("reading", self.counts["read"], None))
        with self.ledger.transaction():
            self.replaced = self.ledger.drop_replaced(self._seen)
            self._changed.update(each.paper for each in self.replaced)
            self._merge()

    def prune(self, pruning: Pruning) -> Pruned:
        """What became of the records that sources no longer have; after `run`, which has read them all."""
        return settle(self.ledger, pruning, self.watch, self._seen, self._remake)

    def undo(self, what: Undo) -> Undone:
        """Undo another ingest; after none of this one's own."""
        return undo(self.ledger, what, self._remake)

    def _remake(self, papers: list[int]) -> None:
        """Make these papers again of the records that they have left: what these no longer say is no longer
        known of them, and where the one that joined them has gone, they part."""
        for row in papers:
            kept = self.ledger.records_by_row(row)
            mine, *others = self._parted(self.ledger.paper_at(row).id, list(kept.values()))
            self.ledger.forget_keys(row)
            self._known_by(row, mine)
            for other in others:
                self.ledger.forget_alias(merging.new_id(other[0]), row)
                new = self._new_paper(other)
                self.ledger.give_records([each for each, record in kept.items() if record in other], new)
                self._known_by(new, other)
        self._changed.update(papers)
        self._merge()

    def _parted(self, id: str, records: list[Record]) -> list[list[Record]]:
        """The records of each work; first that of the paper that has the id, or of the oldest record."""
        found = [[records[place] for place in places] for places in parting.works(records)]
        return sorted(found, key=lambda work: id not in map(merging.new_id, work))

    def _known_by(self, row: int, records: list[Record]) -> None:
        """From now on the paper is known by what these records say."""
        for record in records:
            self.ledger.add_keys(row, merging.keys(record))
            self.ledger.add_sketch(row, resemblance.sketch(resemblance.runs(record.abstract)))

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
            paper = self._new_paper([record])
        elif set(self.ledger.rows_from(paper, record.source.name)) - self._seen:
            kind = "updated"
        for other in others:
            self.ledger.absorb(paper, other)
            self._changed.discard(other)
        self.ledger.add_keys(paper, keys)
        self.ledger.add_sketch(paper, sketch)
        self.added.append(self.ledger.add_record(paper, record, digest))
        self._seen.add(self.added[-1])
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
        held = unique(keys)
        same: list[int] = []
        for owner in dict.fromkeys([*self.ledger.owners(keys).values(), *alike]):
            theirs = unique(self.ledger.keys(owner))
            if may_be_one(held, theirs):
                same.append(owner)
                held |= theirs
        same.sort()
        return (same[0], same[1:]) if same else (None, [])

    def _new_paper(self, records: list[Record]) -> int:
        """The row of a paper made of these records."""
        made = merging.merge(self._new_id(records[0]), records)
        return self.ledger.put_paper(made, sentences.split(made.id, made.abstract))

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
