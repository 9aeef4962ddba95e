"""Is what a claim says put together as the evidence puts it together?

All words of "sparse attention on recent entries" stand in "dense attention on recent entries and sparse
attention on salient ones", which does not say it. Both texts are rows of words of content here. The claim's
row is laid along the evidence's so that it jumps as little as can be (dynamic programming over the places
where each word stands), and four things count against it:

    denied    a "no" in front of a word in the evidence and none in the claim, or the opposite of a word there
    torn      neighbours in the claim that stand in the evidence the other way round, far apart
    restart   a jump over words that say again what was just said: one half of a pair with the other's end
    disorder  jumps that no comma, passive or comparison in the claim accounts for

English moves words for good reasons, so none of these contradicts a claim; it is not proven by its words.
No parser, and no word lists but of function words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from chatbot.verifying.normal import normal, spelled
from chatbot.verifying.polarity import meant, opposed
from store.keywords import STOP_WORDS, content_stems, stems

_WORD = re.compile(r"[^\W_]+(?:[-.'’+][^\W_]+)*\+*|[,;:()]")
_MARKS = frozenset(",;:()")
_PASSIVE = frozenset(["is", "are", "was", "were", "be", "been", "being", "by"])
_NOT = frozenset(["no", "not", "without", "never", "neither", "nor", "cannot"])
_AGAINST = frozenset(["whereas", ";"])
_PREPOSITIONS = frozenset("on in at to from for by into under during over".split())  # noqa: SIM905
_JOINS = frozenset(["and", "or", "but", "while", "whereas"])
# Behind these a clause or a comparison begins anew, wherever in the sentence it stands.
_FREE = frozenset(["than", "versus", "compared", "relative", "first", "while"])
_LIGHT = content_stems(
    "achieve attain obtain reach score report show find propose introduce use also both respectively"
)
# So many words further on is still the same phrase; so many back is the same turned round ("length of a
# chain", "chain length").
_NEAR, _BACK, _FAR = 3, 2, 9
# What jumps cost, and how much disorder is too much. Chosen on the pairs of tests/chatbot/support_pairs.py.
_ON, _TURNED, _BEFORE, _LONG, _ALLOWED = 0.5, 0.5, 1.0, 1.5, 0.2
_DISORDER = 1.5
# Words of content in a sentence, and places of one word that are looked at, at most: who sends more tries how
# long it takes.
_LONGEST, _PLACES = 400, 20


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of content: what it means, as it is written, and the function words and marks before it."""

    means: frozenset[str]
    text: str
    before: frozenset[str]

    @property
    def numeric(self) -> bool:
        return any(stem[:1].isdigit() for stem in self.means)


_Row = Sequence[tuple[_Token, Sequence[int]]]
"""Words of the claim that the evidence has, and the places where each of them stands."""


def otherwise(claim: str, evidence: str) -> str | None:
    """How the evidence has the claim's words otherwise, for people; None where all that it has of them stand
    as they should."""
    tokens, there = _tokens(claim), _tokens(evidence)
    if max(len(tokens), len(there)) > _LONGEST:
        return "it is too long to be compared"
    row = [(token, places) for token in tokens if (places := _places(token, there))]
    if not row:
        return None
    path, disorder = _laid(row)
    if said := _denied(tokens, there, path) or _opposed(tokens, row, there, path):
        return f'the evidence says "{said}"'
    if "respectively" in normal(evidence).lower():  # its order is told by numbers: `bindings`
        return None
    pair = _torn(row, there, path) or (_worst(row, path) if disorder >= _DISORDER else None)
    return pair and f'the evidence does not put "{pair[0]}" and "{pair[1]}" together'


def _denied(tokens: Sequence[_Token], there: Sequence[_Token], path: Sequence[int]) -> str | None:
    """What the evidence says with a "no" that a claim without any leaves out."""
    if any(token.text.lower() in _NOT for token in tokens):
        return None
    for place in path:
        no = there[place - 1] if place else None
        if no and no.text.lower() in _NOT and "only" not in there[place].before and place - 1 not in path:
            return f"{no.text} {there[place].text}"
    return None


def _opposed(tokens: Sequence[_Token], row: _Row, there: Sequence[_Token], path: Sequence[int]) -> str | None:
    """What the evidence says where the claim has the opposite word before the same one."""
    where = {id(token): place for (token, _), place in zip(row, path, strict=True)}
    for word, following in pairwise(tokens):
        place = where.get(id(following), 0)
        before = there[place - 1] if place and not following.before else None
        if before and before.text.lower() in opposed(word.text):
            return f"{before.text} {there[place].text}"
    return None


