"""The saved conversations beside the chat: whose they are, the list, and what becomes of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from chatbot.errors import SessionError
from chatbot.sessions import Session, Sessions
from chatbot.web.desk import Desk
from chatbot.web.markup import Safe, el
from chatbot.web.prose import counted
from chatbot.web.prose import date as day
from chatbot.web.talk import Talk

_MOST = 60


def listed(sessions: Sessions | None, collection: str, owner: str, current: str, search: str = "") -> Safe:
    """The conversations, the last first, by day; `current` is the open one's id."""
    new = el("button", "New conversation", type="button", class_="new", data_do="fresh")
    if sessions is None:
        return el("div", new, el("p", "Conversations are not saved.", class_="hint"), class_="talks")
    try:
        found = sessions.list(collection, search, owner, _MOST)
    except SessionError as error:
        return el("div", new, el("p", str(error), class_="hint"), class_="talks")
    today = datetime.now(UTC).astimezone().date()
    groups: dict[str, list[Session]] = {}
    for each in found:
        if each.turns:
            groups.setdefault(_when(each.changed, today), []).append(each)
    return el(
        "div",
        new,
        [
            [el("h2", title), el("ul", [el("li", _item(each, current)) for each in group])]
            for title, group in groups.items()
        ],
        el("p", "Nothing found.", class_="hint") if search and not groups else None,
        class_="talks",
        data_current=current,
    )


def beside(desk: Desk, talk: Talk, search: str = "") -> Safe:
    """The list of a visitor's conversations."""
    return listed(desk.sessions, desk.collection.name, talk.owner, talk.id, search.strip()[:200])


def _item(session: Session, current: str) -> Sequence[Safe]:
    title = session.title or "Untitled"
    own = {"type": "button", "class_": "action", "data_id": session.id}
    return (
        el(
            "button",
            title,
            type="button",
            class_="talk",
            data_do="open",
            data_id=session.id,
            aria_current="true" if session.id == current else None,
            title=f"{title} · {counted(session.turns, 'question')}",
        ),
        el(
            "details",
            el("summary", "⋯", aria_label=f"More for {title}"),
            el(
                "div",
                el("button", "Rename", data_do="rename", data_title=title, **own),
                el("button", "Markdown", data_do="export", data_kind="md", **own),
                el("button", "JSON", data_do="export", data_kind="json", **own),
                el("button", "BibTeX", data_do="export", data_kind="bib", **own),
                el("button", "Web page", data_do="export", data_kind="html", **own),
                el("button", "Delete", data_do="remove", **own),
                class_="menu-list",
            ),
            class_="more",
        ),
    )


def _when(changed: str, today: date) -> str:
    try:
        when = datetime.fromisoformat(changed).astimezone().date()
    except ValueError:
        return "Earlier"
    if when >= today:
        return "Today"
    if when == today - timedelta(days=1):
        return "Yesterday"
    if when > today - timedelta(days=7):
        return "This week"
    return day(f"{when:%Y-%m}")
