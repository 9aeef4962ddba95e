"""Filters in the question box: `since:2025-05 author:"Bowen Yu" has:code -survey`, and what they mean.

    words               papers that
    since: until:       were created from or up to a date (2025, 2025-05, 2025-05-14)
    date:               were created in it
    author:             are by that author; a part of the name does
    cat:                are in that category, or archive
    id:                 are this one: id, arXiv id, DOI or label; several: any of them
    title:              have these words in their title
    venue:              name this venue
    has:                have it, see `store.filters.FACTS`
    text:               contain these letters
    "exact phrase"      have these whole words
    -                   before has:, id:, a phrase or a word: don't

A question stays a question. A word is a filter only if its colon is followed at once by something, and its
name is one of those above; `-word` only before or after the question ("state-of-the-art", "1 - 2" and "the
suffix -based is" are text); a quoted phrase only where the question is over: behind its question mark, or
behind another filter at its end. What `"Hint-infer"` means can be asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from store.errors import FilterError
from store.filters import condition
from store.records import Filter

_KEYS = {
    "since": "since",
    "until": "until",
    "date": "date",
    "author": "authors",
    "cat": "categories",
    "category": "categories",
    "id": "ids",
    "title": "titles",
    "venue": "venues",
    "has": "has",
    "text": "text",
}
_NEGATED = {"has": "lacks", "ids": "without", "phrases": "exclude"}
_HELP = "Filters are since: until: date: author: cat: id: title: venue: has: text: and, to leave out, -word."
_TOKEN = re.compile(
    r"""(?P<sign>-?)(?P<key>[A-Za-z]+):(?P<value>["“”][^"“”]*(?:["“”]|$)|[^\s"“”]+)
      | (?P<minus>-?)["“](?P<quoted>[^"“”]+)["”](?=[\s?!.,;:)]|$)
      | -(?P<word>[^\W\d_][^\s"“”]+)""",
    re.VERBOSE,
)
_ENDS = re.compile(r"[?!.;,:)]+$")
_OVER = re.compile(r"[?!？！]\s*$")


@dataclass(frozen=True, slots=True)
class Understood:
    """A text, read: the question that is left of it, the filter, and the filter's words as typed."""

    question: str
    filter: Filter = Filter()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A filter in a text: where, which field, and its value. `loose` ones depend on where they stand."""

    start: int
    end: int
    field: str
    value: str
    loose: bool = False


def read(text: str) -> Understood:
    """What a text asks, and of which papers. Raises FilterError for a filter that can't be."""
    found = _outside(text, list(_find(text)))
    if not found:
        return Understood(text)
    filter = Filter()
    for each in found:
        if each.field != "ids":
            filter = both(filter, _filter(each))
    filter = replace(filter, ids=tuple(dict.fromkeys(each.value for each in found if each.field == "ids")))
    condition(filter)  # says now what is wrong with it
    pieces, at = [], 0
    for each in found:
        pieces.append(text[at : each.start])
        at = each.end
    left = re.sub(r"\s+(?=[?!.,;:]+(?:\s|$))", "", " ".join(" ".join([*pieces, text[at:]]).split()))
    if not any(map(str.isalnum, left)):
        left = ""
    return Understood(left, filter, tuple(text[each.start : each.end] for each in found))


def both(first: Filter, second: Filter) -> Filter:
    """The filter of papers that pass both. Raises FilterError where one filter can't say that."""
    if first.text and second.text and first.text != second.text:
        raise FilterError(
            f"text: can be given once, not {first.text[:40]!r} and {second.text[:40]!r}. Quote one of them "
            "behind the question instead."
        )
    if first.ids and second.ids and not set(first.ids) & set(second.ids):
        raise FilterError("No paper is among both lists of ids. Leave one of them out.")
    shared = tuple(id for id in first.ids if id in second.ids) if first.ids and second.ids else ()
    lists = ("without", "authors", "categories", "titles", "venues", "phrases", "exclude", "has", "lacks")
    return Filter(
        since=_later(first.since, second.since),
        until=_earlier(first.until, second.until),
        text=first.text or second.text,
        ids=shared or first.ids or second.ids,
        **{name: tuple(dict.fromkeys((*getattr(first, name), *getattr(second, name)))) for name in lists},
    )


def told(filter: Filter) -> str:
    """What was understood, in a sentence for people."""
    return f"Only papers: {filter}."


def known(filter: Filter, paper: Callable[[str], object]) -> Filter:
    """The filter, if every id in it is a paper's: `paper` looks one up. Raises FilterError."""
    for id in (*filter.ids, *filter.without):
        if paper(id) is None:
            raise FilterError(f"There is no paper {id.strip()[:60]!r}. `chatbot papers` lists their ids.")
    return filter


def _find(text: str) -> Iterable[_Found]:
    """Everything that may be a filter, in order."""
    for match in _TOKEN.finditer(text):
        if match.start() and not text[match.start() - 1].isspace():
            continue
        if match["key"]:
            if found := _keyed(match):
                yield found
        elif match["quoted"]:
            # A question in quotes is a question all the same.
            if any(map(str.isalnum, match["quoted"])) and not _OVER.search(match["quoted"]):
                field = "exclude" if match["minus"] else "phrases"
                yield _Found(match.start(), match.end(), field, match["quoted"].strip(), loose=True)
        else:
            word = _ENDS.sub("", match["word"])
            yield _Found(match.start(), match.start() + 1 + len(word), "exclude", word, loose=True)


def _keyed(match: re.Match[str]) -> _Found | None:
    """`key:value`, if it is one of ours. Raises FilterError for what is nearly one."""
    key, value = match["key"].lower(), match["value"]
    if key not in _KEYS:
        # "arXiv:2505.09388", "https://…" and "note:this" are text; "autor:" was meant to be a filter.
        near = get_close_matches(key, _KEYS, 1, 0.8) if len(key) > 3 and not value.startswith("/") else []
        if near:
            raise FilterError(f"There is no filter {key}:. Did you mean {near[0]}:? {_HELP}")
        return None
    end = match.end()
    if value[0] in '"“”':
        if len(value) < 2 or value[-1] not in '"“”':
            raise FilterError(f'The quote behind {key}: has no end. Write {key}:"some words".')
        value = value[1:-1].strip()
    else:
        plain = _ENDS.sub("", value)
        end -= len(value) - len(plain)
        end += match["value"][len(plain) :].startswith(",")  # what kept two filters apart
        value = plain
    if not value and match["value"][0] in '"“”':
        raise FilterError(f'Nothing stands behind {key}:. Write {key}:"some words".')
    if not value:
        return None
    field = _KEYS[key]
    if match["sign"]:
        if field not in _NEGATED:
            raise FilterError(f"-{key}: can't leave papers out. What can: -has:code, -id:…, -word.")
        field = _NEGATED[field]
    return _Found(match.start(), end, field, value)


def _outside(text: str, found: list[_Found]) -> list[_Found]:
    """Without those loose ones that stand in the question itself: see the head of this module."""
    leading = 0
    at = 0
    while leading < len(found) and not text[at : found[leading].start].strip():
        at, leading = found[leading].end, leading + 1
    if leading == len(found) and not _ENDS.sub("", text[at:].strip()):  # there is no question
        return found if any(each.field != "phrases" for each in found) else []
    trailing = len(found)
    at = len(text)
    while trailing and not _ENDS.sub("", text[found[trailing - 1].end : at].strip()):
        at, trailing = found[trailing - 1].start, trailing - 1
    over = bool(_OVER.search(text[:at]))
    kept = []
    for place, each in enumerate(found):
        edge = place < leading or place >= trailing
        if not each.loose or (edge and each.field == "exclude") or (over and place >= trailing):
            kept.append(each)
            over = over or place >= trailing
    return kept


def _filter(found: _Found) -> Filter:
    value = found.value
    match found.field:
        case "date":
            return Filter(since=value, until=value)
        case "since":
            return Filter(since=value)
        case "until":
            return Filter(until=value)
        case "text":
            return Filter(text=value)
        case "has":
            return Filter(has=(value.lower(),))
        case "lacks":
            return Filter(lacks=(value.lower(),))
    fields: dict[str, Any] = {found.field: (value,)}
    return Filter(**fields)


def _later(first: str | None, second: str | None) -> str | None:
    """The later beginning; "2025-01" and "2025" begin on the same day."""
    known = [each for each in (first, second) if each]
    return max(known, key=lambda each: each + "-01-01"[len(each) - 4 :]) if known else None


def _earlier(first: str | None, second: str | None) -> str | None:
    known = [each for each in (first, second) if each]
    return min(known, key=lambda each: each + "-12-31"[len(each) - 4 :]) if known else None
