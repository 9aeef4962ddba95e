"""One question being answered: its events come from a thread of its own and are seen from an event loop.

The thread is the question's alone, so that a long answer keeps nobody else waiting. Stopping is seen at once,
and the model is hung up on, however silent it is (`store.stopping`).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import cast

from chatbot.errors import ChatbotError
from chatbot.values import Event
from chatbot.web.viewing import State, View, seen
from store.errors import StoreError
from store.stopping import Stop, Stopped

# Seconds between two looks: what comes in between is shown together.
PACE = 0.06
Events = Callable[[], Iterator[Event]]


class Running:
    """Runs `events` and gives the views of them. `stop` may be called from any thread, at any time."""

    def __init__(self, events: Events, view: View) -> None:
        self._events = events
        self.view = view
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[Event | str | None] = asyncio.Queue()
        self._stop = Stop()
        self.finished = asyncio.Event()

    def stop(self) -> None:
        """End it: what was seen stays."""
        self._stop.now()
        self._put(None)

    async def views(self) -> AsyncIterator[View]:
        """The view after whatever came, until the question is done, stopped or failed. To be asked for once;
        whoever leaves early stops it."""
        threading.Thread(target=self._work, name="question", daemon=True).start()
        try:
            yield self.view
            while self.view.state is State.RUNNING:
                self._see(await self._inbox.get())
                while self.view.state is State.RUNNING and not self._inbox.empty():
                    self._see(self._inbox.get_nowait())
                yield self.view
                if self.view.state is State.RUNNING:
                    await asyncio.sleep(PACE)
        finally:
            self._stop.now()
            self.finished.set()

    def _see(self, event: Event | str | None) -> None:
        if self._stop.wanted or event is None:
            self.view = replace(self.view, state=State.STOPPED, thinking=False)
        elif isinstance(event, str):
            self.view = replace(self.view, state=State.FAILED, error=event, thinking=False)
        else:
            self.view = seen(self.view, event)

    def _work(self) -> None:
        try:
            with self._stop.watching(), closing(cast("Generator[Event]", self._events())) as events:
                for event in events:
                    self._stop.check()
                    self._put(event)
            self._put("The answer ended before it was finished. Try again.")
        except Stopped:
            pass
        except (ChatbotError, StoreError) as error:
            self._put(str(error))
        except Exception as error:  # a page that says nothing would be worse
            traceback.print_exc(file=sys.stderr)
            self._put(
                f"Something went wrong here ({type(error).__name__}). The terminal shows what. Try again."
            )

    def _put(self, event: Event | str | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone, and with it whoever looked
            self._loop.call_soon_threadsafe(self._inbox.put_nowait, event)
