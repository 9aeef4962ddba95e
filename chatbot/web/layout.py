"""The page's Blocks: a head, what stands beside the chat, the views in the middle, and the panel of sources."""

from typing import TYPE_CHECKING, Any

from chatbot.web import ask_view
from chatbot.web.desk import Desk
from chatbot.web.frame import head, panel
from chatbot.web.narrowing import categories, chosen, remaining

if TYPE_CHECKING:
    import gradio

TITLE = "Proven chat"


def theme() -> Any:
    """Gradio's plainest theme, with fonts that Gradio ships itself; colours are the page's own style."""
    import gradio as gr

    sans = ("Source Sans 3", "system-ui", "sans-serif")
    mono = ("ui-monospace", "monospace")
    return gr.themes.Base(font=list(sans), font_mono=list(mono), radius_size="sm", spacing_size="sm")


def blocks(desk: Desk) -> "gradio.Blocks":
    """The page, with nothing of a visitor in it: whatever is one's own is made when a page opens."""
    import gradio as gr

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.HTML(head(), elem_id="head", apply_default_css=False, js_on_load=None)
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="side"):
                filters, count = _filters(desk)
            with gr.Column(elem_id="middle"), gr.Column(elem_id="view-ask", elem_classes="view"):
                ask = ask_view.build(desk, filters)
            with gr.Column(elem_id="panel"):
                gr.HTML(panel(), elem_id="panel-inner", apply_default_css=False, js_on_load=None)

        def opened(request: gr.Request, *fields: Any) -> tuple[Any, ...]:
            talk = desk.talk(request.session_hash)
            offered = categories(desk)
            return (
                *ask_view.shown(desk, talk),
                remaining(desk, chosen(*fields)),
                gr.Dropdown(choices=offered, visible=bool(offered)),
            )

        page.load(opened, filters, [ask["past"], ask["live"], count, filters[4]], **quiet)

        def left(request: gr.Request) -> None:
            desk.left(request.session_hash)

        page.unload(left)
    page.queue(max_size=256, default_concurrency_limit=16)
    return page


def _filters(desk: Desk) -> tuple[list["gradio.components.Component"], "gradio.HTML"]:
    import gradio as gr

    with gr.Accordion("Filters", open=True, elem_id="filters"):
        with gr.Row(elem_classes="pair"):
            since = gr.Textbox(label="Since", placeholder="2025-05", max_length=20, min_width=60)
            until = gr.Textbox(label="Until", placeholder="2025-12", max_length=20, min_width=60)
        text = gr.Textbox(label="Contains", placeholder="long context", max_length=200)
        authors = gr.Textbox(label="Authors", placeholder="Bowen Yu, Yang", max_length=200)
        kinds = gr.Dropdown(label="Categories", choices=[], multiselect=True, visible=False)
        count = gr.HTML("", elem_id="remaining", apply_default_css=False, js_on_load=None)
    fields = [since, until, text, authors, kinds]
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
