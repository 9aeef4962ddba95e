"""What `store.exporting` wrote, read again to the letter.

Such a text says of itself that it is ours, which anybody may write: every value is checked as any other
source's is, but nothing is cleaned, and a paper keeps its id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from store.identifiers import arxiv_id, doi
from store.readers.document import excerpt
from store.readers.fields import LONGEST, address
from store.readers.lines import iso_date
from store.records import Record, Reject, Source

_ID = re.compile(r"p[0-9a-f]{10}(?:-[1-9][0-9]{0,5})?")
_KEYS = frozenset(("paper", "label", "label_derived", "abstract", "sources"))


def is_id(text: object) -> bool:
    """Whether it is an id as papers have them."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def of_json(item: Mapping[str, object]) -> dict[str, object] | None:
    """The fields of Record that a paper's JSON holds (docs/json.md); None if it is somebody else's object."""
    if not (item.keys() >= _KEYS and is_id(item["paper"])):
        return None
    arxiv, known_doi = _text(item.get("arxiv_id")), _text(item.get("doi"))
    links = (f"https://arxiv.org/abs/{arxiv}" if arxiv else None, f"https://doi.org/{known_doi}")
    shown = item.get("url") if item.get("url") not in links else None
    return {**item, "id": item["paper"], "url": item.get("source_url", shown)}


def record(source: Source, values: Mapping[str, object]) -> Record | Reject:
    """The record that these values make, or why they make none. Keys are names of Record's fields."""
    abstract = _text(values.get("abstract")) or ""
    if not abstract.strip():
        return Reject(source, "it has no abstract", excerpt(_text(values.get("title")) or ""))
    if len(abstract) > LONGEST:
        reason = f"{len(abstract):,} characters are too long for an abstract"
        return Reject(source, reason, excerpt(abstract))
    url = _text(values.get("url"))
    return Record(
        abstract=abstract,
        source=source,
        title=_text(values.get("title")),
        arxiv_id=arxiv_id(_text(values.get("arxiv_id")) or ""),
        doi=doi(_text(values.get("doi")) or ""),
        url=url if url and address(url) else None,
        authors=_texts(values.get("authors")),
        categories=_texts(values.get("categories")),
        created=iso_date(_text(values.get("created")) or ""),
        updated=iso_date(_text(values.get("updated")) or ""),
        comment=_text(values.get("comment")),
        venue=_text(values.get("venue")),
        id=known if is_id(known := _text(values.get("id"))) else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item)
