"""Judgements in the collection's folder: a stopped census goes on, and one asked again is answered at once.

One row for a paper, its abstract as it was, a question, the prompts' wording and a model: whatever changes,
it is judged again. Each is kept as soon as it is made. The file is no truth: where it can't be read or
written, that is said and everything is judged anew. Several processes may use it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "judgements.sqlite3"
_TABLE = """
    CREATE TABLE IF NOT EXISTS judgements (
        paper TEXT NOT NULL, abstract TEXT NOT NULL, question TEXT NOT NULL, prompts TEXT NOT NULL,
        model TEXT NOT NULL, yes INTEGER NOT NULL, odds REAL, sentence INTEGER, sentence_yes INTEGER,
        sentence_odds REAL, PRIMARY KEY (paper, abstract, question, prompts, model)
    ) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's yes or no, and its log-odds of yes where it told them."""

    yes: bool
    odds: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model said of a paper's abstract; and of `sentence` (its number), the one it found best."""

    abstract: Reply
    sentence: int | None = None
    said: Reply | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What a judgement is of. `prompts` is the fingerprint of the wording."""

    paper: str
    abstract: str
    question: str
    prompts: str
    model: str

    @property
    def row(self) -> tuple[str, ...]:
        digest = hashlib.sha256(self.abstract.encode("utf-8", "surrogatepass")).hexdigest()
        question = " ".join(self.question.split()).casefold()
        return (self.paper, digest, question, self.prompts, self.model)


class Kept:
    """The judgements in `folder`, open until closed; `folder` None: nothing is kept. One thread at a time.

    `problem` says, for people, why nothing can be kept; None while it can.
    """

    def __init__(self, folder: Path | None) -> None:
        self.problem: str | None = None
        self._connection: sqlite3.Connection | None = None
        if folder is None:
            return
        self._file = folder / FILE
        try:
            # A generator may be advanced by one thread and closed by another.
            self._connection = sqlite3.connect(
                self._file, timeout=5, isolation_level=None, check_same_thread=False
            )
            self._connection.execute(_TABLE)
        except sqlite3.Error as error:
            self._fail(error)

    def get(self, key: Key) -> Judgement | None:
        """The judgement that was kept, if one was."""
        rows = self._run(
            "SELECT yes, odds, sentence, sentence_yes, sentence_odds FROM judgements "
            "WHERE (paper, abstract, question, prompts, model) = (?, ?, ?, ?, ?)",
            key.row,
        )
        for yes, odds, sentence, sentence_yes, sentence_odds in rows:
            said = None if sentence is None else Reply(bool(sentence_yes), sentence_odds)
            return Judgement(Reply(bool(yes), odds), sentence, said)
        return None

    def put(self, key: Key, judgement: Judgement) -> None:
        """Keep it, at once."""
        said = judgement.said
        self._run(
            "INSERT OR REPLACE INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *key.row,
                judgement.abstract.yes,
                judgement.abstract.odds,
                judgement.sentence,
                None if said is None else said.yes,
                None if said is None else said.odds,
            ),
        )

    def close(self) -> None:
        """Let go of the file. Closing twice is fine."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _run(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        if self._connection is None:
            return []
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            self._fail(error)
            return []

    def _fail(self, error: sqlite3.Error) -> None:
        self.close()
        self.problem = (
            f"Judgements are not kept: {self._file} can't be used ({error}). Remove it if that stays so; the "
            "papers are judged again then."
        )
