"""Facts that a rule can check: a number or a name of a sentence, and the pattern that finds it in an answer.

The idea is that of LongWeave's Constraint-Verifier Evaluation: a question that is made from a fact which can
be checked needs no judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chatbot.verifying.names import key, names
from chatbot.verifying.normal import normal
from chatbot.verifying.quantities import quantities


@dataclass(frozen=True, slots=True)
class Fact:
    """What ought to stand in the answer: `text` as the sentence says it, `pattern` a regular expression."""

    text: str
    pattern: str


def facts(sentence: str, known: Iterable[str] = ()) -> tuple[Fact, ...]:
    """The numbers and names of a readable sentence, each once; `known` names, the paper's own, are none.

    Positions and spellings are those of `normal(sentence)`.
    """
    numbers: dict[str, str] = {}
    for number in quantities(sentence):
        spellings = [number.text]
        if not number.text[0].isdigit() and number.value.is_integer() and not number.unit:
            spellings.append(str(int(number.value)))
        numbers.setdefault(number.text, _pattern(spellings))
    own = {key(name) for text in known for name in (text, *names(text))}
    named = {name: _pattern([name]) for name in names(sentence) if key(name) not in own and _said(name)}
    # A number that runs on into a letter is found by no pattern: nobody could be asked for it.
    found = (Fact(text, pattern) for text, pattern in {**numbers, **named}.items())
    return tuple(fact for fact in found if stands_in(fact.pattern, sentence))


def stands_in(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text as it is, or in its one spelling (12,500 is 12500 there)."""
    return any(re.search(pattern, spelling, re.IGNORECASE) for spelling in (text, normal(text)))


def _said(name: str) -> bool:
    """Addresses are names, and nobody asks for them."""
    return "." not in name.strip(".") or any(character.isdigit() for character in name)


def _pattern(spellings: list[str]) -> str:
    """The spellings where they are no part of a longer number or word."""
    any_of = "|".join(map(re.escape, spellings))
    return rf"(?<![\w.])(?<!\d,)(?:{any_of})(?!\w)(?!\.\d)"
