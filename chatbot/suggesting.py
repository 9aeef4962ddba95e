"""Questions to suggest: made of what abstracts say, and only those whose answer is found by searching for it.

    first(collection)             for somebody who has asked nothing yet
    following(collection, answer) after an answer: about the papers that it cites, and those beside them

Made by rules of a few papers (the newest, or those cited), so that it takes as long for a hundred thousand
papers as for forty. Each is put to the search before it is offered: the sentence that answers it must be
among the first that a model would be shown, and nothing may speak for a refusal. The same papers always give
the same questions. No model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from chatbot import fulltext, premises
from chatbot.answerability import off_topic, signals
from chatbot.censusing import planned
from chatbot.evidence import candidates
from chatbot.values import Answer, Question
from store.collection import Collection
from store.plans import By, Do, Plan
from store.records import Filter, Paper, Sentence

MOST = 4
# Papers that questions are made of, and questions that are put to the search, at most.
_READ = 40
_TRIED = 16
_HITS = 5
# The answer must be among so many sentences of the search.
_SHOWN = 6
_NAME = re.compile(r"[A-Z0-9][\w.+&@'’-]*(?: [A-Z0-9][\w.+&@'’-]*){0,3}\Z")
_COUNTS = re.compile(
    r"\b(?:contain|compris|consist|includ|cover|span|featur|provid|offer|support|has|have)\w*(?: of)?"
    r"(?: (?:a total of|over|more than|about|around|nearly|approximately|up to))? "
    r"\d[\d,]*(?:\.\d+)?\+?[KkM]? (?P<what>(?:[a-z]+(?:-[a-z]+)*ed |[a-z]+-[a-z]+ )?[a-z]{4,}s)\b"
)
# What a sentence with the paper's own name answers, the most particular first.
_ASKED = tuple(
    (re.compile(pattern, re.IGNORECASE), asks)
    for pattern, asks in (
        (r"\b(?:faster|speedup|speed-up|latency|throughput)\b", "How much faster is {}?"),
        (r"\btrained (?:on|with|using)\b", "What is {} trained on?"),
        (r"\b(?:outperform|surpass|exceed)(?:s|ed|ing)?\b", "What does {} outperform?"),
        (r"\b(?:publicly available|open-sourced?|we release|is available at)\b", "Is {} publicly available?"),
        (r"\b(?:address|tackle|mitigat|overcom|alleviat|bridg)\w*\b", "What does {} address?"),
        (r"\b(?:reduc|improv|increas)(?:es|ed|ing)\b", "What does {} improve?"),
    )
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question and the paper that answers it; `paper` is "" where the whole collection does."""

    text: str
    paper: str = ""


@dataclass(frozen=True, slots=True)
class _Idea:
    """A question, and the sentences of a paper any of which answers it; none: it is counted."""

    text: str
    paper: str = ""
    sentences: tuple[int, ...] = ()
    kind: str = ""


def first(collection: Collection, filter: Filter = Filter(), most: int = MOST) -> tuple[Suggestion, ...]:
    """Questions to begin with, each about another paper, and one to the whole collection.

    Raises StoreError.
    """
    entries = collection.census(Plan(Do.NEWEST, filter, most=_READ), _READ).papers[:_READ]
    newest = (paper for entry in entries if (paper := collection.paper(entry.id)) is not None)
    papers = {paper.id: paper for paper in (*newest, *islice(collection.each(filter), _READ))}
    named = [paper for paper in papers.values() if _name(paper)]
    whole = list(_counted(collection, filter))[:1]
    # The best question of each paper before the second best of any.
    own = sorted((list(_about(paper, collection)) for paper in named), key=_rank)
    ideas = _mixed([idea for row in zip_longest(*own) for idea in row if idea is not None])
    found = _kept(ideas, collection, filter, most - len(whole), once=True)
    return (*found, *(Suggestion(idea.text) for idea in whole))


def following(
    collection: Collection,
    answer: Answer,
    asked: Sequence[str] = (),
    filter: Filter = Filter(),
    most: int = 3,
) -> tuple[Suggestion, ...]:
    """Questions to go on with. `asked` are those of the conversation: none comes again. Raises StoreError."""
    papers = [each.paper for each in answer.citations] or [each.paper for each in answer.near_misses]
    told = {(each.paper, each.sentence) for claim in answer.claims for each in claim.evidence}
    fresh: list[_Idea] = []
    for paper in papers[:_HITS]:
        for idea in _about(paper, collection):
            if not any((idea.paper, number) in told for number in idea.sentences):
                fresh.append(idea)
    beside = [idea for paper in papers[:2] for idea in _beside(paper, collection, filter)]
    ideas = [idea for pair in zip_longest(fresh, beside) for idea in pair if idea is not None]
    known = {_folded(text) for text in (*asked, answer.question, answer.standalone_question)}
    return tuple(_kept([idea for idea in ideas if _folded(idea.text) not in known], collection, filter, most))


