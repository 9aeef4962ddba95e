"""Identifiers of papers in one spelling: arXiv ids without version, DOIs in lower case.

Says nothing about whether such a paper exists.
"""

from __future__ import annotations

import re

# The schemes of arXiv: 2505.09388 since April 2007, cs/0601001 and math.GT/0309136 before.
ARXIV = r"(?:\d{4}\.\d{4,5}|[a-z][a-z\-]+(?:\.[A-Z]{2})?/\d{7})"
_ARXIV = re.compile(rf"(?<![\w.])({ARXIV})(?:v\d+)?(?![\w]|\.\d)")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_ARXIV_DOI = "10.48550/arxiv."


def arxiv_id(text: str) -> str | None:
    """The first arXiv id in a text ("arXiv:2505.09388v2 [cs.CL]", an address, a DOI of arXiv's), or None."""
    found = _ARXIV.search(text.replace(_ARXIV_DOI, " ").replace("10.48550/arXiv.", " "))
    return found.group(1) if found else None


def arxiv_key(id: str) -> str:
    """An arXiv id as the name of a work: math.GT/0309136 is math/0309136, whatever the case."""
    archive, slash, number = id.lower().partition("/")
    return f"{archive.partition('.')[0]}/{number}" if slash else archive


def doi(text: str) -> str | None:
    """The first DOI in a text, lower-cased, or None."""
    found = _DOI.search(text)
    return found.group().rstrip(".,;)]}").lower() if found else None


def arxiv_id_of_doi(text: str) -> str | None:
    """The arXiv id that a DOI of arXiv's own stands for, or None."""
    known = doi(text)
    return arxiv_id(known) if known and known.startswith(_ARXIV_DOI) else None
