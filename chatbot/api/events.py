"""The typed events of an answer as JSON: their name and their shape, for streams of the native API.

The shapes are `chatbot.shapes`'; an event's own fields are those of `chatbot.values`.
"""

from __future__ import annotations

import re
from typing import Any

from chatbot import shapes
from chatbot.values import (
    ClaimMade,
    ClaimRevised,
    Event,
    Finished,
    Judged,
    Packed,
    Planned,
    PremiseDoubted,
    Retrieved,
)


def named(event: Event) -> tuple[str, dict[str, Any]]:
    """The event's name, `claim_made`, and what it holds."""
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", type(event).__name__).lower()
    match event:
        case Planned(plan=plan):
            return name, {"plan": shapes.search_plan(plan)}
        case Retrieved(question=question, hits=hits):
            return name, {"question": question, "hits": shapes.hits(hits)}
        case PremiseDoubted(claim=claim, numbers=numbers):
            return name, {"claim": shapes.claim(claim), "numbers": list(numbers)}
        case (
            ClaimMade(index=index, claim=claim, numbers=numbers)
            | ClaimRevised(index=index, claim=claim, numbers=numbers)
        ):
            return name, {"index": index, "claim": shapes.claim(claim), "numbers": list(numbers)}
        case Judged(done=done, total=total, sure=sure):
            return name, {"done": done, "total": total, "sure": sure}
        case Packed(shown=shown, left_out=left_out):
            return name, {"shown": [shapes.evidence(each) for each in shown], "left_out": left_out}
        case Finished(answer=answer):
            return name, {"answer": shapes.answer(answer)}
        case _:  # Thought, Delta, Notice
            return name, {"text": event.text}
