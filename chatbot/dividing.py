"""A question of several parts, parted by the model where the rules of `planning` see none.

The model may choose words of the question, no others: a part with a word of its own, or parts that forget
half of the question, are nonsense, and the question stays whole.
"""

from __future__ import annotations

import prompts
from chatbot.constrained import answered
from chatbot.evidence import as_data
from chatbot.model import ChatModel, Message
from chatbot.planning import MOST_PARTS
from chatbot.values import PlannedBy, SearchPart, SearchPlan
from store.keywords import content_stems

_TOKENS = 256
_SCHEMA = {
    "type": "object",
    "properties": {
        "searches": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": MOST_PARTS,
        }
    },
    "required": ["searches"],
    "additionalProperties": False,
}


def by_model(question: str, model: ChatModel, max_tokens: int) -> SearchPlan | None:
    """The plan of a question that the model finds parts in, None for one that stays whole.

    Raises ModelError where the model does not answer.
    """
    messages = [
        Message("system", prompts.load("divide").render()),
        Message("user", prompts.load("about_question").render(question=as_data(question))),
    ]
    found = answered(model, messages, _SCHEMA, max(_TOKENS, max_tokens))
    searches = found.get("searches") if found else None
    if not isinstance(searches, list) or not all(isinstance(each, str) for each in searches):
        return None
    return divided(question, searches)


def divided(question: str, searches: list[str]) -> SearchPlan | None:
    """The plan of these searches, if they are made of the question's words and are several."""
    asked = content_stems(question)
    parts: dict[frozenset[str], str] = {}
    for search in searches:
        said = content_stems(search)
        if said - asked:
            return None
        if said:
            parts.setdefault(said, as_data(search).strip(" ?.!,;"))
    together = frozenset[str]().union(*parts)
    if not 2 <= len(parts) <= MOST_PARTS or 2 * len(together) < len(asked):
        return None
    return SearchPlan(tuple(SearchPart(text, text) for text in parts.values()), PlannedBy.MODEL)
