"""A collection of abstracts: the one door to everything that the store keeps.

The ledger (SQLite) is the truth; Chroma holds the abstracts with their vectors and is made from it. Opening
is instant: the embedder, Chroma and the right to write are taken when they are first needed.

One process owns a collection's files. Another one may read, by keywords and by exact search over the
ledger's vectors. Beside a Chroma server several may read through it, and one at a time writes.

Any number of threads may read and search at once. Those that write (`ingest`, `embed`, `remove`, `rebuild`,
`reembed`) go one after the other, and `fill` writes behind them all. What they share is locked where it is
kept: the ledger's one connection and Chroma's client serve one thread at a time, for a statement or a
transaction of a batch. A lock is held while something is written or looked up, never while a text is
embedded; they are taken in this order: this module's, the index's, the ledger's.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from store.bm25 import SMALL, Bm25
from store.census import LISTED, take
from store.chroma import Server
from store.embedding import BgeSmall, Embedder
from store.errors import (
    CollectionBusy,
    CollectionDamaged,
    CollectionError,
    EmbedderMismatch,
    EmbeddingError,
    NoCollection,
    NoPaper,
    RerankError,
)
from store.estimating import Terms, Told
from store.filling import BATCH_BEHIND, Filler, Filling, Voice, make
from store.identifiers import arxiv_id, arxiv_key, doi
from store.indexing import Closed, Notice, VectorIndex
from store.ingesting import IngestReport, Intake, Progress
from store.keywords import content_stems, match_query
from store.latex import readable
from store.ledger import Ledger
from store.merging import provenance
from store.nearest import Nearest
from store.ownership import Ownership
from store.passing import Passing
from store.plans import Census, Plan
from store.pruning import Pruned, Pruning
from store.records import Coverage, Filter, Hit, Paper, Provenance, Record, Reject, Sentence
from store.search import DEPTH, RERANKED, SentenceScore, Side, fuse, lexical_scores, rarity
from store.undoing import Undo, Undone

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from store.embedding import Vector
    from store.reranking import Reranker

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a collection can be called."""
LEDGER = "ledger.sqlite3"
_REMEMBERED_QUERIES = 64
_PAGE = 500
# Up to so many vectors are compared one by one where that is no slower: for a process's first question (to
# read and compare them takes 0.1 s, to import and open Chroma 0.9 s, and a command asks but once), and for
# questions with a filter.
_EXACT = 20_000
# So many are read in 1.3 s and compared in 40 ms, where Chroma takes 5 s to load their graph. Until a process
# has searched so often that Chroma would have paid, they are compared; then it is opened, behind the
# questions.
_EXACT_FIRST, _PATIENCE = 200_000, 40


def collections(home: Path) -> tuple[str, ...]:
    """The names of the collections under a home, sorted."""
    found = (ledger.parent.name for ledger in (home / "collections").glob(f"*/{LEDGER}"))
    return tuple(sorted(name for name in found if NAME.fullmatch(name)))


def check_name(name: str) -> None:
    """Raise CollectionError unless a collection can be called so."""
    if not NAME.fullmatch(name):
        raise CollectionError(
            f"{name[:80]!r} can't name a collection: use up to 64 letters, digits, '-', '_' and '.', "
            "beginning with a letter or digit."
        )


def _maker(embedder: Embedder | Callable[[], Embedder]) -> Callable[[], Embedder]:
    """A function that makes the embedder; one that is made already is handed over."""
    if callable(embedder):
        return embedder
    return lambda: embedder


def _silent(notice: str) -> None:
    """Nobody listens."""


