"""JSON: an object a line, or lists and objects of them, by whoever made them.

What an object means is for `store.readers.keys` to say. Read object by object: neither a file of many lines
nor a long list is ever held whole. After a break in a list nothing can be found any more; in a file of lines
it costs that line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from store.readers import own
from store.readers.document import LONGEST_LINE, Document, reject
from store.readers.fields import record
from store.readers.json_values import Broken, values
from store.readers.keys import Keys
from store.records import Record, Reject, Source

# So many objects that are no papers at the beginning of a text, and it is no list of papers.
_PATIENCE = 100
_BEGINNING = re.compile(r"(?:\[\s*)*(?:\{\s*(?:\"|\}|$)|\[?\s*(?:\]|$|\"|\d))")
_NO_PAPERS = (
    "JSON, but not of papers: none of its first objects has a title or an abstract; "
    "if they have, say under which keys: --map abstract=KEY"
)

_Found = Iterator[tuple[int, object]]


def recognises(document: Document) -> bool:
    head = document.head[:20_000].lstrip()
    if not head.startswith(("{", "[")) or not _BEGINNING.match(head):
        return False
    first = head.split("\n", 1)[0].strip().rstrip(",")
    try:
        return isinstance(json.loads(first), dict | list)
    except (ValueError, RecursionError):
        # An object over several lines, a long line that was cut here, or an opened list.
        return bool(re.match(r"[\[{\s]*(?:\"(?:[^\"\\\n]|\\.)*\"\s*[:,\]]|$)", first))


def records(document: Document) -> Iterator[Record | Reject]:
    """A record or a reject for each object that could be one."""
    keys = Keys(document)
    papers = False
    held: list[Reject] = []
    for line, value in _by_line(document) if _has_lines(document) else values(document.pieces()):
        ours = own.of_json(value) if isinstance(value, dict) and not document.mapping else None
        found = {} if ours or not isinstance(value, dict) else keys.fields(value)
        papers = papers or bool(ours or found.get("title") or found.get("abstract"))
        source = Source(document.name, line)
        item = own.record(source, ours) if ours else _item(document, line, value, found)
        if papers:
            yield from held
            held.clear()
            yield item
        elif isinstance(item, Reject):
            held.append(item)
            if len(held) >= _PATIENCE:
                yield reject(document.name, held[0].source.line, _NO_PAPERS, held[0].excerpt, broken=True)
                return
    yield from held


def _item(document: Document, line: int, value: object, found: dict[str, object]) -> Record | Reject:
    if isinstance(value, Broken):
        return reject(document.name, line, value.reason, value.text, broken=value.last)
    if not isinstance(value, dict):
        return reject(document.name, line, "no object, and so no record", str(value)[:400])
    if not found.get("title") and not found.get("abstract"):
        return reject(document.name, line, "it has neither an abstract nor a title", ", ".join(value)[:400])
    return record(Source(document.name, line), found)


def _has_lines(document: Document) -> bool:
    """Whether the text holds an object a line."""
    first, _, others = document.head.lstrip().partition("\n")
    if not others.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(first.strip().rstrip(",")), dict)
    except (ValueError, RecursionError):
        return False


def _by_line(document: Document) -> _Found:
    broken: tuple[int, Broken] | None = None  # the last line may be where a file was cut off
    for number, line in enumerate(document.lines(), start=1):
        text = line.strip()
        if not text:
            continue
        if broken is not None:
            yield broken[0], replace(broken[1], last=False)
            broken = None
        if len(line) >= LONGEST_LINE:
            reason = f"a line of more than {LONGEST_LINE // 2**20} million characters"
            broken = number, Broken(reason, text)
            continue
        try:
            yield number, json.loads(text.rstrip(","))
        except (ValueError, RecursionError) as error:
            reason = f"this line is no JSON ({getattr(error, 'msg', None) or error})"
            broken = number, Broken(reason, text)
    if broken is not None:
        yield broken
