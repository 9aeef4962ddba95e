"""Rules and model together: what a question of a conversation asks, of which papers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, fields, replace

from chatbot.errors import ModelBusy, ModelUnreachable
from chatbot.filtering import both
from chatbot.following import rewriting
from chatbot.following.addresses import NotThere
from chatbot.following.past import Past
from chatbot.following.rules import by_rules
from chatbot.model import ChatModel
from chatbot.values import (
    Answer,
    Citation,
    Event,
    Notice,
    Question,
    RewrittenBy,
    Status,
    Timings,
)
from store.collection import Collection
from store.errors import FilterError
from store.records import Filter


@dataclass(frozen=True, slots=True)
class Followed:
    """`question` as it is to be answered, and who made it so: None if it is as it was asked. `refusal`
    answers in its place where it points at nothing; `wish` is what is wanted of the answer's form."""

    question: Question
    by: RewrittenBy | None = None
    refusal: Answer | None = None
    wish: str = ""

    def told(self, answer: Answer, asked: str, seconds: float) -> Answer:
        """The answer as one to the question `asked`, whose understanding took `seconds`."""
        if self.by is None:
            return answer
        return replace(
            answer,
            question=asked,
            rewritten_by=self.by,
            timings=replace(_later(answer.timings, seconds), rewritten=seconds),
        )


def followed(
    question: Question,
    words: Filter,
    collection: Collection,
    model: ChatModel | None,
    max_tokens: int,
) -> Generator[Event, None, Followed]:
    """The events of understanding what a question refers to, and what it asks then; `words` is what its own
    words filtered. Raises ModelError where the endpoint refuses."""
    past = Past(question, collection)
    try:
        made = by_rules(question.text, past, words)
    except NotThere as nothing:
        return Followed(question, refusal=_refusal(question, str(nothing), past))
    text, by = made.text, RewrittenBy.RULES
    # With the local Qwen all pronouns of bench/results/followups.md came out as by rules, seconds later.
    if made.loose and model is not None and not (made.sure and model.local):
        try:
            said = rewriting.by_model(question.text, past, model, max_tokens)
        except (ModelUnreachable, ModelBusy):
            said = None  # the ordinary way asks again, and says so
        if said is not None:
            text, by = said, RewrittenBy.MODEL
    if text == question.text and made.filter.empty and not made.wish:
        return Followed(question)
    try:
        filter = both(question.filter, made.filter)
    except FilterError:
        filter = question.filter
    told = f"Taken as: {text}" if by is RewrittenBy.RULES else f"Taken, as the model wrote it, as: {text}"
    if not made.filter.empty:
        told = f"{told} Only papers: {_named(made.filter, collection)}."
    yield Notice(told)
    return Followed(replace(question, text=text, filter=filter), by, wish=made.wish)


def alone(question: Question, collection: Collection) -> str:
    """The question on its own, as far as rules can tell without asking it of other papers."""
    try:
        made = by_rules(question.text, Past(question, collection))
    except NotThere:
        return question.text
    return made.text if made.filter.empty else question.text


def _refusal(question: Question, text: str, past: Past) -> Answer:
    """A plain sentence that says what there is; the papers that it names stay citable."""
    citations = tuple(Citation(number, paper) for number, paper in past.cited if f"[{number}]" in text)
    return Answer(
        question=question.text,
        standalone_question=question.text,
        status=Status.REFUSED,
        text=text,
        citations=citations,
        timings=Timings(total=0.0),
        filter=question.filter,
    )


def _named(filter: Filter, collection: Collection) -> Filter:
    """The filter for people: papers by name."""
    found = (collection.paper(id) for id in filter.ids)
    return replace(filter, ids=tuple(paper.label for paper in found if paper is not None))


def _later(timings: Timings, seconds: float) -> Timings:
    """Seconds since the question was asked, where counting began `seconds` later."""
    each = {field.name: getattr(timings, field.name) for field in fields(Timings)}
    return Timings(**{name: None if value is None else value + seconds for name, value in each.items()})
