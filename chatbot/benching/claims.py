"""How often the verdicts are right, on claims with evidence that people judged; and what each layer is worth.

The verdicts are those of an answer: the same proof from the same sentences, then the same question to the
model. Nothing here is fitted. Balanced accuracy is the mean of two shares: of supported claims, those called
supported; of all others, those not called so. AUC is the chance that a supported claim scores higher.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from chatbot.benching.claim_sets import Label, Pair
from chatbot.citing import Statement
from chatbot.evidence import Pack, Shown
from chatbot.proving import prove, second_look, unknown
from chatbot.values import FoundBy, Verdict
from chatbot.verifying import NOTHING, Judge, Layer, Passage
from store.embedding import Embedder
from store.keywords import stems
from store.records import Paper, Sentence

if TYPE_CHECKING:
    from store.embedding import Vector

# Sentences of a long document that a claim is held against, as when a text is checked.
_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one pair. `odds` are the model's, None where it was not asked; `cosine` is the nearest
    sentence's; milliseconds: `fast` of the rules, `slow` of the model."""

    label: Label
    verdict: Verdict
    odds: float | None
    cosine: float
    fast: float
    slow: float = 0.0

    @property
    def score(self) -> float:
        """What it is ranked by: the model's odds where it was asked, else the verdict, then nearness."""
        if self.odds is not None:
            return self.odds
        return _SETTLED[self.verdict] + self.cosine


_SETTLED = {
    Verdict.SUPPORTED: 10.0,
    Verdict.PARTIAL: -10.0,
    Verdict.UNSUPPORTED: -12.0,
    Verdict.CONTRADICTED: -14.0,
}


@dataclass
class Verifier:
    """Gives verdicts on pairs. `ask` None: the rules alone; `without`: the layers that are switched off."""

    embedder: Embedder | None
    ask: Judge | None = None
    supports: float = 0.0
    without: frozenset[Layer] = NOTHING
    _vectors: dict[str, Vector] = field(default_factory=dict)

    def omitting(self, without: frozenset[Layer]) -> Verifier:
        """The rules without these layers, over the same vectors."""
        return Verifier(self.embedder, without=without, _vectors=self._vectors)

    def judge(self, pair: Pair) -> Outcome:
        """Raises ModelError or EntailmentError where the judge does not answer."""
        pack = self._pack(pair)
        self._remember([each.sentence.readable for each in pack.shown])
        started = time.perf_counter()
        nearness = self._nearness if self.embedder is not None else unknown
        claim, _ = prove(Statement(pair.claim, (), FoundBy.NONE), pack, nearness, self.without)
        fast = 1000 * (time.perf_counter() - started)
        cosines = [each or 0.0 for each in nearness(pair.claim, [shown.sentence for shown in pack.shown])]
        told: list[float] = []
        started = time.perf_counter()
        if self.ask is not None:
            asked = partial(self._asked, told, pair.claim)
            claim = second_look(claim, pack, nearness, asked, self.supports) or claim
        slow = 1000 * (time.perf_counter() - started)
        odds = told[0] if told else None
        return Outcome(
            pair.label, claim.verdict, odds, max(cosines, default=0.0), fast, slow if told else 0.0
        )

    def _asked(self, told: list[float], claim: str, passages: Sequence[Passage]) -> float | None:
        assert self.ask is not None
        odds = self.ask(claim, passages)
        if odds is not None:
            told.append(odds)
        return odds

    def _pack(self, pair: Pair) -> Pack:
        paper = Paper(
            "p", pair.context or " ".join(pair.sentences), pair.title, False, title=pair.title or None
        )
        found = [
            Shown(f"1.{number}", paper, Sentence("p", number, 0, len(text), text, text))
            for number, text in enumerate(pair.sentences, start=1)
        ]
        if len(found) > _SENTENCES:
            scores = self._scores(pair)
            best = sorted(found, key=lambda each: -scores[each.sentence.number - 1])[:_SENTENCES]
            found = sorted(best, key=lambda each: each.sentence.number)
        return Pack(tuple(found), "")

    def _scores(self, pair: Pair) -> list[float]:
        wanted, *said = stems([pair.claim, *pair.sentences])
        lexical = [len(wanted & each) / max(len(wanted), 1) for each in said]
        if self.embedder is None:
            return lexical
        self._remember([pair.claim, *pair.sentences])
        claim = self._vectors[pair.claim]
        return [
            0.5 * share + 0.5 * float(self._vectors[text] @ claim)
            for share, text in zip(lexical, pair.sentences, strict=True)
        ]

    def _remember(self, texts: Iterable[str]) -> None:
        """The vectors of sentences are kept, as a collection keeps them: only the claim's costs time."""
        if self.embedder is None:
            return
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._vectors |= zip(new, self.embedder.documents(new), strict=True)

    def _nearness(self, statement: str, sentences: Sequence[Sentence]) -> list[float | None]:
        assert self.embedder is not None
        vector = next(iter(self.embedder.documents([statement])))
        return [float(self._vectors[each.readable] @ vector) for each in sentences]


