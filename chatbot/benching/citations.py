"""Citation recall and precision of answers, as ALCE defines them (Gao et al. 2023, arXiv:2305.14627).

Recall: a sentence of an answer counts if it cites at all and its citations together say the whole of it.
Precision: a citation counts if its sentence does so and the citation is needed: it alone says the sentence,
or without it the others don't. Both are averaged over answers; an answer without a citation has precision 0,
a refusal is no answer. What we cite are sentences, not passages of a hundred words as in ALCE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.benching.answers import Answered
from chatbot.benching.judging import Entailment
from chatbot.benching.metrics import Share, mean
from chatbot.benching.tables import number, stamp, table
from chatbot.drafting import MARKED
from chatbot.values import Status
from chatbot.verifying import Passage
from store.collection import Collection
from store.latex import readable

_MARKED = tuple(verdict.value for verdict in MARKED)


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of an answer, and the sentences of abstracts that it cites."""

    text: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """The two averages over answers, None where there is none, and what was counted."""

    recall: float | None
    precision: float | None
    sentences: Share
    citations: Share
    answers: int

    @property
    def shape(self) -> dict[str, object]:
        return {
            "recall": self.recall,
            "precision": self.precision,
            "sentences": self.sentences.shape,
            "citations": self.citations.shape,
            "answers": self.answers,
        }


def judged(sentence: Cited, says: Entailment) -> tuple[bool, int]:
    """Whether the citations say the sentence, and how many of them are needed for that."""
    passages = sentence.passages
    if not passages or not says(sentence.text, passages):
        return False, 0
    if len(passages) == 1:
        return True, 1
    return True, sum(_needed(sentence.text, passages, place, says) for place in range(len(passages)))


def _needed(text: str, passages: Sequence[Passage], place: int, says: Entailment) -> bool:
    rest = [*passages[:place], *passages[place + 1 :]]
    return says(text, [passages[place]]) or not says(text, rest)


def scores(answers: Iterable[Sequence[Cited]], says: Entailment) -> Scores:
    """Recall and precision of answers, each the sequence of its sentences; empty ones are passed over."""
    recalls, precisions = [], []
    sentences = recalled = citations = needed = 0
    for answer in filter(None, answers):
        found = [judged(sentence, says) for sentence in answer]
        said, good = sum(each for each, _ in found), sum(count for _, count in found)
        cited = sum(len(sentence.passages) for sentence in answer)
        recalls.append(said / len(answer))
        precisions.append(good / cited if cited else 0.0)
        sentences, recalled = sentences + len(answer), recalled + said
        citations, needed = citations + cited, needed + good
    return Scores(
        mean(recalls), mean(precisions), Share(recalled, sentences), Share(needed, citations), len(recalls)
    )


def measured(
    found: Sequence[Answered],
    collection: Collection,
    says: Entailment,
    progress: Callable[[str, int, int], None] = lambda model, done, total: None,
) -> list[tuple[Answered, Scores]]:
    """The scores of each group of answers; `progress` is told (model, done, of how many answers)."""
    results = []
    for each in found:
        answers = []
        for done, kept in enumerate(each.kept, start=1):
            answers.append(cited(kept.answer, collection))
            progress(each.model, done, len(each.kept))
        results.append((each, scores(answers, says)))
    return results


def page(results: Sequence[tuple[Answered, Scores]], says: Entailment) -> str:
    """A Markdown table that names who checked."""
    rows = [
        [
            each.model,
            says.name,
            str(found.answers),
            number(found.recall, 3),
            number(found.precision, 3),
            str(found.sentences),
            str(found.citations),
            each.fingerprint,
        ]
        for each, found in results
    ]
    header = ["model", "checked by", "answers", "citation recall", "citation precision"]
    return table([*header, "sentences proven", "citations needed", "fingerprint"], rows)


def shape(results: Sequence[tuple[Answered, Scores]], says: Entailment, answers: str) -> dict[str, Any]:
    """The results as a JSON value; `answers` names the file."""
    return {
        "version": 1,
        "made": stamp(),
        "answers": answers,
        "checked_by": says.name,
        "models": [
            {"model": each.model, "fingerprint": each.fingerprint, **found.shape} for each, found in results
        ],
    }


def cited(answer: Mapping[str, Any], collection: Collection) -> list[Cited]:
    """The sentences of an answer in its JSON shape (docs/json.md), with what they cite; none of a refusal.

    Evidence counts as cited where the answer bears a marker for it: what contradicts a sentence does not.
    """
    if answer["status"] == Status.REFUSED.value:
        return []
    return [
        Cited(
            claim["text"],
            tuple(_passage(each, collection) for each in claim["evidence"])
            if claim["verdict"] in _MARKED
            else (),
        )
        for claim in answer["claims"]
    ]


def _passage(evidence: Mapping[str, Any], collection: Collection) -> Passage:
    """The sentence as it was cited, and the names of its paper if that is still there."""
    paper = collection.paper(evidence["paper"])
    if paper is None:
        return Passage(readable(evidence["text"]))
    names = tuple(name for name in (paper.label, paper.title) if name)
    return Passage(readable(evidence["text"]), names, paper.abstract)
