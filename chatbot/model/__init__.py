"""The one seam to language models: what goes in, what comes out, and what a model must offer.

`OpenAIModel` (openai_model.py) speaks to any OpenAI-compatible endpoint; `ScriptedModel` (scripted.py) is
its public fake. This module holds the values and the protocol only: it calls nothing and imports no library.

    for part in model.stream([Message("user", "Hello")]):
        match part:
            case TextPart(text): ...     # a piece of the answer
            case ThoughtPart(text): ...  # a piece of the model's thinking: never part of the answer
            case Retraction(): ...       # every TextPart so far was thinking, not answer: forget it
            case Done(): ...             # the last part of every complete reply
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from chatbot.tokens import Encoding
from chatbot.values import Usage

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation as a model sees it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """Whether to think before the answer, None: as the model does by itself; and for how many tokens at most.

    Not `always`: it is said only where the model is known to think, so that others see no strange request.
    """

    on: bool | None = None
    budget: int | None = None
    always: bool = True


AUTO = Thinking()
QUIET = Thinking(on=False, always=False)
"""For short questions of the program's own: a model that can think is not to."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of the answer. Never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ThoughtPart:
    """A piece of the model's thinking. Never empty, never part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Retraction:
    """Every TextPart of this reply so far was thinking: a `</think>` came that nothing had opened.

    Some chat templates open the thinking in the prompt, so that only its end is seen. What was
    streamed can't be unsaid, so it is said that it was no answer. The answer begins after this part.
    """


@dataclass(frozen=True, slots=True)
class Done:
    """The reply is complete. `finish_reason` is the server's: "stop", or "length" when it hit max_tokens."""

    finish_reason: str
    usage: Usage


Part = TextPart | ThoughtPart | Retraction | Done


@dataclass(frozen=True, slots=True)
class FirstToken:
    """What a reply may begin with: natural log-probabilities by text, none where the endpoint tells none."""

    scores: Mapping[str, float]
    usage: Usage


class ChatModel(Protocol):
    """A language model that streams. Implementations may be used by several threads at once."""

    @property
    def name(self) -> str:
        """The model's name as its server knows it."""
        ...

    @property
    def endpoint(self) -> str:
        """Where it is, for people. Holds no secret."""
        ...

    @property
    def local(self) -> bool:
        """It runs on this machine, so that every token of the prompt costs time."""
        ...

    @property
    def window(self) -> int:
        """Prompt and answer together must fit into this many tokens. May ask the server, once."""
        ...

    @property
    def encoding(self) -> Encoding:
        """Counts the prompt's tokens as this model does, or nearly; its name says which."""
        ...

    @property
    def supports_schema(self) -> bool:
        """False once the endpoint has refused a JSON schema. One that ignores schemas is not noticed."""
        ...

    def stream(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        max_tokens: int | None = None,
        thinking: Thinking = AUTO,
    ) -> Iterator[Part]:
        """Answer `messages`, part by part; the last part is `Done`.

        It is a generator: nothing happens before the first `next`, and closing it hangs up at once.
        With `schema` (a JSON schema) the text is JSON that the endpoint constrains to it, as far as
        it can: callers validate. `thinking` is told the endpoint as far as it can be. Failures before the
        first part were already retried.

        Raises `SchemaUnsupported` before any part if the endpoint takes no schema: ask again without.
        Raises another `ModelError` otherwise; after parts were given it is `ModelCut`.
        """
        ...

    def first_token(self, messages: Sequence[Message], top: int = 20) -> FirstToken:
        """The `top` likeliest first tokens of the reply, never of its thoughts: it is asked not to think.

        Raises `ModelError` where the endpoint does not answer.
        """
        ...
