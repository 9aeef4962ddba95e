"""From the page's own script to Python and back: named calls with data, and files to keep.

call = bridge("ask")            page.js: window.proven.ask({text: "…"})
call.click(answer, …)           answer(event: gr.EventData): event._data["text"]
"""

from typing import TYPE_CHECKING, Any

from chatbot.web.markup import EMPTY, Safe, el

if TYPE_CHECKING:
    import gradio

STILL: dict[str, Any] = {"apply_default_css": False, "js_on_load": None}
"""For a component of HTML that is styled and moved by the page's own files alone."""
QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "concurrency_limit": None,
}
"""For an event that is quick: nothing moves, nobody waits for anybody, and it is no route for others."""


def bridge(name: str) -> "gradio.HTML":
    """A component that nobody sees; its click event is the call `name` of the page's script."""
    import gradio as gr

    return gr.HTML(
        "",
        visible="hidden",
        elem_id=f"bridge-{name}",
        js_on_load=(
            f"(window.proven ??= {{}})['{name}'] = data => trigger('click', data ?? {{}});"
            f"document.dispatchEvent(new CustomEvent('proven', {{detail: '{name}'}}));"
        ),
    )


def said(event: "gradio.EventData") -> dict[str, Any]:
    """What the script said; nothing of it is to be trusted."""
    data = getattr(event, "_data", None)
    return data if isinstance(data, dict) else {}


def number(data: dict[str, Any], key: str) -> int | None:
    """A whole number of what the script said."""
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def words(data: dict[str, Any], key: str) -> str:
    """A text of what the script said; "" if it is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def file(name: str, content: str, kind: str = "text/plain", again: int = 0) -> Safe:
    """A file for the page's script to hand to the reader. `again` tells two that are equal apart."""
    if not content:
        return EMPTY
    return el("span", hidden=True, data_file=name, data_kind=kind, data_content=content, data_again=again)
