"""The conversation in a terminal: lines in, answers out, until the user leaves.

Ctrl-C stops an answer and not the program; Ctrl-D or the end of the pipe leaves. What a question
means, and what answers it, is known elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Protocol

from chatbot.errors import ChatbotError
from chatbot.terminal import pages
from chatbot.terminal.answering import show
from chatbot.terminal.lines import Read
from chatbot.terminal.screen import Screen
from chatbot.terminal.session import Session
from chatbot.terminal.text import line
from chatbot.values import Event, Question
from store.errors import StoreError
from store.records import Filter, Paper


class Answers(Protocol):
    """What a conversation needs of `chatbot.answering.Chat`."""

    def stream(self, question: Question) -> Iterator[Event]: ...


COMMANDS: Mapping[str, str] = {
    "/help": "what can be done here",
    "/sources": "the papers and sentences behind the last answer",
    "/papers": "the papers of the collection; /papers WORDS: those that contain the words",
    "/clear": "begin a new conversation",
    "/quit": "leave (Ctrl-D does too; Ctrl-C stops an answer)",
}


class Conversation:
    """Talks on `screen`: lines come from `read`, answers from `chat`, the list of papers from `papers`."""

    def __init__(
        self,
        chat: Answers,
        papers: Callable[[Filter], list[Paper]],
        read: Read,
        screen: Screen,
        filter: Filter = Filter(),
    ) -> None:
        self._chat = chat
        self._papers = papers
        self._read = read
        self._screen = screen
        self._filter = filter
        self._session = Session(filter)

    def run(self) -> ChatbotError | StoreError | None:
        """Talk until the user leaves. Returns the last error that a question met, if the last one met any."""
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
                    if not self._command(text):
                        return failure
                else:
                    question = self._session.question(text)
                    self._session.record(question, show(self._chat.stream(question), self._screen))
                    failure = None
            except KeyboardInterrupt:
                self._screen.notice("Stopped.")
            except (ChatbotError, StoreError) as error:
                failure = error
                self._screen.notice(str(error), style="red")
            self._screen.print()

    def _command(self, text: str) -> bool:
        """Do what a line that begins with a slash says. False: leave."""
        word, _, rest = text.partition(" ")
        screen = self._screen
        match word:
            case "/quit":
                return False
            case "/help":
                screen.print("Ask anything about the papers; a question may follow up on the last one.")
                for command, meaning in COMMANDS.items():
                    screen.print(f"{command:<10}{meaning}", indent=2, hang=10)
            case "/clear":
                self._session.clear()
                screen.print("A new conversation.")
            case "/papers":
                words = rest.strip() or self._filter.text
                pages.papers(screen, self._papers(replace(self._filter, text=words)))
            case "/sources":
                self._sources()
            case _:
                near = get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
                hint = f"Did you mean {near[0]}?" if near else "/help says what there is."
                screen.print(f"There is no command {line(word)}. {hint}")
        return True

    def _sources(self) -> None:
        answer = self._session.last
        if answer is None:
            self._screen.print("Nothing has been answered yet.")
        elif not answer.citations:
            self._screen.print("The last answer rests on no paper.")
            pages.near_misses(self._screen, answer.near_misses)
        else:
            pages.sources(self._screen, answer)
            pages.unproven(self._screen, answer.claims)
