"""Where files are dropped: on the page of an empty collection and above the list of papers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from chatbot import assembly
from chatbot.errors import ChatbotError
from chatbot.web import conversing
from chatbot.web.bridge import STILL, bridge
from chatbot.web.desk import Desk
from chatbot.web.markup import EMPTY
from chatbot.web.narrowing import remaining
from chatbot.web.reporting import upload
from chatbot.web.taking_in import Intake, Upload


def build(desk: Desk) -> dict[str, Any]:
    """The drop zone and its report."""
    import gradio as gr

    with gr.Group(elem_id="uploads"):
        drop = gr.File(
            label="Drop files of abstracts here, or choose them",
            file_count="multiple",
            type="filepath",
            elem_id="drop",
            height=96,
        )
        report = gr.HTML("", elem_id="upload-report", **STILL)
    return {"drop": drop, "report": report, "intake": Intake(desk)}


def wire(desk: Desk, parts: dict[str, Any], ask: dict[str, Any], count: Any) -> None:
    """The events, once all components are there; `count` says how many papers remain."""
    import gradio as gr

    drop, report, intake = parts["drop"], parts["report"], parts["intake"]
    outputs = [report, ask["past"], ask["live"], count, drop]

    def over(request: gr.Request, state: Upload) -> dict[Any, Any]:
        before, last = conversing.shown(desk, desk.talk(request.session_hash))
        return {report: upload(state), ask["past"]: before, ask["live"]: last, count: remaining(desk)}

    async def taken(request: gr.Request, files: list[tuple[Path, str]]) -> AsyncIterator[dict[Any, Any]]:
        async for state in intake.taken(request.session_hash or "", files):
            yield over(request, state) | {drop: None} if state.over else {report: upload(state)}

    async def dropped(request: gr.Request, given: list[str] | None) -> AsyncIterator[dict[Any, Any]]:
        files = [(Path(each), Path(each).name) for each in given or ()]
        if files:
            async for news in taken(request, files):
                yield news

    async def demo(request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
        try:
            files = [(path, path.name) for path in assembly.seeds()]
        except ChatbotError as error:
            gr.Warning(str(error))
            return
        async for news in taken(request, files):
            yield news

    def undone(request: gr.Request) -> dict[Any, Any]:
        state = intake.undone(request.session_hash or "")
        if state is None:
            gr.Warning("There is nothing to undo.")
            return {report: EMPTY}
        return over(request, state)

    often: dict[str, Any] = {
        "show_progress": "hidden",
        "api_visibility": "private",
        "concurrency_limit": 4,
        "concurrency_id": "upload",
    }
    drop.upload(dropped, drop, outputs, **often)
    bridge("demo").click(demo, None, outputs, **often)
    bridge("undo").click(undone, None, outputs, **often)
