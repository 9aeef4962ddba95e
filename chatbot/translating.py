"""A question of another language into English, by the model that answers.

The model is not trusted with names and numbers: each one of the question that its English lacks is written
behind it. What is no English question is no translation. Languages are told in `languages`.
"""

from __future__ import annotations

import re
from unicodedata import name

import prompts
from chatbot.constrained import answered
from chatbot.evidence import as_data
from chatbot.languages import language
from chatbot.model import ChatModel, Message
from chatbot.verifying.names import key

# A translation is about as long as its question; twelve characters a Chinese one are plenty.
_LONGER = 12
_TOKENS = 256
_SCHEMA = {
    "type": "object",
    "properties": {"english": {"type": "string"}},
    "required": ["english"],
    "additionalProperties": False,
}
# Names and numbers in any script's text; letters beyond ASCII end one, as in "WebSailor和DeepMiner".
_KEPT = re.compile(r"[A-Za-z0-9](?:(?:[A-Za-z0-9.+@_-]|(?<=\d),(?=\d))*[A-Za-z0-9+])?")
_COINED = re.compile(r"\d|[a-z].*[A-Z]|[A-Z].*[A-Z]")
_CAPITAL = re.compile(r"[\dA-Z]")
_NUMBER = re.compile(r"\d[\d.,]*")
# A number that is no part of a name.
_ALONE = re.compile(r"(?<![\w.-])\d[\d.,]*(?![\w-])")
_NUMERAL = re.compile("[一二三四五六七八九十百千万亿两萬億]")
# Abbreviations that are others in English.
_TRANSLATED = {"IA": "AI", "KI": "AI", "PLN": "NLP", "TAL": "NLP", "TALN": "NLP"}


def english(question: str, model: ChatModel, max_tokens: int) -> str | None:
    """The question in English, with all its names and numbers; None if the model gives none.

    Raises ModelError where the model does not answer.
    """
    text = as_data(question)
    messages = [
        Message("system", prompts.load("translate").render()),
        Message("user", prompts.load("about_question").render(question=text)),
    ]
    found = answered(model, messages, _SCHEMA, max(_TOKENS, max_tokens))
    said = found.get("english") if found else None
    if not isinstance(said, str):
        return None
    said = as_data(said)
    if not any(map(str.isalpha, said)) or len(said) > _LONGER * len(text) or language(said) is not None:
        return None
    if invented(said, text):
        return None
    return complete(said, text)


def complete(english: str, question: str) -> str:
    """The translation with those names and numbers of the question that it lost, in brackets at its end."""
    missing = lost(english, question)
    if not missing:
        return english
    body = english.rstrip(" ?.!")
    return f"{body} ({', '.join(missing)})?"


def lost(translation: str, text: str) -> tuple[str, ...]:
    """The names and numbers of a text that its translation does not have."""
    kept = {_folded(each) for each in (*_KEPT.findall(translation), *_NUMBER.findall(translation))}
    missing: dict[str, str] = {}
    for each in names_and_numbers(text):
        if not {_folded(each), _folded(_TRANSLATED.get(each, each))} & kept:
            missing.setdefault(_folded(each), each)
    return tuple(missing.values())


def invented(english: str, question: str) -> tuple[str, ...]:
    """Numbers that only the translation has: it answers, or says what nobody asked. Where the question
    writes numbers in words or signs of its own, nobody here can tell."""
    if _NUMERAL.search(question):
        return ()
    asked = {_folded(each) for each in _NUMBER.findall(question)}
    return tuple(each for each in _ALONE.findall(english) if _folded(each.rstrip(".,")) not in asked)


def names_and_numbers(question: str) -> tuple[str, ...]:
    """What must survive a translation: numbers, and names in Latin letters. Where the question's own letters
    are others, a capital is enough to be a name."""
    own = any(letter.isalpha() and not name(letter, "LATIN").startswith("LATIN") for letter in question)
    looks = _CAPITAL if own else _COINED
    return tuple(dict.fromkeys(each for each in _KEPT.findall(question) if looks.search(each)))


def _folded(name: str) -> str:
    """How names are compared; numbers without what parts their thousands."""
    return re.sub(r"[.,]", "", name) if _NUMBER.fullmatch(name) else key(name)
