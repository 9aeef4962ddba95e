"""`ScriptedModel`: a `ChatModel` that says what it is told to. The fake for everything above the model.

    model = ScriptedModel(["GSPO clips whole sequences. [S1]"])
    parts = list(model.stream([Message("user", "What is GSPO?")]))
    assert model.calls[0].messages[0].content == "What is GSPO?"

It never touches the network, a clock or a random number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatbot.errors import SchemaUnsupported
from chatbot.model import AUTO, Done, FirstToken, Message, Part, TextPart, Thinking
from chatbot.tokens import Encoding, encoding_for
from chatbot.values import Usage

Scripted = str | Exception | Sequence[Part | Exception]
Reply = Scripted | Callable[["Call"], Scripted]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of `stream`, or of `first_token` (then `top` is its argument)."""

    messages: tuple[Message, ...]
    schema: Mapping[str, object] | None = None
    max_tokens: int | None = None
    top: int | None = None
    thinking: Thinking = AUTO


class ScriptedModel:
    """Replays `replies`, one a call of `stream`, and keeps what it was asked in `calls`.

    A reply is a text (streamed in pieces of `chunk` characters, then `Done`), a sequence of parts
    (streamed as they are; an exception among them is raised there; nothing is added), an exception
    (raised instead of a reply), or a function of the `Call` that returns one of these.
    `logprobs` are given out by `first_token` in the same way, one a call; without any it tells none.
    When the replies are used up, the next call is an AssertionError: the test asked more than it thought.
    """

    def __init__(
        self,
        replies: Iterable[Reply] = (),
        *,
        logprobs: Iterable[Mapping[str, float]] = (),
        chunk: int = 7,
        name: str = "scripted",
        window: int = 8192,
        local: bool = False,
        supports_schema: bool = True,
    ) -> None:
        self.name = name
        self.endpoint = "scripted"
        self.window = window
        self.local = local
        self.supports_schema = supports_schema
        self.calls: list[Call] = []
        self._replies = iter(replies)
        self._scores = iter(logprobs)
        self._chunk = chunk

    @property
    def encoding(self) -> Encoding:
        """The Qwen encoding, by its approximate name."""
        return encoding_for(self.name)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        max_tokens: int | None = None,
        thinking: Thinking = AUTO,
    ) -> Iterator[Part]:
        """Replay the next reply. `usage` counts characters, so that no tokenizer is loaded."""
        if schema is not None and not self.supports_schema:
            raise SchemaUnsupported("The scripted model takes no schema. Ask again without one.")
        call = Call(tuple(messages), schema, max_tokens, thinking=thinking)
        self.calls.append(call)
        reply = _next(self._replies, f"no reply is left for call {len(self.calls)}")
        if callable(reply):
            reply = reply(call)
        if isinstance(reply, Exception):
            raise reply
        if not isinstance(reply, str):
            for part in reply:
                if isinstance(part, Exception):
                    raise part
                yield part
            return
        for start in range(0, len(reply), self._chunk):
            yield TextPart(reply[start : start + self._chunk])
        yield Done("stop", _usage(call, len(reply)))

    def first_token(self, messages: Sequence[Message], top: int = 20) -> FirstToken:
        """The next of `logprobs`; none when none are left. `usage` counts characters, and one token."""
        call = Call(tuple(messages), top=top)
        self.calls.append(call)
        return FirstToken(next(self._scores, {}), _usage(call, 1))


def _usage(call: Call, written: int) -> Usage:
    return Usage(sum(len(message.content) for message in call.messages), written, counted_by="characters")


def _next(replies: Iterator[Reply], message: str) -> Reply:
    for reply in replies:
        return reply
    raise AssertionError(f"ScriptedModel: {message}")
