"""The opening of an answer: filters in the question's words, and questions that are counted, not read for.

    asked, words = yield from filtered(question, collection)
    asked = yield from opening(asked, typed, collection, clock)

What the question's words filter is taken out of them and said. A question to the whole collection is answered
here, exactly and by no model; then nothing is left to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

from chatbot import filtering
from chatbot.routing import route
from chatbot.values import (
    Answer,
    Citation,
    Delta,
    Event,
    Finished,
    Notice,
    PlannedBy,
    Question,
    Status,
    Timings,
)
from store.collection import Collection
from store.plans import By, Census, Do, Plan
from store.records import Filter

# So many papers are cited under numbers, so that a later question can point at one.
_CITED = 8


def filtered(question: Question, collection: Collection) -> Generator[Event, None, tuple[Question, Filter]]:
    """The question without the filters in its words, asked of the papers that pass them; and what they
    are. Raises FilterError."""
    understood = filtering.read(question.text)
    filter = filtering.both(question.filter, understood.filter)
    filtering.known(filter, collection.paper)
    if understood.words:
        yield Notice(filtering.told(understood.filter))
    return replace(question, text=understood.question, filter=filter), understood.filter


def opening(
    question: Question, typed: str, collection: Collection, clock: Callable[[], float]
) -> Generator[Event, None, Question | None]:
    """The events until it is clear what is asked; then the question, or None if it is answered. `typed` is
    what stands for a question of filters alone. Raises FilterError, StoreError."""
    started = clock()
    plan = planned(question)
    if plan is None:
        return question
    yield from counted(replace(question, text=question.text or typed), plan, collection, clock, started)
    return None


def counted(
    question: Question,
    plan: Plan,
    collection: Collection,
    clock: Callable[[], float],
    started: float,
    model: str | None = None,
) -> Iterator[Event]:
    """The answer to a question whose plan is known; `model` is the one that made it.
    Raises FilterError, StoreError."""
    census = _named(collection.census(plan), collection)
    text = sentence(census)
    yield Delta(text)
    citations = _cited(question, census, collection)
    yield Finished(
        Answer(
            question=question.text,
            standalone_question=question.text,
            status=Status.CENSUS,
            text=" ".join([text, "".join(f"[{each.number}]" for each in citations)]).strip(),
            citations=citations,
            timings=Timings(total=clock() - started),
            model=model,
            filter=question.filter,
            census=census,
            census_by=PlannedBy.RULES if model is None else PlannedBy.MODEL,
        )
    )


def _named(census: Census, collection: Collection) -> Census:
    """The census with the papers that its filter allows by the names that people know, where these lead to
    them again: the plan can still be carried out."""

    def label(id: str) -> str:
        paper = collection.paper(id)
        named = paper and collection.paper(paper.label)
        return paper.label if paper and named and named.id == paper.id else id

    ids = tuple(map(label, census.plan.filter.ids))
    return replace(census, plan=replace(census.plan, filter=replace(census.plan.filter, ids=ids)))


def planned(question: Question) -> Plan | None:
    """The plan of a question to the whole collection, its own filter included; None if it is none.

    Filters without a question ask for the papers that pass.
    """
    plan = route(question.text) if question.text else Plan(Do.LIST)
    return plan and replace(plan, filter=filtering.both(question.filter, plan.filter))


def _cited(question: Question, census: Census, collection: Collection) -> tuple[Citation, ...]:
    """The papers, if they are few, under the numbers that they have or get in the conversation."""
    if census.plan.by is not None or not 0 < census.count <= _CITED:
        return ()
    numbers = dict(question.numbers)
    found = [paper for entry in census.papers if (paper := collection.paper(entry.id)) is not None]
    for paper in found:
        numbers.setdefault(paper.id, max(numbers.values(), default=0) + 1)
    return tuple(sorted((Citation(numbers[each.id], each) for each in found), key=lambda each: each.number))


def sentence(census: Census) -> str:
    """What was counted, in one sentence."""
    plan = census.plan
    asked = _clauses(plan.filter, census.count)
    if plan.do in (Do.NEWEST, Do.OLDEST):
        return _extreme(census)
    if plan.by is not None:
        return _grouped(census)
    if not asked:
        return f"The collection holds {_papers(census.total)}."
    return f"{census.count:,} of {_papers(census.total)} {asked}."


def _extreme(census: Census) -> str:
    plan = census.plan
    those = _those(plan.filter)
    if not census.count:
        return f"None of {_papers(census.total)} has a date{those and ' and ' + _clauses(plan.filter, 1)}."
    if census.count == 1:
        (paper,) = census.papers[:1] or (None,)
        named = f"{paper.name} ({paper.created})" if paper else "one"
        return f"The {plan.do.value} paper{those} is {named}."
    if plan.most in (None, 1) and census.papers:
        return f"The {plan.do.value} papers{those} are {census.count:,} of {census.papers[0].created}."
    tied = f", {plan.most} and those of the same date" if plan.most and census.count > plan.most else ""
    return f"These are the {census.count:,} {plan.do.value} papers{those}{tied}."


def _grouped(census: Census) -> str:
    plan = census.plan
    groups = census.groups
    those = _those(plan.filter)
    by = plan.by.value if plan.by else ""
    if not groups:
        return f"None of the {_papers(census.count)}{those} tells its {by}."
    most = max(groups, key=lambda group: group.count)
    number = len(groups) + census.more_groups
    tied = sum(group.count == most.count for group in groups) - 1
    also = f" and {tied:,} more" if tied else ""
    names = "categories" if plan.by is By.CATEGORY else f"{by}s"
    head = f"{_papers(census.count)}{those}: {number:,} {names if number != 1 else by}"
    return f"{head}, most of them ({most.count:,}{' each' if tied else ''}) {_at(plan.by)} {most.key}{also}."


def _at(by: By | None) -> str:
    return {By.AUTHOR: "by", By.VENUE: "at"}.get(by or By.YEAR, "in")


def _papers(count: int) -> str:
    return f"{count:,} paper{'' if count == 1 else 's'}"


def _those(filter: Filter) -> str:
    """ " that …": which papers are meant."""
    asked = _clauses(filter, 2)
    return f" that {asked}" if asked else ""


def _clauses(filter: Filter, count: int) -> str:
    """The filter as what papers do: "were created in 2025-05 and have code"."""
    one = count == 1
    were, are, have, name = ("was", "is", "has", "names") if one else ("were", "are", "have", "name")
    does = "does" if one else "do"
    s = "s" if one else ""
    parts = []
    if filter.since and filter.since == filter.until:
        parts.append(f"{were} created in {filter.since}")
    elif filter.since or filter.until:
        bounds = [f"since {filter.since}"] if filter.since else []
        bounds += [f"until {filter.until}"] if filter.until else []
        parts.append(f"{were} created {' and '.join(bounds)}")
    parts += [f"contain{s} “{filter.text}”"] if filter.text else []
    parts += [f"{are} {' or '.join(filter.ids)}"] if filter.ids else []
    parts += [f"{are} not {' or '.join(filter.without)}"] if filter.without else []
    parts += [f"{are} by “{each}”" for each in filter.authors]
    parts += [f"{are} in {each}" for each in filter.categories]
    parts += [f"{name} “{each}” as {'its' if one else 'their'} venue" for each in filter.venues]
    parts += [f"{have} “{each}” in the title" for each in filter.titles]
    parts += [f"mention{s} “{each}”" for each in filter.phrases]
    parts += [f"{does} not mention “{each}”" for each in filter.exclude]
    parts += [f"{have} {_FACTS.get(each, each)}" for each in filter.has]
    parts += [f"{have} no {_FACTS.get(each, each).removeprefix('a ')}" for each in filter.lacks]
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1] if parts else ""


_FACTS = {
    "code": "a link to code",
    "github": "a link to GitHub",
    "date": "a date",
    "title": "a title",
    "venue": "a venue",
    "comment": "a comment",
    "doi": "a DOI",
    "arxiv": "an arXiv id",
}


def untold(census: Census) -> tuple[str, ...]:
    """What the papers don't tell, in sentences: papers that may belong here and are not counted."""
    told = {
        "date": "tell no date, or too coarse a one",
        "authors": "tell no authors",
        "categories": "tell no category",
        "venue": "name no venue",
        "venue or comment": "have neither venue nor comment",
    }
    found = []
    for fact, count in census.untold:
        what = told[fact] if count != 1 else told[fact].replace("tell", "tells").replace("have", "has")
        what = what if count != 1 else what.replace("name no", "names no")
        found.append(f"{_papers(count)} {what}: not counted here.")
    return tuple(found)