def _torn(row: _Row, there: Sequence[_Token], path: Sequence[int]) -> tuple[str, str] | None:
    """Two neighbours of the claim that the evidence does not put together."""
    for at in range(1, len(row)):
        token, start, end = row[at][0], path[at - 1], path[at]
        pair = row[at - 1][0].text, token.text
        if not token.before and end - start < -_BACK and token.text.lower() not in _FREE:
            return pair
        if at == 1 and _cost(at, start, end, token) >= _BEFORE and not token.before & _PASSIVE:
            return pair
        if end - start > _NEAR:
            skipped = there[start + 1 : end + 1]
            against = _AGAINST if at > 1 else _AGAINST - _MARKS
            if any(each.before & against for each in skipped) and not token.before & _MARKS:
                return pair
            if not token.before & (_PASSIVE | _JOINS | _MARKS):
                said = [row[back][0].means for back in range(max(0, at - 3), at)]
                if _restarts(skipped, said):
                    return pair
        if _slot(there, start, end, token):
            return pair
    return None


def _slot(there: Sequence[_Token], start: int, end: int, token: _Token) -> bool:
    """Whether the evidence has something else where the claim has this word: behind the same word and
    preposition, while the word itself stands elsewhere and behind another one."""
    governed = token.before & _PREPOSITIONS
    if not governed or start + 1 >= len(there) or governed & there[end].before:
        return False
    if not governed & there[start + 1].before:
        return False
    phrase_ends = next(
        (place for place in range(start + 2, len(there)) if there[place].before & _PREPOSITIONS), len(there)
    )
    return not start < end < phrase_ends


def _worst(row: _Row, path: Sequence[int]) -> tuple[str, str] | None:
    """The neighbours furthest apart, unless commas or a passive may account for all the jumps."""
    if any(token.before & (_PASSIVE | _MARKS) for token, _ in row):
        return None
    jumps = [_cost(at, path[at - 1], path[at], row[at][0]) for at in range(1, len(row))]
    at = jumps.index(max(jumps)) + 1
    return row[at - 1][0].text, row[at][0].text


def _restarts(skipped: Sequence[_Token], said: Sequence[frozenset[str]]) -> bool:
    """Whether what is jumped over, in front of its last word, says again what was said, behind a comma or
    an "and"."""
    again = any(token.means in said for token in skipped[:-1])
    return again and any(token.before & (_JOINS | _MARKS) for token in skipped)


def _laid(row: _Row) -> tuple[list[int], float]:
    """The places of the claim's words with the least cost of jumps, and that cost."""
    best: list[dict[int, tuple[float, int]]] = [dict.fromkeys(row[0][1], (0.0, -1))]
    for at, (token, places) in enumerate(row[1:], start=1):
        before = best[-1].items()
        best.append(
            {
                place: min((cost + _cost(at, start, place, token), start) for start, (cost, _) in before)
                for place in places
            }
        )
    place, (disorder, _) = min(best[-1].items(), key=lambda each: (each[1][0], each[0]))
    path = [place]
    for step in reversed(best[1:]):
        path.append(step[path[-1]][1])
    return path[::-1], disorder


def _cost(at: int, start: int, end: int, token: _Token) -> float:
    """Of going on to this word; `at` is its number in the claim. A subject may stand far from its verb."""
    distance = end - start
    free = bool(token.before & (_MARKS | _FREE)) or token.text.lower() in _FREE
    if distance >= 0:  # two words of the claim may be one there: "memory-agent"
        return 0.0 if distance <= _NEAR or free or at == 1 else _ON
    if free:
        return _ALLOWED
    if distance >= -_BACK:
        return _TURNED
    return _BEFORE if distance > -_FAR else _LONG


def _places(token: _Token, there: Sequence[_Token]) -> list[int]:
    """Where a word stands, as it is or as a part of another or the other of it; numbers as they are."""
    return [
        place
        for place, other in enumerate(there)
        if other.means == token.means
        or (
            not (token.numeric or other.numeric)
            and (other.means <= token.means or token.means <= other.means)
        )
    ][:_PLACES]


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[_Token, ...]:
    found: list[_Token] = []
    before: set[str] = set()
    read = _WORD.findall(normal(text))
    for word, own in zip(
        read, stems(["" if word in _MARKS else spelled(word) for word in read]), strict=True
    ):
        if not own - _LIGHT or word.lower() in STOP_WORDS:
            before.add(word.lower())
            continue
        found.append(_Token(meant(word) or frozenset(own), word, frozenset(before)))
        before = set()
    return tuple(found)
