"""The candidates for the first token of a whole reply, and of none of its thinking.

Servers that take thoughts apart give their tokens' log-probabilities all the same, and a model that was told
not to think may still begin with an empty `<think></think>`. Believes nothing about the reply's shape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chatbot.model.faults import Broken
from chatbot.model.reply import told_usage
from chatbot.values import Usage

PAST_THINKING = 8
"""Tokens in which an empty thinking and the first word of the answer stand."""
_OPEN, _CLOSE = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class First:
    """Natural log-probabilities by text; none where the reply tells none, or `thought` and got no further.
    `text` is all that the reply says, `usage` what its server counted, None where it did not."""

    scores: Mapping[str, float]
    thought: bool = False
    text: str = ""
    usage: Usage | None = None


def first_of(reply: object) -> First:
    """The first token's candidates, as far as the reply tells any. Raises Broken."""
    choices = getattr(reply, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise Broken("its reply holds no choices")
    content = getattr(getattr(choices[0], "logprobs", None), "content", None)
    tokens = content if isinstance(content, list) else []
    message = getattr(choices[0], "message", None)
    thoughts = "".join(_text(message, name) for name in ("reasoning_content", "reasoning"))
    said = "".join(_text(token, "token") for token in tokens) or thoughts + _text(message, "content")
    return replace(_told(tokens, bool(thoughts.strip())), text=said, usage=told_usage(reply))


def _told(tokens: list[object], apart: bool) -> First:
    """What the tokens tell; `apart`: the reply holds thoughts beside its text."""
    begun = "".join(_text(token, "token") for token in tokens).lstrip()
    if not begun.startswith(_OPEN):
        return First({}, True) if apart else First(_candidates(tokens[0]) if tokens else {})
    said = ""
    for place, token in enumerate(tokens):
        said += _text(token, "token")
        if _CLOSE in said:
            rest = (each for each in tokens[place + 1 :] if _text(each, "token").strip())
            if (after := next(rest, None)) is not None:
                return First(_candidates(after))
            break
    return First({}, True)


def _candidates(token: object) -> dict[str, float]:
    scores: dict[str, float] = {}
    for candidate in getattr(token, "top_logprobs", None) or ():
        text, score = getattr(candidate, "token", None), getattr(candidate, "logprob", None)
        if isinstance(text, str) and isinstance(score, int | float) and math.isfinite(score):
            scores[text] = max(float(score), scores.get(text, -math.inf))  # two tokens may look the same
    return scores


def _text(thing: object, name: str) -> str:
    value = getattr(thing, name, None)
    return value if isinstance(value, str) else ""
