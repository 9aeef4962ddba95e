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
from store.passing import Passing
from store.records import Filter

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from store.bm25 import Rows
    from store.embedding import Vector

    Matrix = NDArray[numpy.float32]

Query = Callable[["Vector", int], list[tuple[str, float]]]
"""An index: a vector and how many papers to ids and cosines, nearest first."""

# The first try, in depths of the search: enough for a filter that a third of the papers pass.
_FIRST = 4
# Looking at a paper: of the index's answer, and by its vector from the ledger, in microseconds. On two shared
# cores at 105,227 papers; only their ratio counts.
_FETCHED, _COMPARED = 12.0, 8.0
# How many more to fetch than a filter's share suggests: what is near to a query passes together.
_SPARE = 1.5


class Nearest:
    """Searches over the vectors of one embedder in a ledger, with filters. Usable from several threads."""

    def __init__(self, ledger: Ledger, passing: Passing, fingerprint: str) -> None:
        self._ledger = ledger
        self._passing = passing
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._whole: tuple[int, Rows, Matrix] | None = None
        self._part: tuple[int, Rows, Rows, Matrix] | None = None

    def exact(self, vector: Vector, filter: Filter, depth: int) -> dict[str, float]:
        """Cosines of the nearest `depth` papers that pass, by id: all vectors are read once and kept."""
        rows, matrix = self._all()
        return self._closest(vector, rows, matrix, depth, None if filter.empty else self._passing.all(filter))

    def filtered(self, vector: Vector, filter: Filter, depth: int, query: Query) -> dict[str, float]:
        """The same, without all vectors in memory, by an index where it is cheaper."""
        passing = self._passing.known(filter)
        if passing is None:
            wanted = _FIRST * depth
            found = query(vector, wanted)
            near = self._those(found, filter, depth)
            if len(near) >= depth or len(found) < wanted:
                return dict(near)
            passing = self._passing.all(filter)
        papers = self._ledger.count()
        wanted = int(_SPARE * depth * papers / max(len(passing), 1)) + depth
        while wanted * _FETCHED < len(passing) * _COMPARED:
            found = query(vector, min(wanted, papers))
            near = self._those(found, filter, depth)
            if len(near) >= depth or len(found) < wanted:
                return dict(near)
            wanted *= 4
        rows, matrix = self._of(passing)
        return self._closest(vector, rows, matrix, depth)

    def _those(self, found: list[tuple[str, float]], filter: Filter, depth: int) -> list[tuple[str, float]]:
        """Of the index's answer, the first that pass."""
        import numpy

        rows = self._ledger.rows([id for id, _ in found])
        known = [(id, cosine) for id, cosine in found if id in rows]
        order = numpy.array([rows[id] for id, _ in known], dtype=numpy.int64)
        return [known[place] for place in self._passing.first(order, filter, depth)]

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
            return self._whole[1:]

    def _of(self, passing: Rows) -> tuple[Rows, Matrix]:
        """The vectors of these papers. The last are kept: who asks with a filter asks again with it."""
        with self._lock:
            revision = self._ledger.revision
            if self._part is None or self._part[0] != revision or self._part[1] is not passing:
                self._part = (revision, passing, *self._ledger.vectors(self._fingerprint, passing.tolist()))
            return self._part[2:]
