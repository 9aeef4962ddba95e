"""What never changes on the page: its head and the empty panel."""

from __future__ import annotations

from chatbot.web.markup import Safe, el, join

VIEWS = (("ask", "Ask"), ("papers", "Papers"), ("map", "Map"), ("verify", "Verify"))


def head() -> Safe:
    """The name, the views, and the switches of the small screen."""
    return el(
        "header",
        el(
            "button",
            "Menu",
            type="button",
            class_="menu",
            data_do="side",
            aria_controls="side",
            aria_expanded="false",
        ),
        el("a", "Proven chat", href="./", class_="brand"),
        el(
            "nav",
            [
                el(
                    "button",
                    label,
                    type="button",
                    data_do="view",
                    data_view=name,
                    aria_current="page" if name == "ask" else None,
                )
                for name, label in VIEWS
            ],
            aria_label="Views",
        ),
        el("button", "Dark", type="button", class_="theme", data_do="theme", aria_pressed="false"),
        class_="head",
    )


def panel() -> Safe:
    """Where sources are shown; the page's script fills it from the turn that is looked at."""
    return join(
        el(
            "div",
            el("button", "Close", type="button", class_="action close", data_do="close-panel"),
            class_="panel-head",
        ),
        el(
            "div",
            el("p", "The papers behind an answer stand here.", class_="hint"),
            id="sources",
            role="region",
            aria_label="Sources",
        ),
    )
