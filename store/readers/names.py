"""Authors as exports write them, as names in the order in which they are spoken.

`Lovelace, Ada` becomes `Ada Lovelace`; a name that no comma turns stays as it is. Never raises.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from store.latex import readable

_SUFFIX = re.compile(r"(?:jr|sr|i{2,3}|iv)\.?$", re.IGNORECASE)
_LISTED = re.compile(r"\s*\[.*\]\s*\Z", re.DOTALL)
_AND = re.compile(r"\s+(?:and|&)\s+", re.IGNORECASE)
_KEYS = ("name", "display_name", "full_name", "fullname", "literal", "raw_author_name", "text", "value")
_LONGEST_LIST = 100_000
# "Lovelace, Ada" is one author; "A. Lovelace, C. Babbage" are two.
_GIVEN_AND_LAST = re.compile(r"\w[\w’'\-]*\s+\S")


def authors(value: object) -> tuple[str, ...]:
    """The authors of a value: a text that lists them, a list of texts, or of objects with their names."""
    found = (
        " ".join(readable(name).split()) if "\\" in name else " ".join(name.split()) for name in _each(value)
    )
    return tuple(dict.fromkeys(name for name in found if name))


def turned(name: str) -> str:
    """A name in the order in which it is spoken."""
    if "," not in name:
        return name.strip()
    parts = [part.strip() for part in name.split(",")]
    parts = [part for part in parts if part]
    if len(parts) == 2 and not _SUFFIX.match(parts[1]):
        return f"{parts[1]} {parts[0]}"
    if len(parts) == 3:
        last, middle, first = parts
        if _SUFFIX.match(middle):
            return f"{first} {last} {middle}"
        if _SUFFIX.match(first):
            return f"{middle} {last} {first}"
    return name.strip()


def listed(text: str) -> list[object] | None:
    """The list that a program wrote into a cell (`['a', 'b']`); None if it is none."""
    if len(text) > _LONGEST_LIST or not _LISTED.match(text):
        return None
    try:
        found = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _each(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _of_text(value)
    elif isinstance(value, Mapping):
        yield _of_object(value)
    elif isinstance(value, Sequence):
        for item in value:
            if isinstance(item, str):
                yield turned(item)
            elif isinstance(item, Mapping):
                yield _of_object(item)
            elif isinstance(item, Sequence):  # arXiv's authors_parsed: last, first, suffix
                last, first, *suffix = [*(str(part) for part in item[:3]), "", ""]
                yield " ".join((first, last, *suffix))


def _of_object(item: Mapping[str, object]) -> str:
    inner = item.get("author")
    if isinstance(inner, Mapping):  # OpenAlex
        return _of_object(inner)
    for key in _KEYS:
        if isinstance(found := item.get(key), str) and found:
            return turned(found)
    given = item.get("given") or item.get("first") or item.get("firstName") or item.get("first_name") or ""
    last = item.get("family") or item.get("last") or item.get("lastName") or item.get("last_name") or ""
    return f"{given} {last}" if isinstance(given, str) and isinstance(last, str) else ""


def _of_text(text: str) -> Iterator[str]:
    if (items := listed(text)) is not None:
        yield from (name for item in items for name in _each([item]))
        return
    text = " ".join(text.split())
    mark = next((mark for mark in ";|" if mark in text), None)
    for name in text.split(mark) if mark else _of_commas(text):
        yield turned(name)


def _of_commas(text: str) -> list[str]:
    """Names that commas or "and" part, where a comma may also stand within a name."""
    parts = [part.strip(" ,") for part in _AND.split(text)]
    if all(part.count(",") == 1 and not _GIVEN_AND_LAST.match(part) for part in parts):
        return parts  # "Lovelace, Ada and Babbage, Charles"
    names: list[str] = []
    for name in (name.strip() for part in parts for name in part.split(",")):
        if names and _SUFFIX.match(name):
            names[-1] += f" {name}"
        else:
            names.append(name)
    return names
