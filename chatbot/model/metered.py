"""A model whose replies are counted: what a question cost is what went through its meter.

    meter = Metered(model)
    ...                       # whatever asks, asks `meter`
    meter.usage

So no request can be forgotten: not a token asked for its odds, nor a reply that broke off or was hung up on.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import cast

from chatbot.model import (
    AUTO,
    ChatModel,
    Done,
    FirstToken,
    Message,
    Part,
    Retraction,
    TextPart,
    Thinking,
    ThoughtPart,
)
from chatbot.model.reply import counted
from chatbot.tokens import Encoding
from chatbot.values import Usage


class Metered:
    """A `ChatModel`: the one that it is given, and `usage`, the cost of all its replies so far."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._usage = Usage()

    def __repr__(self) -> str:
        return f"Metered({self._model!r})"

    @property
    def usage(self) -> Usage:
        """What all replies took. Of one that did not come to its end, what arrived, as counted here."""
        return self._usage

    @property
    def name(self) -> str:
        """See `ChatModel.name`."""
        return self._model.name

    @property
    def endpoint(self) -> str:
        """See `ChatModel.endpoint`."""
        return self._model.endpoint

    @property
    def local(self) -> bool:
        """See `ChatModel.local`."""
        return self._model.local

    @property
    def window(self) -> int:
        """See `ChatModel.window`."""
        return self._model.window

    @property
    def encoding(self) -> Encoding:
        """See `ChatModel.encoding`."""
        return self._model.encoding

    @property
    def supports_schema(self) -> bool:
        """See `ChatModel.supports_schema`."""
        return self._model.supports_schema

    def stream(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        max_tokens: int | None = None,
        thinking: Thinking = AUTO,
    ) -> Iterator[Part]:
        """See `ChatModel.stream`."""
        parts = self._model.stream(messages, schema=schema, max_tokens=max_tokens, thinking=thinking)
        thoughts: list[str] = []
        texts: list[str] = []
        ended = False
        try:
            with closing(cast("Generator[Part]", parts)):
                for part in parts:
                    match part:
                        case Done(usage=usage):
                            ended = True
                            self._add(usage)
                        case ThoughtPart(text):
                            thoughts.append(text)
                        case TextPart(text):
                            texts.append(text)
                        case Retraction():
                            thoughts += texts
                            texts.clear()
                    yield part
        finally:
            if not ended and (thoughts or texts):
                self._add(counted(self.encoding, messages, "".join(texts), "".join(thoughts)))

    def first_token(self, messages: Sequence[Message], top: int = 20) -> FirstToken:
        """See `ChatModel.first_token`."""
        first = self._model.first_token(messages, top)
        self._add(first.usage)
        return first

    def _add(self, usage: Usage) -> None:
        with self._lock:
            self._usage += usage
