"""Puts the parts together that settings ask for: the collection, its embedder, the model, the chat.

The one place that knows how to make everything; no face makes a part itself. Which model answers:

    1. a configured endpoint: then it is the only one ever called, whether it answers or not
    2. a server that listens on this machine already (this is said)
    3. the local Qwen, if its extra is installed: prepared and started when it is first needed
    4. none: the papers' own sentences are the answer (this is said, with how to get more)

Prints nothing: what a person should know goes to `notice`, one sentence at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from chatbot.endpoint import shown
from chatbot.errors import LocalModelError, SettingsError
from store.errors import NoCollection

if TYPE_CHECKING:
    from chatbot.answering import Chat
    from chatbot.calibration import Calibrations
    from chatbot.checking import Checker
    from chatbot.discovery import Found
    from chatbot.entailment import Entailment
    from chatbot.guarding import Guard
    from chatbot.model import ChatModel
    from chatbot.model.openai_model import OpenAIModel
    from chatbot.reviewing.writing import Writer
    from chatbot.sessions import Sessions
    from chatbot.settings import Settings
    from chatbot.verifying import Judge
    from store.chroma import Server
    from store.collection import Collection
    from store.embedding import Embedder
    from store.reranking import Reranker

Notice = Callable[[str], None]
"""Called with one sentence for a person."""
Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all) while a model is prepared."""

FILL = "Fill it with `chatbot ingest PATH`, or with the demo's papers: `chatbot ingest --demo`."
MORE = (
    "No model is at hand: the answer is the papers' own sentences. For written answers install the local "
    "Qwen (pip install 'proven-chatbot[local]'), start Ollama or another server, or give --base-url."
)


def seeds() -> tuple[Path, ...]:
    """The demo's documents: beside the packages, in a checkout and in an installed wheel alike.

    Raises SettingsError if they did not come along.
    """
    folder = Path(__file__).resolve().parent.parent / "seeds"
    found = tuple(sorted(folder.glob("*.txt")))
    if not found:
        raise SettingsError(f"The demo's papers are not in {folder}. Install the program again.")
    return found


@contextmanager
def opened(settings: Settings, *, notice: Notice, create: bool = False) -> Iterator[Collection]:
    """The collection that is configured; made if `create`. Raises StoreError."""
    from store.collection import Collection
    from store.filling import Voice

    notice = Voice.of(notice)  # also for the embedder, which may be at work behind

    def made() -> Embedder:
        found = embedder(settings)
        if settings.embedding_base_url:
            from store.remote_embedding import OpenAIEmbedder

            if isinstance(found, OpenAIEmbedder):
                found.tell(notice)
        return found

    with Collection.open(
        settings.home,
        settings.collection,
        made,
        create=create,
        notice=notice,
        chroma_url=chroma_server(settings),
        reranker=reranker(settings),
        rerank_depth=settings.rerank_depth,
    ) as collection:
        yield collection


def sessions(settings: Settings, *, notice: Notice) -> Sessions | None:
    """The saved conversations; None where they are not to be saved."""
    if not settings.save_sessions:
        return None
    from chatbot.sessions import FILE, Sessions

    return Sessions(settings.home / FILE, notice=notice)


