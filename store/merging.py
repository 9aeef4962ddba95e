"""Is it the same paper? Which field wins? Where did it come from?

Two records are the same paper if they share a key: an arXiv id, a DOI, or the whole abstract, whatever its
white space, punctuation, case and LaTeX; or if `resemblance` finds nearly the same abstract under the same
title. A shared beginning never suffices. The ledger keeps every record and finds papers by these keys; a
`Paper` is always derived anew from all its records, so that nothing is lost and the order in which files were
read does not matter.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields

from store import labels
from store.identifiers import arxiv_id, arxiv_id_of_doi, doi
from store.latex import readable
from store.records import Paper, Record

_FOOTNOTE = re.compile(r"(?<=[^\W\d_]{3})([1-9])(?![\w%]|[.,]\d)")
_TITLE_HEAD = re.compile(r"(?P<head>[^:?!.]{2,40}?)\s*(?::|\s[–—-])\s+\S")


def keys(record: Record) -> tuple[str, ...]:
    """What identifies the paper, strongest first: `arxiv:2505.09388`, `doi:10.…`, `text:` + 32 hex digits."""
    found = []
    paper = (record.arxiv_id and arxiv_id(record.arxiv_id)) or (record.doi and arxiv_id_of_doi(record.doi))
    if paper:
        found.append(f"arxiv:{paper.lower()}")
    if record.doi and (known := doi(record.doi)):
        found.append(f"doi:{known}")
    return (*found, f"text:{_digest(record.abstract)[:32]}")


def new_id(record: Record) -> str:
    """An id for a paper first seen as this record: the one that it was exported under, else `p` and ten hex
    digits of its abstract's digest."""
    return record.id or "p" + _digest(record.abstract)[:10]


def merge(id: str, records: Sequence[Record]) -> Paper:
    """The paper that these records, in whatever order, speak of.

    A record with an arXiv id goes before one without, then the newest, then the one with the longest
    abstract: the first of them gives the abstract, and each other field comes from the first that has it.
    `created` is the earliest known date and `updated` the latest. All sources stay.

    Raises ValueError if there are no records.
    """
    if not records:
        raise ValueError("a paper is merged from at least one record")
    ranked = sorted(records, key=_rank, reverse=True)
    title = _first(record.title for record in ranked)
    abstract = ranked[0].abstract
    return Paper(
        id=id,
        abstract=abstract,
        label=_head(title) if title else labels.label(abstract),
        label_derived=title is None,
        title=title,
        arxiv_id=_first(
            arxiv_id(record.arxiv_id or "") or arxiv_id_of_doi(record.doi or "") for record in ranked
        ),
        doi=_first(doi(record.doi or "") for record in ranked),
        url=_first(record.url for record in ranked),
        authors=next((record.authors for record in ranked if record.authors), ()),
        categories=next((record.categories for record in ranked if record.categories), ()),
        created=_best(min, (record.created for record in ranked), "~"),
        updated=_best(max, (record.updated for record in ranked), ""),
        comment=_first(record.comment for record in ranked),
        venue=_first(record.venue for record in ranked),
        sources=tuple(
            sorted({record.source for record in records}, key=lambda source: (source.name, source.line))
        ),
    )


def _rank(record: Record) -> tuple[bool, str, int, tuple[str, ...]]:
    """A total order, so that equal records aside nothing depends on the order of reading."""
    rest = tuple(str(getattr(record, field.name) or "") for field in fields(record))
    return bool(record.arxiv_id), record.updated or record.created or "", len(record.abstract), rest


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _best(choose: Callable[..., str], dates: Iterable[str | None], pad: str) -> str | None:
    """The earliest or latest date; of "2025" and "2025-05-14" the one that says more."""
    known = [date for date in dates if date]
    return choose(known, key=lambda date: date.ljust(10, pad) if pad else date) if known else None


def _head(title: str) -> str:
    """The short name a title starts with ("Name: what it does"), else the title."""
    found = _TITLE_HEAD.match(title)
    return found.group("head") if found and len(found.group("head").split()) <= 5 else title


def _digest(abstract: str) -> str:
    return hashlib.sha256(_normalised(abstract).encode("utf-8", "surrogatepass")).hexdigest()


def _normalised(abstract: str) -> str:
    """The letters and digits of the readable abstract, without footnote marks."""
    text = _without_footnotes(readable(abstract))
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
    return letters or abstract


def _without_footnotes(text: str) -> str:
    """Copying from a PDF glues footnote marks to words: "on Hub1 and Scope2". They count from 1, each stands
    once, and there are at least two, so that a name with a digit ("Qwen2") stays whole."""
    expected, marks = 1, []
    for mark in _FOOTNOTE.finditer(text):
        word = re.split(r"[\s(]", text[: mark.end()][-60:])[-1]
        if int(mark.group(1)) == expected and text.count(word) == 1:
            marks.append(mark.start())
            expected += 1
    if len(marks) < 2:
        return text
    return "".join(char for place, char in enumerate(text) if place not in marks)
