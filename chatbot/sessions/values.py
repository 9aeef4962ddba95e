"""What is kept of conversations: frozen values, and how one of them goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from chatbot.conversation import remembered
from chatbot.values import Answer, Citation, Question, Turn
from store.records import Filter, Paper

FILE = "sessions.sqlite3"
"""The file's name under the home."""


class State(StrEnum):
    """How far a turn came. One that is still `asked` is being answered, or its process was killed."""

    ASKED = "asked"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation as a list shows it. Times are ISO 8601 in UTC.

    `collection` is what it was about, `owner` whose it is where a face knows people apart ("" else).
    `branched_from` is the id of the one whose first turns it took over, whether that is still there or not.
    """

    id: str
    collection: str
    title: str
    created: str
    changed: str
    turns: int
    owner: str = ""
    branched_from: str | None = None


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """A question and what came of it. `number` counts from 1.

    `text` is the answer's; of one that did not finish, what had come. `answer` is None then, and where what
    is kept of it can't be read (`note` says so, or why the turn failed).
    """

    number: int
    question: str
    asked: str
    state: State
    text: str = ""
    answer: Answer | None = None
    filter: Filter = Filter()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A whole conversation. Papers are as they were when they were cited."""

    session: Session
    turns: tuple[SavedTurn, ...] = ()

    @property
    def history(self) -> tuple[Turn, ...]:
        """The turns as later questions see them: those that were answered."""
        return tuple(
            remembered(Question(turn.question, filter=turn.filter), turn.answer)
            for turn in self.turns
            if turn.answer is not None
        )

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every paper cited, once, by number; as its last turn saw it."""
        found = {
            citation.paper.id: citation
            for turn in self.turns
            if turn.answer is not None
            for citation in turn.answer.citations
        }
        return tuple(sorted(found.values(), key=lambda citation: citation.number))

    @property
    def numbers(self) -> tuple[tuple[str, int], ...]:
        """The citation numbers given so far (paper id -> number)."""
        return tuple((citation.paper.id, citation.number) for citation in self.citations)

    def question(self, text: str, filter: Filter = Filter()) -> Question:
        """`text` as the next question of the conversation."""
        return Question(text, self.history, filter, self.numbers)

    def changes(self, paper: Callable[[str], Paper | None]) -> tuple[str, ...]:
        """What is no longer as it was cited, for people; `paper` looks an id up in the collection."""
        told = []
        for citation in self.citations:
            now = paper(citation.paper.id)
            if now is None:
                told.append(
                    f"[{citation.number}] {citation.paper.name} is no longer in the collection; "
                    "what was cited of it is kept here."
                )
            elif now.abstract != citation.paper.abstract:
                told.append(
                    f"[{citation.number}] {now.name} has another abstract now than when it was cited."
                )
        return tuple(told)
