"""Which number belongs to which name: "84.2 on MMLU, 37.9 on GPQA", and lists that end in "respectively".

That a number and a name both stand in the evidence does not make them belong together; where the
evidence gives the name other numbers, a claim that pairs them is contradicted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from chatbot.verifying.clauses import meaning, segments
from chatbot.verifying.names import key, names
from chatbot.verifying.normal import normal
from chatbot.verifying.quantities import Quantity, quantities
from store.keywords import STOP_WORDS

_ON = re.compile(r"^\s?(?:[a-z-]+ ){0,3}?(?:on|for|at|in|with|over) (?:the )?(?:[a-z-]+ )?$")
_LIST_GAP = re.compile(r"^\s?(?:,|,? and|;)\s?$")
_PARENTHESES = re.compile(r"\(([^()]*)\)")
# The words behind a number; anything else ends its phrase.
_FOLLOWING = re.compile(r"[A-Za-z][\w-]*|[^\s\w-]|\d\S*")
_PHRASE = 4
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


def elsewhere(claim: str, evidence: str) -> tuple[Quantity, str] | None:
    """(the claim's quantity, what is around it in the evidence) if the evidence says it of something else.

    "Decoding is 41% faster" is not said by "memory falls by 41% and decoding is 3.5x faster": beside the
    number stands nothing that the claim says, beside another one there is.
    """
    theirs = [(part, meaning(part), quantities(part)) for part in segments(evidence)]
    numbered = [each for each in theirs if each[2]]
    if len(numbered) < 2 or "respectively" in evidence:
        return None
    common = frozenset.intersection(*(words for _, words, _ in numbered))
    whole = meaning(claim) - common
    for part in segments(claim):
        mine = meaning(part) - common
        for number in quantities(part):
            here = [each for each in numbered if any(number.same(other) for other in each[2])]
            others = [each for each in numbered if each not in here]
            if not here or any(whole & words or not words - common for _, words, _ in here):
                continue
            if any(mine & words for _, words, _ in others):
                return number, here[0][0]
    return None


def other_ends(claim: str, evidence: str) -> tuple[str, str] | None:
    """("from A to B" of the claim, that of the evidence) where they share an end and are not the same."""
    theirs = _changes(evidence)
    for start, end in _changes(claim):
        if any(start.same(a) and end.same(b) for a, b in theirs):
            continue
        for a, b in theirs:
            if any(mine.same(other) for mine in (start, end) for other in (a, b)):
                return f"from {start.text} to {end.text}", f"from {a.text} to {b.text}"
    return None


def _changes(text: str) -> list[tuple[Quantity, Quantity]]:
    text = normal(text)
    found = quantities(text)
    return [
        (a, b)
        for a, b in pairwise(found)
        if text[a.end : b.start].strip() == "to" and text[: a.start].rstrip().endswith("from")
    ]


def other_noun(claim: str, evidence: str) -> tuple[Quantity, tuple[Quantity, ...]] | None:
    """(the claim's count, the evidence's counts of the same things) where they differ: "29 domains"."""
    theirs = [(number, things) for number in quantities(evidence) if (things := _things(evidence, number))]
    for number in quantities(claim):
        mine = _things(claim, number)
        others = tuple(other for other, things in theirs if mine and things == mine)
        if others and not any(number.same(other) for other in others):
            return number, others
    return None


def strange_nouns(claim: str, evidence: str) -> tuple[Quantity, ...]:
    """The claim's counts of things that the evidence, which has the number, lacks: "five cities"."""
    said = meaning(evidence)
    there = quantities(evidence)
    return tuple(
        number
        for number in quantities(claim)
        if _counts(number) and not meaning(number.noun) <= said and any(number.same(one) for one in there)
    )


def _counts(number: Quantity) -> bool:
    """A number of things: a plural stands behind it."""
    return not number.unit and _plural(number.noun)


def _things(text: str, number: Quantity) -> frozenset[str]:
    """What a number counts, as stems: the first plural of the few words behind it ("two large models"); else
    all of these, if no more than two stand there before a function word or a mark ("5 native and")."""
    if number.unit:
        return frozenset()
    phrase: list[str] = []
    for word in _FOLLOWING.findall(normal(text)[number.end : number.end + 60])[:_PHRASE]:
        if not word[0].isalpha() or word.lower() in STOP_WORDS:
            return meaning(" ".join(phrase)) if len(phrase) <= 2 else frozenset()
        phrase.append(word)
        if _plural(word):
            return meaning(word)
    return frozenset()


def _plural(word: str) -> bool:
    return len(word) > 3 and word.endswith("s") and word[-2:] != "ss"
