"""What the keys of a JSON object mean, whoever wrote it.

Known by their shape are arXiv's snapshot, OpenAlex (its inverted abstracts too), Semantic Scholar, OpenReview
(both versions of its API), Crossref and CSL; of all others the names of the keys tell, as in a table, or the
user does (`abstract=meta.summary` reaches into an object).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from store.readers.document import Document
from store.readers.fields import Plan, fold, picked, plan

# Under which one record may hold its own fields.
_INNER = ("content", "_source", "attributes", "paper", "fields", "metadata", "article", "bibjson", "data")
_NAMES = frozenset(("title", "abstract", "summary", "abstractNote", "abstract_inverted_index"))
_LONGEST_INVERTED = 20_000
_MOST_PLANS = 1_000
_FORUM = re.compile(r"[\w\-]{4,40}$")

_Object = dict[str, Any]


class Keys:
    """Reads the objects of one document; tells the user once how their keys were understood."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._paths = {field: path for field, path in document.mapping.items() if "." in path}
        self._told = False

    def fields(self, item: _Object) -> dict[str, object]:
        """The fields of Record that an object gives."""
        given = {field: found for field, path in self._paths.items() if (found := _reached(item, path))}
        known = _known(item)
        names = tuple(known)
        chosen = self._plans.get(names)
        if chosen is None:
            chosen = plan(names, self._document.mapping, without=("source",))
            if len(self._plans) < _MOST_PLANS:
                self._plans[names] = chosen
        found = {**picked(known, chosen), **given}
        if not self._told and "abstract" in found:
            self._told = True
            self._document.notice(
                f"{self._document.name}: JSON, read as {chosen}. --map FIELD=KEY corrects it."
            )
        return found


def _reached(item: object, path: str) -> object:
    """What stands at a path of keys and numbers ("authors.0.name"), or None."""
    for step in path.split("."):
        if isinstance(item, Mapping):
            item = item.get(step)
        elif isinstance(item, list) and step.isdecimal() and int(step[:6]) < len(item):
            item = item[int(step[:6])]
        else:
            return None
    return item


def _known(item: _Object) -> _Object:
    """The object with what its shape says as plain keys."""
    if not _NAMES & item.keys():
        for key in _INNER:
            inner = item.get(key)
            if isinstance(inner, dict) and _NAMES & inner.keys():
                item = {**{name: value for name, value in item.items() if name != key}, **inner}
                break
    if any(isinstance(value, dict) and "value" in value for value in item.values()):  # OpenReview, since 2023
        item = {
            key: value["value"] if isinstance(value, dict) and "value" in value else value
            for key, value in item.items()
        }
    for key, understood in _SHAPES.items():
        if key in item:
            item = {**item, **understood(item)}
    return item


def _of_openalex(item: _Object) -> _Object:
    found: _Object = {"abstract": _uninverted(item["abstract_inverted_index"]), "updated_date": None}
    places = [item.get("primary_location"), *_list(item.get("locations")), item.get("host_venue")]
    for place in (place for place in places if isinstance(place, dict)):
        source = place.get("source") or place
        if isinstance(source, dict) and isinstance(name := source.get("display_name"), str):
            found.setdefault("venue", name)
        address = place.get("landing_page_url")
        if isinstance(address, str):
            found.setdefault("url", address)
            if "arxiv.org/" in address:
                found.setdefault("arxiv_id", address)
    return found


def _uninverted(index: object) -> str:
    """The text of an inverted index: each word with the places where it stands."""
    words: dict[int, str] = {}
    for word, places in index.items() if isinstance(index, dict) else ():
        for place in _list(places):
            if isinstance(place, int) and 0 <= place < _LONGEST_INVERTED:
                words[place] = word
    return " ".join(words[place] for place in sorted(words))


def _of_versions(item: _Object) -> _Object:
    """arXiv's snapshot: the first version's date is the paper's, the last one's its update."""
    dates = [version.get("created") for version in _list(item["versions"]) if isinstance(version, dict)]
    if not dates:
        return {}
    return {"created": dates[0], "updated": dates[-1] if len(dates) > 1 else None, "update_date": None}


def _of_ids(item: _Object) -> _Object:
    """Semantic Scholar and others: identifiers as an object of their own."""
    ids = (
        {fold(key): value for key, value in item["externalIds"].items()}
        if isinstance(item["externalIds"], dict)
        else {}
    )
    found: _Object = {"externalIds": None}
    if isinstance(ids.get("arxiv"), str):
        found["arxiv_id"] = ids["arxiv"]
    if isinstance(ids.get("doi"), str):
        found["doi"] = ids["doi"]
    return found


def _of_forum(item: _Object) -> _Object:
    """OpenReview: a note's address is made of its forum."""
    forum = item["forum"]
    if isinstance(forum, str) and _FORUM.match(forum):
        return {"url": f"https://openreview.net/forum?id={forum}"}
    return {}


def _of_issued(item: _Object) -> _Object:
    """Crossref and CSL: `created` is when the entry was made, not the paper."""
    return {"created": item["issued"]} if isinstance(item["issued"], dict) else {}


def _list(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


_SHAPES = {
    "abstract_inverted_index": _of_openalex,
    "versions": _of_versions,
    "externalIds": _of_ids,
    "forum": _of_forum,
    "issued": _of_issued,
}
