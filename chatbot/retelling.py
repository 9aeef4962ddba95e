"""An answer's proven sentence told in another language, if nothing of it is lost on the way.

The verdict stays with the sentence that was proven: it is the claim's `text`, and `translation` is told in
its place. No rule can prove a sentence of another language against an abstract. What can be checked is: it is
in the language that was asked for, each name and number is in it and no other number, and the model, shown
the translation alone, brings it back to a sentence that does not say otherwise. Where one of these fails, the
sentence stays as it was proven. That a translation passes shows that nothing checkable was lost, not that it
is right: therefore it is off unless it is asked for.
"""

from __future__ import annotations

import re
from dataclasses import replace

import prompts
from chatbot.constrained import answered
from chatbot.evidence import as_data
from chatbot.languages import language
from chatbot.model import ChatModel, Message
from chatbot.small_words import SMALL
from chatbot.translating import lost
from chatbot.values import Claim, Verdict
from chatbot.verifying import Passage, judge

# Thai and Hindi take several tokens a character; German is longer than English.
_LONGER = 4
_TOKENS = 512
_SCHEMA = {
    "type": "object",
    "properties": {"translation": {"type": "string"}},
    "required": ["translation"],
    "additionalProperties": False,
}
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")


def retold(claim: Claim, wanted: str, model: ChatModel, max_tokens: int) -> tuple[Claim, str]:
    """The claim with its translation into `wanted` (as `languages` calls it); without, why.

    Raises ModelError where the model does not answer.
    """
    own = language(claim.text)
    if own == (None if wanted == "English" else wanted):
        return claim, ""
    said = _translated(claim.text, wanted, model, max_tokens)
    if said is None:
        return claim, "the model gave no translation"
    if why := _wrong(said, claim.text, wanted):
        return claim, why
    back = _translated(said, own or "English", model, max_tokens)
    if back is None or not _says(back, claim.text):
        return claim, "brought back, its translation says something else"
    return replace(claim, translation=said), ""


def _translated(text: str, wanted: str, model: ChatModel, max_tokens: int) -> str | None:
    messages = [
        Message("system", prompts.load("retell").render(language=wanted)),
        Message("user", prompts.load("retell_asked").render(sentence=as_data(text))),
    ]
    found = answered(model, messages, _SCHEMA, max(_TOKENS, max_tokens))
    said = found.get("translation") if found else None
    said = as_data(said) if isinstance(said, str) else ""
    return said if any(map(str.isalpha, said)) and len(said) <= _LONGER * len(text) else None


def _wrong(said: str, text: str, wanted: str) -> str:
    """What can be seen to be wrong with a translation, "" where nothing is."""
    if not _is_in(wanted, said, text):
        return f"its translation is not in {wanted}"
    asked = [_english(each) for each in _NUMBER.findall(text)]
    given = [_readings(each) for each in _NUMBER.findall(said)]
    missing = [each for each in lost(said, text) if not each[:1].isdigit()]
    if missing or any(not any(number in each for each in given) for number in asked):
        return f"its translation lost {', '.join(missing) or 'a number'}"
    if any(not any(number in each for number in asked) for each in given):
        return "its translation has a number of its own"
    return ""


def _is_in(wanted: str, said: str, text: str) -> bool:
    """Whether a translation is in the language; a short one of Latin letters may be one that nobody can
    tell: then it is enough that most of its words are others."""
    found = language(said)
    if wanted not in SMALL or found is not None:
        return found == (None if wanted == "English" else wanted)
    own = {word for word in _WORD.findall(text) if word.islower()}
    words = [word for word in _WORD.findall(said) if word.islower()]
    return 2 * sum(word in own for word in words) < len(words)


def _says(back: str, text: str) -> bool:
    """Whether what came back may say what the proven sentence says: no number, name or negation is against
    it, and words of it are left."""
    judgement = judge(back, [Passage(text, (), text, None)])
    if judgement.verdict in (Verdict.CONTRADICTED, Verdict.UNSUPPORTED):
        return False
    return judgement.verdict is Verdict.SUPPORTED or not judgement.settled


def _english(number: str) -> float:
    """A number as English writes it."""
    first, *rest = number.replace(",", "").split(".")
    return float(f"{first}.{''.join(rest)}" if rest else first)


def _readings(number: str) -> set[float]:
    """What a number may mean where nobody knows which sign parts its thousands."""
    plain = re.sub("[.,]", "", number)
    found = {float(plain)} if _THOUSANDS.fullmatch(number) or plain == number else set()
    if len(signs := re.findall("[.,]", number)) == 1:
        found.add(float(number.replace(",", ".")))
    elif len(set(signs)) == 2:
        whole, _, part = number.rpartition(signs[-1])
        found.add(float(f"{re.sub('[.,]', '', whole)}.{part}"))
    return found
