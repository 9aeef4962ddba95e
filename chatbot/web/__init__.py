"""The page (`chatbot web`): a Gradio face over the assembly, made for checking answers.

    markup, prose, verdicts   text into HTML, always escaped; how sentences, dates and verdicts look
    viewing                   what is seen of a question so far: events folded into a frozen view
    answer, meter, papers     a view as HTML: prose with its proofs, its figures and trace, its sources
    census, charts            counts as tables and small SVG charts
    running, talk, desk       a question in its own thread; a conversation; what all visitors share
    layout                    the Blocks; ask_view and the other views are its parts
    serving                   mounting it, and the policy under which no foreign text can run

    from chatbot.web import blocks, mount

Nothing heavy is imported before one of these is called. It decides nothing about answers: it shows what
`Chat.stream` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI

    from chatbot.web.desk import Parts

__all__ = ["blocks", "mount"]


def mount(
    app: FastAPI,
    assembly: Parts,
    path: str = "/",
    *,
    auth: Sequence[tuple[str, str]] | None = None,
    apart: bool = False,
) -> FastAPI:
    """Put the page at `path` of a FastAPI application; see `serving.mount`."""
    from chatbot.web import serving

    return serving.mount(app, assembly, path, auth=auth, apart=apart)


def blocks(assembly: Parts) -> Any:
    """The page as `gradio.Blocks`, not yet mounted."""
    from chatbot.web import layout
    from chatbot.web.desk import Desk

    return layout.blocks(Desk(assembly))
