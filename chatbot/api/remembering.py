"""Saved conversations: listed, shown, deleted; and a question that goes on with one, or begins one.

With keys, a key sees the conversations that it began, and no others; on this machine alone they are all one
person's, whichever face began them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from chatbot import shapes
from chatbot.api.context import Context, context
from chatbot.api.failing import Failure
from chatbot.api.streaming import unless_left
from chatbot.errors import NoSession
from chatbot.sessions import Recorder, Sessions
from chatbot.values import Event, Question

if TYPE_CHECKING:
    from chatbot.sessions import Session

router = APIRouter(tags=["sessions"])

NEW = "new"
"""What a question says that begins a conversation."""

Id = Annotated[str, Path(max_length=100, description="Its id, or how that begins.")]


@router.get("/v1/sessions")
async def listed(
    request: Request,
    collection: Annotated[str | None, Query(max_length=64)] = None,
    search: Annotated[str, Query(max_length=500, description="Words that all stand in it.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """The saved conversations, those that changed last first."""
    here, owner = context(request), _owner(request)

    def found() -> dict[str, Any]:
        sessions = here.served.sessions()
        rows = sessions.list(collection, search, owner, limit) if sessions else ()
        return {"version": shapes.VERSION, "sessions": shapes.sessions(rows)}

    return await unless_left(request, here.pump.call(found))


@router.get("/v1/sessions/{id}")
async def shown(request: Request, id: Id) -> dict[str, Any]:
    """A conversation with its questions and answers."""
    here, owner = context(request), _owner(request)

    def found() -> dict[str, Any]:
        sessions = kept(here)
        return shapes.saved(sessions.load(own(sessions, id, owner).id))

    return await unless_left(request, here.pump.call(found))


@router.delete("/v1/sessions/{id}")
async def deleted(request: Request, id: Id) -> dict[str, Any]:
    """Delete a conversation, for ever. Its whole id is needed."""
    here, owner = context(request), _owner(request)

    def gone() -> dict[str, Any]:
        sessions = kept(here)
        session = own(sessions, id, owner)
        if session.id != id:
            raise NoSession(f"To delete a conversation takes its whole id. Did you mean {session.id}?")
        sessions.delete(session.id)
        return {"version": shapes.VERSION, "deleted": session.id}

    return await unless_left(request, here.pump.call(gone))


def kept(here: Context) -> Sessions:
    """Where conversations are kept. Raises Failure where they are not."""
    sessions = here.served.sessions()
    if sessions is None:
        raise Failure(
            404, "Conversations are not saved here: save_sessions is off.", code="session_not_found"
        )
    return sessions


def own(sessions: Sessions, id: str, owner: str | None) -> Session:
    """The conversation of that id. Raises NoSession, also where it is another's."""
    session = sessions.get(id)
    if owner is not None and session.owner != owner:
        raise NoSession(f"No saved conversation has the id {id[:100]!r}. GET /v1/sessions lists yours.")
    return session


class Remembered:
    """A question asked in a conversation, and its answer saved as it passes."""

    def __init__(self, here: Context, request: Request, wanted: str) -> None:
        self._here = here
        self._owner = _owner(request)
        self._wanted = wanted
        self.id = ""
        """The conversation's id, once the first event has come."""

    def asked(self, question: Question) -> Question:
        """The question with what was said before in its conversation. Raises NoSession, Failure."""
        sessions = kept(self._here)
        if self._wanted == NEW:
            return question
        saved = sessions.load(own(sessions, self._wanted, self._owner).id)
        self.id = saved.session.id
        return replace(saved.question(question.text, question.filter), manner=question.manner)

    def recording(self, collection: str) -> Callable[[Question, Iterator[Event]], Iterator[Event]]:
        """What saves the events of an answer as they pass."""
        recorder = Recorder(kept(self._here), collection, self.id, self._owner or "")

        def record(question: Question, events: Iterator[Event]) -> Iterator[Event]:
            for event in recorder.record(question, events):
                self.id = recorder.id
                yield event

        return record


def _owner(request: Request) -> str | None:
    """Whose conversations these are: a key's own; None: everybody's, where there are no keys."""
    key = getattr(request.state, "key", None)
    return f"key:{key.id}" if key is not None else None
