"""BM25 over the keyword index of a large collection, a word at a time, remembered.

FTS5's own `bm25` looks at every paper that has any word of a question, again for each question: a quarter of
a second at 105,227 papers, where half of them say "model". Here what a word is worth to each paper is
computed once, from where the index says it stands, and a question adds up its words. The scores are FTS5's,
as far as a float32 holds them, and so is the order; the constants are its own.

It reads, and decides nothing about papers: filters are `passing`'s.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from store.errors import StoreError
from store.keywords import asked, stems
from store.ledger import NAME_WEIGHT, Ledger

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Rows = NDArray[numpy.int64]
    Scores = NDArray[numpy.float64]

SMALL = 5_000
"""So few papers FTS5 scores in less time than it takes to read what is remembered here: 10 ms."""
_K1, _B = 1.2, 0.75
_LEAST = 1e-6  # FTS5's idf of a word that more than half of the papers have
# What is remembered, in papers that a word stands in, eight bytes each. All words of 105,227 papers are 11
# million; the 7 million of 200 questions of four fields are found in memory in 2 ms a question.
_REMEMBERED = 12_000_000
# A word is common from this share of the papers on: of those alone a new question can cost more than 1 ms.
_COMMON = 1 / 500
_STARTS = ("", *"0123456789abcdefghijklmnopqrstuvwxyz", "\x7f", "\U0010ffff")


@dataclass(frozen=True, slots=True)
class _Word:
    """The places (of `_Index.rows`) of the papers that a word or phrase stands in, and what it adds there."""

    places: NDArray[numpy.int32]
    worth: NDArray[numpy.float32]


@dataclass(frozen=True, slots=True)
class _Index:
    """The keyword index at one moment: its papers by age, and what their lengths (in words, beside the
    average) make of a count."""

    stamp: tuple[bytes, ...]
    rows: Rows
    damping: Scores


class Bm25:
    """Scores of a ledger's papers. Usable from several threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._index: _Index | None = None
        self._words: OrderedDict[str, _Word | None] = OrderedDict()
        self._held = 0
        self._thread: threading.Thread | None = None
        self._asked: tuple[bytes, ...] = ()
        self._prepared: tuple[bytes, ...] = ()
        self._closed = False

    def close(self) -> None:
        """Stop what goes on in the background."""
        self._closed = True
        if self._thread is not None:
            self._thread.join()

    def scores(self, text: str) -> tuple[Rows, Scores]:
        """All rows, by age, and the score of each: 0 where no word of the text stands.

        A word that more than half of the papers have counts only where no other is found: it weighs
        nothing. Who asks twice asks again: the second call begins to compute the common words, in the
        background.
        """
        import numpy

        words = _stemmed(text)
        with self._lock, self._ledger.snapshot():
            index = self._current()
            scores = numpy.zeros(len(index.rows))
            found = [word for each in words if (word := self._word(index, each, common=False))]
            if not found:
                found = [word for each in words if (word := self._word(index, each, common=True))]
            for word in found:
                scores[word.places] += word.worth
            if self._asked == index.stamp != self._prepared:
                self._begin(index.stamp)
            self._asked = index.stamp
            return index.rows, scores

    def _begin(self, stamp: tuple[bytes, ...]) -> None:
        """Prepare for the index as it is, unless that goes on for an earlier one: ingests change it often."""
        if not self._closed and (self._thread is None or not self._thread.is_alive()):
            self._prepared = stamp
            # No daemon: at its exit the interpreter would stop it in the middle of foreign code.
            self._thread = threading.Thread(target=self._prepare, name="common-words")
            self._thread.start()

    def _prepare(self) -> None:
        """Compute the common words: some 5 s of one core at 100,000 papers, after which no question waits."""
        with suppress(StoreError):
            own = Ledger(self._ledger.path)  # whoever searches meanwhile does not wait
            try:
                other = Bm25(own)
                with own.snapshot():
                    index = other._current()
                    for stem in other._common(index, self._over):
                        counted = other._counts(stem)
                        if counted is None:
                            continue
                        word = other._weighed(index, *counted)
                        with self._lock:
                            if self._index is None or self._index.stamp != index.stamp or self._over():
                                return
                            if self._held + len(word.places) > _REMEMBERED * 3 // 4:
                                return
                            if stem not in self._words:
                                self._words[stem] = word
                                self._held += len(word.places)
            finally:
                own.close()

    def _over(self) -> bool:
        """Whether nobody needs it any more: the collection is closed, or the program ends."""
        return self._closed or not threading.main_thread().is_alive()

    def _common(self, index: _Index, over: Callable[[], bool]) -> list[str]:
        """The stems that many papers have, the most common first, but none that weighs nothing."""
        found: list[tuple[str, int]] = []
        sql = "SELECT term, doc FROM terms WHERE term >= ? AND term < ?"
        for first, last in itertools.pairwise(_STARTS):  # in pieces, so that it can be stopped
            if over():
                return []
            found += [
                (term, papers)
                for term, papers in self._ledger.read(sql, (first, last))
                if papers >= _COMMON * len(index.rows) and papers * 2 <= len(index.rows)
            ]
        found.sort(key=lambda each: -each[1])
        return [term for term, _ in found]

    def _current(self) -> _Index:
        """The index as it is now. When its words change, everything is computed anew."""
        import numpy

        # FTS5 keeps its totals under 1 and the list of its segments under 10: any change shows there.
        blocks = self._ledger.read("SELECT block FROM words_data WHERE id IN (1, 10) ORDER BY id")
        stamp = tuple(block for (block,) in blocks)
        if self._index is None or self._index.stamp != stamp:
            self._words.clear()
            self._held = 0
            sizes = self._ledger.read("SELECT id, sz FROM words_docsize ORDER BY id")
            rows = numpy.array([row for row, _ in sizes], dtype=numpy.int64)
            # Two of each paper: of its names and of its text.
            lengths = _varints(b"".join(size for _, size in sizes)).reshape(-1, 2).sum(axis=1)
            average = max(float(lengths.mean()), 1.0) if len(rows) else 1.0
            self._index = _Index(stamp, rows, _K1 * (1 - _B + _B * lengths / average))
        return self._index

    def _word(self, index: _Index, asked: tuple[str, str], *, common: bool) -> _Word | None:
        """What a word (as it is asked for, and its stem) is worth; None where no paper has it, or (unless
        `common`) too many have."""
        text, stem = asked
        key = f"{stem or text.casefold()}{' ' if common else ''}"
        if key in self._words:
            self._words.move_to_end(key)
            return self._words[key]
        match = f'"{text}"'
        (count,) = self._ledger.read("SELECT count(*) FROM words WHERE words MATCH ?", (match,))[0]
        made = None
        if count and (common or count * 2 <= len(index.rows)):
            counted = self._counts(stem) if stem else None
            made = self._weighed(index, *counted) if counted else self._by_fts(index, match)
        self._words[key] = made
        self._held += len(made.places) if made else 0
        while self._held > _REMEMBERED and len(self._words) > 1:
            _, old = self._words.popitem(last=False)
            self._held -= len(old.places) if old else 0
        return made

    def _counts(self, stem: str) -> tuple[Rows, Scores] | None:
        """The rows that a stem stands in, and how often, a title or name counting more."""
        import numpy

        self._ledger.read(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.places USING fts5vocab (main, words, instance)"
        )
        # One long text: half a million Python numbers would take ten times as long.
        sql = "SELECT group_concat(doc * 2 + (col = 'names')) FROM temp.places WHERE term = ?"
        told = self._ledger.read(sql, (stem,))[0][0]
        if not told:
            return None
        codes = numpy.fromstring(told, dtype=numpy.int64, sep=",")
        rows = codes >> 1
        starts = numpy.flatnonzero(numpy.concatenate(([True], rows[1:] != rows[:-1])))
        weights = 1 + (codes & 1) * (NAME_WEIGHT - 1)
        return rows[starts], numpy.add.reduceat(weights, starts)

    def _weighed(self, index: _Index, rows: Rows, counts: Scores) -> _Word:
        import numpy

        places = numpy.searchsorted(index.rows, rows)
        papers = len(index.rows)
        idf = math.log((papers - len(rows) + 0.5) / (len(rows) + 0.5))
        worth = (idf if idf > 0 else _LEAST) * counts * (_K1 + 1) / (counts + index.damping[places])
        return _Word(places.astype(numpy.int32), worth.astype(numpy.float32))

    def _by_fts(self, index: _Index, match: str) -> _Word:
        """A phrase, or what SQLite takes for several words: FTS5 knows where it stands."""
        import numpy

        sql = f"SELECT rowid, -bm25(words, {NAME_WEIGHT}, 1.0) FROM words WHERE words MATCH ? ORDER BY rowid"
        found = self._ledger.read(sql, (match,))
        places = numpy.searchsorted(index.rows, [row for row, _ in found])
        worth = numpy.array([score for _, score in found], dtype=numpy.float32)
        return _Word(places.astype(numpy.int32), worth)


