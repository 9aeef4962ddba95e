"""One conversation on one open page: its questions and answers, and the one that is being answered."""

from __future__ import annotations

from chatbot.conversation import remembered
from chatbot.values import Question, Turn
from chatbot.web.running import Running
from chatbot.web.viewing import State, View
from store.records import Filter


class Talk:
    """The turns so far, the oldest first. Stopped and failed ones are shown, but not remembered to the chat."""

    def __init__(self) -> None:
        self.views: list[View] = []
        self.running: Running | None = None

    def question(self, text: str, filter: Filter = Filter()) -> Question:
        """`text` as a question at this point of the conversation."""
        history: list[Turn] = []
        numbers: dict[str, int] = {}
        for view in self.views:
            if view.answer is not None:
                history.append(remembered(Question(view.question), view.answer))
                numbers |= {each.paper.id: each.number for each in view.answer.citations}
        return Question(text, tuple(history), filter, tuple(numbers.items()))

    def back_to(self, place: int) -> None:
        """Forget the turn at `place` and all behind it: its question is asked anew."""
        if 0 <= place < len(self.views):
            del self.views[place:]

    def kept(self, view: View) -> None:
        """The last question has come to this."""
        self.views.append(view)

    def stop(self) -> None:
        """Stop what is being answered, if anything is."""
        if self.running is not None:
            self.running.stop()

    @property
    def busy(self) -> bool:
        return self.running is not None and self.running.view.state is State.RUNNING
