"""The chat: the box, the conversation above it, and what its buttons do."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from chatbot.values import Manner
from chatbot.web import keeping
from chatbot.web.bridge import STILL, bridge, file, number, said, words
from chatbot.web.conversing import Shown, answered
from chatbot.web.desk import Desk
from chatbot.web.mannering import manner
from chatbot.web.markup import EMPTY, Safe
from chatbot.web.narrowing import chosen
from chatbot.web.suggestions import further
from store.errors import StoreError
from store.records import Filter

if TYPE_CHECKING:
    import gradio

AT_ONCE = 16
"""Questions that are answered at the same time."""
LONGEST = 4_000


def build(
    desk: Desk,
    filters: list["gradio.components.Component"],
    mannered: list["gradio.components.Component"],
    talks: "gradio.HTML",
) -> dict[str, Any]:
    """Make the components and their events; the components by name, for the layout's other parts."""
    import anyio
    import gradio as gr

    past = gr.HTML("", elem_id="past", **STILL, padding=False)
    live = gr.HTML("", elem_id="live", **STILL, padding=False)
    onward = gr.HTML("", elem_id="onward", **STILL)
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
        cure = gr.HTML("", elem_id="cure", **STILL)
    download = gr.HTML("", elem_id="download", **STILL, visible="hidden")
    how = [*filters, *mannered]
    ask, stop, keep = bridge("ask"), bridge("stop"), bridge("keep")

    def news(shown: Shown) -> dict[Any, Any]:
        before, last, listed = shown
        return {past: before, live: last} | ({} if listed is None else {talks: listed})

    def read(fields: Sequence[Any]) -> tuple[Filter, Manner]:
        return chosen(*fields[: len(filters)]), manner(*fields[len(filters) :])

    async def typed(request: gr.Request, text: str, *fields: Any) -> AsyncIterator[dict[Any, Any]]:
        talk = desk.talk(request.session_hash)
        if not text.strip():
            yield {box: ""}
            return
        yield {box: "", onward: ""}
        async for shown in answered(desk, talk, text, *read(fields)):
            yield news(shown)
        yield {onward: await anyio.to_thread.run_sync(further, desk, talk)}

    async def told(event: gr.EventData, request: gr.Request, *fields: Any) -> AsyncIterator[dict[Any, Any]]:
        data = said(event)
        talk = desk.talk(request.session_hash)
        text = words(data, "text")[:LONGEST]
        if not text.strip():
            return
        place = number(data, "place")
        yield {onward: ""}
        async for shown in answered(desk, talk, text, *read(fields), place):
            yield news(shown)
        yield {onward: await anyio.to_thread.run_sync(further, desk, talk)}

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
        "outputs": [box, past, live, talks, onward],
        "show_progress": "hidden",
        "concurrency_limit": AT_ONCE,
        "concurrency_id": "ask",
        "trigger_mode": "multiple",
        "api_visibility": "private",
    }
    quick: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    gr.on([box.submit], typed, [box, *how], **asking)
    ask.click(told, how, **asking)
    gr.on([box.stop, stop.click], halted, None, None, **quick)
    keep.click(handed, None, download, show_progress="hidden", api_visibility="private")
    return {"past": past, "live": live, "box": box, "download": download, "cure": cure, "onward": onward}
