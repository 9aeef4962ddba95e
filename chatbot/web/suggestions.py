"""Suggested questions as buttons: to begin with, and to go on with."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot import suggesting
from chatbot.suggesting import Suggestion
from chatbot.web.desk import Desk
from chatbot.web.markup import EMPTY, Safe, el
from chatbot.web.talk import Talk
from store.errors import StoreError


def starters(desk: Desk) -> Safe:
    """Questions that the collection answers, while nothing has been asked."""
    try:
        found = desk.starters()
    except StoreError:
        return EMPTY  # whatever ails the collection is said where it is used
    return _buttons("Questions that these papers answer", found)


def further(desk: Desk, talk: Talk) -> Safe:
    """Questions to go on with after the last answer."""
    answer = talk.views[-1].answer if talk.views else None
    if answer is None:
        return EMPTY
    try:
        found = suggesting.following(
            desk.collection, answer, [view.question for view in talk.views], answer.filter
        )
    except StoreError:
        return EMPTY
    return _buttons("Go on with", found)


def _buttons(label: str, found: Sequence[Suggestion]) -> Safe:
    if not found:
        return EMPTY
    return el(
        "section",
        el("h2", label),
        el(
            "ul",
            [
                el("li", el("button", each.text, type="button", data_do="ask", data_text=each.text))
                for each in found
            ],
        ),
        class_="suggested",
        aria_label=label,
    )
