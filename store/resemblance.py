"""Near-identical abstracts: the same paper in another edition, told by words, never by a shared beginning.

The resemblance of two texts is the share of runs of three content words that both have (Jaccard). To find
whom a new abstract may resemble without comparing it with all, each is known by the eight smallest hashes
of its runs: Broder's sketch ("On the resemblance and containment of documents", 1997). Two texts that share
60 % of their runs have two of eight in common in 99.1 of 100 cases, 80 % in 99.99. What the sketch suggests
is then compared in full.
"""

from __future__ import annotations

import re
import unicodedata
import zlib

from store.keywords import STOP_WORDS
from store.latex import readable
from store.records import Record

SKETCH = 8
SHARED = 2
"""So many hashes of a sketch must be shared before two abstracts are compared."""

# One changed word breaks three runs of some eighty. Among the 5.5 thousand million pairs of 105,227 papers of
# arXiv, each with an id of its own, 27 reach .85: all of them are one text with the same numbers, a spelling
# or a dropped sentence apart, mostly one work under a new title. Of the 11 pairs from .6 to .85 four or more
# are different works; of one title no such pair is, even at .06 (`python -m bench.scale alike`).
SAME_TITLE, NO_TITLE = 0.6, 0.85
"""From this resemblance on two records are one paper: with the same title; where one has none."""

# Fewer runs than this and a sentence of thanks makes two notices the same.
_FEWEST = 20
_RUN = 3
_WORD = re.compile(r"[^\W_]+")


def runs(abstract: str) -> frozenset[int]:
    """The hashes of all runs of three content words, 32 bits each; empty for what is too short to tell."""
    words = [word for word in _words(abstract) if word not in STOP_WORDS]
    found = frozenset(
        zlib.crc32(" ".join(words[start : start + _RUN]).encode("utf-8", "surrogatepass"))
        for start in range(len(words) - _RUN + 1)
    )
    return found if len(found) >= _FEWEST else frozenset()


def sketch(runs: frozenset[int]) -> tuple[int, ...]:
    """The smallest hashes, at most eight, smallest first."""
    return tuple(sorted(runs)[:SKETCH])


def resemblance(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of all runs that both have, in [0, 1]; 0 where nothing can be told."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def same(one: Record, other: Record) -> bool:
    """Whether two records speak of one paper, by their abstracts and titles alone.

    Two titles must be the same words: "Part I" is not "Part II", whatever their abstracts share. Two texts
    without a title must have the same numbers as well, or reports of two years would be one.
    """
    if one.title and other.title:
        enough, agree = SAME_TITLE, _words(one.title) == _words(other.title)
    else:
        enough, agree = NO_TITLE, _numbers(one.abstract) == _numbers(other.abstract)
    return agree and resemblance(runs(one.abstract), runs(other.abstract)) >= enough


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", readable(text)).casefold())


def _numbers(abstract: str) -> list[str]:
    return sorted(word for word in _words(abstract) if any(map(str.isdigit, word)))
