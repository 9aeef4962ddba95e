"""The tab of papers: its search, its order, its histogram, and the paper that is opened beside it."""

from typing import Any

from chatbot.web import browse
from chatbot.web.bridge import QUIET, STILL, bridge, number, said, words
from chatbot.web.desk import Desk
from chatbot.web.markup import Safe
from chatbot.web.narrowing import chosen

_MOST = 2_000


def build(desk: Desk) -> dict[str, Any]:
    """The components."""
    import gradio as gr

    with gr.Row(elem_id="browse-bar"):
        search = gr.Textbox(
            label="Search the papers",
            placeholder="What are they about?",
            max_length=400,
            scale=3,
            elem_id="find",
        )
        sort = gr.Dropdown(label="Order", choices=list(browse.SORTS), value="Newest", scale=1, elem_id="sort")
    chart = gr.HTML("", elem_id="months", **STILL)
    found = gr.HTML("", elem_id="papers", **STILL)
    opened = gr.HTML("", elem_id="opened", visible="hidden", **STILL)
    return {"search": search, "sort": sort, "chart": chart, "list": found, "opened": opened}


def wire(desk: Desk, tab: dict[str, Any], filters: list[Any]) -> None:
    """The events, once all components are there."""
    import gradio as gr

    inputs = [tab["search"], tab["sort"], *filters]
    outputs = [tab["list"], tab["chart"]]

    def looked(text: str, sort: str, *fields: Any) -> tuple[Safe, Safe]:
        filter = chosen(*fields)
        return browse.listing(desk, text, filter, sort), browse.by_month(desk, filter)

    def more(event: gr.EventData, text: str, sort: str, *fields: Any) -> Safe:
        shown = min(number(said(event), "shown") or browse.PAGE, _MOST)
        return browse.listing(desk, text, chosen(*fields), sort, shown)

    def one(event: gr.EventData) -> Safe:
        return browse.one(desk, words(said(event), "id")[:400])

    bridge("papers").click(looked, inputs, outputs, **QUIET)
    bridge("more").click(more, inputs, tab["list"], **QUIET)
    bridge("paper").click(one, None, tab["opened"], **QUIET)
    gr.on([tab["search"].submit, tab["sort"].change], looked, inputs, outputs, **QUIET)
    gr.on([field.change for field in filters], looked, inputs, outputs, trigger_mode="always_last", **QUIET)
