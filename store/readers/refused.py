"""Formats that are known and not read: they are refused by name instead of being swallowed as prose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from store.records import Record, Reject, Source

_XML = re.compile(r"\s*<(?:\?xml|!doctype|[a-z][\w:.\-]*[\s/>])", re.IGNORECASE)
_BIBTEX = re.compile(r"^\s*@(?:[a-z]+)\s*\{\s*[^\s,{}]*\s*,", re.IGNORECASE | re.MULTILINE)
_RIS = re.compile(r"^(?:TY|PT|PMID)\s{0,2}- ?\S", re.MULTILINE)
_WOS = re.compile(r"^(?:FN|VR|PT) \S", re.MULTILINE)
_TABLE_COLUMNS = {
    "abstract",
    "title",
    "authors",
    "author",
    "year",
    "doi",
    "id",
    "url",
    "summary",
    "label_included",
}


def recognises(text: str) -> bool:
    return _format(text) is not None


def records(text: str, name: str) -> Iterator[Record | Reject]:
    """One reject for the whole text, which says what it looks like and what to do."""
    reason = f"this looks like {_format(text)}, which is not read yet: paste the abstracts as plain text"
    yield Reject(Source(name, 1), reason, " ".join(text[:80].split()))


def _format(text: str) -> str | None:
    head = text[:20_000].lstrip("\ufeff \t\n")
    if _XML.match(head):
        return "HTML" if re.match(r"<(?:!doctype )?html", head, re.IGNORECASE) else "XML"
    if _is_json(head):
        return "JSON"
    if _BIBTEX.search(head):
        return "BibTeX"
    if _RIS.match(head) or (_RIS.search(head) and "\nER  -" in text) or _WOS.match(head):
        return "RIS or another tagged reference format"
    return "a table (CSV or TSV)" if _is_table(head) else None


def _is_json(head: str) -> bool:
    if not head.startswith(("{", "[")):
        return False
    first = head.split("\n", 1)[0].strip()
    try:
        return isinstance(json.loads(first), dict | list) and bool(re.search(r"[\"{\[]", first))
    except (ValueError, RecursionError):
        return bool(re.match(r"[\[{\s]*\"[^\"]*\"\s*[:,\]]|\[\s*[{\[]|[{\[]\s*$", head))


def _is_table(head: str) -> bool:
    first, _, rest = head.partition("\n")
    for separator in ",;\t|":
        columns = {column.strip(" \"'\r").lower() for column in first.split(separator)}
        if len(columns) > 1 and len(columns & _TABLE_COLUMNS) >= 2 and separator in rest:
            return True
    return False
