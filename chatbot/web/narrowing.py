"""The filter fields beside the chat as a `Filter`, and how many papers remain."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.web.desk import Desk
from chatbot.web.markup import Safe, el
from chatbot.web.prose import counted
from store.errors import StoreError
from store.plans import By, Do, Plan
from store.records import Filter

_OFFERED = 60


def chosen(
    since: str | None,
    until: str | None,
    text: str | None,
    authors: str | None,
    categories: Sequence[str] | None,
) -> Filter:
    """The filter of the fields as they stand; empty fields let everything pass."""
    return Filter(
        since=_clean(since),
        until=_clean(until),
        text=_clean(text),
        authors=tuple(filter(None, (each.strip() for each in (authors or "").split(",")))),
        categories=tuple(categories or ()),
    )


def remaining(desk: Desk, filter: Filter = Filter()) -> Safe:
    """How many papers pass, or what is wrong with the filter."""
    try:
        total = desk.count()
        if filter.empty:
            return el("p", counted(total, "paper"), class_="remaining")
        count = desk.count(filter)
    except StoreError as error:
        return el("p", str(error), class_="remaining wrong", role="alert")
    empty = " none" if not count else ""
    return el("p", el("b", f"{count:,}"), f" of {counted(total, 'paper')}", class_=f"remaining{empty}")


def categories(desk: Desk) -> list[str]:
    """The categories that papers name, the most frequent first."""
    try:
        found = desk.collection.census(Plan(Do.COUNT, by=By.CATEGORY, most=_OFFERED))
    except StoreError:
        return []
    return [group.key for group in found.groups]


def _clean(value: str | None) -> str | None:
    return (value or "").strip() or None
