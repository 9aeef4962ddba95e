"""What a conversation holds that a question may point at: its papers by number, in their order, and what its
turns were about.

Asks the collection for papers and names; decides nothing about the question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatbot import planning
from chatbot.values import Question, Turn
from chatbot.verifying.names import names
from store.collection import Collection
from store.records import Paper

MARKER = re.compile(r"\[(\d{1,4})\]")
# A question for papers is about those that answer it, whatever else it names.
_FOR_PAPERS = re.compile(
    r"\b(?:which|what|list|show|name|find|any|newest|latest|oldest)\b(?:\W+[\w-]+){0,3}?\W+papers?\b",
    re.IGNORECASE,
)
# "Which benchmark tests LLMs?" asks for a thing too; "what data does GRPO need?" does not.
_FOR_A_THING = re.compile(
    r"^\W*(?:which|what) (?!(?:is|are|was|were|do|does|did|can|could|has|have|had|will|would)\b)"
    r"(?!.*\b(?:do|does|did)\b)",
    re.IGNORECASE,
)
# LLMs, PRMs: whole classes of things are nobody's name.
_CLASS = re.compile(r"[A-Z]{2,}s$")
_MOST = 4


class Past:
    """The turns before `question`, and the papers that they cited."""

    def __init__(self, question: Question, collection: Collection) -> None:
        self.turns = question.history
        self._collection = collection
        self._ids = {number: id for id, number in question.numbers}
        self._numbers = dict(question.numbers)
        self._papers: dict[str, Paper | None] = {}

    @property
    def last(self) -> Turn | None:
        """The turn before the question."""
        return self.turns[-1] if self.turns else None

    @property
    def asked(self) -> str:
        """What was asked last, as it stands on its own; "" if nothing was."""
        return self.turns[-1].asked if self.turns else ""

    def paper(self, ref: str) -> Paper | None:
        """The paper of an id, arXiv id, DOI or label."""
        if ref not in self._papers:
            self._papers[ref] = self._collection.paper(ref)
        return self._papers[ref]

    def numbered(self, number: int) -> Paper | None:
        """The paper that bears this number in the conversation."""
        return self.paper(self._ids[number]) if number in self._ids else None

    @property
    def cited(self) -> tuple[tuple[int, Paper], ...]:
        """All papers with a number, in its order."""
        found = ((number, self.numbered(number)) for number in sorted(self._ids))
        return tuple((number, paper) for number, paper in found if paper is not None)

    def shown(self) -> tuple[tuple[int, Paper], ...]:
        """The papers of the last answer that cites any, in the order of their first markers."""
        return next((found for turn in reversed(self.turns) if (found := self.of(turn))), ())

    def names(self) -> tuple[str, ...]:
        """What to call the first of these."""
        return tuple(called(paper) for _, paper in self.shown())[:_MOST]

    def of(self, turn: Turn) -> tuple[tuple[int, Paper], ...]:
        """The papers that a turn cites, in the order of their first markers."""
        marked = dict.fromkeys(int(number) for number in MARKER.findall(turn.answer))
        marked |= dict.fromkeys(self._numbers[id] for id in turn.cited if id in self._numbers)
        cited = set(turn.cited)
        found = ((number, self.numbered(number)) for number in marked if self._ids.get(number) in cited)
        return tuple((number, paper) for number, paper in found if paper is not None)

    def subjects(self) -> tuple[str, ...]:
        """What was spoken about last: at most four names, the first the likeliest; () if nothing was."""
        return next((found for turn in reversed(self.turns) if (found := self.about(turn))), ())

    def about(self, turn: Turn) -> tuple[str, ...]:
        """What a turn was about: the papers that its question names; those that answered a question for
        papers; a name that it used; else the papers that were cited."""
        asked = turn.asked
        cited = tuple(called(paper) for _, paper in self.of(turn))[:_MOST]
        named = self.named(asked)
        own = tuple(dict.fromkeys(each.text for each in named if each.own))
        if _FOR_PAPERS.search(asked) and cited:
            return cited
        if own:
            return own[:_MOST]
        mine = {paper.id for _, paper in self.of(turn)}
        used = tuple(each.text for each in named if mine & set(each.papers))
        if not used:
            used = tuple(name for name in names(asked) if not _CLASS.search(name))
        if used and not (cited and _FOR_A_THING.search(asked)):
            return used[:1]
        return cited

    def named(self, text: str) -> Sequence[planning.Subject]:
        """The papers that a text names, where it does."""
        return planning.subjects(text, planning.named_in(self._collection))


def called(paper: Paper) -> str:
    """What to call a paper within a question: a label that is only an abstract's beginning says so."""
    name = " ".join(paper.name.split())
    return f"the paper “{name}”" if name.endswith("…") else name


def listed(papers: Sequence[tuple[int, Paper]]) -> str:
    """Papers with their numbers, for people: "[1] GSPO and [3] PLawBench"."""
    return joined([f"[{number}] {' '.join(paper.name.split())}" for number, paper in papers])


def joined(texts: Sequence[str]) -> str:
    """ "A, B and C"."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))