@lru_cache(maxsize=1024)
def _stemmed(text: str) -> tuple[tuple[str, str], ...]:
    """What the text asks for, each once: a word with its stem, or a phrase (as far as SQLite sees one) with
    none."""
    words = asked(text)
    found: dict[str, tuple[str, str]] = {}
    for word, own in zip(words, stems(words), strict=True):
        stem = next(iter(own)) if word.isalnum() and len(own) == 1 else ""
        found[word] = (word, stem)
    return tuple(found.values())


def _varints(data: bytes) -> NDArray[numpy.int64]:
    """SQLite's variable-length integers: seven bits a byte, the highest first, the eighth says "more"."""
    import numpy

    raw = numpy.frombuffer(data, dtype=numpy.uint8).astype(numpy.int64)
    ends = numpy.flatnonzero(raw < 128)
    found = raw[ends]
    more = ends.copy()
    open = numpy.ones(len(ends), dtype=bool)
    for step in range(1, 5):
        more = ends - step
        open &= (more >= 0) & (raw[more] >= 128)
        if not open.any():
            break
        found[open] += (raw[more[open]] & 127) << (7 * step)
    return found


def best(scores: Scores, limit: int, passing: NDArray[numpy.bool_] | None = None) -> NDArray[numpy.intp]:
    """The places of the `limit` best scores above 0, best first, equal ones by age."""
    import numpy

    found = numpy.flatnonzero(scores > 0 if passing is None else (scores > 0) & passing)
    if len(found) > limit:
        values = scores[found]
        least = numpy.partition(values, len(values) - limit)[len(values) - limit]
        above, level = found[values > least], found[values == least]
        found = numpy.sort(numpy.concatenate((above, level[: limit - len(above)])))
    return found[numpy.argsort(-scores[found], kind="stable")]
