"""The clauses of a sentence, and which clause of the evidence a clause of a claim speaks of.

"Precision rises, whereas recall falls" denies or raises each thing in its own clause: what is compared is
the clause that says most of the same words, not the sentence. Cut by punctuation and conjunctions, without a
parser.
"""

from __future__ import annotations

import re
from functools import lru_cache

from chatbot.verifying.normal import normal, spelled
from store.keywords import STOP_WORDS, stems

_CUT = re.compile(
    r"\s*;\s*|,?\s+\b(?:but(?! only| not)|whereas|while|although|though|yet)\b\s+"
    r"|,\s+(?:and\s+)?(?=(?:which|it|they|we)\b)"
    r"|,\s+and\s+|\s+and\s+(?=(?:no|not|never|without)\b)|,\s+(?=(?:while|whereas|without|with)\b)"
    r"|\s+(?=(?:without|with (?:a|an|no|any|some|little))\b)",
    re.IGNORECASE,
)
_SEGMENT = re.compile(r"\s*[;]\s*|,\s+(?:and\s+)?|\s+(?:and|but|whereas|while)\s+", re.IGNORECASE)
_POINTS_BACK = re.compile(r"(?:it|they|which|this|these|thus|so)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=4096)
def clauses(text: str) -> tuple[str, ...]:
    """The clauses, at least one; a piece without a word of content belongs to its neighbour."""
    return _cut(text, _CUT)


@lru_cache(maxsize=4096)
def segments(text: str) -> tuple[str, ...]:
    """Smaller than clauses: what stands between commas and conjunctions."""
    return _cut(text, _SEGMENT)


def nearest(claim: str, evidence: str) -> str | None:
    """The clause of `evidence` that says most of the words of `claim`; None where none says half of them."""
    wanted = meaning(claim)
    if not wanted:
        return None
    best, ranked = None, (0.5, 0.0)
    before: frozenset[str] = frozenset()
    for clause in clauses(evidence):
        own = meaning(clause)
        # "…, and it increases the cost": who does is said before.
        said = own | before if _POINTS_BACK.match(clause) else own
        rank = (len(wanted & said) / len(wanted), len(wanted & own) / len(wanted))
        if rank > ranked:
            best, ranked = clause, rank
        before = own
    return best


@lru_cache(maxsize=4096)
def meaning(text: str) -> frozenset[str]:
    """The stems of the words of content that are no numbers."""
    found = (word for word in _WORD.findall(spelled(text)) if word.lower() not in STOP_WORDS)
    return stems([" ".join(word for word in found if not word[0].isdigit())])[0]


def _cut(text: str, at: re.Pattern[str]) -> tuple[str, ...]:
    text = normal(text)
    parts: list[str] = []
    start = 0
    for match in at.finditer(text):
        piece = text[start : match.start()]
        if meaning(piece) and meaning(text[match.end() :]):
            parts.append(piece)
            start = match.end()
    return (*parts, text[start:])
