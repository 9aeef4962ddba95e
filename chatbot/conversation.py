"""The turn that a question becomes: what later questions of the conversation see of it.

What a follow-up refers to is for `following`, what a model is shown of earlier turns for `history`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from chatbot.values import Answer, Question, Turn
from store.records import Filter


def remembered(question: Question, answer: Answer) -> Turn:
    """The turn that later questions see; `question` as it was put, with the conversation's own filter."""
    asked = answer.question or question.text
    standalone = answer.standalone_question
    return Turn(
        asked,
        answer.text,
        tuple(citation.paper.id for citation in answer.citations),
        standalone if standalone != asked else "",
        _beside(answer.filter, question.filter),
    )


def _beside(filter: Filter, known: Filter) -> Filter:
    """What a filter asks beside what is known to hold."""
    left: dict[str, Any] = {}
    for field in fields(Filter):
        value, had = getattr(filter, field.name), getattr(known, field.name)
        if isinstance(value, tuple):
            left[field.name] = tuple(each for each in value if each not in had)
        elif value != had:
            left[field.name] = value
    return Filter(**left)
