"""Synchronous generators on threads of a bounded pool, read by asynchronous code.

Whoever reads may leave at any time: the generator is then stopped and closed in its own thread, as Ctrl-C
would stop it in a terminal (`store.stopping`). Whoever reads slowly slows it down: only so many items wait.
Never runs two steps of one generator at once, and keeps no thread whose reader is gone.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Generic, TypeVar, cast

from store.stopping import Stop, Stopped

T = TypeVar("T")

# Items that wait for a slow reader: a second of a fast model.
_WAITING = 256


class Full(Exception):
    """As many questions as can be answered at once are being answered."""


class Pump:
    """A pool of `threads` that run generators."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="answering")
        self._running: set[Stop] = set()

    @property
    def running(self) -> int:
        """How many are being read now."""
        return len(self._running)

    def close(self) -> None:
        """Stop whatever runs, and wait until it has stopped."""
        for stop in tuple(self._running):
            stop.now()
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def items(self, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T]:
        """What the generator that `make` makes gives, in order. Raises what it raises, and Full.

        `make` is called in the thread. To close this generator, or to cancel its reader, stops the other.
        """
        if len(self._running) >= self._threads:
            raise Full
        run = _Run[T](asyncio.get_running_loop())
        self._running.add(run.stop)
        try:
            self._pool.submit(run.work, make)
            async for item in run.read():
                yield item
        finally:
            run.stop.now()
            self._running.discard(run.stop)

    async def call(self, function: Callable[[], T]) -> T:
        """What the function returns. Raises what it raises, and Full. Cancelling stops it."""

        def one() -> Iterator[T]:
            yield function()

        items = self.items(one)
        try:
            return await anext(items)
        finally:
            await items.aclose()


class _Run(Generic[T]):
    """One generator between its thread and its reader."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.stop = Stop()
        self._loop = loop
        self._queue: asyncio.Queue[tuple[T] | BaseException | None] = asyncio.Queue()
        self._room = threading.Semaphore(_WAITING)

    def work(self, make: Callable[[], Iterator[T]]) -> None:
        """In the thread."""
        end: BaseException | None = None
        try:
            with self.stop.watching():
                self.stop.check()
                with closing(cast("Generator[T]", make())) as items:
                    for item in items:
                        while not self._room.acquire(timeout=0.2):
                            self.stop.check()
                        self.stop.check()
                        self._put((item,))
        except Stopped:
            pass
        except BaseException as error:  # the reader raises it again
            end = error
        self._put(end)

    def _put(self, item: tuple[T] | BaseException | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)
        except RuntimeError:  # the loop is closed: nobody reads any more
            self.stop.now()

    async def read(self) -> AsyncGenerator[T]:
        while (item := await self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            self._room.release()
            yield item[0]
