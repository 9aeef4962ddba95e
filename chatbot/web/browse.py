"""The papers of the collection as a person browses them: found, sorted, some at a time, and by month."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from chatbot.web.charts import bars
from chatbot.web.desk import Desk
from chatbot.web.markup import EMPTY, Safe, el, join
from chatbot.web.papers import card, facts, name
from chatbot.web.prose import counted, sentence
from store.errors import StoreError
from store.plans import By, Do, Plan
from store.records import Filter, Paper

PAGE = 40
_FOUND = 50  # papers of a search at most
# Above so many papers only the newest are sorted by title: all of them need not be in memory for a look.
_SORTED = 5_000
SORTS: Mapping[str, Callable[[Paper], str]] = {
    "Newest": lambda paper: paper.created or "",
    "Oldest": lambda paper: paper.created or "9999",
    "Title": lambda paper: paper.name.casefold(),
}


def listing(desk: Desk, words: str, filter: Filter, sort: str, shown: int = PAGE) -> Safe:
    """A list of papers: those that match `words` best, or all that pass the filter, in an order."""
    try:
        if words.strip():
            hits = desk.collection.search(words.strip(), _FOUND, filter)
            papers, total = [hit.paper for hit in hits], len(hits)
            how = f"The {counted(total, 'nearest paper')}, the best first"
        else:
            total = desk.count(filter)
            papers = _page(desk, filter, sort, shown, total)
            how = counted(total, "paper")
    except StoreError as error:
        return el("p", str(error), class_="failure", role="alert")
    items = [
        el(
            "li",
            el("button", name(paper), type="button", class_="open", data_do="paper", data_paper=paper.id),
            facts(paper),
            el("p", _beginning(desk, paper), class_="beginning"),
        )
        for paper in papers[:shown]
    ]
    left = total - len(items)
    return join(
        el("p", how, class_="note"),
        el("ol", items, class_="papers"),
        el(
            "button",
            f"Show {min(left, PAGE)} more",
            type="button",
            class_="action",
            data_do="more",
            data_shown=shown + PAGE,
        )
        if left > 0
        else EMPTY,
    )


def by_month(desk: Desk, filter: Filter) -> Safe:
    """When the papers are from; nothing where they tell no dates."""
    try:
        found = desk.collection.census(Plan(Do.COUNT, filter, By.MONTH))
    except StoreError:
        return EMPTY
    return bars(found.groups, "Papers by month")


def one(desk: Desk, id: str) -> Safe:
    """A paper for the panel; what to do where there is none."""
    try:
        paper = desk.collection.paper(id)
    except StoreError as error:
        return el("p", str(error), class_="hint")
    if paper is None:
        return el("p", "That paper is no longer in the collection.", class_="hint")
    return card(paper, desk.sentences(paper.id), {})


def _page(desk: Desk, filter: Filter, sort: str, shown: int, total: int) -> list[Paper]:
    if total > _SORTED:
        plan = Plan(Do.OLDEST if sort == "Oldest" else Do.NEWEST, filter, most=shown)
        entries = desk.collection.census(plan, shown).papers
        found = (desk.collection.paper(entry.id) for entry in entries)
        return [paper for paper in found if paper is not None]
    papers = desk.collection.papers(filter)
    papers.sort(key=SORTS.get(sort, SORTS["Newest"]), reverse=sort == "Newest")
    return list(islice(papers, shown))


def _beginning(desk: Desk, paper: Paper) -> Safe:
    first = next(iter(desk.sentences(paper.id)), None)
    return sentence(first.text if first else paper.abstract[:300])
