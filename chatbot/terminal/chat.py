"""The conversation in a terminal: lines in, answers out, until the user leaves.

Ctrl-C stops an answer and not the program; Ctrl-D or the end of the pipe leaves. What a question
means, and what answers it, is known elsewhere; what a line with a slash does, in `commands`.
"""

from __future__ import annotations

from chatbot.errors import ChatbotError
from chatbot.terminal.answering import show
from chatbot.terminal.commands import Answers, Commands, Tools
from chatbot.terminal.lines import Read
from chatbot.terminal.screen import Screen
from chatbot.terminal.session import Talk
from chatbot.terminal.tracing import Tracer
from store.errors import StoreError
from store.records import Filter


class Conversation:
    """Talks on `screen`: lines come from `read`, answers from `chat`; `tools` are for the commands.

    `saving`: turns are saved as they happen, where `tools` has a place. `resume` is the id of a saved
    conversation that goes on.
    """

    def __init__(
        self,
        chat: Answers,
        tools: Tools,
        read: Read,
        screen: Screen,
        filter: Filter = Filter(),
        *,
        saving: bool = False,
        resume: str = "",
    ) -> None:
        self._chat = chat
        self._read = read
        self._screen = screen
        self._talk = Talk(filter, tools.collection, tools.sessions if saving else None)
        self._commands = Commands(self._talk, tools, screen)
        self._resume = resume

    @property
    def id(self) -> str:
        """The id under which it is saved; "" where it is not."""
        return self._talk.id

    def run(self) -> ChatbotError | StoreError | None:
        """Talk until the user leaves. Returns the last error that a question met, if the last one met any.

        Raises SessionError if the conversation that is to go on is not there.
        """
        if self._resume:
            self._commands.resume(self._resume)
            self._screen.print()
        failure: ChatbotError | StoreError | None = None
        while True:
            try:
                text = self._read()
            except KeyboardInterrupt:  # drops the line that was begun
                continue
            except EOFError:
                return failure
            if not text:
                continue
            try:
                if text.startswith("/"):
                    if not self._commands.do(text):
                        return failure
                    self._chat = self._commands.switched or self._chat
                else:
                    self._ask(text)
                    failure = None
            except KeyboardInterrupt:
                self._screen.notice("Stopped.")
            except (ChatbotError, StoreError) as error:
                failure = error
                self._screen.notice(str(error), style="red")
            self._screen.print()

    def _ask(self, text: str) -> None:
        question, tracer = self._talk.question(text), Tracer()
        events = self._talk.recorded(question, tracer.watch(self._chat.stream(question)))
        self._talk.record(question, show(events, self._screen))
        self._commands.trace = tracer.trace
