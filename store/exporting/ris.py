"""RIS: a reference a paper, as reference managers read it; each field one line, so that no text is a tag.

`DP` marks a reference as ours, so that it is read again to the letter. White space is folded. What RIS has no
tag for stands in its custom field `C1` (the date of the last version) and in `N1` (the comment).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from store.exporting.escaping import folded
from store.exporting.name_order import family_first
from store.records import Paper

MARK = "proven-chatbot"
"""What stands in `DP`, the provider of the reference."""


def ris(papers: Iterable[Paper]) -> Iterator[str]:
    """A reference for each paper, an empty line behind it."""
    for paper in papers:
        lines = [f"{tag}  - {value}\n" for tag, value in _tags(paper) if value]
        yield f"TY  - {'JOUR' if paper.venue else 'GEN'}\n" + "".join(lines) + "ER  - \n\n"


def _tags(paper: Paper) -> Iterator[tuple[str, str]]:
    created = paper.created or ""
    yield "DP", MARK
    yield "ID", paper.id
    yield "TI", folded(paper.title or "")
    yield "ST", folded(paper.label) if not paper.title else ""
    for author in paper.authors:
        yield "AU", family_first(folded(author))
    yield "PY", created[:4]
    yield "DA", created.replace("-", "/")
    yield "T2", folded(paper.venue or "")
    yield "DO", paper.doi or ""
    yield "AN", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else ""
    yield "UR", paper.url or ""
    yield "L2", "" if paper.url else paper.link or ""
    for category in paper.categories:
        yield "KW", folded(category)
    yield "AB", folded(paper.abstract)
    yield "N1", folded(paper.comment or "")
    yield "C1", (paper.updated or "").replace("-", "/")
