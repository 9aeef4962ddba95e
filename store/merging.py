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
from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

from store import labels
from store.identifiers import arxiv_id, arxiv_id_of_doi, arxiv_key, doi
from store.latex import readable
from store.records import Paper, Provenance, Record, Saying, Source

FIELDS = (
    "abstract", "title", "arxiv_id", "doi", "url", "authors", "categories", "created", "updated", "comment",
    "venue",
)  # fmt: skip
"""The fields of a paper that records give."""

_FOOTNOTE = re.compile(r"(?<=[^\W\d_]{3})([1-9])(?![\w%]|[.,]\d)")
_TITLE_HEAD = re.compile(r"(?P<head>[^:?!.]{2,40}?)\s*(?::|\s[–—-])\s+\S")


def keys(record: Record) -> tuple[str, ...]:
    """What identifies the paper, strongest first: `arxiv:2505.09388`, `doi:10.…`, `text:` + 32 hex digits."""
    found = []
    paper = (record.arxiv_id and arxiv_id(record.arxiv_id)) or (record.doi and arxiv_id_of_doi(record.doi))
    if paper:
        found.append(f"arxiv:{arxiv_key(paper)}")
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
    ranked = _ranked(records)
    won = {field: said for field in FIELDS if (said := _won(field, ranked))}
    given: dict[str, Any] = {field: _says(record, field) for field, record in won.items()}
    given.setdefault("abstract", "")
    title = given.get("title")
    return Paper(
        id=id,
        label=_head(title) if title else labels.label(given["abstract"]),
        label_derived=title is None,
        sources=_sources(records),
        **given,
    )


def provenance(records: Sequence[Record]) -> tuple[Provenance, ...]:
    """Which record gave each field of the paper that `merge` makes of these, and what the others say instead.

    Values that differ in white space alone are the same.
    """
    ranked = _ranked(records)
    found = []
    for field in FIELDS:
        winner = _won(field, ranked)
        if winner is None:
            continue
        said: dict[object, list[Record]] = {_folded(_says(winner, field)): [winner]}
        for record in ranked:
            if record is not winner and (value := _says(record, field)):
                said.setdefault(_folded(value), []).append(record)
        mine, *others = (Saying(_says(each[0], field), _given(each)) for each in said.values())
        found.append(Provenance(field, mine.value, mine.sources, tuple(others)))
    return tuple(found)


def _ranked(records: Sequence[Record]) -> list[Record]:
    return sorted(records, key=_rank, reverse=True)


def _says(record: Record, field: str) -> str | tuple[str, ...]:
    """What a record says of a field, ids in one spelling; empty if nothing."""
    if field == "arxiv_id":
        return arxiv_id(record.arxiv_id or "") or arxiv_id_of_doi(record.doi or "") or ""
    if field == "doi":
        return doi(record.doi or "") or ""
    return getattr(record, field) or ""


def _won(field: str, ranked: Sequence[Record]) -> Record | None:
    """The record whose word on a field counts; None if no record has one."""
    saying = [record for record in ranked if _says(record, field)]
    if not saying:
        return None
    if field == "created":
        return min(saying, key=lambda record: (record.created or "").ljust(10, "~"))
    if field == "updated":
        return max(saying, key=lambda record: record.updated or "")
    return saying[0]


def _folded(value: str | tuple[str, ...]) -> object:
    if isinstance(value, str):
        return " ".join(value.split())
    return tuple(" ".join(each.split()) for each in value)


def _given(records: Iterable[Record]) -> tuple[Source, ...]:
    """Where these records stand, each once, in their order."""
    return tuple(dict.fromkeys(record.source for record in records))


def _sources(records: Iterable[Record]) -> tuple[Source, ...]:
    return tuple(sorted(_given(records), key=lambda source: (source.name, source.line)))


def _rank(record: Record) -> tuple[bool, str, int, tuple[str, ...]]:
    """A total order, so that equal records aside nothing depends on the order of reading."""
    rest = tuple(str(getattr(record, field.name) or "") for field in fields(record))
    return bool(record.arxiv_id), record.updated or record.created or "", len(record.abstract), rest


def _head(title: str) -> str:
    """The short name a title starts with ("Name: what it does"), else the title."""
    found = _TITLE_HEAD.match(title)
    return found.group("head") if found and len(found.group("head").split()) <= 5 else title


def _digest(abstract: str) -> str:
    return hashlib.sha256(_normalised(abstract).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=64)  # each record is asked for its keys more than once
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
