"""Answers to clients as they come, and clients that leave.

The first event that a client can see is waited for, for a few seconds, before the status is sent: an error
until then is an error with its own status. Later ones come as an event of the stream. While nothing is to be
said a comment keeps the connection alive. A client that leaves ends whatever was done for it at once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from starlette.responses import Response

from chatbot.api.failing import Failure

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

T = TypeVar("T")

FIRST = 5.0
"""Seconds that the status waits for something to see."""
SILENCE = 10.0
"""Seconds of silence after which a comment is sent."""
_COMMENT = b": still working\n\n"


class Left(Exception):
    """The client has gone; nobody reads an answer any more."""


class Reader(Generic[T]):
    """Reads an asynchronous generator with a patience; what is awaited is not lost when that ends."""

    def __init__(self, items: AsyncGenerator[T]) -> None:
        self._items = items
        self._next: asyncio.Future[T] | None = None

    async def next(self, seconds: float | None = None) -> tuple[T] | None:
        """The next item; None if there is none yet. Raises StopAsyncIteration, and what the items raise."""
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._items))
        done, _ = await asyncio.wait({self._next}, timeout=seconds)
        if not done:
            return None
        found, self._next = self._next, None
        return (found.result(),)

    async def close(self) -> None:
        """Stop the items."""
        if self._next is not None:
            self._next.cancel()
            with suppress(BaseException):
                await self._next
            self._next = None
        await self._items.aclose()


async def begun(
    request: Request, reader: Reader[T], seen: Callable[[T], bool], seconds: float = FIRST
) -> list[T]:
    """What comes until something can be seen, or for so long. Raises what the items raise, and Left; the
    reader is closed then."""
    try:
        return await unless_left(request, _first(reader, seen, seconds))
    except BaseException:
        await reader.close()
        raise


async def _first(reader: Reader[T], seen: Callable[[T], bool], seconds: float) -> list[T]:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    found: list[T] = []
    while (left := until - loop.time()) > 0:
        try:
            item = await reader.next(left)
        except StopAsyncIteration:
            break
        if item is None:
            break
        found.append(item[0])
        if seen(item[0]):
            break
    return found


async def unless_left(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What the work returns; it is cancelled when the client leaves, and Left raised."""
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_left(request.receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Left
    finally:
        await _ended(working, watching)


class Events(Response):
    """A `text/event-stream` as an ASGI response. `end` is awaited whatever happens."""

    def __init__(self, pieces: AsyncIterator[bytes], end: Callable[[], Awaitable[None]]) -> None:
        super().__init__(media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._pieces = pieces
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(send))
        watching = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({sending, watching}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                with suppress(OSError):  # the client left while it was sent to
                    sending.result()
        finally:
            await _ended(sending, watching)
            await self._end()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def pieces(
    reader: Reader[T],
    before: list[T],
    encode: Callable[[T], list[bytes]],
    failed: Callable[[Exception], bytes],
    end: bytes = b"",
) -> AsyncGenerator[bytes]:
    """The bytes of a stream: what had come before, then what comes, and comments while nothing does."""
    for item in before:
        for piece in encode(item):
            yield piece
    try:
        while True:
            found = await reader.next(SILENCE)
            if found is None:
                yield _COMMENT
                continue
            # In one piece: a write each costs more than the text.
            if together := b"".join(encode(found[0])):
                yield together
    except StopAsyncIteration:
        pass
    except Exception as error:
        yield failed(error)
    if end:
        yield end


def data(value: object, name: str = "") -> bytes:
    """One event of a stream."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode("utf-8", "replace")


def failed_data(failure: Failure, name: str = "") -> bytes:
    """An error in the middle of a stream."""
    return data(failure.body, name)


async def _left(receive: Receive) -> None:
    """Until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ended(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(BaseException):
            await task
