"""Atom feeds, first of all the answers of arXiv's API, also the empty ones and the errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from store.readers.document import Document, reject
from store.readers.elements import all_text, child, children, elements, root
from store.readers.fields import record
from store.records import Record, Reject, Source

CATEGORY = re.compile(r"[a-z][a-z\-]+(?:\.[A-Za-z][A-Za-z\-]+)?$")
"""arXiv's categories; feeds also carry classes of other schemes ("60J10") among them."""

ERROR = "/api/errors"
"""In the id of an entry that is no paper but tells what went wrong."""


def recognises(document: Document) -> bool:
    return root(document.head) == "feed"


def records(document: Document) -> Iterator[Record | Reject]:
    """A record or a reject for each entry."""
    empty = True
    for line, entry in elements(document.pieces(), ("entry",)):
        empty = False
        yield _record(entry, Source(document.name, line))
    if empty:
        yield reject(document.name, 1, "a feed without entries: nothing was found")


def _record(entry: Element, source: Source) -> Record | Reject:
    address = all_text(child(entry, "id"))
    summary = child(entry, "summary")
    if ERROR in address:
        reason = f"arXiv's API answered with an error: {all_text(summary)}"
        return reject(source.name, source.line, reason, address, broken=True)
    links = [link for link in children(entry, "link") if link.get("rel", "alternate") == "alternate"]
    primary = [term for term in [_term(child(entry, "primary_category"))] if term]
    terms = [term for term in map(_term, children(entry, "category")) if CATEGORY.match(term)]
    return record(
        source,
        {
            "abstract": all_text(summary),
            "title": all_text(child(entry, "title")),
            "authors": [all_text(child(author, "name")) for author in children(entry, "author")],
            "arxiv_id": address,
            "doi": all_text(child(entry, "doi")),
            "url": next((found for link in links if (found := link.get("href"))), address),
            "venue": all_text(child(entry, "journal_ref")),
            "comment": all_text(child(entry, "comment")),
            "created": all_text(child(entry, "published")),
            "updated": all_text(child(entry, "updated")),
            "categories": primary + terms,
        },
    )


def _term(category: Element | None) -> str:
    return "" if category is None else category.get("term", "")
