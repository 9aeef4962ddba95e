"""Which shown sentence does a statement rest on, if it does not say so itself?

Greedy cover: first the sentence that says most of the statement (words, weighted by how few of the shown
sentences say them), then others as long as each adds something that was still missing. A number or a
name weighs more than a common word: it is what a reader would look up. Whether the choice proves the
statement is for the verdict to say.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from chatbot.verifying.normal import normal
from store.keywords import stems, words

# A statement rarely rests on more than two sentences; each must add a tenth of its weight.
MOST = 2
_ADDS = 0.1
_FAINTEST = 0.2


def align(statement: str, shown: Sequence[str], most: int = MOST) -> tuple[int, ...]:
    """Indices into `shown` (readable sentences) of the few that say most of the statement; () for none."""
    if not shown:
        return ()
    wanted, *said = _content([statement, *shown])
    if not wanted:
        return ()
    frequency = Counter(stem for each in said for stem in each)
    weights = {stem: _weight(stem, frequency[stem], len(shown)) for stem in wanted}
    total = sum(weights.values())
    chosen: list[int] = []
    missing = set(wanted)
    while missing and len(chosen) < most:
        gains = [sum(weights[stem] for stem in missing & each) / total for each in said]
        best = max(range(len(shown)), key=lambda index: (gains[index], -index))
        if gains[best] < (_ADDS if chosen else _FAINTEST):
            break
        chosen.append(best)
        missing -= said[best]
    return tuple(chosen)


def _weight(stem: str, frequency: int, count: int) -> float:
    rarity = math.log(1 + count / (1 + frequency))
    return rarity * (2.0 if re.search(r"\d", stem) else 1.0)


def _content(texts: Sequence[str]) -> list[frozenset[str]]:
    """The stems of each text's words that carry meaning."""
    return stems([" ".join(words(normal(text))) for text in texts])
