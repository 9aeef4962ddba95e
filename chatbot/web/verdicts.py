"""Verdicts on the page: a shape, a colour and a word each, so that none of them is needed alone."""

from __future__ import annotations

from chatbot.values import Claim, JudgedBy, Verdict
from chatbot.web.markup import Safe, el

# Strokes in a square of 16.
_SHAPES = {
    Verdict.SUPPORTED: "M3.5 8.5 6.5 11.5 12.5 4.5",
    Verdict.PARTIAL: "M3.5 8.5 6.5 11.5 8.6 9.1 M10.4 6.9 10.5 6.8 M12.4 4.6 12.5 4.5",
    Verdict.UNSUPPORTED: "M5.6 6.1a2.5 2.4 0 1 1 3.7 2.1c-.9.5-1.3.9-1.3 1.8 M8 12.4v.1",
    Verdict.CONTRADICTED: "M4 4 12 12 M12 4 4 12",
    Verdict.UNCHECKED: "M4.5 8h7",
}
WORDS = {
    Verdict.SUPPORTED: "supported",
    Verdict.PARTIAL: "partly supported",
    Verdict.UNSUPPORTED: "not in the papers",
    Verdict.CONTRADICTED: "the papers say otherwise",
    Verdict.UNCHECKED: "not checked",
}


def shape(verdict: Verdict) -> Safe:
    """The verdict's sign; its word stands beside it or in a label."""
    return el(
        "svg",
        el("path", d=_SHAPES[verdict]),
        class_="shape",
        viewBox="0 0 16 16",
        aria_hidden="true",
        focusable="false",
    )


def word(claim: Claim) -> str:
    """The verdict for people, and who gave it where that was a model."""
    by = ", a model says" if claim.judged_by is JudgedBy.MODEL else ""
    return f"{WORDS[claim.verdict]}{by}"


def badge(claim: Claim) -> Safe:
    """Sign and word."""
    return el("span", shape(claim.verdict), word(claim), class_=f"badge v-{claim.verdict.value}")
