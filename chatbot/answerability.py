"""Do the papers say anything about the question? From what retrieval found and what the model thinks.

Three signals, each weak alone: whether the words and names of the question stand in the sentences found,
how near the vectors are, and, where the endpoint tells log-probabilities, whether the model says "yes"
when it is asked if the sentences contain the answer. Nothing here reads the answer itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatbot.evidence import Scored
from chatbot.verifying.names import missing_names, names
from chatbot.verifying.normal import normal
from store.keywords import content_stems, stems

# Off-topic questions are told easily by retrieval alone (AUC .99 against "its paper was removed" at .65-.70).
_OFF_TOPIC_LEXICAL = 0.35
_OFF_TOPIC_VECTOR = 0.60
# The model's log-odds are corrected by what retrieval knows. Chosen on bench/questions/dev.jsonl.
_STRANGER = 0.7
_FOCUS = 1.0


# Words of questions that ask without naming what is asked for: that the papers lack them says nothing.
_LIGHT = (
    "achieve bring call change come consist contain create describe do define evaluate find follow get give "
    "happen have help improve include introduce know large long make many mean much name need number obtain "
    "paper perform present propose reach report say score serve show study take tell use used work"
)


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for an answer.

    `lexical` in [0, 1] and `vector`, a cosine or None, are the best sentence's. `strangers` are names of the
    question that no single paper found has. `focus` in [0, 1] is how much of what is asked for beside the
    names, weighted by rarity, some one of these papers speaks of. `model` is the natural log of the odds
    that the model gives to "yes", None where it was not asked or tells nothing.
    """

    lexical: float
    vector: float | None
    strangers: tuple[str, ...]
    focus: float
    model: float | None = None


def signals(
    question: str, ranked: Sequence[Scored], rarities: Mapping[str, float], *, together: bool = False
) -> Signals:
    """What retrieval says. `rarities` weigh the stems of the question's content words. `together`: what is
    asked for may stand in several papers."""
    said: dict[str, list[str]] = {}
    for each in ranked:
        said.setdefault(each.paper.id, [each.paper.name, each.paper.label]).append(each.sentence.readable)
    papers = list(said.values())
    if together or _compares(question):
        # "How do A and B differ?" is answered from the papers of A and of B.
        papers = [[text for texts in papers for text in texts]]
    missing = [missing_names(question, texts) for texts in papers]
    strangers = min(missing, key=len, default=names(question))
    known = [texts for texts, lacking in zip(papers, missing, strict=True) if len(lacking) == len(strangers)]
    vectors = [each.vector for each in ranked if each.vector is not None]
    return Signals(
        lexical=max((each.lexical for each in ranked), default=0.0),
        vector=max(vectors, default=None),
        strangers=strangers,
        focus=_focus(question, known, rarities),
    )


def _focus(question: str, papers: Sequence[Sequence[str]], rarities: Mapping[str, float]) -> float:
    aside = content_stems(" ".join([*names(question), _LIGHT]))
    weights = {stem: weight for stem, weight in rarities.items() if stem not in aside}
    total = sum(weights.values())
    if not total:
        return 1.0
    spoken = stems([normal(" ".join(texts)) for texts in papers])
    return max((sum(weights[stem] for stem in weights.keys() & each) for each in spoken), default=0.0) / total


def off_topic(signals: Signals) -> bool:
    """Whether the collection has nothing near the question: no need to ask a model."""
    if signals.lexical <= 0 and signals.vector is None:
        return True
    far = signals.vector is None or signals.vector < _OFF_TOPIC_VECTOR
    return far and signals.lexical < _OFF_TOPIC_LEXICAL


def unlikely(signals: Signals, refuse_below: float) -> bool:
    """Whether to refuse without asking for an answer, now that the model has said what it thinks."""
    return signals.model is not None and score(signals) < refuse_below


def hopeless(signals: Signals) -> bool:
    """Whether to refuse although a claim was proven: it can hardly be about what was asked.

    Only where the model told no odds; a model that did was believed before it spoke.
    """
    return signals.model is None and bool(signals.strangers)


def score(signals: Signals) -> float:
    """The model's log-odds, corrected by what retrieval knows: what a refusal is decided by."""
    odds = signals.model or 0.0
    return odds - _STRANGER * bool(signals.strangers) + _FOCUS * (signals.focus - 0.5)


def _compares(question: str) -> bool:
    words = set(question.lower().replace("?", " ").replace(",", " ").split())
    return bool(
        words & {"and", "or", "vs", "versus", "compare", "compared", "both", "differ", "than", "between"}
    )
