"""Does the claim say more than its evidence? All for some, a fact for a guess, a cause for a correlation.

Small lists of function words; they know no domain. What is found here leaves a claim unproven; it does not
contradict it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from chatbot.verifying.normal import normal
from chatbot.verifying.quantities import WORDS


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(text.split(', '))})\b", re.IGNORECASE)


_ALL = _words(
    "all, every, each, always, entirely, any, none, never, both, universally, invariably, consistently"
)
_ALWAYS = _words("always, never, invariably, entirely, universally")
_MOST = _words("most of, most, majority, mostly, usually, typically, generally")
_SOME = _words(
    "some, several, certain, few, part of, partly, partially, sometimes, occasionally, often, most of"
)
_ONLY = _words("only, solely, exclusively, merely, just, alone, sole, nothing but, limited to")
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely)\b", re.IGNORECASE)
_GUESS = _words(r"may, might, could, possibly, perhaps, hypothesi[sz]\w*, speculat\w*, conjectur\w*")
_HEDGED = _words(
    r"may, might, could, can, possibly, perhaps, potential\w*, likely, suggest\w*, appear\w*, seem\w*, "
    r"hypothesi[sz]\w*, speculat\w*, conjectur\w*, believ\w*, expect\w*, indicat\w*, tend\w*"
)
_CAUSE = _words(
    r"cause[sd]?, causing, leads? to, led to, leading to, results? in, resulted in, due to, because, "
    r"drives?, induces?, induced, responsible for"
)
_AT_MOST = re.compile(
    r"\b(?:at most|(?:no|not) (?:more|greater|larger) than|(?:less|fewer|smaller|lower) than"
    r"|(?:under|below|within) \d)|[≤<]",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"\b(?:at least|(?:no|not) (?:less|fewer) than|(?:more|greater|larger|higher) than"
    r"|(?:over|above|beyond) \d|exceed\w*)|[≥>]|\d\+",
    re.IGNORECASE,
)
# A bound of a number, and not of anything else: "more than 12", "at most two".
_COUNT = re.compile(rf"\D{{0,16}}\d|(?:[\w-]+ ){{1,3}}(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
_TOGETHER = _words(r"correlat\w*, associat\w*, linked, link, related, relationship, co-?occurs?")


@lru_cache(maxsize=4096)
def excess(claim: str, evidence: str) -> tuple[str, ...]:
    """What `claim` says beyond `evidence`, for people. Give it the clause that the claim speaks of."""
    claim, evidence = normal(claim), normal(evidence)
    found: list[str] = []
    if (word := _ALL.search(claim)) and not _ALL.search(evidence) and _limited(evidence):
        found.append(f'"{word.group()}" where the evidence says "{_limited(evidence)}"')
    elif (word := _ALWAYS.search(claim)) and not _ALL.search(evidence):
        found.append(f'"{word.group()}" not in evidence')
    elif (word := _MOST.search(claim)) and not _MOST.search(evidence) and (less := _SOME.search(evidence)):
        found.append(f'"{word.group()}" where the evidence says "{less.group()}"')
    if (word := _ONLY.search(_NOT_ONLY.sub(" ", claim))) and not _ONLY.search(evidence):
        found.append(f'"{word.group()}" not in evidence')
    if (word := _GUESS.search(evidence)) and not _HEDGED.search(claim):
        found.append(f'the evidence says "{word.group()}"')
    if (
        (word := _CAUSE.search(claim))
        and not _CAUSE.search(evidence)
        and (less := _TOGETHER.search(evidence))
    ):
        found.append(f'"{word.group()}" where the evidence says "{less.group()}"')
    return tuple(found)


def unbounded(claim: str, evidence: str) -> tuple[str, ...]:
    """The bounds of numbers ("at most two") that the evidence, as a whole, does not set."""
    claim, evidence = normal(claim), normal(evidence)
    words = (bound.search(claim) for bound in (_AT_MOST, _AT_LEAST) if not bound.search(evidence))
    return tuple(
        f'"{word.group()}" not in evidence' for word in words if word and _COUNT.match(claim[word.start() :])
    )


def _limited(evidence: str) -> str | None:
    word = _SOME.search(evidence) or _ONLY.search(_NOT_ONLY.sub(" ", evidence))
    return word.group() if word else None
