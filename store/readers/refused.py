"""Formats that are known and not read: they are refused by name instead of being swallowed as prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from store.readers.document import Document, reject
from store.readers.elements import root
from store.records import Record, Reject

_EXPORT = "export the papers as RIS, BibTeX, CSV or JSON, or paste the abstracts as plain text"
_MARKUP = re.compile(r"\s*<(?:\?xml|!doctype|[a-z][\w:.\-]*[\s/>])", re.IGNORECASE)
_HTML = ("html", "head", "body", "div", "p", "table")
_ENDNOTE = re.compile(r"%0 \S.*\n%[A-Z@0-9] ")


def recognises(document: Document) -> bool:
    return _format(document.head) is not None


def records(document: Document) -> Iterator[Record | Reject]:
    """One reject for the whole text, which says what it looks like and what to do."""
    reason = f"this looks like {_format(document.head)}, which is not read: {_EXPORT}"
    yield reject(document.name, 1, reason, document.head)


def _format(head: str) -> str | None:
    head = head[:20_000].lstrip()
    if _MARKUP.match(head):
        name = root(head)
        if (name or "").lower() in _HTML:
            return "HTML"
        return f"XML of another kind (<{name}>)" if name else "XML"
    return "EndNote's tagged format" if _ENDNOTE.match(head) else None
