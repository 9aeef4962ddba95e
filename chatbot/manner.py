"""In which manner a question is answered: what it says itself, else what the settings say.

    question = mannered(question, settings)

`/think` and `/no_think`, as Qwen3's users write them before or behind a question, are a choice for this
question and no words of it. An audience is style: it is bounded and reaches the model as data. Asks nobody.
"""

from __future__ import annotations

import re
from dataclasses import replace

from chatbot.errors import QuestionError
from chatbot.languages import LANGUAGES, language
from chatbot.settings import Settings
from chatbot.values import Manner, Question, Style

LONGEST_AUDIENCE = 1_000
THINKING = ("auto", "on", "off")
# Word for word: "/thinking" is a path, "what does /think do" asks about it.
_SWITCH = re.compile(r"^\s*/(no_)?think(?=\s)|(?<=\s)/(no_)?think\s*$")


def mannered(question: Question, settings: Settings) -> Question:
    """The question with its manner settled, and without what only said how. Raises QuestionError."""
    text, said = _switched(question.text)
    wanted = question.manner
    manner = Manner(
        style=wanted.style or Style(settings.style),
        audience=settings.audience if wanted.audience is None else wanted.audience,
        language=_tongue(wanted.language or settings.answer_language),
        thinking=said or wanted.thinking or settings.thinking,
        thinking_budget=(
            settings.thinking_budget if wanted.thinking_budget is None else wanted.thinking_budget
        ),
    )
    if len(manner.audience or "") > LONGEST_AUDIENCE:
        raise QuestionError(f"The audience is longer than {LONGEST_AUDIENCE} characters. Say it in fewer.")
    if manner.thinking not in THINKING:
        raise QuestionError(f"Thinking can't be {manner.thinking!r}. Choose one of {', '.join(THINKING)}.")
    if manner.thinking_budget is not None and manner.thinking_budget < 1:
        raise QuestionError("A thinking budget is a number of tokens, 1 or more. Leave it out for none.")
    return replace(question, text=text, manner=manner)


def target(question: Question) -> str | None:
    """The language that the answer's sentences are translated into; None: they stay as they are proven."""
    wanted = question.manner.language
    if wanted == "question":
        return language(question.text)
    return None if wanted in (None, "papers") else wanted


def _switched(text: str) -> tuple[str, str | None]:
    """The text without its last switch, and what that says."""
    found: str | None = None
    while match := _SWITCH.search(text):
        found = found or ("off" if "/no_think" in match.group() else "on")
        text = (text[: match.start()] + text[match.end() :]).strip()
    return text, found


def _tongue(wanted: str) -> str:
    known = {name.lower(): name for name in ("papers", "question", *LANGUAGES)}
    if (name := known.get(wanted.strip().lower())) is None:
        raise QuestionError(
            f"An answer can't be in {wanted[:40]!r}. Choose papers, question, or one of "
            f"{', '.join(LANGUAGES)}."
        )
    return name
