"""What is there before the first question: what this is, and questions that these papers answer."""

from __future__ import annotations

from chatbot.web.desk import Desk
from chatbot.web.markup import Safe, el
from chatbot.web.prose import counted
from store.errors import StoreError


def welcome(desk: Desk) -> Safe:
    """The page of an empty conversation."""
    try:
        count = desk.count()
    except StoreError as error:
        return el("div", el("p", str(error), class_="failure", role="alert"), class_="welcome")
    if not count:
        return el(
            "div",
            el("h1", "Bring your papers."),
            el(
                "p",
                "Drop a file of abstracts below – a BibTeX, RIS, CSV, JSON or arXiv export, or pasted text – "
                "and ask anything about them. Every sentence of an answer is proven by one of theirs.",
            ),
            el(
                "p",
                el(
                    "button", "Try it with the sample papers", type="button", class_="primary", data_do="demo"
                ),
            ),
            class_="welcome empty",
        )
    return el(
        "div",
        el("h1", f"Ask {counted(count, 'paper')}."),
        el("p", "Every sentence of an answer is proven by a sentence of an abstract, or shown not to be."),
        class_="welcome",
    )
