"""The tab where any text is checked against the papers."""

from collections.abc import Iterator
from typing import Any

from chatbot.errors import ChatbotError
from chatbot.values import Claim
from chatbot.web.bridge import STILL
from chatbot.web.desk import Desk
from chatbot.web.markup import Safe, el
from chatbot.web.narrowing import chosen
from chatbot.web.verifying_text import LONGEST, papers_of, verified
from store.errors import StoreError
from store.records import Paper


def build(desk: Desk, filters: list[Any]) -> None:
    """The components and their events."""
    import gradio as gr

    gr.HTML(
        el(
            "p",
            "Paste a paragraph, from a draft or another chatbot: each sentence gets its verdict.",
            class_="note",
        ),
        apply_default_css=False,
        js_on_load=None,
    )
    text = gr.Textbox(label="Text to check", lines=6, max_lines=16, max_length=LONGEST, elem_id="verify-text")
    with gr.Row(elem_id="verify-bar"):
        go = gr.Button("Check it", variant="primary", elem_id="verify-go", scale=0)
        halt = gr.Button("Stop", elem_id="verify-stop", scale=0)
    result = gr.HTML("", elem_id="verify-result", **STILL)

    def checked(given: str, *fields: Any) -> Iterator[Safe]:
        if not given.strip():
            yield el("p", "There is no text yet. Paste one above.", class_="hint")
            return
        claims: list[Claim] = []
        papers: dict[str, Paper] = {}
        yield verified((), papers, over=False)
        try:
            for claim in desk.checker().check(given[:LONGEST], chosen(*fields)):
                claims.append(claim)
                yield verified(claims, papers_of([claim], desk, papers), over=False)
        except (ChatbotError, StoreError) as error:
            yield el("p", str(error), class_="failure", role="alert")
            return
        yield verified(claims, papers, over=True)

    running = go.click(
        checked,
        [text, *filters],
        result,
        show_progress="hidden",
        concurrency_limit=8,
        api_visibility="private",
    )
    halt.click(None, None, None, cancels=[running], queue=False, api_visibility="private")
