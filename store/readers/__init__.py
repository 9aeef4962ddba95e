"""Bytes in, records and rejects out.

A format is recognised by its content, not by the name of its file. Each format is one module with a
`recognises(document)` and a `records(document)`; a new one joins by its place in `_FORMATS`, before those
that are refused, and before pasted text, which takes what no other claims. Nothing of a file is dropped in
silence: what belongs to no record is a Reject, with line and reason.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol

from store.readers import atom, bibtex, jsons, online, pasted, pubmed, refused, tables, tagged
from store.readers.document import Document, Unreadable, reject, unsaid
from store.readers.fields import FIELDS
from store.readers.files import documents
from store.records import Record, Reject

__all__ = ["FIELDS", "Format", "read", "read_text"]


class Format(Protocol):
    """What a module of this room offers."""

    def recognises(self, document: Document) -> bool:
        """Whether the text is of this format, told by its head."""

    def records(self, document: Document) -> Iterator[Record | Reject]:
        """Its records and rejects, in the order of their lines. Raises nothing but Unreadable on any text."""


_FORMATS: tuple[Format, ...] = (atom, pubmed, jsons, bibtex, tagged, tables, refused, pasted)
# Rejects of one text that are kept one by one.
_TOLD = 10_000


def read(
    sources: Iterable[str | Path],
    *,
    mapping: Mapping[str, str] | None = None,
    notice: Callable[[str], None] = unsaid,
    stdin: BinaryIO | None = None,
) -> Iterator[Record | Reject]:
    """Everything that the sources hold, in order; each file once, named as the user named it.

    A source is a file, a folder, `-` for stdin, or of arXiv `arxiv:ID` and `arxiv-search:QUERY`. `mapping`
    gives for fields of Record the column or key that holds them; `notice` hears how names were understood.

    Raises SourceError: before anything is read, if a named path is missing or may not be read; later, if
    arXiv can't be reached.
    """
    seen: set[tuple[int, int]] = set()
    found: list[Iterator[Record | Document | Reject]] = []
    for source in sources:
        request = online.request(str(source))
        if request is not None:
            found.append(online.records(request))
        else:
            found.append(documents(source, lambda: stdin or sys.stdin.buffer, seen))
    return _read(found, dict(mapping or {}), _Once(notice))


def _read(
    found: Iterable[Iterator[Record | Document | Reject]],
    mapping: Mapping[str, str],
    notice: Callable[[str], None],
) -> Iterator[Record | Reject]:
    for item in itertools.chain.from_iterable(found):
        if isinstance(item, Document):
            item.mapping, item.notice = mapping, notice
            yield from _records(item)
        else:
            yield item


def read_text(
    text: str,
    name: str,
    *,
    mapping: Mapping[str, str] | None = None,
    notice: Callable[[str], None] = unsaid,
) -> Iterator[Record | Reject]:
    """The records and rejects of one text, `name` being what its sources are called. Never raises."""
    return _records(Document(name, text, mapping=dict(mapping or {}), notice=notice))


def _records(document: Document) -> Iterator[Record | Reject]:
    told = papers = 0
    broken = False
    held: Reject | None = None  # the last one before the first paper, or the one that stands for many
    end: Reject | None = None
    try:
        format = next(format for format in _FORMATS if format.recognises(document))
        for item in format.records(document):
            if isinstance(item, Record):
                if held is not None and told < _TOLD:
                    yield held
                    held = None
                papers += 1
                yield item
                continue
            told += 1
            broken = broken or item.broken
            if told <= _TOLD:
                if held is not None:
                    yield held
                held = item
            if held is not None and papers and told < _TOLD:
                yield held
                held = None
    except Unreadable as error:
        end = reject(document.name, error.line or document.line, str(error), broken=True)
    if held is not None:
        many = f"from here on, {told - _TOLD + 1:,} more that are no papers"
        # Where nothing is a paper, the text was given up, or is not understood as it once was.
        yield replace(held, reason=many if told > _TOLD else held.reason, broken=broken or not papers)
    if end is not None:
        yield end


class _Once:
    """Says each notice but for the file's name once: the files of a folder are mostly alike."""

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._said: set[str] = set()

    def __call__(self, text: str) -> None:
        _, _, said = text.partition(": ")
        if said not in self._said:
            self._said.add(said)
            self._notice(text)
