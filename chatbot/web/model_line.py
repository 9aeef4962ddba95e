"""Which model answers, where it is, and whether it is there: lines beside the chat, a cure under the box."""

from __future__ import annotations

from chatbot.assembly import MORE
from chatbot.doctor import Finding, State
from chatbot.web.markup import EMPTY, Safe, el

_WORDS = {State.GOOD: "ready", State.ODD: "look", State.BAD: "not ready"}


def model_line(findings: list[Finding]) -> Safe:
    """The model and its state; a cure for whatever ails it."""
    rows = [
        el(
            "li",
            el("span", _WORDS[each.state], class_=f"state {each.state.value}"),
            el("span", each.detail, class_="detail"),
            el("span", each.cure, class_="cure") if each.cure and each.state is not State.GOOD else None,
        )
        for each in findings
    ]
    if not rows:
        rows = [
            el(
                "li",
                el("span", "no model", class_="state odd"),
                el("span", "Answers are the papers' own sentences.", class_="detail"),
            )
        ]
    return el(
        "section",
        el("h2", "Model"),
        el("ul", rows),
        el("button", "Check again", type="button", class_="action", data_do="model"),
        class_="model",
    )


def no_model(findings: list[Finding]) -> Safe:
    """One line with the cure where answers are extracts."""
    return el("p", MORE, class_="cure") if not findings else EMPTY
