"""Do the papers say anything about the question? From what retrieval found and what the model thinks.

Three signals, each weak alone: whether the words and names of the question stand in the sentences found,
how near the vectors are, and, where the endpoint tells log-probabilities, whether the model says "yes"
when it is asked if the sentences contain the answer. Nothing here reads the answer itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatbot.evidence import Scored
from chatbot.verifying.names import missing_names, names

# Off-topic questions are told easily by retrieval alone (AUC .99 against "its paper was removed" at .65-.70).
_OFF_TOPIC_LEXICAL = 0.35
_OFF_TOPIC_VECTOR = 0.60
# The model's log-odds, corrected by what retrieval knows. Chosen on bench/questions/dev.jsonl.
_REFUSE_BELOW = 0.4
_STRANGER = 0.7
_LEXICAL = 0.5


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for an answer. `lexical` in [0, 1] and `vector` (a cosine or None) are the best sentence's;
    `strangers` are names of the question that no single paper found has; `model` is the natural log of
    the odds that the model gives to "yes", None where it was not asked or tells nothing."""

    lexical: float
    vector: float | None
    strangers: tuple[str, ...]
    model: float | None = None


def signals(question: str, ranked: Sequence[Scored]) -> Signals:
    """What retrieval says."""
    texts: dict[str, list[str]] = {}
    for each in ranked:
        texts.setdefault(each.paper.id, [each.paper.name, each.paper.label]).append(each.sentence.readable)
    per_paper = [missing_names(question, said) for said in texts.values()]
    fewest = min(per_paper, key=len, default=names(question))
    if _compares(question):
        # "How do A and B differ?" is answered from the papers of A and of B.
        fewest = missing_names(question, [text for said in texts.values() for text in said])
    vectors = [each.vector for each in ranked if each.vector is not None]
    return Signals(
        max((each.lexical for each in ranked), default=0.0),
        max(vectors, default=None),
        fewest,
    )


def off_topic(signals: Signals) -> bool:
    """Whether the collection has nothing near the question: no need to ask a model."""
    if signals.lexical <= 0 and signals.vector is None:
        return True
    far = signals.vector is None or signals.vector < _OFF_TOPIC_VECTOR
    return far and signals.lexical < _OFF_TOPIC_LEXICAL


def unlikely(signals: Signals) -> bool:
    """Whether to refuse without asking for an answer, now that the model has said what it thinks."""
    return signals.model is not None and _score(signals) < _REFUSE_BELOW


def hopeless(signals: Signals) -> bool:
    """Whether to refuse although a claim was proven: it can hardly be about what was asked.

    Only where the model told no odds; a model that did was believed before it spoke.
    """
    return signals.model is None and bool(signals.strangers)


def _score(signals: Signals) -> float:
    odds = signals.model or 0.0
    return odds - _STRANGER * bool(signals.strangers) + _LEXICAL * (signals.lexical - 0.5)


def yes_odds(first_token: Mapping[str, float]) -> float | None:
    """ln(P(yes) / P(no)) from the log-probabilities of a first token; None if neither is among them."""
    yes = sum(math.exp(value) for token, value in first_token.items() if token.strip().lower() == "yes")
    no = sum(math.exp(value) for token, value in first_token.items() if token.strip().lower() == "no")
    if yes + no < 1e-3:
        return None
    return math.log(yes + 1e-6) - math.log(no + 1e-6)


def _compares(question: str) -> bool:
    words = set(question.lower().replace("?", " ").replace(",", " ").split())
    return bool(
        words & {"and", "or", "vs", "versus", "compare", "compared", "both", "differ", "than", "between"}
    )
