"""What comes before what: "before", "after", "first … then". A claim that turns the order round conflicts."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from chatbot.verifying.clauses import meaning
from chatbot.verifying.normal import normal

_FORWARD = re.compile(
    r",?\s+(?:before|prior to|and then|then|followed by|and subsequently|and finally)\s+", re.I
)
_BACKWARD = re.compile(r",?\s+(?:after|following|preceded by)\s+", re.I)
_OPENED = re.compile(r"^(?P<word>after|following|before|prior to)\s+(?P<inner>[^,]+),\s*(?P<rest>.+)$", re.I)


@lru_cache(maxsize=4096)
def steps(text: str) -> tuple[frozenset[str], ...]:
    """The words of each step, in order of time; one step or none where the text tells no order."""
    text = normal(text)
    if opened := _OPENED.match(text):
        inner, rest = meaning(opened["inner"]), meaning(opened["rest"])
        return (inner, rest) if opened["word"].lower() in ("after", "following") else (rest, inner)
    back = _BACKWARD.split(text)
    if len(back) == 2 and not _FORWARD.search(text):
        return meaning(back[1]), meaning(back[0])
    return tuple(meaning(part) for part in _FORWARD.split(text))


def turned_round(claim: str, evidence: str) -> bool:
    """Whether two steps of the claim stand in the evidence the other way round."""
    mine, theirs = steps(claim), steps(evidence)
    if len(mine) < 2 or len(theirs) < 2:
        return False
    places = [_place(step, mine, theirs) for step in mine]
    known = [place for place in places if place is not None]
    return any(later < earlier for earlier, later in pairwise(known))


def _place(
    step: frozenset[str], mine: tuple[frozenset[str], ...], theirs: tuple[frozenset[str], ...]
) -> int | None:
    """The step of the evidence that shares most words which no other step of the claim has."""
    own = step - frozenset().union(*(other for other in mine if other is not step))
    shares = [len(own & other) for other in theirs]
    best = max(shares)
    return shares.index(best) if best and shares.count(best) == 1 else None
