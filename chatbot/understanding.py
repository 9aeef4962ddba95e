"""What a question asks, in English and on its own, and how it will be searched for.

    yield from understood(draft, collection, searches, model, settings)

A question of another language is translated by the model, unless the papers found speak that language too;
a follow-up is made to stand alone; a question about several things is parted. An English question that asks
one thing passes without a search or a model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chatbot import dividing, planning, translating
from chatbot.drafting import Draft
from chatbot.following import alone
from chatbot.languages import language
from chatbot.manner import target
from chatbot.model import ChatModel
from chatbot.searching import Searches
from chatbot.settings import Settings
from chatbot.values import Event, Notice, Planned, SearchPlan
from store.collection import Collection
from store.errors import EmbeddingError


def understood(
    draft: Draft,
    collection: Collection,
    searches: Searches,
    model: ChatModel | None,
    settings: Settings,
) -> Iterator[Event]:
    """The events of understanding `draft.question`: sets `standalone`, `plan` and `unread` of the draft.

    Raises ModelError where the model fails.
    """
    question = draft.question
    foreign = language(question.text)
    plan = SearchPlan()
    if foreign is not None and not _spoken(foreign, searches, question.text):
        text = None
        if model is not None:
            text = translating.english(question.text, model, settings.max_tokens)
        if text is not None:
            plan = SearchPlan(translated_from=foreign, original=question.text, translation=text)
            draft.standalone = alone(replace(question, text=text), collection)
            then = ", then translated" if target(question) == foreign else ""
            yield Notice(
                f"The question seems to be in {foreign}. It is answered in the papers' own language{then}: "
                "there each sentence can be held against theirs."
            )
        else:
            draft.unread = foreign if _monolingual(collection) else None
            draft.dropped.append(_untranslated(foreign, model))
            yield Notice(draft.dropped[-1])
    named = planning.named_in(collection)
    parted = planning.by_rules(draft.standalone, named)
    if parted is None and model is not None and planning.looks_parted(draft.standalone, named):
        parted = dividing.by_model(draft.standalone, model, settings.max_tokens)
    if parted is not None:
        plan = replace(plan, parts=parted.parts, made_by=parted.made_by, beyond=parted.beyond)
    if plan != SearchPlan():
        draft.plan = plan
        yield Planned(plan)


def _spoken(foreign: str, searches: Searches, text: str) -> bool:
    """Whether most papers that the question's own words find are written in its language."""
    found = [language(hit.paper.abstract) for hit in searches.search(text)]
    return 2 * found.count(foreign) > len(found)


def _monolingual(collection: Collection) -> bool:
    """Whether the vectors know English alone, or there are none."""
    try:
        return bool(getattr(collection.embedder, "monolingual", False))
    except EmbeddingError:
        return True


def _untranslated(foreign: str, model: ChatModel | None) -> str:
    if model is None:
        return (
            f"The question seems to be in {foreign} and was searched for as it stands: a model is needed to "
            "translate it. `chatbot doctor` says how to get one."
        )
    return (
        f"The question seems to be in {foreign} and was searched for as it stands: {model.name} gave no "
        "translation. Ask in English."
    )
