"""What a server keeps open: the collections under a home by name, one model for all, a chat for each policy.

A collection is opened when it is first asked for and stays open; vectors that it lacks are made behind.
Everything here may be used by several threads. Knows no protocol; `assembly` makes the parts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from chatbot import assembly
from chatbot.assembly import Notice, Progress
from store.errors import NoCollection

if TYPE_CHECKING:
    from chatbot.answering import Chat
    from chatbot.checking import Checker
    from chatbot.entailment import Entailment
    from chatbot.guarding import Guard
    from chatbot.model import ChatModel
    from chatbot.sessions import Sessions
    from chatbot.settings import Settings
    from store.collection import Collection
    from store.ingesting import IngestReport
    from store.ingesting import Progress as IngestProgress
    from store.records import Paper, Record, Reject

POLICIES = ("flag", "strict", "off")
# Where no model was found: seconds until one is looked for again, for it may have been started since.
_LOOK_AGAIN = 30.0


@dataclass(frozen=True, slots=True)
class Shaped:
    """What one request wants otherwise than the settings. None: as they are."""

    policy: str | None = None
    max_tokens: int | None = None
    papers: int | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """One collection of a server, for a face that is made for one."""

    served: Served
    settings: Settings
    collection: Collection

    def chat(self) -> Chat:
        return self.served.chat(self.collection.name)

    def checker(self) -> Checker:
        return self.served.checker(self.collection.name)

    @property
    def sessions(self) -> Sessions | None:
        return self.served.sessions()


class Served:
    """The collections of `settings.home`; a context manager that closes them at its end."""

    def __init__(
        self, settings: Settings, *, notice: Notice, progress: Progress, with_model: bool = True
    ) -> None:
        self.settings = settings
        self._notice = notice
        self._progress = progress
        self._with_model = with_model
        self._stack = ExitStack()
        self._lock = threading.RLock()
        self._open: dict[str, Collection] = {}
        self._model: ChatModel | None = None
        self._looked: float | None = None
        self._judging: tuple[Entailment | None, Guard | None] | None = None
        self._sessions: Sessions | None = None
        self._looked_for_sessions = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def names(self) -> tuple[str, ...]:
        """The collections that there are, the configured one first."""
        from store.collection import collections

        found = collections(self.settings.home)
        return tuple(sorted(found, key=lambda name: (name != self.settings.collection, name)))

    def collection(self, name: str | None = None, *, create: bool = False) -> Collection:
        """The collection of that name, the configured one by default; made if `create`.

        Raises NoCollection, CollectionError.
        """
        from store.collection import NAME

        wanted = name or self.settings.collection
        if not NAME.fullmatch(wanted):  # nor could there be one: no path is made of it
            raise NoCollection(
                f"There is no collection {wanted[:80]!r}. Ask for one of those that there are."
            )
        with self._lock:
            if wanted not in self._open:
                settings = replace(self.settings, collection=wanted)
                opened = assembly.opened(settings, notice=self._notice, create=create)
                self._open[wanted] = self._stack.enter_context(opened)
                self._open[wanted].fill()
            return self._open[wanted]

    def ingest(
        self,
        name: str | None,
        items: Iterable[Record | Reject],
        progress: Callable[[IngestProgress], None] = lambda _: None,
    ) -> IngestReport:
        """Take papers into the collection of that name, made if need be. Raises StoreError."""
        return self.collection(name, create=True).ingest(items, progress)

    def remove(self, name: str | None, refs: Iterable[str]) -> list[Paper]:
        """Take papers out. Raises StoreError."""
        return self.collection(name).remove(refs)

    def filled(self, name: str | None = None) -> Collection:
        """`collection`, and not empty. Raises NoCollection otherwise."""
        found = self.collection(name)
        if not found.count():
            raise NoCollection(f"The collection {found.name!r} is empty. {assembly.FILL}")
        return found

    def model(self) -> ChatModel | None:
        """The model that answers; None where there is none. Raises ChatbotError."""
        with self._lock:
            if self._model is not None or not self._with_model:
                return self._model
            now = time.monotonic()
            if self._looked is None or now - self._looked > _LOOK_AGAIN:
                self._looked = now
                self._model = assembly.choose_model(
                    self.settings, notice=self._notice, progress=self._progress
                )
                if self._model is not None:
                    from chatbot.model.client import load_sdk

                    load_sdk()
            return self._model

    def chat(self, name: str | None = None, shaped: Shaped = Shaped()) -> Chat:
        """A chat over the collection of that name. Raises StoreError, ChatbotError."""
        from chatbot.answering import Chat
        from chatbot.calibration import Calibrations

        collection = self.filled(name)
        changes = {key: value for key in ("policy", "papers") if (value := getattr(shaped, key)) is not None}
        settings = replace(self.settings, **changes)
        if shaped.max_tokens is not None:
            settings = replace(settings, max_tokens=min(shaped.max_tokens, settings.max_tokens))
        return Chat(
            collection,
            self.model(),
            settings=settings,
            calibrations=Calibrations(collection.folder),
            entailment=self._judges()[0],
            guard=self._judges()[1],
        )

    def sessions(self) -> Sessions | None:
        """The saved conversations, which all faces share; None where they are not kept."""
        with self._lock:
            if not self._looked_for_sessions:
                self._looked_for_sessions = True
                self._sessions = assembly.sessions(self.settings, notice=self._notice)
                if self._sessions is not None:
                    self._stack.callback(self._sessions.close)
            return self._sessions

    def parts(self) -> Parts:
        """The configured collection and what answers about it, as an `Assembly` has. Raises StoreError."""
        return Parts(self, self.settings, self.collection(create=True))

    def _judges(self) -> tuple[Entailment | None, Guard | None]:
        """Who judges sentences in the model's place, and who guards: loaded once. Raises SettingsError."""
        with self._lock:
            if self._judging is None:
                self._judging = (assembly.entailment(self.settings), assembly.guard(self.settings))
            return self._judging

    def checker(self, name: str | None = None) -> Checker:
        """Checks texts against the collection of that name. Raises StoreError, ChatbotError."""
        from chatbot.calibration import Calibrations
        from chatbot.checking import Checker

        collection = self.filled(name)
        judging = assembly.judge(self.settings, Calibrations(collection.folder), self.model)
        if judging is None:
            return Checker(collection, notice=self._notice)
        return Checker(collection, judging.odds, judging.supports, self._notice)
