"""Bytes in, records and rejects out.

A format is recognised by its content, not by the name of its file. Each format is one module with a
`recognises(text)` and a `records(text, name)`; a new one joins by its place in `_FORMATS`, before those
that are refused, and before pasted text, which takes what no other claims. Nothing of a file is dropped in
silence: what belongs to no record is a Reject, with line and reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from store.readers import pasted, refused
from store.readers.files import Text, texts
from store.records import Record, Reject


class Format(Protocol):
    """What a module of this room offers."""

    def recognises(self, text: str) -> bool:
        """Whether the text is of this format."""

    def records(self, text: str, name: str) -> Iterator[Record | Reject]:
        """Its records and rejects, in the order of their lines. Never raises on any text."""


_FORMATS: tuple[Format, ...] = (refused, pasted)


def read(paths: Iterable[str | Path]) -> Iterator[Record | Reject]:
    """Everything that files and folders hold, in order; each file once, named as the user named it.

    Raises SourceError, before anything is read, if a named path is missing or may not be read.
    """
    return _read(texts(paths))


def _read(found: Iterable[Text | Reject]) -> Iterator[Record | Reject]:
    for item in found:
        if isinstance(item, Reject):
            yield item
        elif item.met and _format(item.text) is pasted:
            yield from pasted.records_met(item.text, item.name)
        else:
            yield from read_text(item.text, item.name)


def read_text(text: str, name: str) -> Iterator[Record | Reject]:
    """The records and rejects of one text, `name` being what its sources are called. Never raises."""
    return _format(text).records(text, name)


def _format(text: str) -> Format:
    return next(format for format in _FORMATS if format.recognises(text))
