"""Which papers of a large collection pass a filter: of a few that were found, or of all.

To ask a few hundred is ten times cheaper than to ask a hundred thousand, and mostly enough: a search looks
at the best that it found first. What all say is remembered until something changes.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

from store import filters
from store.bm25 import best
from store.ledger import Ledger
from store.records import Filter

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from store.bm25 import Rows, Scores

_REMEMBERED, _COUNTED = 8, 1000
FIRST = 4
"""The first try, in depths of the search: enough for a filter that a third of the papers pass."""
# After a filter was asked of this share of the papers one by one, all are asked, once.
_SHARE = 1 / 50


class Passing:
    """Filters of one ledger. Usable from several threads. Methods raise FilterError."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._known: OrderedDict[Filter, Rows] = OrderedDict()
        self._asked: Counter[Filter] = Counter()

    def among(self, rows: Rows, filter: Filter) -> NDArray[numpy.bool_]:
        """Which of these papers pass, in their order: each is asked, unless it is known."""
        import numpy

        if (known := self.known(filter)) is not None:
            if not len(known):
                return numpy.zeros(len(rows), dtype=bool)
            places = numpy.minimum(numpy.searchsorted(known, rows), len(known) - 1)  # a few among many
            found: NDArray[numpy.bool_] = known[places] == rows
            return found
        where, values = filters.condition(filter, few=True)
        marks = ", ".join(map(str, rows.tolist()))
        passing = self._ledger.read(f"SELECT row FROM papers WHERE row IN ({marks}) AND {where}", values)
        return numpy.isin(rows, [row for (row,) in passing])

    def first(self, rows: Rows, filter: Filter, limit: int) -> NDArray[numpy.intp]:
        """The places of the first `limit` of these papers that pass: no more are asked than it takes."""
        import numpy

        if self._asked[filter] > _SHARE * self._ledger.count():
            self.all(filter)
        found: list[NDArray[numpy.intp]] = []
        start, size = 0, limit + limit // 4
        while start < len(rows) and sum(map(len, found)) < limit:
            mask = self.among(rows[start : start + size], filter)
            found.append(numpy.flatnonzero(mask) + start)
            start, size = start + size, size * 2
        if len(self._asked) > _COUNTED:
            self._asked.clear()
        self._asked[filter] += min(start, len(rows))
        return numpy.concatenate(found)[:limit] if found else numpy.empty(0, dtype=numpy.intp)

    def best(self, rows: Rows, scores: Scores, filter: Filter, limit: int) -> NDArray[numpy.intp]:
        """The places of the `limit` papers with the best scores above 0 that pass, best first."""
        import numpy

        if filter.empty:
            return best(scores, limit)
        if self.known(filter) is None:
            found = best(scores, FIRST * limit)
            passing = found[self.first(rows[found], filter, limit)]
            if len(passing) >= limit or len(found) < FIRST * limit:
                return passing
        return best(scores, limit, numpy.isin(rows, self.all(filter), assume_unique=True))

    def known(self, filter: Filter) -> Rows | None:
        """What `all` found, if nothing has changed since."""
        with self._lock:
            if self._stamp != self._ledger.changes:
                self._known.clear()
            return self._known.get(filter)

    def all(self, filter: Filter) -> Rows:
        """The rows of all papers that pass, ascending."""
        import numpy

        if (known := self.known(filter)) is not None:
            return known
        where, values = filters.condition(filter)
        with self._lock, self._ledger.snapshot():
            stamp = self._ledger.changes
            sql = f"SELECT group_concat(row) FROM papers WHERE {where}"
            told = self._ledger.read(sql, values)[0][0]
            rows = numpy.sort(numpy.fromstring(told or "", dtype=numpy.int64, sep=","))
            if self._stamp != stamp:
                self._known.clear()
            self._stamp = stamp
            self._known[filter] = rows
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            return rows