# Making them


def _about(paper: Paper, collection: Collection) -> Iterator[_Idea]:
    """What an abstract answers, the most particular first."""
    name = _name(paper)
    if not name:
        return
    own = [each for each in collection.sentences(paper.id) if name in each.readable]
    for each in own:
        for found in _COUNTS.finditer(each.readable):
            if name in each.readable[: found.start()]:
                asks = f"How many {found['what']} does {name} have?"
                yield _Idea(asks, paper.id, (each.number,), "count")
    for pattern, asks in _ASKED:
        if answers := tuple(each.number for each in own if pattern.search(each.readable)):
            yield _Idea(asks.format(name), paper.id, answers, asks)
    if own:
        yield _Idea(f"What is {name}?", paper.id, tuple(each.number for each in own), "what")


def _beside(paper: Paper, collection: Collection, filter: Filter) -> Iterator[_Idea]:
    """What joins a paper to others of the collection."""
    name = _name(paper)
    if not name:
        return
    if collection.count(Filter(phrases=(name,))) > 1 and filter.empty:
        yield _Idea(f"Which papers mention {name}?")
    for hit in collection.search(f"{name} {_opening(paper, collection)}", _HITS, filter):
        if hit.paper.id != paper.id:
            yield from islice(_about(hit.paper, collection), 1)


def _counted(collection: Collection, filter: Filter) -> Iterator[_Idea]:
    """Questions to the whole collection that its papers tell enough for."""
    if len(collection.census(Plan(Do.COUNT, filter, By.MONTH)).groups) > 2:
        yield _Idea("How many papers per month?")
    if collection.count(Filter(has=("code",))) > 1:
        yield _Idea("Which papers have code?")


def _name(paper: Paper) -> str:
    """The name of what a paper brings, where it has one; "" else."""
    label = paper.label.partition(":")[0].strip()
    return label if len(label) <= 40 and _NAME.match(label) else ""


def _opening(paper: Paper, collection: Collection) -> str:
    return next((each.readable for each in collection.sentences(paper.id)), "")


def _mixed(ideas: Sequence[_Idea]) -> list[_Idea]:
    """The same ideas, so that each kind of question comes once before any comes again."""
    kinds: dict[str, list[_Idea]] = {}
    for idea in ideas:
        kinds.setdefault(idea.kind, []).append(idea)
    order = sorted(kinds, key=lambda kind: kind == "what")
    return [idea for row in zip_longest(*(kinds[kind] for kind in order)) for idea in row if idea is not None]


def _rank(ideas: Sequence[_Idea]) -> int:
    """Papers of which more can be asked than what they are come first."""
    return -min(len(ideas), 2)


# Trying them


def _kept(
    ideas: Iterable[_Idea], collection: Collection, filter: Filter, most: int, *, once: bool = False
) -> list[Suggestion]:
    """The first `most` whose answer is found; `once`: one a paper."""
    found: list[Suggestion] = []
    for idea in islice(dict.fromkeys(ideas), _TRIED):
        if len(found) >= most:
            break
        if once and idea.paper and any(each.paper == idea.paper for each in found):
            continue
        if any(_folded(each.text) == _folded(idea.text) for each in found):
            continue
        if answerable(collection, idea.text, idea.paper, idea.sentences, filter):
            found.append(Suggestion(idea.text, idea.paper))
    return found


def answerable(
    collection: Collection, text: str, paper: str, sentences: Sequence[int], filter: Filter = Filter()
) -> bool:
    """Whether a search for the question finds its answer and nothing speaks for a refusal.

    Without `paper`: whether it is one that is counted. Raises StoreError.
    """
    plan = planned(Question(text, filter=filter))
    if not paper or plan is not None:
        return plan is not None and not paper and collection.census(plan, 1).count > 0
    hits = collection.search(text, _HITS, filter)
    if not hits or all(hit.paper.id != paper for hit in hits[:2]):
        return False
    ranked = candidates(text, hits, collection)
    known = signals(text, ranked, collection.rarities(text))
    if off_topic(known) or known.strangers:
        return False
    if premises.doubted(text, ranked) is not None or fulltext.beyond(text, ranked) is not None:
        return False
    shown = [each.sentence for each in ranked[:_SHOWN]]
    return any(_is(each, paper, sentences) for each in shown)


def _is(sentence: Sentence, paper: str, numbers: Sequence[int]) -> bool:
    return sentence.paper == paper and sentence.number in numbers


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip("?!. ")
