"""The chat: the box, the conversation above it, and what its buttons do."""

import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from chatbot.web import keeping
from chatbot.web.answer import turn
from chatbot.web.bridge import bridge, file, number, said, words
from chatbot.web.desk import Desk
from chatbot.web.markup import EMPTY, Safe, join
from chatbot.web.narrowing import chosen
from chatbot.web.running import Running
from chatbot.web.talk import Talk
from chatbot.web.viewing import State, View
from chatbot.web.welcome import welcome
from store.errors import StoreError
from store.records import Filter

if TYPE_CHECKING:
    import gradio

# Earlier turns that are on the page at once.
_SHOWN = 30
AT_ONCE = 16
"""Questions that are answered at the same time."""
LONGEST = 4_000


def build(desk: Desk, filters: list["gradio.components.Component"]) -> dict[str, Any]:
    """Make the components and their events; the components by name, for the layout's other parts."""
    import gradio as gr

    past = gr.HTML("", elem_id="past", apply_default_css=False, js_on_load=None, padding=False)
    live = gr.HTML("", elem_id="live", apply_default_css=False, js_on_load=None, padding=False)
    with gr.Group(elem_id="composer"):
        box = gr.Textbox(
            label="Your question",
            show_label=False,
            container=False,
            lines=1,
            max_lines=8,
            max_length=LONGEST,
            placeholder="Ask about the papers …",
            elem_id="box",
            autofocus=True,
            submit_btn=True,
            stop_btn=True,
        )
    download = gr.HTML("", elem_id="download", apply_default_css=False, js_on_load=None, visible="hidden")
    ask, stop, keep = bridge("ask"), bridge("stop"), bridge("keep")

    async def typed(request: gr.Request, text: str, *fields: Any) -> AsyncIterator[dict[Any, Any]]:
        talk = desk.talk(request.session_hash)
        if not text.strip():
            yield {box: ""}
            return
        yield {box: ""}
        async for shown in answered(desk, talk, text, chosen(*fields)):
            yield {past: shown[0], live: shown[1]}

    async def told(event: gr.EventData, request: gr.Request, *fields: Any) -> AsyncIterator[dict[Any, Any]]:
        data = said(event)
        talk = desk.talk(request.session_hash)
        text = words(data, "text")[:LONGEST]
        if not text.strip():
            return
        place = number(data, "place")
        async for shown in answered(desk, talk, text, chosen(*fields), place):
            yield {past: shown[0], live: shown[1]}

    def halted(request: gr.Request) -> None:
        desk.talk(request.session_hash).stop()

    def handed(event: gr.EventData, request: gr.Request) -> Safe:
        data = said(event)
        talk = desk.talk(request.session_hash)
        place = number(data, "place")
        if place is None or not 0 <= place < len(talk.views):
            return EMPTY
        kind = words(data, "kind")
        try:
            name, content = keeping.kept(talk.views[place], kind, desk)
        except (StoreError, OSError) as error:
            gr.Warning(str(error))
            return EMPTY
        return file(name, content, keeping.KINDS.get(kind, "text/plain"), number(data, "again") or 0)

    asking: dict[str, Any] = {
        "outputs": [box, past, live],
        "show_progress": "hidden",
        "concurrency_limit": AT_ONCE,
        "concurrency_id": "ask",
        "trigger_mode": "multiple",
        "api_visibility": "private",
    }
    quick: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    gr.on([box.submit], typed, [box, *filters], **asking)
    ask.click(told, filters, **asking)
    gr.on([box.stop, stop.click], halted, None, None, **quick)
    keep.click(handed, None, download, show_progress="hidden", api_visibility="private")
    return {"past": past, "live": live, "box": box}


async def answered(
    desk: Desk, talk: Talk, text: str, filter: Filter, place: int | None = None
) -> AsyncIterator[tuple[Safe, Safe]]:
    """The conversation as HTML, its earlier turns and the last, while a question is answered.

    `place` is the turn that the question takes the place of; what came behind it goes too.
    """
    if talk.busy and talk.running is not None:
        talk.stop()
        await talk.running.finished.wait()
    if place is not None:
        talk.back_to(place)
    events = partial(_events, desk, talk, text.strip(), filter)
    running = talk.running = Running(events, View(text.strip()))
    before = earlier(desk, talk)
    at = len(talk.views)
    views = running.views()
    try:
        async for view in views:
            if view.state is not State.RUNNING:
                talk.kept(view)
            yield before, turn(view, desk.sentences, at)
    finally:
        with contextlib.suppress(RuntimeError):
            await views.aclose()  # type: ignore[attr-defined]


def _events(desk: Desk, talk: Talk, text: str, filter: Filter) -> Any:
    yield from desk.events(talk.question(text, filter))


def earlier(desk: Desk, talk: Talk, upto: int | None = None) -> Safe:
    """All turns but the one that is being answered; the last few of many."""
    views = talk.views[: len(talk.views) if upto is None else upto]
    first = max(0, len(views) - _SHOWN)
    return join(
        *(turn(view, desk.sentences, at, last=False) for at, view in enumerate(views) if at >= first)
    )


def shown(desk: Desk, talk: Talk) -> tuple[Safe, Safe]:
    """The conversation as it stands: earlier turns, and the last or the welcome."""
    if not talk.views:
        return EMPTY, welcome(desk)
    at = len(talk.views) - 1
    return earlier(desk, talk, at), turn(talk.views[at], desk.sentences, at)


Shown = Callable[[Desk, Talk], tuple[Safe, Safe]]
