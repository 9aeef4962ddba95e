"""The fields of how to answer, beside the chat, as a `Manner`; they begin as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatbot.languages import LANGUAGES
from chatbot.manner import LONGEST_AUDIENCE, THINKING
from chatbot.values import Manner, Style

if TYPE_CHECKING:
    from chatbot.settings import Settings

_STYLES = {Style.SHORT: "Short", Style.DETAILED: "Detailed", Style.LIST: "List", Style.TABLE: "Table"}
_TONGUES = {"papers": "The papers'", "question": "The question's"}
_THINKING = {"auto": "As the model does", "on": "Think first", "off": "Don't think"}


def fields(settings: Settings) -> list[Any]:
    """The components, in the order in which `manner` takes their values."""
    import gradio as gr

    with gr.Accordion("How to answer", open=False, elem_id="manner"):
        style = gr.Dropdown(
            label="Style",
            choices=[(name, style.value) for style, name in _STYLES.items()],
            value=settings.style,
        )
        tongue = gr.Dropdown(
            label="Language",
            choices=[*((name, each) for each, name in _TONGUES.items()), *LANGUAGES],
            value=settings.answer_language,
        )
        audience = gr.Textbox(
            label="For whom",
            value=settings.audience or "",
            placeholder="a first-year student",
            max_length=LONGEST_AUDIENCE,
        )
        thinking = gr.Dropdown(
            label="Thinking",
            choices=[(_THINKING[each], each) for each in THINKING],
            value=settings.thinking,
        )
    return [style, tongue, audience, thinking]


def manner(style: str | None, tongue: str | None, audience: str | None, thinking: str | None) -> Manner:
    """How to answer, as the fields stand; an audience that is cleared is none."""
    return Manner(
        style=Style(style) if style else None,
        audience=(audience or "").strip(),
        language=tongue or None,
        thinking=thinking or None,
    )
