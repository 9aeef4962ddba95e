"""Does the claim say the opposite? Negation, opposite words, and who beats whom.

A conflict found here is a reason to call a claim contradicted, if claim and evidence otherwise speak of
the same thing: that is for the caller to see. Word lists are small and general; they know no domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from chatbot.verifying.clauses import clauses, meaning, nearest
from chatbot.verifying.names import key, names
from chatbot.verifying.normal import normal

_NEGATION = re.compile(
    r"\b(?:not|n't|no|never|none|neither|cannot|without|fails? to|failed to|failing to|unable to|lacks?|"
    r"lacking|absence of|hardly|barely|does not|do not|did not|is not|are not)\b|n't\b",
    re.IGNORECASE,
)
# Phrases in which a negation denies nothing.
_IDLE = re.compile(
    r"\bnot only\b|\bnot\b(?=[^.;]*,? but\b)|\bno longer than\b"
    r"|\bnot limited to\b|\bno (?:less|fewer|more) than\b",
    re.IGNORECASE,
)
_OPPOSITES: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(left.split()), frozenset(right.split()))
    for left, right in (
        (
            "increase increases increased increasing rise rises rose raise raises raised grow grows "
            "grew more higher",
            "decrease decreases decreased decreasing reduce reduces reduced reducing drop drops dropped "
            "decline declines declined fall falls fell lower lowers lowered less fewer",
        ),
        (
            "improve improves improved improving improvement improvements enhance enhances enhanced better "
            "superior gain gains benefit benefits",
            "worsen worsens worsened degrade degrades degraded degradation deteriorate deteriorates harm "
            "harms worse inferior hurt hurts",
        ),
        (
            "outperform outperforms outperformed outperforming surpass surpasses surpassed exceed exceeds "
            "exceeded beats",
            "underperform underperforms underperformed underperforming lag lags lagged trail trails",
        ),
        ("faster quicker speedup accelerate accelerates", "slower slowdown slow slows"),
        (
            "stabilize stabilizes stabilise stabilises stabilizing stabilising stable",
            "destabilize destabilizes destabilise destabilises destabilizing unstable instability",
        ),
        ("first", "last"),
        ("largest biggest longest highest most maximum", "smallest shortest lowest least minimum"),
        ("larger bigger longer", "smaller shorter"),
        (
            "support supports allow allows enable enables",
            "prevent prevents preclude precludes inhibit inhibits",
        ),
        ("little few", "much many"),
        ("short shorter", "long longer"),
        ("positive positively", "negative negatively"),
        ("efficient effective", "inefficient ineffective"),
        ("public publicly open open-source", "private closed closed-source proprietary"),
        ("succeed succeeds succeeded success", "fail fails failed failure"),
        ("with", "without"),
    )
)
# Verbs that say the same of a paper's subject; their other forms are found by their stems.
_SAME: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in (
        "use uses used using employ employs employed employing utilize utilizes utilise utilises leverage "
        "leverages leveraging apply applies applied adopt adopts adopted",
        "contain contains containing include includes including comprise comprises cover covers covering",
        "perform performs performing compute computes computing",
    )
)
_ENDS = re.compile(r"[;:()]|, (?!which\b)")
_NEAREST = 3
_WORD = re.compile(r"[a-z][a-z-]*")
_WINS = re.compile(
    r"\b(?:outperform(?:s|ed|ing)?|surpass(?:es|ed|ing)?|exceed(?:s|ed|ing)?|beats?|better than|superior to|"
    r"superior (?:[\w-]+ ){1,5}?(?:compared (?:to|with)|than|over)|superiority over|advances? over|"
    r"improves? (?:up)?on|(?:higher|faster|larger|stronger|greater|better|more [\w-]+) (?:[\w-]+ ){0,4}?"
    r"(?:than|(?:as )?compared (?:to|with))|"
    r"ahead of)",
    re.IGNORECASE,
)
_LOSES = re.compile(
    r"\b(?:underperform(?:s|ed|ing)?|falls? (?:short of|behind)|fell (?:short of|behind)|"
    r"trails?|worse than|inferior to|lags? (?:\w+ )?behind|"
    r"(?:lower|slower|smaller|weaker|worse|less [\w-]+) (?:[\w-]+ ){0,4}?"
    r"(?:than|(?:as )?compared (?:to|with))"
    r"|(?:is|are|was|were) (?:outperformed|surpassed|beaten|exceeded) by)",
    re.IGNORECASE,
)

_TURN = re.compile(r"^(?:dis|un|non-?|in|im|mis)")
_REMOVED = re.compile(
    r"\b(?:without|remov|ablat|disabl|eliminat|exclud|omit|drop(?:s|ped|ping)\b|absence of)", re.IGNORECASE
)
_COMPARED = re.compile(
    r"\b(?:(?:compared|in contrast|in comparison) (?:with|to)|relative to|unlike|versus|over) "
    r"(?:the )?([\w.-]*\w)",
    re.IGNORECASE,
)


def alike(text: str) -> frozenset[str]:
    """Words, one or many, that mean what a word of the text means: "surpass" where it says "outperforms"."""
    words = set(_WORD.findall(normal(text).lower()))
    return frozenset(word for side in _sides() if words & side for word in side)


def meant(word: str) -> frozenset[str]:
    """All words that mean what this one means, itself among them; none where none are known."""
    own = word.lower()
    return next((side for side in _sides() if own in side), frozenset())


def opposed(word: str) -> frozenset[str]:
    """All words that mean the opposite of this one."""
    own = word.lower()
    turned = (pair[::-1] for pair in _OPPOSITES)
    return next((right for left, right in (*_OPPOSITES, *turned) if own in left), frozenset())


@lru_cache(maxsize=1)
def _sides() -> tuple[frozenset[str], ...]:
    return (*(side for pair in _OPPOSITES for side in pair), *_SAME)


@lru_cache(maxsize=4096)
def negated(text: str) -> bool:
    """Whether the text denies something: an odd number of negations that count."""
    return len(_NEGATION.findall(_IDLE.sub(" ", normal(text)))) % 2 == 1


def opposites(claim: str, evidence: Sequence[str]) -> tuple[str, str] | None:
    """A word of the claim whose opposite the evidence says without saying the word or one like it."""
    here = set(_WORD.findall(normal(claim).lower()))
    there = {word for text in evidence for word in _WORD.findall(normal(text).lower())}
    for left, right in _OPPOSITES:
        for side, other in ((left, right), (right, left)):
            mine, theirs = here & side, there & other
            if mine and theirs and not there & side and not here & other:
                return sorted(mine)[0], sorted(theirs)[0]
    mine_alone, theirs_alone = here - there, there - here
    for prefixed, bare in ((mine_alone, theirs_alone), (theirs_alone, mine_alone)):
        for word in sorted(prefixed):
            plain = _TURN.sub("", word)
            # "disagree" turns "agree"; "input" does not turn "put".
            if plain != word and len(plain) > 4 and plain in bare:
                return (word, plain) if word in here else (plain, word)
    return None


def denied(claim: str, evidence: str) -> bool:
    """Whether one of the two denies what the other says, clause against clause."""
    pairs = [(clause, nearest(clause, evidence)) for clause in clauses(claim)]
    return any(
        theirs is not None
        and negated(mine) != negated(theirs)
        and not (_left_out(mine) and _left_out(theirs))
        for mine, theirs in pairs
    )


def _left_out(text: str) -> bool:
    """ "without the router" and "removing the router" say the same."""
    return bool(_REMOVED.search(normal(text)))


@lru_cache(maxsize=4096)
def comparisons(text: str) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """(winners, losers) by name for every comparison: who stands before the comparing words, and after.

    Either side is empty where the text names nobody there ("our method surpasses GPT-4o").
    """
    text = normal(text)
    found = []
    for match, loses in _comparing(text):
        before = frozenset(key(name) for name in names(f"the {text[: match.start()]}"))
        after = frozenset(key(name) for name in names(f"than {text[match.end() :]}"))
        found.append((after, before) if loses else (before, after))
    return tuple(found)


def _comparing(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """The words that compare, and whether who stands before them loses."""
    lost = list(_LOSES.finditer(text))
    yield from ((match, True) for match in lost)
    for match in _WINS.finditer(text):
        # "are outperformed by" holds a winning word
        if not any(other.start() < match.end() and match.start() < other.end() for other in lost):
            yield match, False


def turned_comparison(claim: str, evidence: str) -> tuple[str, str] | None:
    """(winner, loser) of the claim, as written, where the evidence has the two change sides: of the nearest
    words of each side some stand on the other, and none on its own."""
    claim, evidence = normal(claim), normal(evidence)
    for mine in _sides_of(claim, _NEAREST):
        winner, loser = _apart(mine)
        for theirs in _sides_of(evidence, 2 * _NEAREST):
            ahead, behind = _apart(theirs)
            if winner & behind and loser & ahead and not winner & ahead and not loser & behind:
                return mine
    return None


def _apart(sides: tuple[str, str]) -> tuple[frozenset[str], frozenset[str]]:
    """The words of each side that the other has not: of "mixed data" and "ordered data" no "data"."""
    one, other = map(meaning, sides)
    return one - other, other - one


def _sides_of(text: str, most: int) -> list[tuple[str, str]]:
    """(winner, loser) of each comparison: so many words at most before and behind the comparing ones."""
    found = []
    for match, loses in _comparing(text):
        before = " ".join(_ENDS.split(text[: match.start()])[-1].split()[-most:])
        after = " ".join(_ENDS.split(text[match.end() :])[0].split()[:most])
        found.append((after, before) if loses else (before, after))
    return found


def reversed_comparison(
    claim: str, evidence: Sequence[str], known: Sequence[str] = ()
) -> tuple[str, str] | None:
    """(winner, loser) of the claim, as compared names, where the evidence has the loser win.

    `known` names stand for a subject that the evidence only calls "we", "it" or "our method".
    """
    selves = frozenset(key(name) for text in known for name in names(f"the {text}"))
    theirs = {
        (winner, loser)
        for text in evidence
        for winners, losers in comparisons(text)
        for winner in winners or selves
        for loser in losers
    }
    if swapped := _baseline_as_subject(claim, evidence):
        return swapped
    for winners, losers in comparisons(claim):
        for winner, loser in ((winner, loser) for winner in winners for loser in losers):
            if (loser, winner) in theirs and (winner, loser) not in theirs:
                return winner, loser
    return None


def _baseline_as_subject(claim: str, evidence: Sequence[str]) -> tuple[str, str] | None:
    """(subject, other) where the claim speaks of what the evidence only compares with."""
    found = names(f"the {normal(claim)}")
    if not found or _COMPARED.search(normal(claim)[: normal(claim).find(found[0])]):
        return None
    mine = _COMPARED.search(normal(claim))
    for text in evidence:
        theirs = _COMPARED.search(normal(text))
        if theirs and mine and key(found[0]) == key(theirs[1]) != key(mine[1]):
            return found[0], mine[1]
    return None
