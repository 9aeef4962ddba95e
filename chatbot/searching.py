"""The searches of one question: of the whole, of each part of its plan, and of the words it was asked in.

    found = Searches(collection, papers, filter).found(question, plan)

A part that finds nothing that bears on it is searched for once more, by its subject alone; then the plan
says so. At most `MOST_SEARCHES` searches a question, whatever the plan. No model is asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TypeVar

from chatbot.answerability import off_topic, signals
from chatbot.evidence import Scored, candidates
from chatbot.filtering import both
from chatbot.values import SearchPart, SearchPlan
from chatbot.verifying.names import missing_names, names
from store.collection import Collection
from store.errors import FilterError
from store.records import Filter, Hit, Paper
from store.search import fuse

# The question, what it was translated from, four parts, and each of these once more.
MOST_SEARCHES = 10
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: the papers, best first; their sentences, best first, those of a plan's parts in turn.

    `groups` are each part's sentences and last the whole question's, empty where there is no plan with
    parts; `plan` is the one that was given, its parts' outcome filled in.
    """

    hits: list[Hit]
    ranked: list[Scored]
    groups: tuple[tuple[Scored, ...], ...] = ()
    plan: SearchPlan | None = None


class Searches:
    """Searches `collection` for one question: at most `papers` papers a search, that pass `filter`."""

    def __init__(self, collection: Collection, papers: int, filter: Filter) -> None:
        self._collection = collection
        self._papers = papers
        self._filter = filter
        self._done: dict[str, list[Hit]] = {}

    @property
    def count(self) -> int:
        """How many searches there were."""
        return len(self._done)

    def search(self, query: str) -> list[Hit]:
        """The papers found by a query; what was searched for before is remembered. Empty when there were
        too many searches already."""
        if query not in self._done:
            if len(self._done) >= MOST_SEARCHES:
                return []
            self._done[query] = self._collection.search(query, self._papers, self._filter)
        return self._done[query]

    def found(self, question: str, plan: SearchPlan | None = None) -> Found:
        """Everything that is found for a question. Raises what `Collection.search` raises."""
        whole = self.search(question)
        if plan is not None and plan.original is not None:
            whole = self._fused(whole, self.search(plan.original))
        if plan is None or not plan.parts:
            return Found(whole, candidates(question, whole, self._collection), plan=plan)
        parts, hits = [], []
        for part in plan.parts:
            of_part = self._of(part, part.query)
            if not (bears := self._bears(part, of_part)) and part.query != (alone := _alone(part)):
                again = self._of(part, alone)
                bears = self._bears(replace(part, query=alone), again)
                of_part, part = (again if bears else of_part), replace(part, again=True)
            parts.append(replace(part, found=bears))
            hits.append(of_part)
        kept = list(_in_turn([*hits, whole], lambda hit: hit.paper.id))[: self._papers]
        shown = {hit.paper.id for hit in kept}
        groups = [
            self._sentences(part, [hit for hit in of_part if hit.paper.id in shown]) if part.found else []
            for part, of_part in zip(parts, hits, strict=True)
        ]
        groups.append(candidates(question, [hit for hit in whole if hit.paper.id in shown], self._collection))
        ranked = list(_in_turn(groups, lambda each: (each.paper.id, each.sentence.number)))
        return Found(kept, ranked, tuple(map(tuple, groups)), replace(plan, parts=tuple(parts)))

    def _of(self, part: SearchPart, query: str) -> list[Hit]:
        """The papers of a part: those that its subject names first, as far as they pass the filter."""
        found = self.search(query)
        named = []
        for id in part.papers:
            hit = next((hit for hit in found if hit.paper.id == id), None)
            if hit is None and (paper := self._passing(id)) is not None:
                hit = Hit(paper, 1.0, None, None)
            named += [hit] if hit else []
        return [*named, *(hit for hit in found if hit.paper.id not in part.papers)][: self._papers]

    def _passing(self, id: str) -> Paper | None:
        try:
            return next(iter(self._collection.papers(both(self._filter, Filter(ids=(id,))))), None)
        except FilterError:
            return None  # it is not among the ids that are allowed

    def _bears(self, part: SearchPart, hits: Sequence[Hit]) -> bool:
        """Whether anything found bears on a part: the papers that it names, else words, names or vectors."""
        if part.papers:
            return any(hit.paper.id in part.papers for hit in hits)
        ranked = candidates(part.query, hits, self._collection)
        said = signals(part.query, ranked, self._collection.rarities(part.query))
        return bool(hits) and not off_topic(said) and not said.strangers

    def _sentences(self, part: SearchPart, hits: Sequence[Hit]) -> list[Scored]:
        """The sentences of a part's papers, best first; before others those of the papers that it names, as
        they bear on what is asked: there the name tells nothing."""
        named = [hit for hit in hits if hit.paper.id in part.papers]
        others = [hit for hit in hits if hit.paper.id not in part.papers]
        asked = part.query.removeprefix(part.subject).strip() or part.query
        about = f"about {part.subject}"
        rest = candidates(part.query, others, self._collection)
        if part.papers:
            rest.sort(key=lambda each: bool(missing_names(about, [each.sentence.readable])))
        return [*candidates(asked, named, self._collection), *rest]

    def _fused(self, first: Sequence[Hit], second: Sequence[Hit]) -> list[Hit]:
        """Two searches for the same: a paper counts with its best score of each side."""
        papers = {hit.paper.id: hit.paper for hit in (*first, *second)}
        keyword: dict[str, float] = {}
        vector: dict[str, float] = {}
        for hit in (*first, *second):
            for score, side in ((hit.keyword, keyword), (hit.vector, vector)):
                if score is not None:
                    side[hit.paper.id] = max(score, side.get(hit.paper.id, score))
        fused = fuse(keyword, vector, self._papers, unknown=self._collection.without_vector(keyword))
        return [Hit(papers[each.id], each.score, each.keyword, each.vector) for each in fused]


def _alone(part: SearchPart) -> str:
    """The subject of a part, as a query."""
    return " ".join(names(f"about {part.subject}")) or part.subject


def _in_turn(groups: Iterable[Sequence[_Thing]], key: Callable[[_Thing], Hashable]) -> Iterator[_Thing]:
    """The first of each group, then the second of each, …; each thing once."""
    seen: set[Hashable] = set()
    for row in zip_longest(*groups):
        for each in row:
            if each is not None and key(each) not in seen:
                seen.add(key(each))
                yield each
