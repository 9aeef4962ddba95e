"""BibTeX: an entry a paper, as BibTeX, BibLaTeX and reference managers read it.

`chatbot-id` marks an entry as ours, so that it is read again to the letter: its texts are `escaped`, its
title stands in braces of its own, which keep styles from making capitals small. White space is folded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from store.exporting.citekeys import Keys
from store.exporting.escaping import escaped, folded
from store.records import Paper

MARK = "chatbot-id"
"""The field that holds the paper's id."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PROCEEDINGS = re.compile(r"\b(?:proceedings|proc\.|conference|workshop|symposium)", re.IGNORECASE)
_CLASS = re.compile(r"[a-z][a-z\-]+(?:\.[A-Za-z\-]+)?$")
_APART = re.compile(r",|\s(?:and)\s|^and\s|\sand$|^and$|^others$|^et al\.?$", re.IGNORECASE)


def bibtex(papers: Iterable[Paper]) -> Iterator[str]:
    """An entry for each paper, an empty line behind it."""
    keys = Keys()
    for paper in papers:
        lines = [f"  {name} = {value}" for name, value in _fields(paper).items() if value]
        yield f"@{_kind(paper)}{{{keys.of(paper)},\n" + ",\n".join(lines) + "\n}\n\n"


def _kind(paper: Paper) -> str:
    if not paper.venue:
        return "misc"
    return "inproceedings" if _PROCEEDINGS.search(paper.venue) else "article"


def _fields(paper: Paper) -> dict[str, str]:
    """The fields with their values, delimited; empty where nothing is known."""
    venue = {"article": "journal", "inproceedings": "booktitle"}.get(_kind(paper), "journal")
    created = paper.created or ""
    primary = paper.categories[0] if paper.arxiv_id and paper.categories else ""
    return {
        "title": f"{{{_text(paper.title)}}}" if paper.title else "",
        "shorttitle": _text(paper.label) if not paper.title else "",
        "author": _braced(" and ".join(map(_whole, paper.authors))),
        venue: _text(paper.venue),
        "date": _braced(created),
        "year": _braced(created[:4]),
        "month": _MONTHS[int(created[5:7]) - 1] if len(created) >= 7 else "",
        "doi": _address(paper.doi),
        "url": _address(paper.url),
        "eprint": _address(paper.arxiv_id),
        "archiveprefix": "{arXiv}" if paper.arxiv_id else "",
        "primaryclass": _braced(primary) if _CLASS.match(primary) else "",
        "abstract": _text(paper.abstract),
        "keywords": _braced(", ".join(map(_whole, paper.categories))),
        "comment": _text(paper.comment),
        "updated": _braced(paper.updated or ""),
        MARK: _braced(paper.id),
    }


def _braced(value: str) -> str:
    return f"{{{value}}}" if value else ""


def _text(value: str | None) -> str:
    return _braced(escaped(folded(value or "")))


def _address(value: str | None) -> str:
    return _braced(escaped(folded(value or ""), typeset=False))


def _whole(name: str) -> str:
    """A name of a list; in braces where a part of it would be taken for two."""
    text = escaped(folded(name))
    return f"{{{text}}}" if text.startswith("{") or _APART.search(text) else text
