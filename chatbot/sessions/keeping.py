"""The saved conversations: written turn by turn, listed, searched, loaded, renamed, deleted, branched.

A turn is written when its question is asked, grows while its answer is written, and is completed with the
whole answer, each in one transaction. Several threads may use one `Sessions`, several processes one file.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatbot import shapes
from chatbot.errors import NoSession
from chatbot.sessions import reading
from chatbot.sessions.file import SessionFile
from chatbot.sessions.packing import packed, unpacked
from chatbot.sessions.values import Saved, SavedTurn, Session, State
from chatbot.values import Answer, Question
from store.records import Filter

LONGEST_TITLE = 60  # characters of an automatic title: a list shows it in one line of 80 columns
_UNREADABLE = "What is kept of this answer can't be read: its text is all there is."
_SESSION = (
    "SELECT id, collection, title, created, changed, "
    "(SELECT count(*) FROM turns WHERE turns.session = sessions.id), owner, branched_from FROM sessions"
)


def clock() -> datetime:
    return datetime.now(UTC)


class Sessions:
    """The conversations kept in `file`, which is made when the first is written.

    `now` is the time in UTC; `notice` is told, in one sentence, when a damaged file is set aside. Every
    method raises SessionError where the file can't be used, NoSession where no conversation has the id.
    """

    def __init__(
        self,
        file: Path,
        now: Callable[[], datetime] = clock,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._now = now
        self._file = SessionFile(file, now, notice, (("holds", 2, _holds),))

    @property
    def file(self) -> Path:
        return self._file.path

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        self._file.close()

    # Writing

    def start(self, collection: str, title: str = "", owner: str = "") -> Session:
        """A new conversation, without a turn. Its first question is its title, if none is given."""
        return self._start(collection, title, owner)

    def ask(self, id: str, question: Question) -> int:
        """Write the question down; returns the number of its turn."""
        text, filter = _storable(question.text), json.dumps(shapes.filter(question.filter))
        with self._file.transaction() as do:
            self._changed(do, id)
            [[number]] = do("SELECT coalesce(max(number), 0) + 1 FROM turns WHERE session = ?", (id,))
            do(
                "INSERT INTO turns (session, number, question, filter, asked, state) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (id, number, text, filter, self._time(), State.ASKED.value),
            )
            do("UPDATE sessions SET title = ? WHERE id = ? AND title = ''", (titled(text), id))
        return int(number)

    def grow(self, id: str, number: int, text: str) -> None:
        """Keep what has come of the answer so far."""
        self._turn(id, number, State.ASKED, text)

    def finish(self, id: str, number: int, answer: Answer) -> None:
        """Complete a turn with its answer."""
        self._turn(id, number, State.FINISHED, answer.text, answer=packed(answer))

    def stop(self, id: str, number: int, text: str, failure: str = "") -> None:
        """End a turn that has no answer: a person stopped it, or it failed; `text` is what had come."""
        self._turn(id, number, State.FAILED if failure else State.STOPPED, text, failure)

    def rename(self, id: str, title: str) -> None:
        """Give a conversation another title; an empty one: its first question."""
        text = " ".join(_storable(title).split())
        with self._file.transaction() as do:
            self._changed(do, id, touch=False)
            if not text:
                found = do("SELECT question FROM turns WHERE session = ? ORDER BY number LIMIT 1", (id,))
                text = titled(next(iter(found), [""])[0])
                do("UPDATE sessions SET title = ?, titled = 0 WHERE id = ?", (text, id))
            else:
                do("UPDATE sessions SET title = ?, titled = 1 WHERE id = ?", (text, id))

    def delete(self, id: str) -> None:
        """Delete a conversation and its turns, for ever."""
        with self._file.transaction() as do:
            self._changed(do, id)
            do("DELETE FROM sessions WHERE id = ?", (id,))

    def branch(self, id: str, number: int) -> Session:
        """A new conversation with the turns before the one of that number; the old one stays as it is.

        To edit an earlier question: branch before it, and ask it anew there.
        """
        old = self.get(id)
        if not 1 <= number <= old.turns + 1:
            raise NoSession(
                f"{old.id} has no question {number}: it has {old.turns}. `chatbot sessions show {old.id}` "
                "numbers them."
            )
        title = old.title if number > 1 else ""
        new = self._start(old.collection, title, old.owner, old, number)
        return replace(new, turns=number - 1)

    # Reading

    def list(
        self,
        collection: str | None = None,
        search: str = "",
        owner: str | None = None,
        most: int | None = None,
    ) -> tuple[Session, ...]:
        """The conversations, those that changed last first.

        `search`: those in which a title, or a question and its answer, contain all these words, whatever
        their case.
        """
        conditions, values = ["1"], list[object]()
        if collection is not None:
            conditions.append("collection = ?")
            values.append(collection)
        if owner is not None:
            conditions.append("owner = ?")
            values.append(owner)
        if search.split():
            conditions.append(
                "(holds(title, ?) OR EXISTS (SELECT 1 FROM turns WHERE turns.session = sessions.id "
                "AND holds(question || char(10) || text, ?)))"
            )
            values += [_storable(search)] * 2
        sql = (
            f"{_SESSION} WHERE {' AND '.join(conditions)} ORDER BY changed DESC, sessions.rowid DESC LIMIT ?"
        )
        values.append(-1 if most is None else most)
        return tuple(Session(*row) for row in self._file.read(sql, values))

    def get(self, id: str) -> Session:
        """The conversation of that id, or whose id alone begins so."""
        whole = self._file.read(f"{_SESSION} WHERE id = ?", (id,))
        begins = re.sub(r"([%_\\])", r"\\\1", _storable(id)) + "%"
        rows = whole or (self._file.read(f"{_SESSION} WHERE id LIKE ? ESCAPE '\\'", (begins,)) if id else [])
        if len(rows) > 1:
            raise NoSession(f"Several conversations begin with {id}. Give more of the id.")
        if not rows:
            raise _none(id)
        return Session(*rows[0])

    def load(self, id: str) -> Saved:
        """The conversation of that id, or whose id alone begins so, with its turns."""
        session = self.get(id)
        rows = self._file.read(
            "SELECT number, question, asked, state, text, filter, note, answer FROM turns "
            "WHERE session = ? ORDER BY number",
            (session.id,),
        )
        return Saved(replace(session, turns=len(rows)), tuple(_read(*row) for row in rows))

    def _start(
        self, collection: str, title: str, owner: str, parent: Session | None = None, before: int = 1
    ) -> Session:
        id, time = secrets.token_hex(6), self._time()
        title = " ".join(_storable(title).split())
        branched = parent.id if parent else None
        with self._file.transaction() as do:
            do(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (id, collection, owner, title, bool(title), time, time, branched),
            )
            if parent:
                do(
                    "INSERT INTO turns SELECT ?, number, question, filter, asked, state, text, note, answer "
                    "FROM turns WHERE session = ? AND number < ?",
                    (id, parent.id, before),
                )
        return Session(id, collection, title, time, time, 0, owner, branched)

    def _turn(
        self, id: str, number: int, state: State, text: str, note: str = "", answer: str | None = None
    ) -> None:
        with self._file.transaction() as do:
            self._changed(do, id)
            done = do(
                "UPDATE turns SET state = ?, text = ?, note = ?, answer = ? WHERE session = ? AND number = ?",
                (state.value, _storable(text), _storable(note), answer, id, number),
            )
            if not done.rowcount:
                raise NoSession(f"{id} has no question {number} any more.")

    def _changed(self, do: Callable[..., Any], id: str, *, touch: bool = True) -> None:
        """The conversation changes now. Raises NoSession if there is none."""
        change = "changed = max(changed, ?)" if touch else "changed = coalesce(changed, ?)"
        if not do(f"UPDATE sessions SET {change} WHERE id = ?", (self._time(), id)).rowcount:
            raise _none(id)

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="microseconds")


def titled(question: str) -> str:
    """An automatic title: the question in one line, cut at a word."""
    line = " ".join("".join(char if char.isprintable() else " " for char in question).split())
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[: LONGEST_TITLE - 1]
    whole = cut.rpartition(" ")[0]
    return f"{(whole if len(whole) > LONGEST_TITLE // 2 else cut).rstrip(' ,;:')}…"


def _read(
    number: int, question: str, asked: str, state: str, text: str, filter: str, note: str, answer: str | None
) -> SavedTurn:
    kept = Filter()
    found = None
    try:
        kept = reading.filter(json.loads(filter))
        found = None if answer is None else unpacked(answer)
    except ValueError:
        note = note or _UNREADABLE
    return SavedTurn(number, question, asked, State(state), text, found, kept, note)


def _holds(text: str, words: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words.casefold().split())


def _storable(text: str) -> str:
    """Half a surrogate pair can't be written at all."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _none(id: str) -> NoSession:
    return NoSession(
        f"No saved conversation has the id {id!r}. `chatbot sessions list` shows those that are there."
    )
