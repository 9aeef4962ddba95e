"""A model's thresholds, measured on the collection itself.

    refusals   a question is made from a paper's sentence; then the model is asked whether the answer is
               there, once with the paper, once with it hidden. Hidden, the question ought to be refused.
    verdicts   a sentence is said in other words; then the model is asked whether the sentence says so,
               whether the next nearest one of its paper does, and whether the nearest of another paper does.

Papers and sentences are drawn by a seed. A threshold lies in the middle of the gap where most are told
apart rightly. What it is worth is told by halves: chosen on one half of the papers, counted on the other.
The same model asks and is asked, so that what is found here is rather too good than too bad.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatbot.answerability import off_topic, score
from chatbot.answering import Chat
from chatbot.benching.claim_sets import Label, Pair
from chatbot.benching.roles import Roles, unfit
from chatbot.calibration import DEFAULT, Calibration
from chatbot.errors import CalibrationError
from chatbot.proving import passage
from chatbot.values import Question
from chatbot.verifying import Judge, Passage
from store.collection import Collection
from store.records import Filter, Paper, Sentence

Told = Callable[[int], None]
"""Called with how many papers, or pairs, are done."""
Passages = Sequence[Passage]

_LEAST_WORDS = 8
# With fewer examples of either kind a threshold would be chance.
LEAST = 8
_FAR = -30.0


@dataclass(frozen=True, slots=True)
class Example:
    """A score that ought to lie above the threshold (`good`) or below, and the paper that it comes from."""

    score: float
    good: bool
    paper: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A threshold and what it is worth, half by half. `right` is the share of examples told rightly; of what
    was called below, `precision` is the share that ought to be; of what ought to be, `recall` is that found.
    """

    threshold: float
    good: int
    bad: int
    right: float
    precision: float
    recall: float


def questions(
    papers: Sequence[Paper],
    collection: Collection,
    chat: Chat,
    roles: Roles,
    progress: Told,
    seed: int = 0,
) -> list[Example]:
    """Two examples a paper of which a fit question could be made: with it, and without. Raises ModelError."""
    found: list[Example] = []
    for number, paper in enumerate(papers, start=1):
        for sentence in _drawn(collection, paper, seed)[:2]:
            asked = roles.question(paper, sentence.readable)
            if unfit(asked) is None:
                for good, filter in ((True, Filter()), (False, Filter(without=(paper.id,)))):
                    found.append(Example(_score(chat, asked, filter), good, paper.id))
                break
        progress(number)
    return found


def statements(
    papers: Sequence[Paper],
    collection: Collection,
    judge: Judge,
    roles: Roles,
    progress: Told,
    seed: int = 0,
) -> list[Example]:
    """Up to three examples a paper: a paraphrase against its sentence, and against the nearest others."""
    found: list[Example] = []
    for number, paper in enumerate(papers, start=1):
        sentence = next(iter(_drawn(collection, paper, seed)), None)
        said = roles.paraphrase(paper, sentence.readable) if sentence else ""
        if sentence and said:
            held = [(True, paper, sentence)]
            held += [(False, *other) for other in _nearest(collection, paper, sentence, said)]
            for good, of, against in held:
                if (odds := judge(said, [passage(of, against.readable)])) is not None:
                    found.append(Example(odds, good, paper.id))
        progress(number)
    return found


def labelled(pairs: Sequence[Pair], judge: Judge, progress: Told) -> list[Example]:
    """The examples of a set that people labelled. Raises ModelError."""
    found: list[Example] = []
    for number, pair in enumerate(pairs, start=1):
        names = (pair.title,) if pair.title else ()
        passages = [Passage(" ".join(pair.sentences[:3]), names, pair.context)]
        if (odds := judge(pair.claim, passages)) is not None:
            found.append(Example(odds, pair.label is Label.SUPPORTS, pair.claim))
        progress(number)
    return found


def drawn(collection: Collection, most: int, seed: int) -> list[Paper]:
    """At most so many papers of the collection, the same for the same seed."""
    papers = sorted(collection.papers(), key=lambda paper: paper.id)
    random.Random(seed).shuffle(papers)
    return papers[:most]


