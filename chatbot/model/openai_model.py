"""`OpenAIModel`: any OpenAI-compatible endpoint as a `ChatModel`, through the `openai` SDK.

Speaks to the one address it is given, to nobody else: no redirects, no headers or keys from the SDK's own
environment variables, no proxy for this machine. Servers differ and break; each request field that an
endpoint refuses by name is left out from then on, and each broken reply becomes one of our errors.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chatbot.endpoint import is_loopback, shown
from chatbot.errors import ModelCut, SchemaUnsupported
from chatbot.model import AUTO, QUIET, FirstToken, Message, Part, Thinking, ThoughtPart
from chatbot.model.capabilities import Capabilities
from chatbot.model.client import end_at, make_client
from chatbot.model.dialects import Dialect, blamed
from chatbot.model.faults import Broken, Endpoint, cut_by, fault, said, too_long
from chatbot.model.first import PAST_THINKING, First, first_of
from chatbot.model.reply import Reply, counted
from chatbot.model.thinking import Splitter
from chatbot.model.window import Window, ask_json, find_window
from chatbot.tokens import Encoding, encoding_for
from chatbot.values import Usage
from store.posting import make_http
from store.retrying import Retries

if TYPE_CHECKING:
    import httpx2
    import openai

T = TypeVar("T")

# Fields that a reply can do without: refused by name, they are left out.
_OPTIONAL = ("stream_options", "temperature", "seed", "top_logprobs", "logprobs")
# Sent where no model was named and the server lists none: servers of one model take any name, and from
# others comes the true reason (the wrong key, the wrong address) instead of a guess of ours.
_UNNAMED = "default"


class OpenAIModel:
    """A model behind `base_url` (ending in /v1, as a rule).

    `model`: its name there; "" takes the first that the server lists. `timeout`: seconds of silence that
    are borne, reading the prompt included. `deadline`: seconds for the whole reply, attempts and waits
    included. `window`: tokens, where the server does not tell or should not be believed. `extra_body`:
    request fields beyond OpenAI's, given as they are. `thinking_style`: how it is told to think or not,
    as the setting. `remembered`: the file of what endpoints refuse.
    """

    def __init__(
        self,
        base_url: str,
        model: str = "",
        api_key: str | None = None,
        *,
        timeout: float = 120.0,
        deadline: float = 600.0,
        window: int | None = None,
        temperature: float = 0.0,
        seed: int = 0,
        extra_body: Mapping[str, object] | None = None,
        thinking_style: str = "auto",
        remembered: Path | None = None,
        retries: Retries | None = None,
    ) -> None:
        self.endpoint = shown(base_url)
        self.local = is_loopback(base_url)
        self._base_url = base_url.rstrip("/")
        self._model = model
        self._api_key = api_key or None
        self._timeout = timeout
        self._deadline = deadline
        self._configured_window = window
        self._sampling = {"temperature": temperature, "seed": seed}
        self._extra_body = dict(extra_body or {})
        self._refused = Capabilities(f"{self.endpoint} {model}".strip(), remembered)
        self._dialect = Dialect(base_url, thinking_style, self._refused)
        self._retries = retries or Retries()
        self._opened = False

    def __repr__(self) -> str:
        return f"OpenAIModel({self.endpoint!r}, {self._model!r})"

    @property
    def name(self) -> str:
        """The model's name; if none was given, the first the server lists, else ""."""
        if not self._model:
            self._model = next(iter(self.offered()), "")
        return self._model

    @property
    def window(self) -> int:
        """See `ChatModel.window`. Asked once, two seconds at most."""
        return self.window_found.tokens

    @cached_property
    def window_found(self) -> Window:
        """The window and how it is known."""
        return find_window(self._base_url, self.name, self._ask, configured=self._configured_window)

    @property
    def encoding(self) -> Encoding:
        """See `ChatModel.encoding`."""
        return encoding_for(self.name)

    @property
    def supports_schema(self) -> bool:
        """See `ChatModel.supports_schema`."""
        return not self._refused.refuses("response_format")

    def offered(self) -> list[str]:
        """The names of the models that the server lists; none if it does not answer. Never raises."""
        listed = self._ask(f"{self._base_url}/models", None, 2.0)
        models = listed.get("data") if isinstance(listed, dict) else None
        entries = models if isinstance(models, list) else []
        ids = [entry.get("id") for entry in entries if isinstance(entry, dict)]
        return [name for name in ids if isinstance(name, str) and name]

    def stream(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        max_tokens: int | None = None,
        thinking: Thinking = AUTO,
    ) -> Iterator[Part]:
        """See `ChatModel.stream`."""
        if schema is not None and not self.supports_schema:
            raise SchemaUnsupported(f"{self.endpoint} takes no JSON schema. Ask again without one.")
        until = self._retries.clock() + self._deadline
        fields: dict[str, Any] = {"stream_options": {"include_usage": True}, **self._sampling}
        if max_tokens is not None:
            fields["max_tokens"] = max_tokens
        if schema is not None:
            wanted = {"name": "answer", "strict": True, "schema": dict(schema)}
            fields["response_format"] = {"type": "json_schema", "json_schema": wanted}

        def begin() -> tuple[Part, Generator[Part, None, None]]:
            parts = self._parts(messages, fields, until, thinking, json=schema is not None)
            return self._attempt(lambda: next(parts)), parts

        first, rest = self._retries.run(begin, until=until)
        with closing(rest):
            yield first
            try:
                yield from rest
            except _faults() as error:
                raise self._cut(error, until) from error

    def first_token(self, messages: Sequence[Message], top: int = 20) -> FirstToken:
        """See `ChatModel.first_token`."""
        if self._refused.refuses("logprobs") or self._refused.refuses("top_logprobs"):
            return FirstToken({}, Usage())
        until = self._retries.clock() + self._deadline
        fields = {"logprobs": True, "top_logprobs": top, **self._sampling}

        def ask() -> First:
            soft = bool(self._dialect.told(QUIET, self.name).suffix)
            taken = {**fields, "max_tokens": PAST_THINKING if soft else 1}
            return self._attempt(lambda: first_of(self._create(messages, taken, until, QUIET)))

        first = self._retries.run(ask, until=until)
        usage = first.usage or self._counted(messages, first.text)
        for _ in range(2):  # told that it is to be quiet; then, where a field did nothing, in the prompt
            if not first.thought or not self._dialect.thought(QUIET, self.name):
                break
            first = self._retries.run(ask, until=until)
            usage += first.usage or self._counted(messages, first.text)
        if not first.scores:
            self._refused.learn("logprobs", sure=not first.thought)
        return FirstToken(first.scores, usage)

    def _attempt(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except _faults() as error:
            raise fault(error, self._where()) from error

    def _parts(
        self,
        messages: Sequence[Message],
        fields: dict[str, Any],
        until: float,
        thinking: Thinking,
        json: bool,
    ) -> Generator[Part, None, None]:
        """One attempt at a reply, its request included. Raises the SDK's exceptions and Broken."""
        from openai import Stream

        chunks = self._create(messages, {**fields, "stream": True}, until, thinking)
        if not isinstance(chunks, Stream):
            raise Broken("it does not stream")
        splitter = Splitter(opened=self._opened, json=json)
        with chunks:
            end_at(chunks.response, until, self._retries.clock)
            seen = False
            for part in Reply(splitter, lambda text: self._counted(messages, text)).read(chunks, _faults()):
                if isinstance(part, ThoughtPart) and not seen and part.text.strip():
                    seen = True
                    self._dialect.thought(thinking, self.name)
                yield part
        self._opened = (self._opened or splitter.retracted) and not splitter.mistaken

    def _create(
        self, messages: Sequence[Message], fields: dict[str, Any], until: float, thinking: Thinking
    ) -> object:
        """Send the request, without what this endpoint is known to refuse, until it refuses nothing new."""
        import httpx2
        import openai

        while True:
            told = self._dialect.told(thinking, self.name)
            spoken: Any = [{"role": message.role, "content": message.content} for message in messages]
            spoken[-1]["content"] += told.suffix
            left = max(0.1, min(self._timeout, until - self._retries.clock()))
            taken = {name: value for name, value in fields.items() if not self._refused.refuses(name)}
            if "max_tokens" in fields and "max_tokens" not in taken:
                taken["max_completion_tokens"] = fields["max_tokens"]  # what OpenAI's later models call it
            try:
                created: object = self._client.chat.completions.create(
                    model=self.name or _UNNAMED,
                    messages=spoken,
                    extra_body={**told.fields, **self._extra_body} or None,
                    timeout=httpx2.Timeout(left, connect=min(10.0, left)),
                    **taken,
                )
                return created
            except openai.APIStatusError as error:
                if error.status_code not in (400, 422) or not self._learn(error, taken, told.fields):
                    raise

    def _learn(
        self, error: openai.APIStatusError, taken: Mapping[str, object], told: Mapping[str, object]
    ) -> bool:
        """Remember which of the fields sent was refused. False if none of them is to blame.

        Raises SchemaUnsupported if it was the schema, or if nothing is named and there was one.
        """
        where = self._where()
        words = f"{error.param or ''} {error.body}".lower()
        if too_long(error, where):
            return False
        if "max_completion_tokens" in words and "max_tokens" in taken:
            self._refused.learn("max_tokens")
            return True
        if (refused := blamed(words, told)) is not None:
            self._refused.learn(refused)
            return True
        for field in _OPTIONAL:
            if field in taken and field in words:
                self._refused.learn(field)
                return True
        if told:
            # Nothing is named: what is said of thinking is what fewest endpoints know. For this process only.
            for name in told:
                self._refused.learn(name, sure=False)
            return True
        if "response_format" in taken:
            # Without the field's name, this one schema may be to blame: other processes ask again.
            self._refused.learn("response_format", sure="response_format" in words)
            raise SchemaUnsupported(
                f"{self.endpoint} takes no JSON schema ({said(error, where)}). Ask again without one."
            ) from error
        return False

    def _cut(self, error: Exception, until: float) -> ModelCut:
        if self._retries.clock() >= until:
            why, cure = f"{self._deadline:.0f} s had passed", "Raise CHATBOT_DEADLINE (seconds)."
        else:
            why, cure = cut_by(error, self._where()), "Ask again; if it stays so, look into the server's log."
        return ModelCut(f"{self.endpoint} stopped in the middle of its answer ({why}). {cure}")

    def _counted(self, messages: Sequence[Message], text: str) -> Usage:
        return counted(self.encoding, messages, text)

    def _where(self) -> Endpoint:
        return Endpoint(self.endpoint, self._model or _UNNAMED, self._api_key, self.offered)

    @cached_property
    def _client(self) -> openai.OpenAI:
        return make_client(self._base_url, self._http)

    @cached_property
    def _http(self) -> httpx2.Client:
        return make_http(self._base_url, self._api_key)

    def _ask(self, url: str, body: object | None, seconds: float) -> object | None:
        return ask_json(self._http, url, body, seconds)


def _faults() -> tuple[type[Exception], ...]:
    """What the SDK lets out when an endpoint misbehaves: its own errors, and bare ones of the parser."""
    import httpx2
    import openai

    return (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, ValueError, RecursionError, Broken)
