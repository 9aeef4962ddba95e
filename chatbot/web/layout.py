"""The page's Blocks: a head, what stands beside the chat, the views, and the panel of sources."""

from typing import TYPE_CHECKING, Any

from chatbot.web import ask_view, mannering, map_view, papers_view, side_view, upload_view, verify_view
from chatbot.web.bridge import QUIET, STILL, bridge
from chatbot.web.desk import Desk
from chatbot.web.frame import head, panel
from chatbot.web.markup import Safe
from chatbot.web.model_line import model_line, no_model
from chatbot.web.narrowing import categories, chosen, remaining

if TYPE_CHECKING:
    import gradio

TITLE = "Proven chat"


def theme() -> Any:
    """Gradio's plainest theme, with no font to fetch; fonts and colours are the page's own style."""
    import gradio as gr

    sans, mono = ["system-ui", "sans-serif"], ["ui-monospace", "monospace"]
    return gr.themes.Base(font=sans, font_mono=mono, radius_size="sm", spacing_size="sm")


def blocks(desk: Desk) -> "gradio.Blocks":
    """The page, with nothing of a visitor in it: whatever is one's own is made when a page opens."""
    import gradio as gr

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.HTML(head(), elem_id="head", **STILL)
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="side"):
                side = side_view.build(desk)
                filters, count = _filters(desk)
                manner = mannering.fields(desk.settings)
                model = gr.HTML("", elem_id="model", **STILL)
            with gr.Column(elem_id="middle"):
                with gr.Column(elem_id="view-ask", elem_classes="view"):
                    ask = ask_view.build(desk, filters, manner, side["talks"])
                with gr.Column(elem_id="view-papers", elem_classes="view"):
                    uploads = upload_view.build(desk)
                    browse = papers_view.build(desk)
                with gr.Column(elem_id="view-map", elem_classes="view"):
                    map_view.build(desk, filters)
                with gr.Column(elem_id="view-verify", elem_classes="view"):
                    verify_view.build(desk, filters)
            with gr.Column(elem_id="panel"):
                gr.HTML(panel(), elem_id="panel-inner", **STILL)
        side_view.wire(desk, side, ask)
        upload_view.wire(desk, uploads, ask, count)
        papers_view.wire(desk, browse, filters)

        def opened(*fields: Any) -> tuple[Any, ...]:
            offered = categories(desk)
            return remaining(desk, chosen(*fields)), gr.Dropdown(choices=offered, visible=bool(offered))

        def looked_at() -> tuple[Safe, Safe]:
            findings = desk.model_findings()
            return model_line(findings), no_model(findings)

        page.load(opened, filters, [count, filters[-1]], **QUIET)
        page.load(looked_at, None, [model, ask["cure"]], **QUIET)
        bridge("model").click(looked_at, None, [model, ask["cure"]], **QUIET)

        def left(request: gr.Request) -> None:
            desk.left(request.session_hash)

        page.unload(left)
    page.queue(max_size=256, default_concurrency_limit=16)
    made: gr.Blocks = page
    return made


def _filters(desk: Desk) -> tuple[list[Any], "gradio.HTML"]:
    import gradio as gr

    with gr.Accordion("Filters", open=True, elem_id="filters"):
        with gr.Row(elem_classes="pair"):
            since = gr.Textbox(label="Since", placeholder="2025-05", max_length=20, min_width=60)
            until = gr.Textbox(label="Until", placeholder="2025-12", max_length=20, min_width=60)
        text = gr.Textbox(label="Contains", placeholder="long context", max_length=200)
        authors = gr.Textbox(label="Authors", placeholder="Bowen Yu, Yang", max_length=200)
        kinds = gr.Dropdown(label="Categories", choices=[], multiselect=True, visible=False)
        count = gr.HTML("", elem_id="remaining", **STILL)
    fields: list[Any] = [since, until, text, authors, kinds]
    gr.on(
        [field.change for field in fields],
        lambda *values: remaining(desk, chosen(*values)),
        fields,
        count,
        show_progress="hidden",
        trigger_mode="always_last",
        api_visibility="private",
    )
    return fields, count
