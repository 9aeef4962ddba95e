"""A paper as a reference: the same parts in every format."""

from __future__ import annotations

import re

from store.latex import readable
from store.plans import Entry
from store.records import Paper

_LINK = re.compile(r"https?://[^\s<>\"'\\^`{|}]+")
_AUTHORS = 10


def reference(paper: Paper) -> str:
    """Authors, title, venue, date, in one readable line."""
    authors = list(paper.authors[:_AUTHORS])
    if len(paper.authors) > _AUTHORS:
        authors.append("et al")
    parts = [", ".join(authors), paper.name, paper.venue or "", paper.created or ""]
    return ". ".join(readable(part).rstrip(".") for part in parts if part) + "."


def link(paper: Paper | Entry) -> str | None:
    """Its address, if it is one that a person may follow: http and nothing else."""
    return paper.link if paper.link and _LINK.fullmatch(paper.link) else None