def measured(examples: Sequence[Example]) -> Measured:
    """The best threshold for all examples, and what one is worth that was chosen on the other half.

    Raises CalibrationError where there are too few of either kind.
    """
    good, bad = (sum(each.good is kind for each in examples) for kind in (True, False))
    if min(good, bad) < LEAST:
        raise CalibrationError(
            f"Only {good} examples that ought to pass and {bad} that ought not to could be made, and {LEAST} "
            "of each are needed. Take more papers (--papers), or a model that tells log-probabilities."
        )
    places = sorted({each.paper for each in examples})
    halves = (set(places[::2]), set(places[1::2]))
    called: list[tuple[bool, bool]] = []
    for own, other in (halves, halves[::-1]):
        cut = best([each for each in examples if each.paper in other])
        called += [(each.score < cut, not each.good) for each in examples if each.paper in own]
    below = [ought for is_below, ought in called if is_below]
    return Measured(
        best(examples),
        good,
        bad,
        sum(is_below == ought for is_below, ought in called) / len(called),
        sum(below) / len(below) if below else 0.0,
        sum(below) / bad,
    )


def best(examples: Sequence[Example]) -> float:
    """The threshold with the best balanced accuracy, in the middle of its gap; of equals the middle one."""
    good = max(sum(each.good for each in examples), 1)
    bad = max(sum(not each.good for each in examples), 1)
    ordered = sorted(examples, key=lambda each: each.score)
    values = [each.score for each in ordered]
    worth = []
    for place in range(len(ordered) + 1):
        kept = sum(each.good for each in ordered[place:]) / good
        spared = sum(not each.good for each in ordered[:place]) / bad
        below = values[place - 1] if place else values[0] - 1
        above = values[place] if place < len(values) else values[-1] + 1
        if above > below or place in (0, len(ordered)):
            # Beside what was refused without a model there is no middle.
            worth.append((kept + spared, above - 1 if below <= _FAR else (below + above) / 2))
    highest = max(value for value, _ in worth)
    cuts = [cut for value, cut in worth if value >= highest - 1e-9]
    return cuts[len(cuts) // 2]


def calibration(refusals: Measured | None, verdicts: Measured | None, origin: str) -> Calibration:
    """The thresholds found; the default where nothing was measured."""
    return Calibration(
        supports=round(verdicts.threshold, 3) if verdicts else DEFAULT.supports,
        refuse_below=round(refusals.threshold, 3) if refusals else DEFAULT.refuse_below,
        origin=origin,
    )


def _score(chat: Chat, asked: str, filter: Filter) -> float:
    signals = chat.assess(Question(asked, filter=filter))
    if off_topic(signals):
        return _FAR
    if signals.model is None:
        raise CalibrationError(
            "The endpoint tells no log-probabilities, so there is no threshold to measure. Nothing is lost: "
            "its own words decide on refusals, and rules give the verdicts."
        )
    return score(signals)


def _drawn(collection: Collection, paper: Paper, seed: int) -> list[Sentence]:
    """The sentences that say enough to be asked about, in an order drawn by the seed."""
    sentences = [
        each for each in collection.sentences(paper.id) if len(each.readable.split()) >= _LEAST_WORDS
    ]
    random.Random(f"{seed} {paper.id}").shuffle(sentences)
    return sentences


def _nearest(
    collection: Collection, paper: Paper, sentence: Sentence, said: str
) -> list[tuple[Paper, Sentence]]:
    """The sentence of the paper that is next nearest to what is said, and the nearest of another paper."""
    own = [each for each in collection.sentences(paper.id) if each.number != sentence.number]
    hits = collection.search(said, 2, Filter(without=(paper.id,)))
    others = [(hit.paper, each) for hit in hits[:1] for each in collection.sentences(hit.paper.id)]
    found = []
    for choices in ([(paper, each) for each in own], others):
        if choices:
            cosines = collection.nearness(said, [each for _, each in choices])
            found.append(max(zip(cosines, choices, strict=True), key=lambda each: each[0] or 0.0)[1])
    return found
