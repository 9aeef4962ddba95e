"""The second verdict on what the first could not settle: a model is asked, and answers with one token.

The prompt's beginning never changes, so that a server reads it once; what it costs is one prefill of the
passage and the statement. Read are the odds of "yes" against "no" in the token's log-probabilities, not
the token: a small model says "no" too readily, and the odds can be calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import prompts
from chatbot.model import ChatModel, Message
from chatbot.values import Verdict
from chatbot.verifying.fast import Judgement, Passage

Judge = Callable[[str, Sequence[Passage]], float | None]
"""Tells the log-odds that passages say a claim, None where it can't: a language model, a cross-encoder."""


# What is missing where every word is there and the model still says no.
DOUBTED = "its words are in the evidence, but a model doubts that the evidence says it"


def yes_odds(scores: Mapping[str, float]) -> float | None:
    """ln(P(yes) / P(no)) from the log-probabilities of a first token; None if neither is among them."""
    yes = sum(math.exp(value) for token, value in scores.items() if token.strip().lower() == "yes")
    no = sum(math.exp(value) for token, value in scores.items() if token.strip().lower() == "no")
    if yes + no < 1e-3:
        return None
    return math.log(yes + 1e-6) - math.log(no + 1e-6)


def ask(model: ChatModel, claim: str, passages: Sequence[Passage]) -> float | None:
    """The odds that the model gives to the passages saying `claim`, as `yes_odds`. Raises ModelError."""
    asked = prompts.load("statement").render(text=passage_text(passages), statement=claim)
    first = model.first_token([Message("system", prompts.load("judge").render()), Message("user", asked)])
    return yes_odds(first.scores)


def passage_text(passages: Sequence[Passage]) -> str:
    """What is said, by whom: each passage behind the names that its paper goes by."""
    return " ".join(
        f"({', '.join(passage.known)}) {passage.text}" if passage.known else passage.text
        for passage in passages
    )


def settle(judgement: Judgement, odds: float, supports: float) -> Judgement:
    """The verdict when the model was asked; from `supports` on its log-odds count as a yes.

    What numbers, names and conflicts have settled stays.
    """
    if judgement.settled:
        return judgement
    if odds >= supports + judgement.margin:
        return replace(judgement, verdict=Verdict.SUPPORTED, missing=(), settled=True)
    if judgement.verdict is Verdict.SUPPORTED:
        return replace(judgement, verdict=Verdict.PARTIAL, missing=(DOUBTED,), settled=True)
    return replace(judgement, settled=True)
