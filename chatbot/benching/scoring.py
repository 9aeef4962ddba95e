"""What the answers of one model are worth: facts, papers, citations, refusals, verdicts, tokens, seconds.

An answerable question is answered right if it was not refused and says what it should. Where there is a
judge and the question has a reference `answer`, the judge decides; else its `facts` have to stand in the
sentences of the answer, all of them; without those, one sentence of the answer has to be supported by the
reference, by the rules, which is strict. A question that has neither is not counted there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.benching import citations
from chatbot.benching.answers import Kept
from chatbot.benching.facts import stands_in
from chatbot.benching.journal import Journal
from chatbot.benching.judging import Entailment, agrees
from chatbot.benching.metrics import Refusals, Share, median
from chatbot.model import ChatModel
from chatbot.values import FoundBy, Status, Verdict
from chatbot.verifying import Passage, judge
from store.collection import Collection

Agrees = Callable[[str, str, str], bool]
"""Whether a given answer says what the reference says: of question, reference and answer."""
# How `Answer.dropped` tells of markers that point at nothing (chatbot/generating.py).
_LOST = re.compile(r"Markers that point at nothing shown: (.+)\.$")
_OWN = (FoundBy.SCHEMA.value, FoundBy.MARKER.value)


@dataclass(frozen=True, slots=True)
class Scored:
    """One answer: right? the right paper? None where the question does not tell."""

    kept: Kept
    right: bool | None
    right_paper: bool | None


@dataclass(frozen=True, slots=True)
class Score:
    """The numbers of one model, see docs/bench.md."""

    scored: tuple[Scored, ...]
    facts: Share
    papers: Share
    citations: citations.Scores
    own: Share
    lost: int
    refusals: Refusals
    verdicts: Counter[str]
    prompt_tokens: float | None
    completion_tokens: float | None
    first_token: float | None
    total: float | None

    @property
    def shape(self) -> dict[str, object]:
        return {
            "questions": len(self.scored),
            "facts_right": self.facts.shape,
            "paper_right": self.papers.shape,
            "citation_recall": self.citations.recall,
            "citation_precision": self.citations.precision,
            "own_markers": self.own.shape,
            "lost_markers": self.lost,
            "refusal_precision": self.refusals.precision.shape,
            "refusal_recall": self.refusals.recall.shape,
            "verdicts": {verdict.value: self.verdicts[verdict.value] for verdict in Verdict},
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "first_token_seconds": self.first_token,
            "total_seconds": self.total,
        }


def score(
    answers: Sequence[Kept], collection: Collection, says: Entailment, agrees: Agrees | None = None
) -> Score:
    """The score of a model's answers. `agrees` None: references are compared by rules."""
    scored = tuple(Scored(each, _right(each, agrees), _right_paper(each, collection)) for each in answers)
    told = [each.answer for each in answers]
    claims = [claim for answer in told for claim in answer["claims"]]
    spoken = [answer for answer in told if answer["timings"]["first_token"] is not None]
    cited = [citations.cited(answer, collection) for answer in told]
    resting = [claim for claim in claims if claim["evidence"]]
    return Score(
        scored,
        Share.of(each.right for each in scored if each.kept.asked.answerable),
        Share.of(each.right_paper for each in scored),
        citations.scores(cited, says),
        Share.of(claim["found_by"] in _OWN for claim in resting),
        sum(_lost(answer) for answer in told),
        Refusals.of((each.asked.answerable, _refused(each)) for each in answers),
        Counter(claim["verdict"] for claim in claims),
        median(answer["usage"]["prompt_tokens"] for answer in spoken),
        median(answer["usage"]["completion_tokens"] for answer in spoken),
        median(answer["timings"]["first_token"] for answer in spoken),
        median(answer["timings"]["total"] for answer in told),
    )


def remembered(model: ChatModel, journal: Journal) -> Agrees:
    """A model's agreement, kept in the journal beside the answers: it is asked once. Raises ModelError."""

    def judged(question: str, reference: str, given: str) -> bool:
        parts = json.dumps([model.name, question, reference, given])
        key = f"judged:{hashlib.sha256(parts.encode()).hexdigest()[:24]}"
        entry = journal.get(key)
        if entry is None:
            journal.add(key, {"judge": model.name, "agrees": agrees(model, question, reference, given)})
            entry = journal.get(key)
        return entry is not None and bool(entry["agrees"])

    return judged


def said(answer: dict[str, Any]) -> str:
    """What an answer says: its sentences without markers, a premise that it corrects included."""
    premise = answer.get("premise")
    return " ".join([*([premise["text"]] if premise else []), *(claim["text"] for claim in answer["claims"])])


def _right(each: Kept, agrees: Agrees | None) -> bool | None:
    asked, refused = each.asked, _refused(each)
    if not asked.answerable:
        return refused
    if not asked.facts and not asked.answer:
        return None
    if refused:
        return False
    if asked.answer and agrees is not None:
        return agrees(asked.question, asked.answer, said(each.answer))
    if asked.facts:
        return all(stands_in(fact, said(each.answer)) for fact in asked.facts)
    reference = [Passage(asked.answer or "", context=asked.question)]
    return any(
        judge(claim["text"], reference).verdict is Verdict.SUPPORTED for claim in each.answer["claims"]
    )


def _right_paper(each: Kept, collection: Collection) -> bool | None:
    """Whether all papers that are meant are among those cited; None where none is meant."""
    if not each.asked.meant or not each.asked.answerable:
        return None
    cited = [collection.paper(citation["paper"]) for citation in each.answer["citations"]]
    return all(
        any(re.search(meant, paper.abstract) for paper in cited if paper is not None)
        for meant in each.asked.meant
    )


def _refused(each: Kept) -> bool:
    return bool(each.answer["status"] == Status.REFUSED.value)


def _lost(answer: dict[str, Any]) -> int:
    told = (_LOST.match(each) for each in answer["dropped"])
    return sum(found[1].count("[") for found in told if found)
