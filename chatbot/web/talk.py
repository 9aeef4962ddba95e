"""One conversation on one open page: its questions and answers, and the one that is being answered.

Saved as it happens where conversations are saved; what is saved is opened again here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from chatbot.conversation import remembered
from chatbot.errors import SessionError
from chatbot.sessions import Recorder, Saved, SavedTurn, Sessions
from chatbot.sessions import State as Kept
from chatbot.values import Event, Manner, Question, Turn
from chatbot.web.running import Running
from chatbot.web.viewing import State, View, recalled
from store.records import Filter

_STATES = {Kept.STOPPED: State.STOPPED, Kept.FAILED: State.FAILED, Kept.ASKED: State.STOPPED}


class Talk:
    """The turns so far, the oldest first. Stopped and failed ones are shown, not remembered to the chat."""

    def __init__(self) -> None:
        self.views: list[View] = []
        self.numbers: list[int] = []
        """The number of each turn in what is saved: a turn that was tried again stays there, unseen here."""
        self._last = 0
        self.running: Running | None = None
        self.id = ""
        """The saved conversation's id; "" while there is none."""
        self.owner = ""

    def question(self, text: str, filter: Filter = Filter(), manner: Manner = Manner()) -> Question:
        """`text` as a question at this point of the conversation."""
        history: list[Turn] = []
        numbers: dict[str, int] = {}
        for view in self.views:
            if view.answer is not None:
                history.append(remembered(Question(view.question), view.answer))
                numbers |= {each.paper.id: each.number for each in view.answer.citations}
        return Question(text, tuple(history), filter, tuple(numbers.items()), manner)

    def recorded(
        self,
        question: Question,
        events: Iterator[Event],
        sessions: Sessions | None,
        collection: str,
        started: Callable[[str], None] = lambda id: None,
    ) -> Iterator[Event]:
        """The events, saved as they pass; `started` is told the id of the conversation once it has one."""
        if sessions is None:
            yield from events
            return
        recorder = Recorder(sessions, collection, self.id, self.owner)
        for event in recorder.record(question, events):
            if recorder.id != self.id:
                self.id = recorder.id
                started(self.id)
            yield event

    def back_to(self, place: int, sessions: Sessions | None) -> None:
        """Forget the turn at `place` and all behind it: its question is asked anew.

        What was answered stays saved: the conversation goes on in a branch of its own.
        """
        if not 0 <= place < len(self.views):
            return
        answered = any(view.answer is not None for view in self.views[place:])
        if answered and sessions is not None and self.id:
            try:
                self.id = sessions.branch(self.id, self.numbers[place]).id
                self._last = self.numbers[place] - 1
            except (SessionError, IndexError):
                self.id, self._last = "", 0
        del self.views[place:], self.numbers[place:]

    def kept(self, view: View) -> None:
        """The last question has come to this."""
        self._last += 1
        self.views.append(view)
        self.numbers.append(self._last)

    def stop(self) -> None:
        """Stop what is being answered, if anything is."""
        if self.running is not None:
            self.running.stop()

    def opened(self, saved: Saved) -> None:
        """Go on with a saved conversation."""
        self.stop()
        self.id = saved.session.id
        self.views = [_view(turn) for turn in saved.turns]
        self.numbers = [turn.number for turn in saved.turns]
        self._last = max(self.numbers, default=0)

    def fresh(self) -> None:
        """Begin a new conversation."""
        self.stop()
        self.id, self._last = "", 0
        self.views, self.numbers = [], []

    @property
    def busy(self) -> bool:
        return self.running is not None and self.running.view.state is State.RUNNING


def _view(turn: SavedTurn) -> View:
    if turn.answer is not None:
        return recalled(turn.answer)
    view = View(turn.question, state=_STATES.get(turn.state, State.STOPPED), tail=turn.text)
    return replace(view, error=turn.note)
