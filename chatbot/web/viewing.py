"""What is seen of one question so far: a frozen view, and how each event changes it.

    view = View("What is GSPO?")
    for event in chat.stream(question):
        view = seen(view, event)

Pure: renders nothing and reads nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chatbot.values import (
    Answer,
    Claim,
    ClaimMade,
    ClaimRevised,
    Delta,
    Event,
    Finished,
    Judged,
    Notice,
    Packed,
    Planned,
    PremiseDoubted,
    Retrieved,
    SearchPlan,
    Status,
    Style,
    Thought,
)
from store.records import Hit

_LAID = (Style.LIST, Style.TABLE)


class State(StrEnum):
    """How far a question is."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence of the answer as it stands on the page, and its proof.

    `lead` is what stands before it: white space, the bullet of a list, the cells of a table's row.
    """

    lead: str
    claim: Claim
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """One question. `hits` is None until the search is over; `tail` is the sentence that is being written."""

    question: str
    state: State = State.RUNNING
    plan: SearchPlan | None = None
    hits: tuple[Hit, ...] | None = None
    packed: Packed | None = None
    premise: PremiseDoubted | None = None
    spans: tuple[Span, ...] = ()
    tail: str = ""
    thought: str = ""
    thinking: bool = False
    judged: Judged | None = None
    notices: tuple[str, ...] = ()
    answer: Answer | None = None
    error: str = ""


def seen(view: View, event: Event) -> View:
    """The view after an event."""
    match event:
        case Planned(plan=plan):
            return replace(view, plan=plan)
        case Retrieved(hits=hits):
            return replace(view, hits=hits)
        case Packed():
            return replace(view, packed=event)
        case PremiseDoubted():
            return replace(view, premise=event)
        case Thought(text=text):
            return replace(view, thought=view.thought + text, thinking=True)
        case Delta(text=text):
            return replace(view, tail=view.tail + text, thinking=False)
        case ClaimMade(index=index, claim=claim, numbers=numbers):
            # An index that was there already: the model had been thinking aloud, and begins again.
            found = view.tail.find(claim.translation or claim.text)
            white = view.tail[: len(view.tail) - len(view.tail.lstrip())]
            lead = view.tail[:found] if found >= 0 else white
            spans = (*view.spans[:index], Span(lead, claim, numbers))
            return replace(view, spans=spans, tail="", thinking=False)
        case ClaimRevised(index=index, claim=claim, numbers=numbers):
            if index >= len(view.spans):
                return view
            changed = list(view.spans)
            changed[index] = Span(changed[index].lead, claim, numbers)
            return replace(view, spans=tuple(changed))
        case Judged():
            return replace(view, judged=event)
        case Notice(text=text):
            return replace(view, notices=(*view.notices, text))
        case Finished(answer=answer):
            return _finished(view, answer)
    return view


def recalled(answer: Answer) -> View:
    """A finished answer that was kept, as it was seen."""
    view = View(answer.question, plan=answer.plan, spans=_spans(answer, ()))
    return replace(view, answer=answer, state=State.DONE)


def _finished(view: View, answer: Answer) -> View:
    if answer.status in (Status.REFUSED, Status.CENSUS):
        spans: tuple[Span, ...] = ()
    else:
        spans = _spans(answer, view.spans)
    return replace(
        view,
        spans=spans,
        tail="",
        thinking=False,
        judged=None,
        answer=answer,
        state=State.DONE,
        plan=answer.plan,
    )


def _spans(answer: Answer, shown: Sequence[Span]) -> tuple[Span, ...]:
    """The answer's sentences; those that were shown keep their white space, others get that of the text."""
    if [span.claim for span in shown] == list(answer.claims):
        return tuple(shown)
    spans, at = [], 0
    for place, claim in enumerate(answer.claims):
        said = claim.translation or claim.text
        found = answer.text.find(said, at)
        between = answer.text[at:found] if found >= 0 else " "
        lead = between if answer.style in _LAID else ("\n" if "\n" in between else (" " if place else ""))
        at = found + len(said) if found >= 0 else at
        spans.append(Span(lead, claim, answer.numbers(claim)))
    return tuple(spans)
