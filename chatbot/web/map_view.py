"""The tab of the map."""

from typing import Any

from chatbot.web.bridge import bridge
from chatbot.web.desk import Desk
from chatbot.web.mapping import charted, drawn
from chatbot.web.markup import Safe, el
from chatbot.web.narrowing import chosen
from store.errors import StoreError


def build(desk: Desk, filters: list[Any]) -> None:
    """The component and its event: the map is made when it is looked at."""
    import gradio as gr

    place = gr.HTML(
        el("p", "The map is being drawn …", class_="hint"),
        elem_id="map",
        apply_default_css=False,
        js_on_load=None,
    )

    def made(*fields: Any) -> Safe:
        try:
            return drawn(charted(desk, chosen(*fields)))
        except StoreError as error:
            return el("p", str(error), class_="failure", role="alert")

    bridge("map").click(
        made, filters, place, show_progress="hidden", concurrency_limit=2, api_visibility="private"
    )