def offered(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The models that could answer: the name that `model` takes, and where each is. Asks the configured
    endpoint, else this machine."""
    if settings.base_url:
        names = endpoint(settings, settings.base_url, settings.model, settings.api_key).offered()
        return tuple((name, shown(settings.base_url)) for name in names)
    from chatbot.discovery import discover
    from chatbot.local import weights

    servers = [(name, f"{each.kind} on this machine") for each in discover() for name in each.models]
    if find_spec("xllamacpp") is None:
        return tuple(servers)
    here = [each for each in weights.models(settings.cache) if each.state is not weights.State.MISSING]
    return (*servers, *((each.name, "built in, started when it is needed") for each in here))


@contextmanager
def filled(settings: Settings, *, notice: Notice) -> Iterator[Collection]:
    """`opened`, and not empty. Raises NoCollection otherwise."""
    with opened(settings, notice=notice) as collection:
        if not collection.count():
            raise NoCollection(f"The collection {settings.collection!r} is empty. {FILL}")
        yield collection


def chroma_server(settings: Settings) -> Server | None:
    """The Chroma server that is configured; None: Chroma in this process."""
    if not settings.chroma_url:
        return None
    from store.chroma import Server

    return Server(
        settings.chroma_url,
        settings.chroma_token,
        dict(settings.chroma_headers),
        settings.chroma_tenant,
        settings.chroma_database,
    )


def embedder(settings: Settings) -> Embedder:
    """The embedder that is configured; the offline default otherwise. Raises StoreError."""
    if settings.embedding_base_url:
        from store.remote_embedding import OpenAIEmbedder

        return OpenAIEmbedder(
            settings.embedding_base_url,
            settings.embedding_model or "",
            settings.embedding_api_key or "",
            settings.embedding_dimensions,
            instruction=settings.embedding_query_instruction,
            rate=settings.embedding_rate,
            price=settings.embedding_price,
        )
    from store.embedding import BgeSmall

    return BgeSmall(settings.embedding_path)


def reranker(settings: Settings) -> Reranker | None:
    """The reranker that is configured; None, as by default: papers stay in the order of the search."""
    if not (settings.rerank_path or settings.rerank_url):
        return None
    from store.reranking import EndpointReranker, OnnxReranker

    if settings.rerank_path:
        return OnnxReranker(settings.rerank_path)
    return EndpointReranker(settings.rerank_url or "", settings.rerank_model or "", settings.rerank_api_key)


def entailment(settings: Settings) -> Entailment | None:
    """The cross-encoder that is configured, if one is and rules alone are not wanted."""
    if settings.verifier == "fast" or not (settings.nli_path or settings.nli_url):
        return None
    from chatbot.entailment import OnnxEntailment, RerankEntailment

    if settings.nli_path:
        return OnnxEntailment(settings.nli_path)
    return RerankEntailment(settings.nli_url or "", settings.nli_model or "", settings.nli_api_key)


def guard(settings: Settings) -> Guard | None:
    """The guard that is configured, None where it is off. Raises SettingsError where nobody is to guard."""
    if settings.guard == "off":
        return None
    if not settings.guard_url:
        raise SettingsError(
            f"guard is {settings.guard!r}, and no guard is configured. Set CHATBOT_GUARD_URL to an endpoint "
            "that serves Qwen3Guard-Gen or has /moderations, or set CHATBOT_GUARD=off."
        )
    from chatbot.guarding import EndpointGuard

    return EndpointGuard(settings.guard_url, settings.guard_model or "", settings.guard_api_key)


@dataclass(frozen=True, slots=True)
class Judging:
    """Who is asked where the rules leave a verdict open, and from which log-odds on it counts."""

    name: str
    odds: Judge
    supports: float


def judge(
    settings: Settings, calibrations: Calibrations, model: Callable[[], ChatModel | None]
) -> Judging | None:
    """The judge that is configured: a cross-encoder, else the model; None: rules alone."""
    from chatbot.calibration import ENTAILMENT
    from chatbot.verifying import ask

    if settings.verifier == "fast":
        return None
    if (encoder := entailment(settings)) is not None:
        supports = calibrations.of(encoder.name, ENTAILMENT).supports
        return Judging(encoder.name, encoder.odds, supports)
    if (chosen := model()) is None:
        return None
    return Judging(chosen.name, partial(ask, chosen), calibrations.of(chosen.name).supports)


def choose_model(settings: Settings, *, notice: Notice, progress: Progress) -> ChatModel | None:
    """The model that will answer, see above. Asks only this machine. Raises ChatbotError."""
    if settings.base_url:
        return endpoint(settings, settings.base_url, settings.model, settings.api_key)
    from chatbot.discovery import discover

    if (chosen := pick(discover(), settings.model)) is not None:
        server, name = chosen
        notice(f"Answered by {name}, found at {server.base_url} ({server.kind}).")
        return endpoint(settings, server.base_url, name, None)
    found = local_file(settings)
    if found is None:
        notice(MORE)
        return None
    from chatbot.model.local_model import LocalModel

    name, file = found
    return LocalModel(name, _server(settings, file, notice, progress))


def local_file(settings: Settings) -> tuple[str, Path | None] | None:
    """The local model's name and its file (None: to be joined from its packages). None: there is no model.

    It is the one that `model` names (of `chatbot model list`, or a GGUF file), else the one in use.
    Raises LocalModelError if that is not here.
    """
    from chatbot.local import weights
    from chatbot.local.files import expanded

    wanted = settings.model
    if wanted and (own := expanded(wanted)).is_file():
        return own.stem, own
    models = weights.models(settings.cache)
    found = next((each for each in models if (each.name == wanted if wanted else each.in_use)), None)
    if found is None:
        raise LocalModelError(
            f"No server on this machine offers the model {wanted!r}, and it is none of `chatbot model list`. "
            "Say where it is with --base-url, or leave --model out."
        )
    if not wanted and found.state is weights.State.MISSING and found.source == "packages":
        return None
    if find_spec("xllamacpp") is None:
        return None
    if found.state is weights.State.PACKAGED:
        return found.name, None
    return found.name, weights.path(settings.cache, found.name)


def endpoint(settings: Settings, base_url: str, name: str | None, api_key: str | None) -> OpenAIModel:
    """The model `name` at `base_url`, with the patience that is configured."""
    from chatbot.model.openai_model import OpenAIModel

    return OpenAIModel(
        base_url,
        name or "",
        api_key,
        timeout=settings.timeout,
        deadline=settings.deadline,
        window=settings.window,
        thinking_style=settings.thinking_style,
        remembered=settings.home / "capabilities.json",
    )


def pick(servers: Sequence[Found], model: str | None) -> tuple[Found, str] | None:
    """The first server that offers `model` (None: any), and the model's name there."""
    for server in servers:
        if not model:
            return server, server.models[0]
        if model in server.models:
            return server, model
    return None


def _server(
    settings: Settings, file: Path | None, notice: Notice, progress: Progress
) -> Callable[[], OpenAIModel]:
    """A function that gives the model behind a running local server, made and started if need be."""
    from chatbot.local import server, weights

    lock = threading.Lock()
    models: dict[server.LocalServer, OpenAIModel] = {}

    def served() -> OpenAIModel:
        with lock:
            running = server.ensure(
                settings.home,
                file or weights.prepare(settings.cache, progress),
                context=settings.context,
                idle=settings.idle,
                notify=notice,
            )
            if running not in models:
                models.clear()
                models[running] = endpoint(settings, running.base_url, running.model, running.api_key)
            return models[running]

    return served


class Assembly:
    """A filled collection and the chat over it: a context manager that lets go of everything at its end.

    The model is chosen when the chat is first asked for. `empty`: a collection that is missing is made,
    and may be empty. Raises StoreError, ChatbotError.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        notice: Notice,
        progress: Progress,
        with_model: bool = True,
        empty: bool = False,
    ) -> None:
        self.settings = settings
        self._empty = empty
        self._sessions: Sessions | None = None
        self._notice = notice
        self._progress = progress
        self._with_model = with_model
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            found = (
                opened(self.settings, notice=self._notice, create=True)
                if self._empty
                else filled(self.settings, notice=self._notice)
            )
            self.collection = stack.enter_context(found)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def chat(self) -> Chat:
        """The chat over the collection, with the model that is chosen or none."""
        from store.embedding import BgeSmall

        if isinstance(embedder := self.collection.embedder, BgeSmall):
            embedder.warm()  # a question comes: meanwhile the rest is imported and a model is looked for
        from chatbot.answering import Chat

        model = self.model()
        return Chat(
            self.collection,
            model,
            settings=self.settings,
            calibrations=self.calibrations,
            entailment=entailment(self.settings),
            guard=guard(self.settings),
        )

    def changed(self, **settings: object) -> Chat:
        """The chat with other settings from now on; a named model is used even where none was wanted.

        Raises ChatbotError, and then nothing has changed.
        """
        before = self.settings, self._with_model
        self.settings = replace(self.settings, **settings)  # type: ignore[arg-type]
        self._with_model = self._with_model or "model" in settings
        try:
            return self.chat()
        except BaseException:
            self.settings, self._with_model = before
            raise

    def checker(self) -> Checker:
        """Checks texts against the collection; asks the model that is chosen, unless rules are to do."""
        from chatbot.checking import Checker

        judging = judge(self.settings, self.calibrations, self.model)
        if judging is None:
            return Checker(self.collection, notice=self._notice)
        return Checker(self.collection, judging.odds, judging.supports, self._notice)

    def writer(self) -> Writer:
        """Who writes a review: the model that is chosen, and who judges its sentences."""
        from chatbot.calibration import DEFAULT
        from chatbot.model.metered import Metered
        from chatbot.reviewing.writing import Writer

        chosen = self.model()
        model = None if chosen is None else Metered(chosen)
        judging = judge(self.settings, self.calibrations, lambda: model)
        calibration = DEFAULT if model is None else self.calibrations.of(model.name)
        if judging is None:
            return Writer(model, lambda claim, passages: None, calibration)
        return Writer(model, judging.odds, replace(calibration, supports=judging.supports))

    def model(self) -> ChatModel | None:
        """The model that is chosen; None where there is none, or none is wanted."""
        if not self._with_model:
            return None
        model = choose_model(self.settings, notice=self._notice, progress=self._progress)
        if model is not None:
            from chatbot.model.client import load_sdk

            # Beside the embedder's load, which it hides, and in this thread: two that import at once can meet
            # half-made modules. It is the greatest part of the start, and the first request needs it.
            load_sdk()
        return model

    @property
    def sessions(self) -> Sessions | None:
        """The saved conversations, opened once; None where they are not to be saved."""
        if self._sessions is None:
            self._sessions = sessions(self.settings, notice=self._notice)
            if self._sessions is not None:
                self._stack.callback(self._sessions.close)
        return self._sessions

    @property
    def calibrations(self) -> Calibrations:
        """The thresholds that were measured on the collection."""
        from chatbot.calibration import Calibrations

        return Calibrations(self.collection.folder)
