"""The events of an answer, saved as they pass: whoever shows them, shows the same.

The question is written before the first event, what has come at the end of each sentence and a few times a
second at most, and the whole answer before `Finished` is handed on. A killed process loses the sentence in
flight at most. Where nothing can be saved, a `Notice` says so, once, and the answer goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import cast

from chatbot.errors import SessionError
from chatbot.sessions.keeping import Sessions
from chatbot.values import ClaimMade, Delta, Event, Finished, Notice, Question

SAVED_EVERY = 0.3  # seconds, while a sentence goes on


class Recorder:
    """Keeps one conversation of `collection`: the one of that `id`, or a new one once a question is asked.

    `clock` gives seconds. For one conversation at a time; not for several threads.
    """

    def __init__(
        self,
        sessions: Sessions,
        collection: str,
        id: str = "",
        owner: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = id
        """The conversation's id; "" before its first question."""
        self._sessions = sessions
        self._collection = collection
        self._owner = owner
        self._clock = clock
        self._told = False

    def record(self, question: Question, events: Iterator[Event]) -> Iterator[Event]:
        """The events of answering the question; closing this closes them."""
        turn, notice = 0, None
        try:
            if not self.id:
                self.id = self._sessions.start(self._collection, owner=self._owner).id
            turn = self._sessions.ask(self.id, question)
        except SessionError as error:
            notice = self._notice(error)
        with closing(cast("Generator[Event]", events)):
            if notice is not None:
                yield notice
            yield from self._saved(turn, events) if turn else events

    def _saved(self, turn: int, events: Iterator[Event]) -> Iterator[Event]:
        """The events of a turn that is written down; what they bring, too."""
        text, answer, saved_at = "", None, self._clock()
        failure: str | None = None
        try:
            for event in events:
                work: Callable[[], None] | None = None
                if isinstance(event, Delta):
                    text += event.text
                if isinstance(event, Finished):
                    answer = event.answer
                    work = partial(self._sessions.finish, self.id, turn, answer)
                elif isinstance(event, ClaimMade) or (
                    isinstance(event, Delta) and self._clock() - saved_at >= SAVED_EVERY
                ):
                    work, saved_at = partial(self._sessions.grow, self.id, turn, text), self._clock()
                if work and turn and (error := _tried(work)):
                    turn = 0  # and no more of this answer
                    if notice := self._notice(error):
                        yield notice
                yield event
        except Exception as error:
            failure = str(error) or type(error).__name__
            raise
        finally:
            if answer is None and turn:
                # Stopped or failed: the error that is on its way matters more than one of saving.
                _tried(partial(self._sessions.stop, self.id, turn, text, failure or ""))

    def _notice(self, error: SessionError) -> Notice | None:
        if self._told:
            return None
        self._told = True
        return Notice(f"This conversation is not saved. {error}")


def _tried(work: Callable[[], None]) -> SessionError | None:
    try:
        work()
    except SessionError as error:
        return error
    return None
