"""What the routes share: the collections, the threads, the numbers, the log; and how a question is answered.

One `Context` an application. Knows no protocol.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from chatbot.api.failing import Failure, failure, full
from chatbot.api.measuring import Meters
from chatbot.api.pumping import Full, Pump
from chatbot.api.telling import Log
from chatbot.api.tracing import Tracer
from chatbot.serving import Served, Shaped
from chatbot.values import Answer, ClaimMade, Delta, Event, Finished, Question, Thought

if TYPE_CHECKING:
    from starlette.requests import Request

    from store.collection import Collection
    from store.records import Paper


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that routes need."""

    served: Served
    pump: Pump
    meters: Meters = field(default_factory=Meters)
    log: Log = field(default_factory=Log)
    tracer: Tracer = field(default_factory=Tracer)
    alone: bool = True
    """One person's own: no keys are demanded."""

    async def answering(
        self,
        id: str,
        name: str | None,
        shaped: Shaped,
        asked: Callable[[Collection], Question],
        record: Callable[[str], Callable[[Question, Iterator[Event]], Iterator[Event]]] | None = None,
    ) -> AsyncGenerator[Event]:
        """The events of an answer. `asked` makes the question, in the thread that answers it; `record` makes
        what saves the events of a collection's answer as they pass.

        Raises what `Chat.stream` raises, Failure, Full.
        """
        started = time.monotonic()
        first = True

        def stream() -> Iterator[Event]:
            chat = self.served.chat(name, shaped)
            collection = self.served.collection(name)
            question = asked(collection)
            self.log.question(id, question.text)
            events = chat.stream(question)
            return events if record is None else record(collection.name)(question, events)

        events = self.pump.items(stream)
        with self.tracer.question(id) as trace, self.meters.running.track_inprogress():
            try:
                async for event in events:
                    if first and isinstance(event, Delta | Thought):
                        first = False
                        self.meters.first(time.monotonic() - started)
                    if isinstance(event, Finished):
                        self.meters.answer(event.answer)
                        trace.finished(event.answer)
                    yield event
            except Exception as error:
                self.meters.fault(error)
                raise
            finally:
                await events.aclose()

    def failed(self, error: BaseException, id: str) -> Failure:
        """The failure that an error is for a client; the log gets one that nobody foresaw."""
        if isinstance(error, Full):
            return full()
        found = failure(error, id)
        if found.status == 500 and not isinstance(error, Failure):
            self.log.fault(error, id)
        return found


async def finished(
    events: AsyncGenerator[Event], take: Callable[[Event], None] = lambda event: None
) -> Answer:
    """The answer that the events end with; `take` sees each of them. Raises what the events raise."""
    try:
        async for event in events:
            take(event)
            if isinstance(event, Finished):
                return event.answer
    finally:
        await events.aclose()
    raise RuntimeError("a stream ended without an answer")


def context(request: Request) -> Context:
    """The application's context."""
    return cast(Context, request.app.state.context)


def request_id(request: Request) -> str:
    """The id that the guard gave the request."""
    return str(getattr(request.state, "request_id", ""))


def link(request: Request) -> Callable[[Paper], str]:
    """A paper's address: where its full text is, else where this server shows it."""
    base = str(request.base_url)

    def linked(paper: Paper) -> str:
        return paper.link or f"{base}v1/papers/{quote(paper.id, safe='')}"

    return linked


def visible(event: Event) -> bool:
    """A client can see something of it."""
    return isinstance(event, Delta | Thought | ClaimMade | Finished)
