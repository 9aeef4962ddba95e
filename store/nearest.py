"""The papers nearest to a query among those that pass a filter: exactly, or from what the index finds.

The index knows no filters (Chroma's own cost 110-390 ms at 100,000 papers). So either it is asked for more
papers than are wanted and those that don't pass are left out, or, where few pass, these are compared with the
query one by one. Both cost in proportion to what they look at, so what is cheaper follows from how many pass.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from store.ledger import Ledger
from store.passing import FIRST, Passing
from store.records import Filter

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from store.bm25 import Rows
    from store.embedding import Vector

    Matrix = NDArray[numpy.float32]

Query = Callable[["Vector", int], list[tuple[str, float]]]
"""An index: a vector and how many papers to ids and cosines, nearest first."""

# What looking at a paper costs, in microseconds of one core at 105,227 papers (384 dimensions): fetched from
# the index and asked whether it passes; its vector read from the ledger; picked from those in memory; and
# compared there in its place.
_FETCHED, _READ, _PICKED, _PLACED = 25.0, 8.0, 0.5, 0.25
# So many papers' vectors may be kept in memory (450 MB), once searching without them has cost this share of
# reading them: a process that asks once or twice does not wait for that.
_KEPT, _SHARE = 300_000, 0.1
# Where less than one in so many passes, only their vectors are read.
_FEW = 4
# How many more to fetch than a filter's share suggests: what is near to a query passes together.
_SPARE = 1.5
# Of so many filters is known how many papers it took.
_SHARES = 1000


class Nearest:
    """Searches over the vectors of one embedder in a ledger, with filters. Usable from several threads."""

    def __init__(self, ledger: Ledger, passing: Passing, fingerprint: str) -> None:
        self._ledger = ledger
        self._passing = passing
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._whole: tuple[int, Rows, Matrix] | None = None
        self._part: tuple[int, Rows, Rows, Matrix] | None = None
        self._paid = 0.0
        self._needed: dict[Filter, int] = {}

    def exact(self, vector: Vector, filter: Filter, depth: int) -> dict[str, float]:
        """Cosines of the nearest `depth` papers that pass, by id. All vectors are read once and kept, unless
        few pass."""
        if filter.empty:
            return self._closest(vector, *self._all(), depth)
        passing = self._passing.all(filter)
        few = len(passing) * _FEW < self._ledger.count()
        return self._closest(vector, *(self._of(passing) if few else self._all()), depth, passing)

    def filtered(self, vector: Vector, filter: Filter, depth: int, query: Query) -> dict[str, float]:
        """The same, without all vectors in memory, by an index where it is cheaper."""
        passing = self._passing.known(filter)
        if passing is None:
            most = FIRST * depth
            for wanted in dict.fromkeys((min(self._needed.get(filter, most), most), most)):
                if (near := self._fetched(vector, wanted, filter, depth, query)) is not None:
                    return near
            passing = self._passing.all(filter)
        papers = self._ledger.count()
        guess = int(_SPARE * depth * papers / max(len(passing), 1)) + depth
        wanted = max(self._needed.get(filter, guess), depth)
        while wanted < papers and wanted * _FETCHED < self._cost(passing, papers):
            self._paid += wanted * _FETCHED
            if (near := self._fetched(vector, wanted, filter, depth, query)) is not None:
                return near
            wanted *= 2
        if self._paid_for(papers):
            self._all()
        rows, matrix = self._of(passing)
        return self._closest(vector, rows, matrix, depth, passing)

    def _cost(self, passing: Rows, papers: int) -> float:
        """Of comparing all that pass with a query, as things are."""
        with self._lock:
            revision = self._ledger.revision
            if self._part is not None and self._part[0] == revision and self._part[1] is passing:
                return len(passing) * _PLACED
            if self._whole is not None and self._whole[0] == revision:
                return min(len(passing) * _PICKED, papers * _PLACED)
        return 0.0 if self._paid_for(papers) else len(passing) * _READ

    def _paid_for(self, papers: int) -> bool:
        """Whether searching without all vectors in memory has cost so much that they are read."""
        return papers <= _KEPT and self._paid > papers * _READ * _SHARE

    def _fetched(
        self, vector: Vector, wanted: int, filter: Filter, depth: int, query: Query
    ) -> dict[str, float] | None:
        """The nearest that pass among so many of the index's; None if these were too few."""
        import numpy

        found = query(vector, wanted)
        rows = self._ledger.rows([id for id, _ in found])
        known = [(id, cosine) for id, cosine in found if id in rows]
        order = numpy.array([rows[id] for id, _ in known], dtype=numpy.int64)
        places = self._passing.first(order, filter, depth)
        if len(places) == depth:
            self._learn(filter, int(places[-1]) + 1 + depth // 8)
        elif len(found) == wanted:
            self._learn(filter, wanted * 5 // 4)
            return None
        return dict(known[place] for place in places)

    def _learn(self, filter: Filter, enough: int) -> None:
        """So many would have been enough. The next question is asked for about as many as the most of the
        last thirty: to ask a second time costs more than to fetch a hundred in vain."""
        if len(self._needed) > _SHARES:
            self._needed.clear()
        before = self._needed.get(filter, 0)
        self._needed[filter] = max(enough, before - (before - enough) // 32)

    def _closest(
        self, vector: Vector, rows: Rows, matrix: Matrix, depth: int, passing: Rows | None = None
    ) -> dict[str, float]:
        import numpy

        if not len(rows):
            return {}
        # einsum, not @: OpenBLAS's threads make this ten times slower when the cores are busy.
        cosines = numpy.einsum("ij,j->i", matrix, vector)
        if passing is not None:
            cosines[~numpy.isin(rows, passing, assume_unique=True)] = -numpy.inf
        best = numpy.arange(len(cosines))
        if len(cosines) > depth:
            least = numpy.partition(cosines, len(cosines) - depth)[len(cosines) - depth]
            best = numpy.flatnonzero(cosines >= least)
        best = best[numpy.argsort(-cosines[best], kind="stable")][:depth]
        best = best[cosines[best] > -numpy.inf]
        ids = self._ledger.ids_at(rows[best].tolist())
        return {ids[row]: float(cosines[place]) for place in best if (row := int(rows[place])) in ids}

    def _all(self) -> tuple[Rows, Matrix]:
        with self._lock:
            revision = self._ledger.revision
            if self._whole is None or self._whole[0] != revision:
                self._whole = (revision, *self._ledger.vectors(self._fingerprint))
                self._paid = 0.0
            return self._whole[1:]

    def _of(self, passing: Rows) -> tuple[Rows, Matrix]:
        """The vectors of these papers, or of all where that is cheaper. The last are kept: who asks with a
        filter asks again with it."""
        with self._lock:
            revision = self._ledger.revision
            if self._part is not None and self._part[0] == revision and self._part[1] is passing:
                return self._part[2:]
            if self._whole is None or self._whole[0] != revision:
                self._paid += len(passing) * _READ
                rows, matrix = self._ledger.vectors(self._fingerprint, passing.tolist())
            else:
                _, rows, matrix = self._whole
                if len(passing) * _PICKED > len(rows) * _PLACED:
                    return rows, matrix
                places = _places(rows, passing)
                rows, matrix = rows[places], matrix[places]
            self._part = (revision, passing, rows, matrix)
            return rows, matrix


def _places(rows: Rows, wanted: Rows) -> NDArray[numpy.intp]:
    """Where those of the wanted rows stand that are there."""
    import numpy

    return numpy.flatnonzero(numpy.isin(rows, wanted, assume_unique=True))
