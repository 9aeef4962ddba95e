"""Of whom does the evidence say it? A claim that says it of somebody else is not proven by the same words.

Abstracts speak of themselves as "we", so that a paper's name may stand where its sentences name nobody. But
"Existing methods rely on costly labels" is said of existing methods, and in "Unlike earlier agents, NavBot
plans ahead" nothing is said of the earlier ones.
"""

from __future__ import annotations

import re

from chatbot.verifying.clauses import meaning
from chatbot.verifying.names import key, names
from chatbot.verifying.normal import normal

_OTHERS = re.compile(
    r"^(?:(?:however|yet|but|although|though|while|typically|today|currently),? )?"
    r"(?P<others>(?:(?:most|many|all|much|some|the) )?(?:of the )?"
    r"(?:existing|previous|prior|earlier|traditional|conventional|current|common|standard|classical|recent"
    r"|past) [\w-]+"
    r"|(?:these|those|such) (?:approache|method|technique|model|work|system|strategie|algorithm)s)",
    re.IGNORECASE,
)
_OURS = re.compile(r"\b(?:we|our|ours|us|this (?:paper|work|study|article)|here)\b", re.IGNORECASE)
_POINTS_BACK = re.compile(
    r"(?:(?:moreover|furthermore|in addition|additionally|also|specifically|then|finally),? )?"
    r"(?:it|its|they|their)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_SET_APART = re.compile(
    r"^(?:[a-z]+, )?(?:unlike|in contrast (?:to|with)|as opposed to|rather than|instead of"
    r"|different(?:ly)? from|contrary to) (?P<others>[^,]+), (?:which (?P<own>[^,]+), )?(?P<rest>.+)$",
    re.IGNORECASE,
)


def other_subject(claim: str, evidence: str) -> str | None:
    """Of whom the evidence says what the claim says of another; None where it may be the same."""
    claim, evidence = normal(claim), normal(evidence)
    if apart := _SET_APART.match(evidence):
        others, own, rest = (meaning(apart[part] or "") for part in ("others", "own", "rest"))
        subject = next((found for word in claim.split() if (found := meaning(word))), frozenset())
        said = meaning(claim) - others
        if subject and subject <= others - rest and said - own and not _SET_APART.match(claim):
            return " ".join(apart["rest"].split()[:3])
    if (told := _OTHERS.match(evidence)) and not _OURS.search(evidence):
        there = {key(name) for name in names(f"the {evidence}")}
        first = next((key(name) for name in names(f"the {claim}")), "")
        if first and first not in there and not meaning(told["others"]) <= meaning(claim):
            return told["others"]
    return None


def meant_before(name: str, evidence: str, context: str) -> bool:
    """Whether the sentence before one that begins with "It" names what the claim speaks of. True where the
    evidence begins otherwise, or nothing is known of what stands before it."""
    evidence = normal(evidence)
    if not _POINTS_BACK.match(evidence):
        return True
    before, found, _ = normal(context).partition(evidence)
    if not found or not before.strip():
        return True
    last = [sentence for sentence in _SENTENCE_END.split(before.strip()) if sentence][-1]
    return key(name) in {key(each) for each in names(f"the {last}")} or key(name) in key(last)
