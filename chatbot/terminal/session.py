"""The turns of one conversation: what was asked and answered, and the number each paper bears.

A paper keeps its citation number for the whole conversation. With a recorder every turn is saved as it
happens; a conversation without one can be saved later, and a saved one can go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from chatbot.sessions import Recorder, Saved, SavedTurn, Session, Sessions, State
from chatbot.sessions.keeping import titled
from chatbot.values import Answer, Event, Manner, Question
from store.records import Filter


class Talk:
    """A conversation about the papers of `collection` that pass `filter`; kept in `sessions`, if given."""

    def __init__(
        self, filter: Filter = Filter(), collection: str = "", sessions: Sessions | None = None
    ) -> None:
        self.filter = filter
        self.manner = Manner()
        self._collection = collection
        self._sessions = sessions
        self.clear()

    @property
    def id(self) -> str:
        """The id under which it is saved; "" where it is not."""
        return self._recorder.id if self._recorder else ""

    @property
    def last(self) -> Answer | None:
        return next((turn.answer for turn in reversed(self._saved.turns) if turn.answer), None)

    @property
    def saved(self) -> Saved:
        """The conversation as it is so far, whether it is kept in a file or not."""
        return self._saved

    def question(self, text: str) -> Question:
        """`text` as a question at this point of the conversation."""
        asked = self._saved.question(text, self.filter)
        return Question(asked.text, asked.history, asked.filter, asked.numbers, self.manner)

    def recorded(self, question: Question, events: Iterator[Event]) -> Iterator[Event]:
        """The events of an answer, saved as they pass."""
        return self._recorder.record(question, events) if self._recorder else events

    def record(self, question: Question, answer: Answer) -> None:
        """Add an answered question. One that was stopped or failed is no turn."""
        self._add(
            SavedTurn(
                len(self._saved.turns) + 1,
                question.text,
                datetime.now(UTC).isoformat(timespec="seconds"),
                State.FINISHED,
                answer.text,
                answer,
                question.filter,
            )
        )

    def clear(self) -> None:
        """Begin a new conversation."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._saved = Saved(Session("", self._collection, "", now, now, 0))
        self._recorder = Recorder(self._sessions, self._collection) if self._sessions else None

    def resume(self, saved: Saved) -> None:
        """Go on with a saved conversation; what is added is saved if turns are saved at all."""
        self._saved = saved
        if self._sessions:
            self._recorder = Recorder(self._sessions, self._collection, saved.session.id)

    def keep(self, sessions: Sessions, title: str = "") -> str:
        """Save it from now on, what was said so far included; returns its id. Raises SessionError."""
        if not self.id:
            session = sessions.start(self._collection, title)
            for turn in self._saved.turns:
                number = sessions.ask(session.id, Question(turn.question, filter=turn.filter))
                if turn.answer is not None:
                    sessions.finish(session.id, number, turn.answer)
            self._sessions = sessions
            self._recorder = Recorder(sessions, self._collection, session.id)
        elif title:
            sessions.rename(self.id, title)
        return self.id

    def _add(self, turn: SavedTurn) -> None:
        session = self._saved.session
        if not self._saved.turns and not session.title:
            session = replace(session, title=titled(turn.question))
        self._saved = Saved(session, (*self._saved.turns, turn))
