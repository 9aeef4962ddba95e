"""The turns of one conversation: what was asked and answered, and the number each paper bears.

A paper keeps its citation number for the whole conversation. Nothing is kept on disk here.
"""

from __future__ import annotations

from chatbot.conversation import remembered
from chatbot.values import Answer, Question, Turn
from store.records import Filter


class Session:
    """A conversation about the papers that pass `filter`."""

    def __init__(self, filter: Filter = Filter()) -> None:
        self._filter = filter
        self._turns: list[Turn] = []
        self._numbers: dict[str, int] = {}
        self.last: Answer | None = None

    def question(self, text: str) -> Question:
        """`text` as a question at this point of the conversation."""
        return Question(text, tuple(self._turns), self._filter, tuple(self._numbers.items()))

    def record(self, question: Question, answer: Answer) -> None:
        """Add an answered question. One that was stopped or failed is no turn."""
        self._turns.append(remembered(question, answer))
        self._numbers |= {citation.paper.id: citation.number for citation in answer.citations}
        self.last = answer

    def clear(self) -> None:
        """Begin a new conversation."""
        self._turns.clear()
        self._numbers.clear()
        self.last = None
