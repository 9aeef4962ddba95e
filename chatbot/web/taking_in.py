"""Files of a visitor into the collection: one at a time, with how far it is and what was no paper.

The sources bear the names that the files had with their user. Two uploads do not mix: the collection lets the
second wait. The last upload of a page can be undone from it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import traceback
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chatbot.errors import ChatbotError
from chatbot.web.desk import Desk
from store.errors import StoreError
from store.ingesting import IngestReport, Progress
from store.records import Record, Reject
from store.undoing import Undone

_PACE = 0.15
_REMEMBERED = 50  # pages whose last upload can be undone


@dataclass(frozen=True, slots=True)
class Upload:
    """How far an upload is. `report` once it is over, `error` if it failed; `undone` what undoing it did."""

    names: tuple[str, ...]
    progress: Progress | None = None
    report: IngestReport | None = None
    notices: tuple[str, ...] = ()
    error: str = ""
    undone: Undone | None = None

    @property
    def over(self) -> bool:
        return self.report is not None or bool(self.error)

    @property
    def undoable(self) -> bool:
        return self.report is not None and bool(self.report.undo) and self.undone is None


Tell = Callable[[Upload], None]


class Intake:
    """Takes files in for a page over `desk`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._last: OrderedDict[str, Upload] = OrderedDict()

    async def taken(self, page: str, files: Sequence[tuple[Path, str]]) -> AsyncIterator[Upload]:
        """Take in files from that page, each with its user's name for it. The last that is given is over."""
        loop = asyncio.get_running_loop()
        inbox: asyncio.Queue[Upload] = asyncio.Queue()

        def tell(upload: Upload) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(inbox.put_nowait, upload)

        state = Upload(tuple(name for _, name in files))
        yield state
        threading.Thread(target=self._work, args=(files, state, tell), name="upload", daemon=True).start()
        while not state.over:
            state = await inbox.get()
            while not state.over and not inbox.empty():
                state = inbox.get_nowait()
            yield state
            if not state.over:
                await asyncio.sleep(_PACE)
        self._last[page] = state
        self._last.move_to_end(page)
        while len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)

    def undone(self, page: str) -> Upload | None:
        """Undo the last upload of that page: it with what came of that; None where there is none to undo."""
        state = self._last.pop(page, None)
        if state is None or state.report is None or not state.undoable:
            return None
        try:
            undone = self._desk.collection.undo(state.report.undo)
        except StoreError as error:
            self._last[page] = state
            return replace(state, error=str(error))
        self._desk.changed()
        return replace(state, undone=undone)

    def _work(self, files: Sequence[tuple[Path, str]], state: Upload, tell: Tell) -> None:
        notices: list[str] = []

        def went(progress: Progress) -> None:
            tell(replace(state, progress=progress, notices=tuple(notices)))

        try:
            report = self._desk.collection.ingest(_items(files, notices), went)
            self._desk.changed()
            tell(replace(state, report=report, notices=tuple(notices)))
        except (ChatbotError, StoreError) as error:
            self._desk.changed()
            tell(replace(state, error=str(error), notices=tuple(notices)))
        except Exception as error:  # said, not swallowed: the page would wait for ever
            traceback.print_exc(file=sys.stderr)
            tell(replace(state, error=f"That failed here ({type(error).__name__}). The terminal shows what."))


def _items(files: Sequence[tuple[Path, str]], notices: list[str]) -> Iterator[Record | Reject]:
    """What the files hold, under the names that their user gave them."""
    from store.readers import read

    for path, name in files:
        folder = str(path)

        def said(text: str, folder: str = folder, name: str = name) -> None:
            notices.append(text.replace(folder, name))

        for item in read([path], notice=said):
            source = replace(item.source, name=item.source.name.replace(folder, name, 1))
            yield replace(item, source=source)