@dataclass(frozen=True, slots=True)
class Scores:
    """What a run of outcomes comes to. Shares in [0, 1]; `fast`, `slow`: (median, 99th percentile) in ms."""

    pairs: int
    supporting: int
    balanced: float
    balanced_partial: float
    auc: float
    precision: Mapping[Verdict, float]
    recall: Mapping[Verdict, float]
    fast: tuple[float, float]
    slow: tuple[float, float] | None


# The verdict that a label calls for.
_MEANT = {
    Verdict.SUPPORTED: (Label.SUPPORTS,),
    Verdict.CONTRADICTED: (Label.REFUTES,),
    Verdict.UNSUPPORTED: (Label.NEITHER, Label.REFUTES),
}


def scores(outcomes: Sequence[Outcome]) -> Scores:
    """Of at least one supporting and one other pair; a share of nothing is 0."""
    truth = [each.label is Label.SUPPORTS for each in outcomes]
    supported = [each.verdict is Verdict.SUPPORTED for each in outcomes]
    partial_too = [each.verdict in (Verdict.SUPPORTED, Verdict.PARTIAL) for each in outcomes]
    precision, recall = {}, {}
    for verdict, labels in _MEANT.items():
        called = [each for each in outcomes if each.verdict is verdict]
        meant = [each for each in outcomes if each.label in labels]
        precision[verdict] = _share(sum(each.label in labels for each in called), len(called))
        recall[verdict] = _share(sum(each.verdict is verdict for each in meant), len(meant))
    slow = [each.slow for each in outcomes if each.odds is not None]
    return Scores(
        len(outcomes),
        sum(truth),
        balanced(supported, truth),
        balanced(partial_too, truth),
        auc([each.score for each in outcomes], truth),
        precision,
        recall,
        _quantiles([each.fast for each in outcomes]),
        _quantiles(slow) if slow else None,
    )


def ablation(
    pairs: Sequence[Pair], verifier: Callable[[frozenset[Layer]], Verifier]
) -> dict[Layer | None, Scores]:
    """The scores with every layer, under None, and with each switched off in turn. Rules alone."""
    runs: dict[Layer | None, Scores] = {}
    for layer in (None, *Layer):
        judge = verifier(frozenset([layer]) if layer else NOTHING).judge
        runs[layer] = scores([judge(pair) for pair in pairs])
    return runs


def balanced(called: Sequence[bool], truth: Sequence[bool]) -> float:
    """Balanced accuracy of a call."""
    hits = sum(a and b for a, b in zip(called, truth, strict=True))
    spared = sum(not a and not b for a, b in zip(called, truth, strict=True))
    return (_share(hits, sum(truth)) + _share(spared, len(truth) - sum(truth))) / 2


def auc(values: Sequence[float], truth: Sequence[bool]) -> float:
    """The chance that a true one has the higher value; ties count half."""
    positive = [value for value, true in zip(values, truth, strict=True) if true]
    negative = [value for value, true in zip(values, truth, strict=True) if not true]
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return _share(wins, len(positive) * len(negative))


def _share(part: float, whole: int) -> float:
    return part / whole if whole else 0.0


def _quantiles(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values)
    if not ordered:
        return 0.0, 0.0
    return ordered[len(ordered) // 2], ordered[min(int(0.99 * len(ordered)), len(ordered) - 1)]