class Collection:
    """One open collection, usable from several threads; a context manager. Made by `Collection.open`."""

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        make_embedder: Callable[[], Embedder],
        notice: Notice,
        server: Server | None,
        reranker: Reranker | None = None,
        rerank_depth: int = RERANKED,
    ) -> None:
        self.folder = folder
        self.name = folder.name
        self._ledger = ledger
        self._make_embedder = make_embedder
        self._made_embedder: Embedder | None = None
        self._notice = Voice.of(notice)
        self._said: set[str] = set()
        self._told: Coverage | None = None
        self._server = server
        self._reranker = reranker
        self._rerank_depth = rerank_depth
        self._ownership = Ownership(folder)
        self._index: VectorIndex | None = None
        self._lock = threading.RLock()
        self._writing = threading.RLock()
        self._making = False
        self._filler = Filler(
            self._ownership.take,
            self._fill_behind,
            lambda: self.coverage,
            lambda: self.embedder,
            self._notice,
        )
        self._queries: OrderedDict[str, Vector] = OrderedDict()
        self._asked = False
        self._bm25 = Bm25(ledger)
        self._passing = Passing(ledger)
        self._exact: Nearest | None = None
        self._vectors_made: tuple[str, int, int] | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._compared = 0
        self._opening: Future[None] | None = None
        self._cores = threading.BoundedSemaphore(os.cpu_count() or 1)

    @classmethod
    def open(
        cls,
        home: Path,
        name: str = "papers",
        embedder: Embedder | Callable[[], Embedder] = BgeSmall,
        *,
        create: bool = False,
        notice: Notice = _silent,
        chroma_url: Server | str | None = None,
        reranker: Reranker | None = None,
        rerank_depth: int = RERANKED,
    ) -> Self:
        """Open `home/collections/name`, or make it where `create`.

        `embedder` may be a function that makes one when it is first needed; BgeSmall by default. `notice` is
        told, in a sentence, what a person should know. `chroma_url` is a Chroma server to use instead of
        files, or its address. `reranker` puts the first `rerank_depth` papers of a search by both sides in
        order again.
        Raises NoCollection, CollectionDamaged, CollectionError.
        """
        check_name(name)
        folder = home / "collections" / name
        if not create and not (folder / LEDGER).is_file():
            others = ", ".join(collections(home))
            raise NoCollection(
                f"There is no collection {name!r} yet" + (f" (there is: {others})" if others else "") + ". "
                "Fill it with `chatbot ingest FILE…`, or with the demo's papers: `chatbot ingest --demo`."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CollectionError(
                f"The folder {folder} can't be made ({error.strerror}). Choose another with CHATBOT_HOME."
            ) from error
        make = _maker(embedder)
        ledger = Ledger(folder / LEDGER, create=create)
        server = Server(chroma_url) if isinstance(chroma_url, str) else chroma_url
        return cls(folder, ledger, make, notice, server, reranker, rerank_depth)

    def close(self) -> None:
        """Let go of the files; what is made behind stops at once. Closing twice is fine."""
        self._filler.stop()
        self._notice.catch_up()
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None
            if self._pool is not None:
                self._pool.shutdown(wait=False)
                self._pool = None
            self._bm25.close()
            self._ledger.close()
            self._ownership.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Filling

    def ingest(
        self,
        items: Iterable[Record | Reject],
        progress: Callable[[Progress], None] = lambda _: None,
        estimated: Told | None = None,
        pruning: Pruning | None = None,
        *,
        later: bool = False,
    ) -> IngestReport:
        """Take in all records, then make the vectors that are missing; not if `later`: see `fill`, `embed`.

        May be killed at any point and run again. From the first batch on papers are found by keywords.
        `estimated` is told of a large job before it is done, and may stop it by raising; else the notice is.
        `pruning` says which sources the records are all of, and whether what these no longer have goes.

        Raises CollectionBusy where another process owns the files, EmbedderMismatch, EmbeddingError (the
        records are kept and found by keywords; the next run makes the vectors).
        """
        with self._alone("write to"):
            intake = Intake(self._ledger)
            intake.run(items, progress)
            pruned = intake.prune(pruning) if pruning is not None else Pruned()
            embedded = 0
            if not later:
                self._check_embedder()
                embedded = self._embed(progress, estimated)
            coverage = self.coverage
        return IngestReport(
            **intake.counts,
            papers=coverage.papers,
            embedded=embedded,
            vectors_missing=coverage.missing,
            rejects=tuple(intake.rejects),
            pruned=pruned,
            undo=Undo(tuple(intake.added), tuple(intake.replaced)),
        )

    def undo(self, what: Undo) -> Undone:
        """Undo an ingest, by its report: what it added goes, what it replaced comes back. What `prune` took
        away stays away. Raises as `ingest`."""
        with self._alone("write to"):
            self._check_embedder()
            undone = Intake(self._ledger).undo(what)
            self._embed(lambda _: None)
        return undone

    def embed(
        self, progress: Callable[[Progress], None] = lambda _: None, estimated: Told | None = None
    ) -> int:
        """Make the vectors that are missing, now. How many that were. Told and raises as `ingest`."""
        with self._alone("embed"):
            self._check_embedder()
            return self._embed(progress, estimated)

    def fill(self) -> None:
        """Make the vectors that are missing behind, in a thread of this collection; returns at once.

        It ends with its work, at `close` at the latest, and gives way to questions (`undisturbed`). While
        another process owns the files it waits. What goes wrong in it is said by the notice once, when the
        next question is asked; an embedder that fails is tried again later. A job that costs money and would
        be asked about is not begun. Nothing happens if nothing is missing, or it is at work already.
        """
        self._filler.start()

    @property
    def filling(self) -> Filling:
        """How the vectors stand, and what `fill` is doing. A few ms at 100,000 papers; any thread may ask."""
        return self._filler.filling

    def undisturbed(self) -> AbstractContextManager[None]:
        """While somebody waits for an answer: `fill` begins no text, but for one a minute."""
        return self._filler.held()

    def _embed(
        self,
        progress: Callable[[Progress], None],
        estimated: Told | None = None,
    ) -> int:
        """Make the vectors that the embedder in use lacks. How many that were."""
        told = estimated or (lambda each: self._notice(str(each)))
        self._making = True
        try:
            return make(self._ledger, self.embedder, self._vector_index, progress, told)
        finally:
            self._making = False

    def _fill_behind(self, told: Told, turn: Callable[[], AbstractContextManager[None]]) -> int:
        """A round of `fill`: the vectors that are missing when it begins."""
        with turn():  # the model is loaded, or the endpoint asked for its dimension
            self._check_embedder()
        return make(
            self._ledger,
            self.embedder,
            self._vector_index,
            lambda _: None,
            told,
            batch=BATCH_BEHIND,
            most=self.coverage.missing,
            turn=turn,
        )

    @contextmanager
    def _alone(self, what: str) -> Iterator[None]:
        """While this thread is the one that writes."""
        with self._writing, self._filler.aside():
            self._own(what)
            yield

    def remove(self, refs: Iterable[str]) -> list[Paper]:
        """Take papers out, all of them or, if one is not there, none; a source that is read again brings its
        own back. Returns them. Raises CollectionBusy, CollectionError."""
        gone: dict[int, Paper] = {}
        with self._alone("remove papers from"):
            with self._ledger.transaction():
                for ref in refs:
                    paper = self.paper(ref)
                    row = None if paper is None else self._ledger.resolve(paper.id)
                    if paper is None or row is None:
                        raise NoPaper(
                            f"There is no paper {ref.strip()[:80]!r}. `chatbot papers` lists their ids."
                        )
                    gone[row] = paper
                for row in gone:
                    self._ledger.drop_paper(row)
            if self._ledger.embedder == (self.embedder.fingerprint, self.embedder.name):
                self._vector_index().flush()
        return list(gone.values())

    def rebuild(self, progress: Callable[[Progress], None] = lambda _: None) -> None:
        """Make Chroma's index and the keyword index again from the ledger."""
        with self._alone("rebuild"):
            self._check_embedder()
            self._ledger.rebuild_keywords()
            if (used := self._ledger.embedder) is not None:
                total = self._ledger.count_vectors(used[0])
                self._vector_index().rebuild(lambda done: progress(Progress("indexing", done, total)))

    def reembed(
        self, progress: Callable[[Progress], None] = lambda _: None, estimated: Told | None = None
    ) -> None:
        """Make all vectors with the embedder that is configured now, then let them take the old ones' place.

        Until then the old ones stay in use; a run that was killed goes on where it stopped. `estimated` is
        told as by `ingest`.
        """
        with self._alone("re-embed"):
            self._embed(progress, estimated)
            with self._lock:
                if self._index is not None:
                    self._index.close()
                    self._index = None
                self._ledger.use_embedder(self.embedder.fingerprint)
                self._queries.clear()
                self._exact = None
            self.rebuild(progress)

    # Reading

    def papers(self, filter: Filter = Filter()) -> list[Paper]:
        """The papers that pass: newest first, undated last, then by label. Raises FilterError."""
        return self._ledger.papers(self._resolved(filter))

    def each(self, filter: Filter = Filter()) -> Iterator[Paper]:
        """The papers that pass, by age, a few hundred at a time in memory. Raises FilterError."""
        filter, after = self._resolved(filter), 0
        while page := self._ledger.paper_page(filter, after, _PAGE):
            after = page[-1][0]
            yield from (paper for _, paper in page)

    def count(self, filter: Filter = Filter()) -> int:
        return self._ledger.count(self._resolved(filter))

    def census(self, plan: Plan, listed: int | None = LISTED) -> Census:
        """What a plan gives over all papers, exactly; at most `listed` are named (None: all).

        Needs neither vectors nor an embedder. Raises FilterError.
        """
        return take(replace(plan, filter=self._resolved(plan.filter)), self._ledger, listed)

    def paper(self, ref: str) -> Paper | None:
        """The paper of that id (or of one that it had), arXiv id or URL, DOI, or label if only one has it."""
        ref = ref.strip()
        row = self._ledger.resolve(ref)
        if row is None and len(rows := self._ledger.labelled(ref)) == 1:
            row = rows[0]
        if row is None:
            paper, work = arxiv_id(ref), doi(ref)
            keys = [f"arxiv:{arxiv_key(paper)}"] if paper else []
            keys += [f"doi:{work}"] if work else []
            row = next(iter(self._ledger.owners(keys).values()), None)
        return None if row is None else self._ledger.paper_at(row)

    def provenance(self, paper: str) -> tuple[Provenance, ...]:
        """Which source gave each field of the paper of that id, and what others say; empty without one."""
        row = self._ledger.resolve(paper)
        return () if row is None else provenance(self._ledger.records(row))

    def sentences(self, paper: str) -> tuple[Sentence, ...]:
        """The sentences of the paper of that id, in order; empty if there is none."""
        row = self._ledger.resolve(paper)
        return () if row is None else self._ledger.sentences(row)

    def search(
        self, query: str, limit: int = 8, filter: Filter = Filter(), side: Side = Side.HYBRID
    ) -> list[Hit]:
        """The papers that match a query best, best first: by keywords and vectors, fused, or by one `side`.

        What both sides found is put in order again where there is a reranker; if that fails the notice says
        so, and the fused order stays. Without an embedder, or before any vector is made, by keywords alone;
        the notice says so.
        Raises FilterError, EmbedderMismatch.
        """
        reranker = self._reranker if side is Side.HYBRID and query.strip() else None
        unseen = self._unseen()
        with self.undisturbed(), self._core():
            keyword, vector = self.sides(query, filter, side)
        unknown = unseen(keyword) if side is Side.HYBRID else frozenset()
        depth = limit if reranker is None else max(limit, self._rerank_depth)
        found = fuse(keyword, vector, depth, unknown=unknown)
        papers = self._ledger.papers_by_id([each.id for each in found])
        hits = [
            Hit(papers[each.id], each.score, each.keyword, each.vector) for each in found if each.id in papers
        ]
        if reranker is not None:
            from store.reranking import rerank  # it and its HTTP client: 20 ms that few need

            try:
                hits = rerank(reranker, query, hits, self._rerank_depth)
            except RerankError as error:
                self._say_once(f"The papers stand in the order of the search, not reranked. {error}")
        return hits[:limit]

    def sides(
        self, query: str, filter: Filter = Filter(), side: Side = Side.HYBRID, depth: int = DEPTH
    ) -> tuple[dict[str, float], dict[str, float]]:
        """What `search` fuses: BM25 scores, and cosines, of the best `depth` papers each, by id.

        Raises FilterError, EmbedderMismatch.
        """
        filter = self._resolved(filter)
        text = readable(query)
        if not text.strip():
            return {}, {}
        if side is Side.KEYWORD:
            return self._by_words(text, filter, depth), {}
        embedded = self._embedded(text)  # most of the time: the words are looked up beside it
        keyword = self._by_words(text, filter, depth) if side is Side.HYBRID else {}
        return keyword, self._nearest(text, filter, depth, embedded)

    def without_vector(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of the papers that the embedder in use has not seen yet: only words can find them."""
        return self._unseen()(ids)

    def _unseen(self) -> Callable[[Iterable[str]], frozenset[str]]:
        """Tells of papers which had no vector that a search could find when this was called: what is made
        while a search goes on, or was made and not yet told to the index, it may have missed."""
        used, moment = self._ledger.embedder, self._ledger.moment()
        told = frozenset(id for _, id in self._ledger.outbox(_PAGE))
        if not told and self.coverage.complete:
            return lambda ids: frozenset()
        if used is None:
            return frozenset
        return lambda ids: (told & set(ids)) | self._ledger.lacking(used[0], list(ids), moment)

    def query_vector(self, text: str) -> Vector:
        """The vector of a query, shape (dimension,). The last few are remembered."""
        with self._lock:
            if text in self._queries:
                self._queries.move_to_end(text)
                return self._queries[text]
        vector = self.embedder.query(text)
        with self._lock:
            self._queries[text] = vector
            if len(self._queries) > _REMEMBERED_QUERIES:
                self._queries.popitem(last=False)
        return vector

    def sentence_vectors(self, sentences: Sequence[Sentence]) -> NDArray[numpy.float32]:
        """Vectors of sentences, shape (sentences, dimension). Made when first needed (4-8 ms each) and kept.

        Raises EmbedderMismatch, EmbeddingError.
        """
        import numpy

        embedder = self.embedder
        self._check_embedder()
        known = {
            paper: self._ledger.sentence_vectors(embedder.fingerprint, paper)
            for paper in {sentence.paper for sentence in sentences}
        }
        found: list[Vector | None] = []
        rows: list[int | None] = []
        for sentence in sentences:
            row, text, vector = known[sentence.paper].get(sentence.number, (None, None, None))
            current = text == sentence.readable  # the abstract may have changed since
            rows.append(row if current else None)
            found.append(vector if current else None)
        missing = [place for place, vector in enumerate(found) if vector is None]
        made = embedder.documents([sentences[place].readable for place in missing])
        news: list[tuple[int, Vector]] = []
        for place, vector in zip(missing, made, strict=True):
            found[place] = vector
            if (row := rows[place]) is not None:
                news.append((row, vector))
        if news and self._ownership.take():  # a process that only reads keeps nothing
            self._ledger.put_sentence_vectors(embedder, news)
        if not found:
            return numpy.empty((0, embedder.dimension), dtype=numpy.float32)
        return numpy.stack([vector for vector in found if vector is not None])

    def score_sentences(self, question: str, sentences: Sequence[Sentence]) -> list[SentenceScore]:
        """How each sentence bears on the question, by words and by vectors (None without an embedder)."""
        text = readable(question)
        with self._core():
            lexical = lexical_scores(
                text,
                [sentence.readable for sentence in sentences],
                self._ledger.frequencies(content_stems(text)),
                self._ledger.count(),
            )
            near = self._cosines(sentences, text, self.query_vector)
        return [SentenceScore(*each) for each in zip(lexical, near, strict=True)]

    def nearness(self, statement: str, sentences: Sequence[Sentence]) -> list[float | None]:
        """The cosine of a statement with each sentence, both embedded alike; None without an embedder."""
        return self._cosines(sentences, readable(statement), self._document_vector)

    def _document_vector(self, text: str) -> Vector:
        return next(iter(self.embedder.documents([text])))

    def _cosines(
        self, sentences: Sequence[Sentence], text: str, embed: Callable[[str], Vector]
    ) -> list[float | None]:
        if sentences and text.strip():
            try:
                return [float(each) for each in self.sentence_vectors(sentences) @ embed(text)]
            except EmbeddingError as error:
                self._say_once(f"Sentences are compared by words alone. {error}")
        return [None] * len(sentences)

    def rarities(self, text: str) -> dict[str, float]:
        """How rare the stems of the text's content words are among the papers: a weight each, above 0."""
        frequencies = self._ledger.frequencies(content_stems(readable(text)))
        papers = self._ledger.count()
        return {stem: rarity(frequency, papers) for stem, frequency in frequencies.items()}

    # What there is and what is wrong with it

    @property
    def embedder(self) -> Embedder:
        """The configured embedder, made when first needed. Raises EmbeddingError."""
        with self._lock:
            if self._made_embedder is None:
                self._made_embedder = self._make_embedder()
            return self._made_embedder

    @property
    def vectors_missing(self) -> int:
        """Papers that the embedder in use has not seen."""
        return self.coverage.missing

    @property
    def coverage(self) -> Coverage:
        """How many papers there are, and how many of them have a vector."""
        used, revision = self._ledger.embedder, self._ledger.revision
        fingerprint = used[0] if used is not None else ""
        if self._vectors_made is None or self._vectors_made[:2] != (fingerprint, revision):
            # Counted again only when one was made or went: it takes 6 ms at 100,000 papers.
            self._vectors_made = (fingerprint, revision, self._ledger.count_vectors(fingerprint))
        papers = self._ledger.count()
        return Coverage(papers, min(self._vectors_made[2], papers))

    @property
    def embedded_by(self) -> str | None:
        """The name of the embedder that made the collection's vectors; None while there are none."""
        used = self._ledger.embedder
        return used[1] if used else None

    def check(self) -> list[str]:
        """What is wrong with the collection, each with its cure. Reads everything, mends nothing."""
        found = self._ledger.problems()
        if not (coverage := self.coverage).complete:
            found.append(
                f"{coverage} `chatbot embed` makes the {coverage.missing:,} vectors that are missing."
            )
        try:
            self._check_embedder()
        except (EmbedderMismatch, EmbeddingError) as error:
            return [*found, str(error)]
        if self._ledger.embedder is None:
            return found
        if self._server is not None or self._ownership.take():
            try:
                found += self._vector_index().problems()
            except CollectionError as error:
                found.append(str(error))
        else:
            found.append(f"The vector index was not checked: {self._ownership.owner()} owns it.")
        return found

    # Within

    def _own(self, what: str) -> None:
        if not self._ownership.take():
            raise CollectionBusy(
                f"Can't {what} the collection {self.name!r}: {self._ownership.owner()} is using it. "
                "Close that first (this one may read meanwhile)."
            )

    def _check_embedder(self) -> None:
        used = self._ledger.embedder
        if used is not None and used[0] != self.embedder.fingerprint:
            raise EmbedderMismatch(
                f"The collection {self.name!r} was embedded by {used[1]} ({used[0]}), but "
                f"{self.embedder.name} ({self.embedder.fingerprint}) is configured. Configure the former, or "
                "make the vectors again with "
                "`chatbot rebuild --reembed`."
            )

    def _vector_index(self) -> VectorIndex:
        with self._lock:
            if self._index is None:
                fingerprint = self.embedder.fingerprint
                self._index = VectorIndex(
                    self._ledger, self.folder / "chroma", self.name, self._server, fingerprint, self._notice
                )
            return self._index

    def _resolved(self, filter: Filter) -> Filter:
        """The filter with the ids that its papers have now, whatever they were called by (see `paper`). An id
        that nobody has lets nothing pass."""
        if not (filter.ids or filter.without):
            return filter

        def current(ids: tuple[str, ...]) -> tuple[str, ...]:
            found = [(id, self.paper(id)) for id in ids]
            return tuple(id if paper is None else paper.id for id, paper in found)

        return replace(filter, ids=current(filter.ids), without=current(filter.without))

    def _by_words(self, text: str, filter: Filter, depth: int) -> dict[str, float]:
        """BM25 scores of the best papers that pass, by id."""
        if self._ledger.count() <= SMALL:
            match = match_query(text)
            return dict(self._ledger.keyword(match, filter, depth)) if match else {}
        rows, scores = self._bm25.scores(text)
        places = self._passing.best(rows, scores, filter, depth)
        ids = self._ledger.ids_at(rows[places].tolist())
        found = [(ids.get(int(rows[place])), float(scores[place])) for place in places]
        return {id: score for id, score in found if id is not None}

    def _embedded(self, text: str) -> Future[Vector] | None:
        """The query's vector in the making; None where there is nothing to compare it with, or no embedder,
        which `_nearest` says. Raises EmbedderMismatch."""
        if self._ledger.embedder is None:
            return None
        try:
            self._check_embedder()
        except EmbeddingError:
            return None
        import_module("numpy")  # whole before two threads need it, or one may see it half imported
        return self._threads.submit(self.query_vector, text)

    @contextmanager
    def _core(self) -> Iterator[None]:
        """While this thread computes: as many do at once as there are cores, the first to come first. Of two
        hundred questions at once each would else wait for all others. An endpoint's vectors are waited for,
        not made: there all may."""
        if isinstance(getattr(self._made_embedder, "terms", None), Terms):
            yield
            return
        with self._cores:
            yield

    @property
    def _threads(self) -> ThreadPoolExecutor:
        """What goes on beside a question."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(4, thread_name_prefix="collection")
            return self._pool

    def _nearest(
        self, text: str, filter: Filter, depth: int, embedded: Future[Vector] | None
    ) -> dict[str, float]:
        """Cosines of the nearest papers that pass, by id; empty where there are no vectors."""
        coverage = self.coverage
        self._tell(coverage)
        if self._ledger.embedder is None:
            return {}
        try:
            self._check_embedder()
            vector = partial(self.query_vector, text) if embedded is None else embedded.result
            first, self._asked = not self._asked, True
            made = coverage.vectors
            if self._server is None and not self._ownership.take():
                self._say_once(
                    f"The collection {self.name!r} is in use by {self._ownership.owner()}: reading only."
                )
            elif self._index_pays(made, filter, first):
                return self._by_index(vector, filter, depth)
            return self._exactly(self.embedder.fingerprint).exact(vector(), filter, depth)
        except EmbeddingError as error:
            self._say_once(f"Found by keywords alone. {error}")
            return {}

    def _index_pays(self, made: int, filter: Filter, first: bool) -> bool:
        """Whether to ask Chroma for the nearest of `made` vectors, rather than to compare all."""
        if made <= _EXACT:
            return filter.empty and not first
        index = self._vector_index()
        if made > _EXACT_FIRST or self._server is not None or index.opened:
            return True
        self._compared += 1
        if self._compared <= _PATIENCE:
            return False
        if self._opening is None:
            self._opening = self._threads.submit(index.open)
        return self._opening.done()

    def _by_index(self, vector: Callable[[], Vector], filter: Filter, depth: int) -> dict[str, float]:
        index = self._vector_index()
        exactly = self._exactly(self.embedder.fingerprint)
        mend = self._ownership.take()

        def query(vector: Vector, limit: int) -> list[tuple[str, float]]:
            return index.query(vector, limit, mend=mend)

        try:
            index.open(mend=mend)  # while the query is embedded: together they are most of a first question
            if filter.empty:
                return dict(query(vector(), depth))
            return exactly.filtered(vector(), filter, depth, query)
        except CollectionDamaged as error:
            if mend:
                raise
            self._say_once(f"Searching without the vector index. {error}")
        except Closed:
            pass  # another thread re-embeds, or closes
        return exactly.exact(vector(), filter, depth)

    def _exactly(self, fingerprint: str) -> Nearest:
        with self._lock:
            if self._exact is None:
                self._exact = Nearest(self._ledger, self._passing, fingerprint)
            return self._exact

    def _say_once(self, text: str) -> None:
        with self._lock:
            if text in self._said:
                return
            self._said.add(text)
        self._notice(text)

    def _tell(self, coverage: Coverage) -> None:
        """Say how far the vectors are if that is news, and what there is to say of what goes on behind."""
        self._notice.catch_up()
        with self._lock:
            before, incomplete = self._told, not coverage.complete
            if not (incomplete if before is None else coverage.differs(before)):
                return
            self._told = coverage
        self._notice(f"{coverage} {self._remedy()}" if incomplete else str(coverage))

    def _remedy(self) -> str:
        """How vectors that are missing will be made."""
        if self._filler.running or self._making:
            return "The others follow while this is open."
        if self._ownership.take():
            return "`chatbot embed` makes the others."
        return f"The others come from {self._ownership.owner()} or, when it has ended, by `chatbot embed`."
