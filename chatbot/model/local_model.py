"""`LocalModel`: a model on this machine whose server is started when it is first needed.

Knows nothing of files or servers: it is given a function that sees to one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import cast

from chatbot.model import AUTO, ChatModel, FirstToken, Message, Part, Thinking
from chatbot.tokens import Encoding, encoding_for


class LocalModel:
    """A `ChatModel`. `served` gives the model behind a server that runs; it is called before each use, since
    a server may end between two questions. It may raise LocalModelError.
    """

    local = True
    endpoint = "this machine"

    def __init__(self, name: str, served: Callable[[], ChatModel]) -> None:
        self.name = name
        self._served = served

    def __repr__(self) -> str:
        return f"LocalModel({self.name!r})"

    @property
    def encoding(self) -> Encoding:
        """See `ChatModel.encoding`. Starts nothing."""
        return encoding_for(self.name)

    @property
    def window(self) -> int:
        """See `ChatModel.window`."""
        return self._served().window

    @property
    def supports_schema(self) -> bool:
        """See `ChatModel.supports_schema`."""
        return self._served().supports_schema

    def stream(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        max_tokens: int | None = None,
        thinking: Thinking = AUTO,
    ) -> Iterator[Part]:
        """See `ChatModel.stream`."""
        parts = self._served().stream(messages, schema=schema, max_tokens=max_tokens, thinking=thinking)
        # Delegation passes a close on: that is what hangs up.
        yield from cast("Generator[Part]", parts)

    def first_token(self, messages: Sequence[Message], top: int = 20) -> FirstToken:
        """See `ChatModel.first_token`."""
        return self._served().first_token(messages, top)
