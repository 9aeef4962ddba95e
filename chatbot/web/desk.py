"""What all visitors of the page share: the collection, the chat over it, and who talks with it.

A conversation belongs to one open page; pages know nothing of each other. Everything that is slow to make is
made when it is first needed, once. Knows no Gradio and renders nothing.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from chatbot import doctor, suggesting
from chatbot.doctor import Finding, State
from chatbot.endpoint import shown
from chatbot.errors import ChatbotError
from chatbot.sessions import Sessions
from chatbot.suggesting import Suggestion
from chatbot.values import Event, Question
from chatbot.web.talk import Talk
from store.errors import StoreError
from store.records import Filter, Sentence

if TYPE_CHECKING:
    from chatbot.answering import Chat
    from chatbot.checking import Checker
    from chatbot.settings import Settings
    from store.collection import Collection

_TALKS = 500  # open pages that are remembered
_SENTENCES = 2_000  # papers whose sentences are


class Parts(Protocol):
    """What the page needs of `chatbot.assembly.Assembly`."""

    @property
    def settings(self) -> Settings: ...

    @property
    def collection(self) -> Collection: ...

    def chat(self) -> Chat: ...

    def checker(self) -> Checker: ...

    @property
    def sessions(self) -> Sessions | None: ...


class Desk:
    """The shared parts of a page over `parts`. Usable from several threads.

    `apart`: every browser sees its own conversations alone, also where nobody says who they are.
    """

    def __init__(self, parts: Parts, *, apart: bool = False) -> None:
        self._parts = parts
        self.apart = apart
        self._lock = threading.RLock()
        self._chat: Chat | None = None
        self._talks: OrderedDict[str, Talk] = OrderedDict()
        self._starters: tuple[Suggestion, ...] | None = None
        self._known: OrderedDict[str, tuple[Sentence, ...]] = OrderedDict()

    @property
    def collection(self) -> Collection:
        return self._parts.collection

    @property
    def settings(self) -> Settings:
        return self._parts.settings

    @property
    def chat(self) -> Chat:
        """The chat, made when it is first asked for. Raises ChatbotError, StoreError."""
        with self._lock:
            if self._chat is None:
                self._chat = self._parts.chat()
            return self._chat

    @property
    def sessions(self) -> Sessions | None:
        """The saved conversations; None where they are not to be saved."""
        return self._parts.sessions

    def owner(self, name: str | None, browser: str) -> str:
        """Whose conversations a visitor sees: of the name they gave, of their browser, or of the home."""
        if name:
            return name
        return f"browser-{hashlib.sha256(browser.encode()).hexdigest()[:24]}" if self.apart else ""

    def model_findings(self) -> list[Finding]:
        """What is known of the model that answers, and whether it is there; empty where none is wanted."""
        try:
            model = self.chat.model
        except (ChatbotError, StoreError) as error:
            return [Finding("model", State.BAD, "no model can be used", str(error))]
        if model is None:
            return []
        found = doctor.model_findings(self.settings)
        if any(model.name in each.detail for each in found):
            return found
        return [Finding("model", State.GOOD, f"{model.name} at {shown(model.endpoint)}")]

    def checker(self) -> Checker:
        """A checker of its own. Raises ChatbotError, StoreError."""
        return self._parts.checker()

    def events(self, question: Question) -> Iterator[Event]:
        """The events of answering a question. Raises ChatbotError, StoreError."""
        yield from self.chat.stream(question)

    def talk(self, page: str | None) -> Talk:
        """The conversation of the open page that Gradio calls so."""
        key = page or ""
        with self._lock:
            talk = self._talks.get(key)
            if talk is None:
                talk = self._talks[key] = Talk()
            self._talks.move_to_end(key)
            while len(self._talks) > _TALKS:
                self._talks.popitem(last=False)[1].stop()
            return talk

    def left(self, page: str | None) -> None:
        """That page is closed."""
        with self._lock:
            talk = self._talks.pop(page or "", None)
        if talk is not None:
            talk.stop()

    def sentences(self, paper: str) -> Sequence[Sentence]:
        """The sentences of a paper; those of many are remembered: a stream shows them again and again."""
        with self._lock:
            if paper in self._known:
                self._known.move_to_end(paper)
                return self._known[paper]
        found = self.collection.sentences(paper)
        with self._lock:
            self._known[paper] = found
            if len(self._known) > _SENTENCES:
                self._known.popitem(last=False)
        return found

    def starters(self) -> tuple[Suggestion, ...]:
        """Questions to begin with; made once for the papers that there are. Raises StoreError."""
        with self._lock:
            found = self._starters
        if found is None:
            found = suggesting.first(self.collection)
            with self._lock:
                self._starters = found
        return found

    def changed(self) -> None:
        """Papers came or went: what was remembered of them is forgotten."""
        with self._lock:
            self._known.clear()
            self._starters = None

    def count(self, filter: Filter = Filter()) -> int:
        """How many papers pass. Raises FilterError."""
        return self.collection.count(filter)
