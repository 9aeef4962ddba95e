"""Keeping the vector index in step with the ledger, and making it again when it can't be.

The ledger names the index in use by a number. A rebuild makes the next number beside it, checks it, and
then one commit of the ledger swaps them: a kill at any point leaves one whole index or a rebuild to do.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from store.chroma import BATCH, ChromaIndex, Server
from store.errors import CollectionDamaged, CollectionError
from store.ledger import Ledger

if TYPE_CHECKING:
    from store.embedding import Vector

# Damage that nothing else showed left 14 of 100 papers finding themselves: eight probes miss that once in
# 7 million.
_PROBES = 8
# Cosines come back as float32 sums; two papers may share their text, and so their vector.
_SAME = 0.999

Notice = Callable[[str], None]


class Closed(CollectionError):
    """The index was closed while another thread wanted it."""


class VectorIndex:
    """The Chroma index of one collection, for one embedder. Embedded, only the owner may use it.

    Any thread may use it, one at a time: each call holds the lock for the batch that it writes or the query
    that it asks. Locks are taken in this order: this one, then the ledger's.
    """

    def __init__(
        self,
        ledger: Ledger,
        folder: Path,
        name: str,
        server: Server | None,
        fingerprint: str,
        notice: Notice,
    ) -> None:
        self._ledger = ledger
        self._folder = folder
        self._server = server
        self._name = name
        self._fingerprint = fingerprint
        self._notice = notice
        self._lock = threading.RLock()
        self._index: ChromaIndex | None = None
        self._closed = False
        self._ready = False

    def open(self, *, mend: bool = True) -> None:
        """Open the index, tell it what it has missed, and check it. What is damaged is rebuilt, and said.

        Without `mend` (a server's reader, who owns nothing) nothing is written, and damage is raised.
        """
        with self._lock:
            if self._closed:  # another thread closed the collection, or changed its embedder
                raise Closed("The vector index was closed meanwhile. Ask again.")
            if self._index is not None:
                return
            generation = self._ledger.get("generation")
            if generation is None:
                if not mend:
                    raise CollectionDamaged("The vector index has not been made yet. Run `chatbot rebuild`.")
                self.rebuild()
                return
            try:
                self._index = self._reach(int(generation), create=False)
                if mend:
                    self._index.count()  # loads the graph: seconds in which others may use the ledger
                    self._tidy(int(generation))
                    self._catch_up()
            except CollectionDamaged as error:
                self._drop()
                if not mend:
                    raise
                self._notice(f"The vector index was damaged and is being rebuilt from the ledger. ({error})")
                self.rebuild()
            except BaseException:
                self._drop()
                raise
            self._ready = True

    @property
    def opened(self) -> bool:
        """Whether it can be asked at once. Never waits for somebody who opens it."""
        return self._ready

    def flush(self) -> None:
        """Tell the index what has changed in the ledger."""
        with self._lock:
            self.open()
            try:
                self._flush()
            except CollectionDamaged as error:
                self._notice(f"The vector index broke and is being rebuilt from the ledger. ({error})")
                self.rebuild()

    def query(self, vector: Vector, limit: int, *, mend: bool = True) -> list[tuple[str, float]]:
        """The nearest papers: (id, cosine), nearest first. Rebuilds an index that fails, once."""
        with self._lock:
            self.open(mend=mend)
            try:
                return self._opened.query([vector], limit)[0]
            except CollectionDamaged as error:
                self._drop()
                if not mend:
                    raise
                self._notice(f"The vector index broke and is being rebuilt from the ledger. ({error})")
                self.rebuild()
                return self._opened.query([vector], limit)[0]

    def rebuild(self, progress: Callable[[int], None] = lambda done: None) -> None:
        """Make the index again from the ledger's vectors, check it, and put it in the old one's place.

        `progress` is told how many papers are in. About 350 papers/s.
        """
        with self._lock:
            self._drop()
            generation = int(self._ledger.get("generation") or 0) + 1
            if self._server is None:  # what a killed rebuild left under the number
                shutil.rmtree(self._folder / str(generation), ignore_errors=True)
            told = self._ledger.revision
            index = self._reach(generation, create=True)
            try:
                after, done = 0, 0
                while page := self._ledger.vector_page(self._fingerprint, after, BATCH):
                    index.put([(id, abstract, vector) for _, id, abstract, vector in page])
                    after, done = page[-1][0], done + len(page)
                    progress(done)
                self._index = index
                with self._ledger.transaction():
                    self._ledger.cross_out(told)
                    self._catch_up()
                    self._ledger.set("generation", str(generation))
            except BaseException:
                index.close()
                self._index = None
                raise
            self._tidy(generation)
            self._ready = True

    def problems(self) -> list[str]:
        """What is wrong with it, for people. Mends nothing."""
        with self._lock:
            generation = self._ledger.get("generation")
            if generation is None:
                return []
            try:
                if self._index is None:
                    self._index = self._reach(int(generation), create=False)
                if not self._ledger.outbox(1):
                    self._check(self._index)
            except CollectionDamaged as error:
                self._drop()
                return [str(error)]
            return []

    def close(self) -> None:
        """For good: it opens no more."""
        with self._lock:
            self._closed = True
            self._drop()

    @property
    def _opened(self) -> ChromaIndex:
        if self._index is None:
            raise CollectionDamaged("The vector index is not open. Run `chatbot rebuild`.")
        return self._index

    @property
    def _prefix(self) -> str:
        """What the collection is called on a server, where other ledgers may have one of the same name."""
        if self._ledger.get("uid") is None:
            self._ledger.set("uid", uuid4().hex[:8])
        return self._ledger.served(self._name) or ""

    def _reach(self, generation: int, *, create: bool) -> ChromaIndex:
        if self._server is not None:
            return ChromaIndex(self._server, f"{self._prefix}{generation}", self._fingerprint, create=create)
        folder = self._folder / str(generation)
        if create:
            try:
                folder.mkdir(parents=True)
            except OSError as error:
                raise CollectionError(
                    f"The folder {folder} can't be made ({error.strerror}). Check the permissions and the "
                    "space on its disk, and run the command again."
                ) from error
        elif not folder.is_dir():
            raise CollectionDamaged(f"{folder} is missing.")
        return ChromaIndex(folder, f"index-{generation}", self._fingerprint, create=create)

    def _tidy(self, generation: int) -> None:
        """Remove all indexes but this one."""
        if self._server is not None:
            self._opened.delete_others(self._prefix)
            return
        for folder in self._folder.iterdir():
            if folder.name != str(generation):
                shutil.rmtree(folder, ignore_errors=True)

    def _catch_up(self) -> None:
        """Flush and check, while nobody else writes."""
        with self._ledger.transaction():
            self._flush()
            self._check(self._opened)

    def _flush(self) -> None:
        while news := self._ledger.outbox(BATCH):
            ids = list(dict.fromkeys(id for _, id in news))
            present = self._ledger.vectors_of(self._fingerprint, ids)
            self._opened.put(present)
            self._opened.drop(sorted(set(ids) - {id for id, _, _ in present}))
            self._ledger.cross_out(news[-1][0])

    def _check(self, index: ChromaIndex) -> None:
        """Raise CollectionDamaged unless the count is right and papers find themselves."""
        expected, found = self._ledger.count_vectors(self._fingerprint), index.count()
        if expected != found:
            raise CollectionDamaged(f"It holds {found} papers where the ledger has {expected}.")
        probes = list(self._probes())
        if not probes:
            return
        answers = index.query([vector for _, vector in probes], 1)
        lost = sum(1 for answer in answers if not answer or answer[0][1] < _SAME)
        if lost:
            raise CollectionDamaged(f"{lost} of {len(probes)} papers don't find themselves.")

    def _probes(self) -> Iterable[tuple[str, Vector]]:
        """Papers spread evenly over the ledger's ages."""
        youngest = self._ledger.youngest()
        for after in sorted({youngest * step // _PROBES for step in range(_PROBES)}):
            for _, id, _, vector in self._ledger.vector_page(self._fingerprint, after, 1):
                yield id, vector

    def _drop(self) -> None:
        self._ready = False
        if self._index is not None:
            self._index.close()
            self._index = None
