"""A conversation as HTML, while a question of it is answered and as it stands."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from functools import partial
from typing import cast

from chatbot.values import Event, Manner
from chatbot.web.answer import turn
from chatbot.web.conversations import beside
from chatbot.web.desk import Desk
from chatbot.web.markup import EMPTY, Safe, join
from chatbot.web.running import Running
from chatbot.web.talk import Talk
from chatbot.web.viewing import State, View
from chatbot.web.welcome import welcome
from store.records import Filter

# Earlier turns that are on the page at once.
_SHOWN = 30
Shown = tuple[Safe, Safe, Safe | None]
"""Earlier turns, the last one, and the list of conversations where it has changed."""


async def answered(
    desk: Desk, talk: Talk, text: str, filter: Filter, manner: Manner, place: int | None = None
) -> AsyncIterator[Shown]:
    """The conversation while a question is answered.

    `place` is the turn that the question takes the place of; what came behind it goes too.
    """
    if talk.busy and talk.running is not None:
        talk.stop()
        await talk.running.finished.wait()
    if place is not None:
        talk.back_to(place, desk.sessions)
    events = partial(_events, desk, talk, text.strip(), filter, manner)
    running = talk.running = Running(events, View(text.strip()))
    before, at, listed = earlier(desk, talk), len(talk.views), talk.id
    async with aclosing(cast("AsyncGenerator[View]", running.views())) as views:
        async for view in views:
            over = view.state is not State.RUNNING
            if over:
                talk.kept(view)
            told = beside(desk, talk) if over or talk.id != listed else None
            listed = talk.id
            yield before, turn(view, desk.sentences, at), told


def _events(desk: Desk, talk: Talk, text: str, filter: Filter, manner: Manner) -> Iterator[Event]:
    question = talk.question(text, filter, manner)
    return talk.recorded(question, desk.events(question), desk.sessions, desk.collection.name)


def earlier(desk: Desk, talk: Talk, upto: int | None = None) -> Safe:
    """All turns but the one that is being answered; the last few of many."""
    views = talk.views[: len(talk.views) if upto is None else upto]
    first = max(0, len(views) - _SHOWN)
    return join(*(turn(view, desk.sentences, at, last=False) for at, view in enumerate(views) if at >= first))


def shown(desk: Desk, talk: Talk) -> tuple[Safe, Safe]:
    """The conversation as it stands: earlier turns, and the last or the welcome."""
    if not talk.views:
        return EMPTY, welcome(desk)
    at = len(talk.views) - 1
    return earlier(desk, talk, at), turn(talk.views[at], desk.sentences, at)
