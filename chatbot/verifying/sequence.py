"""What comes before what: "before", "after", "first … then". A claim that turns the order round conflicts."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import combinations, product

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
    """Whether more pairs of words of two steps stand in the evidence the other way round than as claimed."""
    mine, theirs = steps(claim), steps(evidence)
    if len(mine) < 2 or len(theirs) < 2:
        return False
    where: dict[str, int] = {}
    for place, step in enumerate(theirs):
        for word in step:
            where[word] = place if word not in where else -1
    turned = 0
    for first, second in combinations(mine, 2):
        for a, b in product(first - second, second - first):
            before, after = where.get(a, -1), where.get(b, -1)
            if min(before, after) >= 0:
                turned += (before > after) - (before < after)
    return turned > 0
