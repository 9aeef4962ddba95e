"""What a question takes for granted: "Why did GSPO fail …?" holds that it failed. Do the papers deny it?

Only questions that ask why, how, when or where of a whole statement are looked at, and a premise is doubted
only where one sentence contradicts it and none says it. Whether a premise is true nobody here knows; most
are neither said nor denied. English alone: other questions pass as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatbot.evidence import Scored
from chatbot.proving import as_evidence, passage
from chatbot.values import Claim, FoundBy, Verdict
from chatbot.verifying import judge

_AUXILIARY = (
    r"(?:did|does|do|is|are|was|were|has|have|had|can|could|will|would|should|must|may|might)"
    r"(?:n['’]t)?|can(?:no|['’])t|won['’]t"
)
_WHOLE = (
    "why exactly|why|how come|how exactly|how|in (?:what|which) ways?|for (?:what|which) reasons?|"
    "by how much|when|where|since when|to what extent"
)
_ASKED = re.compile(
    rf"^(?:and |but |so |then )?(?:{_WHOLE})\s+(?P<rest>(?P<auxiliary>{_AUXILIARY})\s.+?)[\s?!.]*$",
    re.IGNORECASE | re.DOTALL,
)
# "How much faster is A than B?" holds that it is faster.
_COMPARED = re.compile(
    rf"^(?:by )?how (?:much|many) (?P<more>[\w%-]+(?: [\w-]+)?) (?P<auxiliary>{_AUXILIARY}) (?P<one>.+?) "
    r"(?P<than>than|compared (?:to|with)) (?P<other>.+?)[\s?!.]*$",
    re.IGNORECASE | re.DOTALL,
)
_WHAT_MAKES = re.compile(
    r"^what (?P<auxiliary>makes|made|causes|caused) (?P<rest>.+?)[\s?!.]*$", re.IGNORECASE | re.DOTALL
)
_NEGATED = re.compile(r"^(?:\w+n['’]t|cannot|can['’]t|won['’]t)$", re.IGNORECASE)
# Auxiliaries that say nothing: "does" goes, "is" and "can" stay.
_EMPTY = re.compile(r"^(?:did|does|do)(?:n['’]t)?$", re.IGNORECASE)
# Sentences that a premise is held against. What bears on the question stands among the first.
_LOOKED_AT = 12
# The two have to speak of the same thing: half of what the premise says, at the least.
_SAME = 0.6


def premise(question: str) -> str | None:
    """What the question takes for granted, as a yes-or-no question in its own words; None for most."""
    text = " ".join(question.split())
    if found := _COMPARED.match(text):
        said = (found[part] for part in ("auxiliary", "one", "more", "than", "other"))
        return _asked(" ".join(said))
    if found := _WHAT_MAKES.match(text):
        return _asked(f"is {found['rest']}")
    if found := _ASKED.match(text):
        return _asked(found["rest"])
    return None


def doubted(question: str, ranked: Sequence[Scored]) -> Claim | None:
    """The premise as a contradicted claim with the sentence that denies it; None where none does."""
    asked = premise(question)
    if asked is None:
        return None
    statement = _statement(asked)
    best: tuple[float, Claim] | None = None
    for each in ranked[:_LOOKED_AT]:
        judgement = judge(statement, [passage(each.paper, each.sentence.readable)])
        if judgement.verdict is Verdict.SUPPORTED:
            return None
        if judgement.verdict is Verdict.CONTRADICTED and judgement.coverage >= _SAME:
            claim = Claim(
                asked,
                Verdict.CONTRADICTED,
                FoundBy.ALIGNMENT,
                (as_evidence(each.sentence),),
                judgement.missing,
            )
            if best is None or judgement.coverage > best[0]:
                best = (judgement.coverage, claim)
    return best[1] if best else None


def _asked(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}?"


def _statement(asked: str) -> str:
    """The words of the statement behind a yes-or-no question; their order does not matter to a verdict."""
    first, _, rest = asked.rstrip("?").partition(" ")
    kept = "" if _EMPTY.match(first) else first.lower()
    denied = "not" if _NEGATED.match(first) else ""
    kept = "" if denied else kept
    return " ".join(part for part in (rest, kept, denied) if part)
