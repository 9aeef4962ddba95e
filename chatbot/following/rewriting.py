"""A follow-up made to stand alone by the model that answers, where the rules can only guess.

What it writes is believed only if it is a question that keeps every name and number, and most other words,
of the follow-up; brings no name and no number that was not spoken of; brings something that was; and points
at nothing any more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import prompts
from chatbot.constrained import answered
from chatbot.evidence import as_data
from chatbot.following.past import MARKER, Past
from chatbot.following.pointing import LEAD, elliptical, pointed
from chatbot.languages import language
from chatbot.model import ChatModel, Message
from chatbot.translating import invented, names_and_numbers
from chatbot.verifying.names import key, missing_names, names
from store.keywords import content_stems

_TOKENS = 192
# What the model reads of the conversation: the last turns, the beginnings of their answers (characters).
_TURNS = 3
_ANSWER = 300
_LONGEST = 600
_SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string"}},
    "required": ["question"],
    "additionalProperties": False,
}
_ASKS = re.compile(
    r"^\W*(?:(?:on|in|by|for|with|from|to|of|at|under|through|about|since) )?(?:what|which|who|whom|whose|how"
    r"|why|when|where|is|are|was|were|do|does|did|can|could|will|would|should|has|have|list|show|name|tell|compare"
    r"|explain|describe|give|find|count)\b",
    re.IGNORECASE,
)
# Words of a follow-up that a question on its own need not have.
_LOOSE = content_stems("paper papers method methods model models approach work one ones mean else exactly")


def by_model(question: str, past: Past, model: ChatModel, max_tokens: int) -> str | None:
    """The question on its own, None if the model writes none that can be believed.

    Raises ModelError where the model does not answer.
    """
    text = as_data(question)
    asked = prompts.load("follow_asked").render(turns="\n".join(_spoken(past)), question=text)
    messages = [Message("system", prompts.load("follow").render()), Message("user", asked)]
    found = answered(model, messages, _SCHEMA, max(_TOKENS, max_tokens))
    said = found.get("question") if found else None
    if not isinstance(said, str):
        return None
    said = as_data(said)
    heard = [part for turn in past.turns for part in (turn.asked, MARKER.sub(" ", turn.answer))]
    heard += [f"{paper.label} {paper.title or ''}" for _, paper in past.cited]
    return said if believed(said, text, heard) else None


def believed(said: str, question: str, heard: Sequence[str]) -> bool:
    """Whether what a model made of a question can be taken for it; `heard` is what the conversation said."""
    if not said or len(said) > _LONGEST or not _ASKS.match(said) or language(said) is not None:
        return False
    if "?" in said.rstrip("? ") and "?" not in question.rstrip("? "):
        return False  # the last question with the follow-up behind it
    # A capital at a sentence's head shows nothing: names are looked for inside one.
    inside, kept = _inside(said), {key(each) for each in _words(said)}
    if any(key(each) not in kept for each in (*names(_inside(question)), *names_and_numbers(question))):
        return False
    if missing_names(inside, [question, *heard]) or invented(said, " ".join([question, *heard])):
        return False
    wanted = content_stems(LEAD.sub("", question)) - _LOOSE
    brought = content_stems(said) - content_stems(question)
    if 3 * len(wanted & content_stems(said)) < 2 * len(wanted):
        return False
    if not brought & content_stems(" ".join(heard)):
        return False
    return pointed(said) is None and not elliptical(said)


def _inside(text: str) -> str:
    head, _, rest = text.strip().partition(" ")
    return f"about {head.lower() if _ASKS.match(head) or head.istitle() else head} {rest}"


def _words(text: str) -> list[str]:
    found = re.findall(r"[^\W_](?:[\w.@+/'-]*[^\W_])?\+*", text)
    return [*found, *(re.sub(r"['’]s$", "", each) for each in found), *names(text)]


def _spoken(past: Past) -> list[str]:
    """The last turns, a line for each side."""
    lines = []
    for turn in past.turns[-_TURNS:]:
        answer = as_data(MARKER.sub("", turn.answer))
        if len(answer) > _ANSWER:
            answer = f"{answer[:_ANSWER].rsplit(' ', 1)[0]} …"
        lines += [f"Question: {as_data(turn.asked)}", f"Answer: {answer}"]
    return lines
