"""One reply of a model that may think first: its thinking measured, bounded, and never taken for an answer.

    reply = Pondered(model, manner, clock)
    for part in reply.stream(messages, schema, max_tokens): ...      # the parts, and a `Remark` for a person
    reply.thoughts                                                   # seconds and tokens

An endpoint that keeps no budget is hung up on when it is spent, and a model that thought and gave no answer
is asked again, once, to answer without thinking; both are said. A server counts with its own tokenizer and
may keep the budget by itself, so that a few tokens more are borne.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import cast

from chatbot.errors import ModelCut
from chatbot.model import ChatModel, Done, Message, Part, Retraction, TextPart, Thinking, ThoughtPart
from chatbot.model.dialects import thinks
from chatbot.values import Manner, Thoughts

# What thinking may take beside the answer where no budget is set: Qwen3's thoughts about a short question
# over a few sentences of evidence are of a few hundred tokens, of some thousand at worst.
_ROOM = 2048
_BORNE = 16


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence for a person on how the model thought."""

    text: str


def thinking(manner: Manner) -> Thinking:
    """What a model is told, as the manner says."""
    return Thinking({"on": True, "off": False}.get(manner.thinking or "auto"), manner.thinking_budget)


def room(manner: Manner, model: ChatModel) -> int:
    """Tokens beside those of the answer that thinking may take; never more than a third of the window."""
    wanted = thinking(manner)
    if wanted.on is False or (wanted.on is None and not thinks(model.name)):
        return 0
    return min(wanted.budget + _borne(wanted.budget) if wanted.budget else _ROOM, model.window // 3)


class Pondered:
    """One reply of `model`, in the manner's thinking. Used once. `clock` gives seconds."""

    def __init__(self, model: ChatModel, manner: Manner, clock: Callable[[], float]) -> None:
        self._model = model
        self._wanted = thinking(manner)
        self._room = room(manner, model)
        self._clock = clock
        self._since: float | None = None
        self._answered = False
        self._text: list[str] = []  # may turn out to have been thinking
        self._told = 0  # thought tokens as the server counted them
        self._counted = 0
        self._seconds = 0.0

    @property
    def thoughts(self) -> Thoughts | None:
        """How long it thought, None if it did not."""
        if not self._counted:
            return None
        return Thoughts(self._seconds, self._told or self._counted)

    def stream(
        self, messages: Sequence[Message], schema: Mapping[str, object] | None, max_tokens: int
    ) -> Iterator[Part | Remark]:
        """The parts of the reply, `Done` last and once. Raises what the model's `stream` raises."""
        most = max_tokens + self._room
        thought = self._model.name or "The model"
        budget = self._wanted.budget
        most_thought = budget + _borne(budget) if budget else math.inf
        for again in (False, True):
            wanted = Thinking(False) if again else self._wanted
            parts = self._model.stream(messages, schema=schema, max_tokens=most, thinking=wanted)
            before, done = self._counted, None
            with closing(cast("Generator[Part]", parts)):
                try:
                    for part in parts:
                        if isinstance(part, Done):
                            done = part
                            break
                        self._watch(part)
                        yield part
                        spent_all = self._counted - before > most_thought
                        if spent_all and not again and not self._answered:
                            break
                except ModelCut:
                    if not self._answered and self._counted > before:
                        yield Remark(self._cut(thought))
                    raise
                finally:
                    self._stop()
            tokens = self._counted - before
            self._told += done.usage.thought_tokens if done else tokens
            pondered = tokens > 0
            if done is not None and (self._answered or not pondered or again):
                if pondered and not self._answered:
                    yield Remark(
                        f"{thought} thinks and gives no answer, also when it is told not to think. Say how "
                        "its server is told with CHATBOT_THINKING_STYLE, or choose another model."
                    )
                yield done
                return
            yield Remark(
                f"{thought} was stopped after {tokens} tokens of thinking (the budget is {budget}) and asked "
                "again to answer without."
                if done is None
                else f"{thought} thought for {tokens} tokens and gave no answer; it was asked again to "
                "answer without thinking. More may be allowed with CHATBOT_THINKING_BUDGET."
            )

    def _watch(self, part: Part) -> None:
        match part:
            case ThoughtPart(text):
                self._since = self._clock() if self._since is None else self._since
                self._counted += self._model.encoding.count(text)
            case TextPart(text):
                self._stop()
                self._answered = True
                self._text.append(text)
            case Retraction():
                self._counted += self._model.encoding.count("".join(self._text))
                self._text.clear()
                self._answered = False

    def _stop(self) -> None:
        if self._since is not None:
            self._seconds += self._clock() - self._since
            self._since = None

    def _cut(self, name: str) -> str:
        return (
            f"{name} was still thinking. Bound it with CHATBOT_THINKING_BUDGET (tokens), or ask with "
            "--thinking off."
        )


def _borne(budget: int) -> int:
    return max(_BORNE, budget // 8)
