"""Does a passage say it? By the rules, or by a model that answers yes or no with one token.

Whoever decides is named in every table: a number without its judge means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import prompts
from chatbot.errors import BenchError
from chatbot.evidence import as_data
from chatbot.model import ChatModel, Message
from chatbot.values import Verdict
from chatbot.verifying import Passage, ask, judge, yes_odds


class Entailment(Protocol):
    """Whether the passages, taken together, say the whole of a claim."""

    @property
    def name(self) -> str:
        """For people: who decides, and how."""
        ...

    def __call__(self, claim: str, passages: Sequence[Passage]) -> bool: ...


class Rules:
    """The fast verifier: no model, the same always."""

    name = "rules"

    def __call__(self, claim: str, passages: Sequence[Passage]) -> bool:
        return judge(claim, passages).verdict is Verdict.SUPPORTED


class Judge:
    """A model's yes, from log-odds of `supports` on (see `chatbot.calibration`). Raises ModelError, and
    BenchError where its endpoint tells no log-probabilities."""

    def __init__(self, model: ChatModel, supports: float) -> None:
        self._model = model
        self._supports = supports
        self.name = f"{model.name}, log-odds from {supports:g}"

    def __call__(self, claim: str, passages: Sequence[Passage]) -> bool:
        if not passages:
            return False
        odds = ask(self._model, claim, passages)
        if odds is None:
            raise _mute(self._model)
        return odds >= self._supports


def agreement(model: ChatModel, question: str, reference: str, given: str) -> float | None:
    """Natural log-odds that the given answer says what the reference says in reply to the question.

    None where the endpoint tells no log-probabilities. Raises ModelError.
    """
    asked = prompts.load("bench_agreement").render(
        question=as_data(question), reference=as_data(reference), given=as_data(given)
    )
    first = model.first_token(
        [Message("system", prompts.load("bench_verifier").render()), Message("user", asked)]
    )
    return yes_odds(first.scores)


def agrees(model: ChatModel, question: str, reference: str, given: str) -> bool:
    """Whether the model finds a yes likelier than a no. Raises ModelError, and BenchError as `Judge` does."""
    odds = agreement(model, question, reference, given)
    if odds is None:
        raise _mute(model)
    return odds > 0


def _mute(model: ChatModel) -> BenchError:
    return BenchError(
        f"{model.name} can't judge: its endpoint tells no log-probabilities. Leave --judge out (the rules "
        "decide then), or name another model."
    )
