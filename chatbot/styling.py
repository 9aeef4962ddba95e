"""The styles of an answer: how many sentences, what the model is told, and how its text is put together.

    short, detailed     prose, shown as it streams
    list                a Markdown list, one sentence an item
    table               a Markdown table of paper | statement | proof, one sentence a row

A table has no cell that the model fills freely: its statement is a sentence like any other, the paper is the
one that the sentence rests on, the proof its markers and verdict. So a table proves as much as prose does.
Everything about a style stands at the end of the prompt: its beginning stays what the server has read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import prompts
from chatbot.citing.reading import MAX_CLAIMS
from chatbot.evidence import as_data
from chatbot.values import Claim, Manner, Style, Verdict

MOST = {Style.SHORT: MAX_CLAIMS, Style.DETAILED: 8, Style.LIST: 10, Style.TABLE: 12}
"""Sentences at most: a schema without a bound invites a small model to go on for ever."""
_WORDS = {
    Style.SHORT: "style_short",
    Style.DETAILED: "style_detailed",
    Style.LIST: "style_list",
    Style.TABLE: "style_table",
}
_HEAD = "| paper | statement | proof |\n|---|---|---|\n"
_PROOF = {Verdict.UNSUPPORTED: "not proven", Verdict.UNCHECKED: "not checked"}
_BULLET = re.compile(r"^(?:[-*•–·]|\d{1,2}[.)])\s+")


def asked(task: str, manner: Manner) -> str:
    """The task (the name of its prompt) in this manner."""
    style = prompts.load(_WORDS[manner.style or Style.SHORT]).render()
    text = prompts.load(task).render(style=style)
    if manner.audience:
        text = f"{text} {prompts.load('audience').render(audience=as_data(manner.audience))}"
    return text


def by_the_sentence(style: Style) -> bool:
    """Whether a sentence is shown only when it is whole: its item or row begins with what is then known."""
    return style in (Style.LIST, Style.TABLE)


def bare(text: str, style: Style) -> str:
    """A sentence without the bullet that the model may have put before it."""
    return _BULLET.sub("", text) if by_the_sentence(style) else text


def lead(style: Style, index: int, claim: Claim, papers: Sequence[str]) -> str:
    """What stands before the marker of the sentence at `index`, which rests on `papers`."""
    text = claim.translation or claim.text
    match style:
        case Style.LIST:
            return f"{chr(10) if index else ''}- {text}"
        case Style.TABLE:
            named = _cell(", ".join(papers)) or "–"
            return f"{chr(10) if index else _HEAD}| {named} | {_cell(text)} |"
        case _:
            return f" {text}" if index else text


def tail(style: Style, claim: Claim) -> str:
    """What stands behind the marker."""
    if style is not Style.TABLE:
        return ""
    return f" {_PROOF.get(claim.verdict, claim.verdict.value)} |"


def _cell(text: str) -> str:
    """A text that stays in its cell."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
