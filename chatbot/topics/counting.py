"""A census over a topic: every candidate judged, one after the other, told as events; then the answer.

What was judged is kept as soon as it is: closing the generator loses nothing, and the same question goes on
where it was stopped. Where the model fails on the way, the rest is judged by rules, and that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from chatbot.errors import ModelBusy, ModelCut, ModelGarbled, ModelUnreachable
from chatbot.model import ChatModel
from chatbot.settings import Settings
from chatbot.topics.candidates import candidates
from chatbot.topics.judging import DEFAULT, PaperJudge, Thresholds, wording
from chatbot.topics.kept import Kept
from chatbot.topics.telling import notes, sentence
from chatbot.values import (
    Answer,
    Citation,
    Delta,
    Event,
    Finished,
    Judged,
    JudgedBy,
    Notice,
    Question,
    Standing,
    Status,
    Timings,
    TopicCensus,
    TopicPaper,
    TopicPlan,
)
from store.collection import Collection

# So many papers are cited under numbers, as by a census that is counted exactly.
_CITED = 8


def taken(
    plan: TopicPlan,
    collection: Collection,
    model: ChatModel | None,
    thresholds: Thresholds = DEFAULT,
) -> Generator[Judged | Notice, None, TopicCensus]:
    """What the plan gives, by `model` (None: by rules); `Judged` behind each paper.

    Raises StoreError, and ModelError where the endpoint refuses.
    """
    papers, passing = candidates(plan, collection)
    found: dict[Standing, list[TopicPaper]] = {standing: [] for standing in Standing}
    by_rules = 0
    kept = Kept(collection.folder if model is not None else None)
    try:
        judge = PaperJudge(plan.topic, collection, model, kept, thresholds)
        failed = model is None
        for done, paper in enumerate(papers, start=1):
            try:
                belongs, by = judge.judged(paper, by_rules=failed)
            except (ModelUnreachable, ModelBusy, ModelCut, ModelGarbled) as error:
                failed = True
                yield Notice(f"{error} The papers that are left are judged by rules.")
                belongs, by = judge.judged(paper, by_rules=True)
            by_rules += by is JudgedBy.RULES
            if belongs is not None:
                found[belongs.standing].append(belongs)
            yield Judged(done, len(papers), len(found[Standing.SURE]))
        if kept.problem is not None:
            yield Notice(kept.problem)
    finally:
        kept.close()
    return TopicCensus(
        plan,
        total=collection.count(),
        passing=passing,
        looked=len(papers),
        sure=tuple(_newest_first(found[Standing.SURE])),
        uncertain=tuple(_newest_first(found[Standing.UNCERTAIN])),
        by_rules=by_rules,
    )


def answered(
    question: Question,
    plan: TopicPlan,
    collection: Collection,
    model: ChatModel | None,
    settings: Settings,
    clock: Callable[[], float],
) -> Generator[Event, None, None]:
    """The events of the answer to a question over a topic. Raises what `taken` raises."""
    started = clock()
    if settings.verifier == "fast":
        model = None
    census = yield from taken(plan, collection, model)
    text = sentence(census)
    yield Delta(text)
    citations = _cited(question, census)
    yield Finished(
        Answer(
            question=question.text,
            standalone_question=question.text,
            status=Status.CENSUS,
            text=" ".join([text, "".join(f"[{each.number}]" for each in citations)]).strip(),
            citations=citations,
            dropped=notes(census, asked=model is not None),
            timings=Timings(total=clock() - started),
            model=model.name if model is not None and census.by_rules < census.looked else None,
            fingerprint=wording() if model is not None else "",
            filter=question.filter,
            topic=census,
        )
    )


def _newest_first(found: list[TopicPaper]) -> list[TopicPaper]:
    by_name = sorted(found, key=lambda each: (each.paper.label.casefold(), each.paper.id))
    return sorted(by_name, key=lambda each: each.paper.created or "", reverse=True)


def _cited(question: Question, census: TopicCensus) -> tuple[Citation, ...]:
    """The papers that are sure, if they are few, under the numbers that they have or get."""
    if not 0 < len(census.sure) <= _CITED:
        return ()
    numbers = dict(question.numbers)
    for each in census.sure:
        numbers.setdefault(each.paper.id, max(numbers.values(), default=0) + 1)
    found = (Citation(numbers[each.paper.id], each.paper) for each in census.sure)
    return tuple(sorted(found, key=lambda each: each.number))
