"""An answer's text in pieces: its sentences with their claims, and what stands between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chatbot.values import Answer, Claim, Verdict

_MARKERS = re.compile(r"(?:\s*\[\d+\])+")

SIGNS = {
    Verdict.SUPPORTED: "✓",
    Verdict.PARTIAL: "◐",
    Verdict.UNSUPPORTED: "?",
    Verdict.CONTRADICTED: "✗",
    Verdict.UNCHECKED: "○",
}
"""A shape beside the word of each verdict: no colour is needed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence with its claim and the numbers behind it, or, without a claim, text between sentences."""

    text: str
    claim: Claim | None = None
    numbers: tuple[int, ...] = ()


def pieces(answer: Answer) -> Iterator[Piece]:
    """The whole text, in order; markers behind a sentence are its numbers."""
    text, at = answer.text, 0
    for claim in answer.claims:
        said = claim.translation or claim.text
        start = text.find(said, at)
        if start < 0 or not said:
            continue  # the text is told all the same; the claim is among the proofs
        if text[at:start]:
            yield Piece(text[at:start])
        at = start + len(said)
        if behind := _MARKERS.match(text, at):
            at = behind.end()
        yield Piece(said, claim, answer.numbers(claim) if behind else ())
    if text[at:]:
        yield Piece(text[at:])


def proven(answer: Answer) -> str:
    """How much of an answer is proven, in a few words; "" where it has no sentences of its own."""
    count = len(answer.claims)
    if not count or all(claim.verdict is Verdict.UNCHECKED for claim in answer.claims):
        return f"{count} sentence{'' if count == 1 else 's'}, not checked" if count else ""
    done = sum(claim.verdict is Verdict.SUPPORTED for claim in answer.claims)
    return f"{done} of {count} sentence{'' if count == 1 else 's'} proven"
