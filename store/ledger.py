"""The ledger: one SQLite file that is the truth about a collection.

Papers, the records they were merged from, the keys they are recognised by, sentences, vectors and the
keyword index live here and change together, in transactions. Everything else can be made again from it.

It is safe across processes: SQLite sees to that. WAL lets readers read while one writes. `synchronous=FULL`
makes every commit survive a power cut; commits are one a batch, so its fsync (a few ms) does not show.

It decides nothing: which records are one paper is `ingesting`'s and `merging`'s to say.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store import filters
from store.embedding import paper_text
from store.errors import CollectionBusy, CollectionDamaged, CollectionError, NoCollection
from store.latex import readable
from store.records import Filter, Paper, Record, Sentence, Source
from store.schema import INDEXES, PLACES, SKETCHES, STATEMENTS, VERSION

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from store.embedding import Embedder, Vector

_PAPER = (
    "id, abstract, label, label_derived, title, arxiv_id, doi, url, authors, categories, "
    "created, updated, comment, venue, sources"
)
_CONTENT = tuple(field.name for field in fields(Record) if field.name != "source")
# A word in a title or name counts twice: nDCG@10 .704 on SciFact's 809 training claims and .375 on Cranfield,
# against .702 and .371 with 1; 3 and 5 gain no more than another .004.
NAME_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A record in the ledger: its row, its paper's row, and the line where its source last had it."""

    row: int
    paper: int
    line: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A record that its source has replaced, as its row held it. `heir` is the row of one that the source
    has of the paper instead."""

    heir: int
    row: int
    paper: int
    source: str
    line: int
    hash: str
    value: str


class Ledger:
    """One open ledger, usable from several threads. `row`s are the ledger's own numbers of papers."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open it, or make it where `create`. Raises NoCollection, CollectionDamaged, CollectionError."""
        if not create and not path.is_file():
            raise NoCollection(f"There is no collection at {path.parent}. Fill one with `chatbot ingest`.")
        self.path = path
        self._lock = threading.RLock()
        self._counted: tuple[tuple[int, int], int] | None = None
        self._ids: dict[int, str] = {}
        self._rows: dict[str, int] = {}
        self._rows_at: tuple[int, int] | None = None
        with self._telling():
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            with self._telling():
                self._prepare(create)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _prepare(self, create: bool) -> None:
        for name, count, function in filters.FUNCTIONS:
            self._db.create_function(name, count, function, deterministic=True)
        for pragma in ("foreign_keys = ON", "synchronous = FULL", "temp_store = MEMORY"):
            self._db.execute(f"PRAGMA {pragma}")
        version = self._version()
        if version == 0 and not create:
            raise NoCollection(
                f"The collection at {self.path.parent} is empty. Fill it with `chatbot ingest`."
            )
        if version == 0:
            self._db.execute("PRAGMA journal_mode = WAL")
            with self.transaction():
                if self._version() == 0:  # else another process was faster
                    for statement in STATEMENTS:
                        self._db.execute(statement)
            version = self._version()
        if create and version == VERSION:
            for statement in INDEXES:
                self._db.execute(statement)
        if version > VERSION:
            raise CollectionError(
                f"{self.path} was written by a newer version of this program (its format is {version}, "
                f"this one reads {VERSION}). Upgrade the program: `pip install --upgrade proven-chatbot`."
            )

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside becomes true together, or not at all. May be nested."""
        with self._lock, self._telling():
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """SQLite's errors, said so that a person knows what to do."""
        try:
            yield
        except sqlite3.Error as error:
            text = str(error)
            folder = self.path.parent
            if "disk is full" in text or ("disk I/O" in text and _full(folder)):
                raise CollectionError(
                    f"The disk that holds {folder} is full: nothing was lost, but this could not be written. "
                    "Free some space and run the command again."
                ) from error
            if "locked" in text or "busy" in text:
                raise CollectionBusy(
                    f"Another process is writing to {folder}. Try again when it has finished."
                ) from error
            if "malformed" in text or "not a database" in text or "corrupt" in text:
                raise CollectionDamaged(
                    f"The collection's file {self.path} can't be read ({text}). Move the folder {folder} "
                    "away and ingest your sources again."
                ) from error
            if not os.access(folder, os.W_OK):
                raise CollectionError(
                    f"{folder} can't be written, which SQLite needs even to read ({text}). Change its "
                    "permissions, or set CHATBOT_HOME to a folder of yours and ingest there."
                ) from error
            raise CollectionError(
                f"The collection at {folder} can't be used: {text}. Check the folder."
            ) from error

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock, self._telling():
            return self._db.execute(sql, values).fetchall()

    def _one(self, sql: str, values: Sequence[object] = ()) -> Any:
        with self._lock, self._telling():
            return self._db.execute(sql, values).fetchone()

    def read(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows of a question that changes nothing, for a room of the store that words its own."""
        return self._all(sql, values)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read inside is of one moment, whatever other processes write meanwhile."""
        with self._lock, self._telling():
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")  # nothing was written

    def _do(self, sql: str, values: Sequence[object] = ()) -> int:
        """Change something; returns the row that was inserted, if one was."""
        with self._lock, self._telling():
            return self._db.execute(sql, values).lastrowid or 0

    def _do_each(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """The same change for each of these rows, all or none."""
        with self.transaction():
            self._db.executemany(sql, rows)

    def get(self, key: str) -> str | None:
        found = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        return found[0] if found else None

    def set(self, key: str, value: str) -> None:
        self._do(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def served(self, name: str) -> str | None:
        """How the names of this ledger's collections on a Chroma server begin, it being called `name`; None
        before the first. A renamed one keeps the name that it had there."""
        uid = self.get("uid")
        return f"{self.get('served_as') or name}-{uid}-" if uid else None

    # Records and the papers that they make

    def find_records(self, source: str, hash: str) -> list[Kept]:
        """The records of this content that the source had, oldest first."""
        rows = self._all(
            "SELECT row, paper, line FROM records WHERE source = ? AND hash = ? ORDER BY row", (source, hash)
        )
        return [Kept(*row) for row in rows]

    def rows_from(self, paper: int, source: str) -> list[int]:
        """The rows of the paper's records from that source."""
        return [
            r for (r,) in self._all("SELECT row FROM records WHERE paper = ? AND source = ?", (paper, source))
        ]

    def records(self, paper: int) -> list[Record]:
        """The records of a paper, in the order in which they came."""
        return list(self.records_by_row(paper).values())

    def records_by_row(self, paper: int) -> dict[int, Record]:
        """The records of a paper by their rows, in the order in which they came."""
        rows = self._all(
            "SELECT row, value, source, line FROM records WHERE paper = ? ORDER BY row", (paper,)
        )
        return {row: _record(value, Source(name, line)) for row, value, name, line in rows}

    def give_records(self, rows: Iterable[int], paper: int) -> None:
        """From now on these records are the paper's."""
        for row in rows:
            self._do("UPDATE records SET paper = ? WHERE row = ?", (paper, row))

    def add_record(self, paper: int, record: Record, hash: str) -> int:
        return self._do(
            "INSERT INTO records (paper, source, line, hash, value) VALUES (?, ?, ?, ?, ?)",
            (paper, record.source.name, record.source.line, hash, content(record)),
        )

    def move_record(self, row: int, line: int) -> None:
        self._do("UPDATE records SET line = ? WHERE row = ?", (line, row))

    def drop_replaced(self, seen: Iterable[int]) -> list[Stored]:
        """Forget records that their source has replaced: it was read (`seen`), still speaks of their
        paper, and no longer holds them. Returns them.
        """
        with self.transaction():
            self._db.execute("CREATE TEMP TABLE seen (row INTEGER PRIMARY KEY)")
            self._do_each("INSERT INTO seen VALUES (?)", ((row,) for row in seen))
            gone = self._all(
                "SELECT max(new.row), old.row, old.paper, old.source, old.line, old.hash, old.value "
                "FROM seen CROSS JOIN records new ON new.row = seen.row "
                "JOIN records old ON old.paper = new.paper AND old.source = new.source "
                "WHERE old.row NOT IN (SELECT row FROM seen) GROUP BY old.row"
            )
            self._db.execute("DROP TABLE seen")
            stored = [Stored(*row) for row in gone]
            self.drop_records(each.row for each in stored)
        return stored

    def put_back(self, records: Iterable[Stored]) -> None:
        """Records that were replaced, as they were. Their papers are to be made again."""
        self._do_each("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", (astuple(e)[1:] for e in records))

    def standing(self, records: Iterable[int]) -> dict[int, int]:
        """The row of the paper of each of these records that there still is."""
        wanted = "SELECT row, paper FROM records WHERE row = ?"
        return dict(row for each in records for row in self._all(wanted, (each,)))

    def sources(self) -> list[str]:
        """The names of all sources."""
        return [name for (name,) in self._all("SELECT DISTINCT source FROM records ORDER BY source")]

    def records_from(self, source: str) -> list[int]:
        """The rows of the records of a source."""
        return [row for (row,) in self._all("SELECT row FROM records WHERE source = ?", (source,))]

    def papers_of(self, records: Iterable[int]) -> list[int]:
        """The row of the paper of each of these records."""
        return [self._one("SELECT paper FROM records WHERE row = ?", (row,))[0] for row in records]

    def count_records(self, paper: int) -> int:
        return int(self._one("SELECT count(*) FROM records WHERE paper = ?", (paper,))[0])

    def drop_records(self, rows: Iterable[int]) -> None:
        """Forget records. Their papers are to be made again, or dropped, in the same transaction."""
        self._do_each("DELETE FROM records WHERE row = ?", ((row,) for row in rows))

    def drop_paper(self, row: int) -> None:
        """Forget a paper, what sources say of it, and whatever was made of it."""
        with self.transaction():
            for statement in SKETCHES:  # a collection of an older version has none yet
                self._do(statement)
            for table in ("records", "vectors", "sentences", "keys", "aliases", "sketches"):
                self._do(f"DELETE FROM {table} WHERE paper = ?", (row,))
            self._do("DELETE FROM papers WHERE row = ?", (row,))

    def forget_keys(self, paper: int) -> None:
        """The paper is known by nothing any more, until keys and sketches are added again."""
        for table in ("keys", "sketches"):
            self._do(f"DELETE FROM {table} WHERE paper = ?", (paper,))

    def forget_alias(self, id: str, paper: int) -> None:
        """The paper is no longer called so, if it was."""
        self._do("DELETE FROM aliases WHERE id = ? AND paper = ?", (id, paper))

    def note_places(self, sources: Iterable[str], folder: str) -> None:
        """Sources of these relative names were read, their names beginning at this folder."""
        with self.transaction():
            self._do(PLACES)
            self._do_each("INSERT OR IGNORE INTO places VALUES (?, ?)", ((name, folder) for name in sources))

    def places(self, source: str) -> list[str]:
        """The folders at which a relative source's name began when it was read; after `note_places`."""
        return [
            f for (f,) in self._all("SELECT folder FROM places WHERE source = ? ORDER BY folder", (source,))
        ]

    def owners(self, keys: Sequence[str]) -> dict[str, int]:
        """Which paper (its row) each of the keys belongs to, in the order of the keys."""
        found = dict(
            self._all(f"SELECT key, paper FROM keys WHERE key IN ({', '.join('?' * len(keys))})", keys)
        )
        return {key: found[key] for key in keys if key in found}

    def keys(self, paper: int) -> list[str]:
        return [key for (key,) in self._all("SELECT key FROM keys WHERE paper = ? ORDER BY key", (paper,))]

    def add_keys(self, paper: int, keys: Sequence[str]) -> None:
        """Keys that no paper has yet become this paper's."""
        self._do_each("INSERT OR IGNORE INTO keys VALUES (?, ?)", ((key, paper) for key in keys))

    def prepare_sketches(self) -> list[int]:
        """Make room for sketches where a ledger has none. Returns the rows of the papers that lack one."""
        for statement in SKETCHES:
            self._do(statement)
        if self._one("SELECT 1 FROM sketches LIMIT 1"):
            return []
        return [row for (row,) in self._all("SELECT row FROM papers ORDER BY row")]

    def add_sketch(self, paper: int, hashes: Sequence[int]) -> None:
        """A record of the paper is known by these hashes, too (see `resemblance`)."""
        self._do_each("INSERT OR IGNORE INTO sketches VALUES (?, ?)", ((hash, paper) for hash in hashes))

    def sketched(self, hashes: Sequence[int], shared: int) -> list[int]:
        """The rows of the papers that are known by at least `shared` of these hashes, by age."""
        marks = ", ".join("?" * len(hashes))
        rows = self._all(
            f"SELECT paper FROM sketches WHERE hash IN ({marks}) GROUP BY paper HAVING count(*) >= ? "
            "ORDER BY paper",
            [*hashes, shared],
        )
        return [row for (row,) in rows]

    def absorb(self, keep: int, drop: int) -> None:
        """Two papers are one: everything of `drop` becomes `keep`'s, its id an alias. Then merge `keep`."""
        with self.transaction():
            self._do("DELETE FROM vectors WHERE paper = ?", (drop,))
            self._do("DELETE FROM sentences WHERE paper = ?", (drop,))
            for table in ("records", "keys", "aliases"):
                self._do(f"UPDATE {table} SET paper = ? WHERE paper = ?", (keep, drop))
            self._do(
                "INSERT OR IGNORE INTO sketches SELECT hash, ? FROM sketches WHERE paper = ?", (keep, drop)
            )
            self._do("DELETE FROM sketches WHERE paper = ?", (drop,))
            self._do("INSERT INTO aliases SELECT id, ? FROM papers WHERE row = ?", (keep, drop))
            self._do("DELETE FROM papers WHERE row = ?", (drop,))

    def put_paper(self, paper: Paper, sentences: Sequence[Sentence] | None, row: int | None = None) -> int:
        """Write a new paper, or the paper of that row again, with its sentences (None: as they are).

        A changed abstract or title makes the paper's vectors go: they were made of it.
        """
        names = " ".join(dict.fromkeys(name for name in (paper.title, paper.label) if name))
        fields = {
            **{name: getattr(paper, name) for name in _PAPER.split(", ")},
            "authors": json.dumps(paper.authors),
            "categories": json.dumps(paper.categories),
            "sources": json.dumps([(source.name, source.line) for source in paper.sources]),
            "readable": readable(paper.abstract),
            "names": readable(names),
        }
        with self.transaction():
            if row is None:
                row = self._do(
                    f"INSERT INTO papers ({', '.join(fields)}) VALUES ({', '.join('?' * len(fields))})",
                    list(fields.values()),
                )
            else:
                self._do(
                    "DELETE FROM vectors WHERE paper = (SELECT row FROM papers WHERE row = ? "
                    "AND (abstract IS NOT ? OR title IS NOT ?))",
                    (row, paper.abstract, paper.title),
                )
                columns = ", ".join(f"{name} = ?" for name in fields)
                self._do(f"UPDATE papers SET {columns} WHERE row = ?", [*fields.values(), row])
            if sentences is not None:
                self._do("DELETE FROM sentences WHERE paper = ?", (row,))
                self._do_each(
                    "INSERT INTO sentences (paper, number, start, end, readable) VALUES (?, ?, ?, ?, ?)",
                    ((row, each.number, each.start, each.end, each.readable) for each in sentences),
                )
        return row

    # Reading papers

    def paper_at(self, row: int) -> Paper:
        return _paper(self._one(f"SELECT {_PAPER} FROM papers WHERE row = ?", (row,)))

    def resolve(self, id: str) -> int | None:
        """The row of the paper that has the id, or had it."""
        found = self._one(
            "SELECT row FROM papers WHERE id = ? UNION ALL SELECT paper FROM aliases WHERE id = ?", (id, id)
        )
        return found[0] if found else None

    def labelled(self, label: str) -> list[int]:
        """The rows of the papers of that label, whatever the case."""
        return [
            row for (row,) in self._all("SELECT row FROM papers WHERE label = ? COLLATE NOCASE", (label,))
        ]

    def papers(self, filter: Filter = Filter()) -> list[Paper]:
        """Those that pass: newest first, undated last, then by label."""
        where, values = filters.condition(filter)
        order = "created IS NULL, created DESC, label COLLATE NOCASE, id"
        return [
            _paper(row)
            for row in self._all(f"SELECT {_PAPER} FROM papers WHERE {where} ORDER BY {order}", values)
        ]

    def paper_page(self, filter: Filter, after: int, limit: int) -> list[tuple[int, Paper]]:
        """The first of those that pass and are younger than row `after`, each with its row, by age."""
        where, values = filters.condition(filter)
        rows = self._all(
            f"SELECT row, {_PAPER} FROM papers WHERE {where} AND row > ? ORDER BY row LIMIT ?",
            [*values, after, limit],
        )
        return [(row, _paper(fields)) for row, *fields in rows]

    def papers_by_id(self, ids: Sequence[str]) -> dict[str, Paper]:
        rows = self._all(f"SELECT {_PAPER} FROM papers WHERE id IN ({', '.join('?' * len(ids))})", ids)
        return {row[0]: _paper(row) for row in rows}

    def newest(self) -> str | None:
        """The latest date of a paper."""
        found = self._one("SELECT max(created) FROM papers")
        return found[0] if found else None

    def ids(self, filter: Filter = Filter()) -> list[str]:
        where, values = filters.condition(filter)
        return [id for (id,) in self._all(f"SELECT id FROM papers WHERE {where} ORDER BY row", values)]

    def rows(self, ids: Sequence[str]) -> dict[str, int]:
        """The rows of the papers that have one of these ids now, by id.

        Asked again with nothing written in between, all are remembered: a filtered search wants hundreds.
        """
        with self._lock:
            changes = self.changes
            if self._rows_at != changes:
                self._rows_at, self._rows = changes, {}
                sql = "SELECT id, row FROM papers WHERE id IN (SELECT value FROM json_each(?))"
                return dict(self._all(sql, (json.dumps(ids),)))
            if not self._rows:
                self._rows = dict(self._all("SELECT id, row FROM papers"))
            return {id: self._rows[id] for id in ids if id in self._rows}

    def ids_at(self, rows: Sequence[int]) -> dict[int, str]:
        """The ids of these rows, by row; of one that has gone meanwhile perhaps, too.

        All are remembered, from an index that holds nothing else: a hundred rows lie on as many pages, which
        cost 10 ms where nobody has read them yet. A row's id never changes, and no row is used again.
        """
        with self._lock:
            if not self._ids:
                self._ids.update(self._all("SELECT row, id FROM papers"))
            if unknown := [row for row in rows if row not in self._ids]:
                sql = "SELECT row, id FROM papers WHERE row IN (SELECT value FROM json_each(?))"
                self._ids.update(self._all(sql, (json.dumps(unknown),)))
            return {row: self._ids[row] for row in rows if row in self._ids}

    def count(self, filter: Filter = Filter()) -> int:
        """How many papers pass. All of them are counted again only after changes: 5 ms at 100,000."""
        if filter.empty:
            with self._lock:
                changes = self.changes
                if self._counted is None or self._counted[0] != changes:
                    self._counted = changes, int(self._one("SELECT count(*) FROM papers")[0])
                return self._counted[1]
        where, values = filters.condition(filter)
        return int(self._one(f"SELECT count(*) FROM papers WHERE {where}", values)[0])

    def sentences(self, row: int) -> tuple[Sentence, ...]:
        rows = self._all(
            "SELECT id, number, start, end, abstract, sentences.readable FROM sentences "
            "JOIN papers ON papers.row = paper WHERE paper = ? ORDER BY number",
            (row,),
        )
        return tuple(
            Sentence(id, number, start, end, abstract[start:end], clear)
            for id, number, start, end, abstract, clear in rows
        )

    # Keywords

    def keyword(self, match: str, filter: Filter, limit: int) -> list[tuple[str, float]]:
        """Ids and BM25 scores (FTS5's k1 1.2, b 0.75; higher is better) of the best for an FTS5 query."""
        where, values = filters.condition(filter)
        return self._all(
            f"SELECT id, -bm25(words, {NAME_WEIGHT}, 1.0) AS score "
            "FROM words JOIN papers ON row = words.rowid "
            f"WHERE words MATCH ? AND {where} ORDER BY score DESC, id LIMIT ?",
            [match, *values, limit],
        )

    def frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """How many papers contain each of the stems."""
        wanted = sorted(stems)
        sql = f"SELECT term, doc FROM terms WHERE term IN ({', '.join('?' * len(wanted))})"
        return dict.fromkeys(wanted, 0) | dict(self._all(sql, wanted))

    # Vectors

    @property
    def embedder(self) -> tuple[str, str] | None:
        """Fingerprint and name of the embedder that made the vectors in use; None before the first."""
        # One statement: another thread or process may change both between two.
        found = self._one(
            "SELECT fingerprint, name FROM embedders JOIN meta ON value = fingerprint WHERE key = 'embedder'"
        )
        return None if found is None else (found[0], found[1])

    def use_embedder(self, fingerprint: str) -> None:
        """From now on this one's vectors count; all others go."""
        with self.transaction():
            self.set("embedder", fingerprint)
            others = "embedder IN (SELECT row FROM embedders WHERE fingerprint != ?)"
            self._do(f"DELETE FROM vectors WHERE {others}", (fingerprint,))
            self._do(f"DELETE FROM sentence_vectors WHERE {others}", (fingerprint,))
            self._do("DELETE FROM embedders WHERE fingerprint != ?", (fingerprint,))

    def _embedder_row(self, embedder: Embedder) -> int:
        self._do(
            "INSERT OR IGNORE INTO embedders (fingerprint, name, dimension) VALUES (?, ?, ?)",
            (embedder.fingerprint, embedder.name, embedder.dimension),
        )
        return int(self._one("SELECT row FROM embedders WHERE fingerprint = ?", (embedder.fingerprint,))[0])

    _MADE = (
        "SELECT 1 FROM vectors JOIN embedders ON embedders.row = embedder "
        "WHERE vectors.paper = papers.row AND fingerprint = ?"
    )

    def without_vector(self, fingerprint: str, limit: int, after: int = 0) -> list[tuple[int, str]]:
        """Row and text (title, readable abstract) of papers younger than row `after` that this embedder has
        not seen, by age."""
        sql = (
            "SELECT row, title, readable FROM papers "
            f"WHERE row > ? AND NOT EXISTS ({self._MADE}) ORDER BY row LIMIT ?"
        )
        rows = self._all(sql, (after, fingerprint, limit))
        return [(row, paper_text(title, text)) for row, title, text in rows]

    def characters_without_vector(self, fingerprint: str) -> int:
        """About how many characters the texts of `without_vector` have together."""
        length = "total(length(readable) + coalesce(length(title), 0))"
        sql = f"SELECT {length} FROM papers WHERE NOT EXISTS ({self._MADE})"
        return int(self._one(sql, (fingerprint,))[0])

    def count_vectors(self, fingerprint: str) -> int:
        """How many papers have a vector of this embedder, counted in the key's own index: 6 ms at 100,000."""
        owner = "(SELECT row FROM embedders WHERE fingerprint = ?)"
        return int(self._one(f"SELECT count(*) FROM vectors WHERE embedder = {owner}", (fingerprint,))[0])

    def moment(self) -> int:
        """Vectors that are made later are `lacking` as of it. Grows with each that is made."""
        return int(self._one("SELECT coalesce(max(rowid), 0) FROM vectors")[0])

    def lacking(self, fingerprint: str, ids: Sequence[str], moment: int) -> frozenset[str]:
        """Those of the papers that this embedder had not seen at a moment."""
        rows = self._all(
            f"SELECT id FROM papers WHERE id IN ({', '.join('?' * len(ids))}) "
            f"AND NOT EXISTS ({self._MADE} AND vectors.rowid <= ?)",
            [*ids, fingerprint, moment],
        )
        return frozenset(id for (id,) in rows)

    def put_vectors(self, embedder: Embedder, vectors: Sequence[tuple[int, str, Vector]]) -> None:
        """Keep vectors of papers, given as (row, text it was made of, vector).

        A paper that has changed or gone meanwhile is passed over: its turn comes again.
        """
        with self.transaction():
            owner = self._embedder_row(embedder)
            if self.get("embedder") is None:
                self.set("embedder", embedder.fingerprint)
            for row, text, vector in vectors:
                found = self._one("SELECT title, readable FROM papers WHERE row = ?", (row,))
                if found is None:
                    continue
                title, clear = found
                if text == paper_text(title, clear):
                    self._do(
                        "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", (row, owner, vector.tobytes())
                    )

    _VECTORS = "FROM vectors JOIN embedders ON embedders.row = embedder JOIN papers ON papers.row = paper"

    def vectors(
        self, fingerprint: str, rows: Sequence[int] | None = None
    ) -> tuple[NDArray[numpy.int64], NDArray[numpy.float32]]:
        """The rows of the papers (all, or those of `rows`) that have a vector, by age, and their vectors,
        shape (papers, dimension)."""
        import numpy

        known = self._one("SELECT row, dimension FROM embedders WHERE fingerprint = ?", (fingerprint,))
        if known is None:
            return numpy.empty(0, dtype=numpy.int64), numpy.empty((0, 0), dtype=numpy.float32)
        embedder, dimension = known
        where, values = "embedder = ?", [embedder]
        if rows is not None:
            where += " AND paper IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(rows))
        found: list[int] = []
        parts: list[bytes] = []
        with self._lock, self._telling():
            cursor = self._db.execute(
                f"SELECT paper, vector FROM vectors WHERE {where} ORDER BY paper", values
            )
            # Joined a few at a time: a hundred thousand small blobs would take their memory twice.
            while page := cursor.fetchmany(1000):
                found += [row for row, _ in page]
                parts.append(b"".join(blob for _, blob in page))
        matrix = numpy.frombuffer(b"".join(parts), dtype="<f4").reshape(len(found), dimension)
        return numpy.array(found, dtype=numpy.int64), matrix

    def vector_page(self, fingerprint: str, after: int, limit: int) -> list[tuple[int, str, str, Vector]]:
        """(row, id, abstract, vector) of the papers younger than row `after`."""
        rows = self._all(
            f"SELECT paper, id, abstract, vector {self._VECTORS} "
            "WHERE fingerprint = ? AND paper > ? ORDER BY paper LIMIT ?",
            (fingerprint, after, limit),
        )
        return [(row, id, abstract, _matrix([blob])[0]) for row, id, abstract, blob in rows]

    def vectors_of(self, fingerprint: str, ids: Sequence[str]) -> list[tuple[str, str, Vector]]:
        """(id, abstract, vector) of those of the papers that have one."""
        marks = ", ".join("?" * len(ids))
        rows = self._all(
            f"SELECT id, abstract, vector {self._VECTORS} WHERE fingerprint = ? AND id IN ({marks})",
            [fingerprint, *ids],
        )
        return [(id, abstract, _matrix([blob])[0]) for id, abstract, blob in rows]

    def youngest(self) -> int:
        return int(self._one("SELECT coalesce(max(row), 0) FROM papers")[0])

    @property
    def changes(self) -> tuple[int, int]:
        """Differs from before whenever anything may have been written since, by whatever process."""
        with self._lock:
            return self._one("PRAGMA data_version")[0], self._db.total_changes

    @property
    def revision(self) -> int:
        """Grows whenever a vector is made or goes, in whatever process."""
        found = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
        return int(found[0]) if found else 0

    def outbox(self, limit: int) -> list[tuple[int, str]]:
        """What the vector index has not heard yet: (number, id), oldest first."""
        return self._all("SELECT number, id FROM outbox ORDER BY number LIMIT ?", (limit,))

    def cross_out(self, number: int) -> None:
        """The vector index knows everything up to this number."""
        self._do("DELETE FROM outbox WHERE number <= ?", (number,))

    def sentence_vectors(self, fingerprint: str, paper: str) -> dict[int, tuple[int, str, Vector | None]]:
        """Of a paper's sentences, by number: row, readable text, and the vector if it was made already."""
        rows = self._all(
            "SELECT number, sentences.row, sentences.readable, vector FROM sentences "
            "JOIN papers ON papers.row = paper LEFT JOIN sentence_vectors ON sentence = sentences.row "
            "AND embedder = (SELECT row FROM embedders WHERE fingerprint = ?) WHERE id = ?",
            (fingerprint, paper),
        )
        return {
            number: (row, text, None if blob is None else _matrix([blob])[0])
            for number, row, text, blob in rows
        }

    def put_sentence_vectors(self, embedder: Embedder, vectors: Sequence[tuple[int, Vector]]) -> None:
        """Keep vectors of sentences, given as (row, vector). Sentences that have gone are passed over."""
        with self.transaction():
            owner = self._embedder_row(embedder)
            for row, vector in vectors:
                self._do(
                    "INSERT OR REPLACE INTO sentence_vectors SELECT row, ?, ? FROM sentences WHERE row = ?",
                    (owner, vector.tobytes(), row),
                )

    def problems(self) -> list[str]:
        """What SQLite finds wrong with the file and the keyword index. Reads it all."""
        found = [f"{self.path}: {text}" for (text,) in self._all("PRAGMA quick_check(5)") if text != "ok"]
        try:
            self._do("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
        except CollectionDamaged:
            found.append(f"{self.path}: the keyword index does not match the papers")
        return found

    def rebuild_keywords(self) -> None:
        self._do("INSERT INTO words (words) VALUES ('rebuild')")


def content(record: Record) -> str:
    """A record without its source, as JSON: equal for equal content."""
    values = {name: value for name in _CONTENT if (value := getattr(record, name))}
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


def _full(folder: Path) -> bool:
    """Whether the disk has no room for SQLite's smallest files; it calls that an I/O error like any other."""
    return shutil.disk_usage(folder).free < 2**20


def _record(value: str, source: Source) -> Record:
    fields = json.loads(value)
    for name in ("authors", "categories"):
        fields[name] = tuple(fields.get(name, ()))
    return Record(**{"abstract": "", **fields}, source=source)


def _paper(row: Sequence[Any]) -> Paper:
    fields = dict(zip(_PAPER.split(", "), row, strict=True))
    fields["label_derived"] = bool(fields["label_derived"])
    fields["authors"] = tuple(json.loads(fields["authors"]))
    fields["categories"] = tuple(json.loads(fields["categories"]))
    fields["sources"] = tuple(Source(name, line) for name, line in json.loads(fields["sources"]))
    return Paper(**fields)


def _matrix(blobs: Sequence[bytes]) -> NDArray[numpy.float32]:
    import numpy

    if not blobs:
        return numpy.empty((0, 0), dtype=numpy.float32)
    return numpy.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), -1)
