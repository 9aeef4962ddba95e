"""Which number belongs to which name: "84.2 on MMLU, 37.9 on GPQA", and lists that end in "respectively".

That a number and a name both stand in the evidence does not make them belong together; where the
evidence gives the name other numbers, a claim that pairs them is contradicted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from chatbot.verifying.names import key, names
from chatbot.verifying.normal import normal
from chatbot.verifying.quantities import Quantity, quantities

_ON = re.compile(r"^\s?(?:[a-z-]+ ){0,3}?(?:on|for|at|in|with|over) (?:the )?(?:[a-z-]+ )?$")
_LIST_GAP = re.compile(r"^\s?(?:,|,? and|;)\s?$")
_PARENTHESES = re.compile(r"\(([^()]*)\)")
_FRONT = re.compile(r"^(?:on|for|at|in) (?:the )?(?:[a-z-]+ )?", re.IGNORECASE)


@lru_cache(maxsize=4096)
def bindings(text: str) -> tuple[tuple[str, Quantity], ...]:
    """(name, quantity) for every pair that the text binds together."""
    text = normal(text)
    numbers = quantities(text)
    pairs: list[tuple[str, Quantity]] = []
    for number in numbers:
        for name in names(f"on {text[number.end :]}")[:1]:
            if (at := text.find(name, number.end)) >= 0 and _ON.match(text[number.end : at]):
                pairs.append((name, number))
    pairs += _respectively(text, numbers)
    if not pairs and len(numbers) == 1 and _FRONT.match(text):
        pairs += [(name, numbers[0]) for name in names(_FRONT.sub("on ", text))[:1]]
    return tuple(pairs)


def _respectively(text: str, numbers: Sequence[Quantity]) -> list[tuple[str, Quantity]]:
    end = text.find("respectively")
    if end < 0:
        return []
    run: list[Quantity] = []
    for number in reversed([number for number in numbers if number.end <= end]):
        if run and not _LIST_GAP.match(text[number.end : run[0].start]):
            break
        run.insert(0, number)
    if len(run) < 2:
        return []
    before, after = text[: run[0].start], text[run[-1].end :]
    in_parentheses = [name for match in _PARENTHESES.finditer(before) for name in names(f"on {match[1]}")]
    for candidates in (in_parentheses, list(names(f"on {before}")), list(names(after[after.find("on ") :]))):
        if len(candidates) == len(run):
            return [(name, number) for name, number in zip(candidates, run, strict=True)]
    return []


def misbound(claim: str, evidence: Sequence[str]) -> tuple[str, Quantity, tuple[Quantity, ...]] | None:
    """(name, the claim's quantity, the evidence's quantities) where the evidence gives the name others."""
    theirs: dict[str, list[Quantity]] = {}
    for text in evidence:
        for name, number in bindings(text):
            theirs.setdefault(key(name), []).append(number)
    for name, number in bindings(claim):
        others = [other for other in theirs.get(key(name), ()) if other.unit == number.unit]
        if others and not any(number.same(other) for other in others):
            return name, number, tuple(others)
    return None
