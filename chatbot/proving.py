"""From a statement of the model to a claim: which shown sentences it rests on, and whether they say it.

What the model named is tried first. Where that does not prove the statement, the program looks among all
that was shown; a statement that named the wrong sentence loses it. Sentences that add nothing to the
proof are left out, so that each citation is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from chatbot.citing import MOST, Statement, align
from chatbot.evidence import Pack, Shown
from chatbot.values import Claim, Evidence, FoundBy, JudgedBy, Verdict
from chatbot.verifying import NOTHING, Judgement, Layer, Passage, judge, settle, unsaid, weight
from store.records import Paper, Sentence

# What a model is asked about at once: its cost is the reading, 110 words or 150 tokens at most.
_ASKED_SENTENCES = 3
_ASKED_WORDS = 110

Nearness = Callable[[str, Sequence[Sentence]], Sequence[float | None]]
"""The cosine of a statement with each sentence, None where nobody knows it: `Collection.nearness`."""


def unknown(statement: str, sentences: Sequence[Sentence]) -> list[float | None]:
    """The `Nearness` of those who have no embedder."""
    return [None] * len(sentences)


def prove(
    statement: Statement, pack: Pack, nearness: Nearness, without: frozenset[Layer] = NOTHING
) -> tuple[Claim, tuple[str, ...]]:
    """The claim, and the keys that it named although they were never shown. `without`: layers left out."""
    named, lost = _named(statement, pack)
    judged = _Judge(statement.text, pack, nearness, without)
    rests, judgement = named, judged(named)
    found_by = statement.found_by
    if judgement.verdict is not Verdict.SUPPORTED:
        # What it named may say half of it; what else was shown may say the rest, or the whole.
        aligned = _aligned(statement.text, pack.shown)
        for other in (list(dict.fromkeys([*named, *aligned])), aligned):
            again = judged(other)
            # Where nothing was named, even a sentence that says nothing of it tells what is missing.
            if _better(again, judgement, bool(rests)) or (other and not rests):
                rests, judgement = other, again
                found_by = FoundBy.ALIGNMENT if not set(rests) <= set(named) else found_by
    rests, judgement = _needed(judged, rests, judgement)
    if judgement.verdict is Verdict.UNSUPPORTED:
        rests, found_by = [], FoundBy.NONE
    evidence = tuple(as_evidence(each.sentence) for each in rests)
    return Claim(statement.text, judgement.verdict, found_by, evidence, judgement.missing), lost


def attribute(statement: Statement, pack: Pack) -> tuple[Claim, tuple[str, ...]]:
    """The claim with the evidence that it names, unchecked; and the keys that were never shown."""
    named, lost = _named(statement, pack)
    evidence = tuple(as_evidence(each.sentence) for each in named)
    found_by = statement.found_by if named else FoundBy.NONE
    return Claim(statement.text, Verdict.UNCHECKED, found_by, evidence), lost


def second_look(
    claim: Claim,
    pack: Pack,
    nearness: Nearness,
    ask: Callable[[Sequence[Passage]], float | None],
    supports: float,
) -> Claim | None:
    """The claim after a model was asked about it; None where the rules settled it or no model answers.

    `ask` gives the model's log-odds that the passages say the claim; from `supports` on they do.
    """
    judged = _Judge(claim.text, pack, nearness)
    rests = _around(claim, pack, judged)
    judgement = judged(rests)
    if judgement.settled or (odds := ask(judged.passages(rests))) is None:
        return None
    again = settle(judgement, odds, supports)
    if again.verdict is judgement.verdict is Verdict.SUPPORTED:
        return None
    if again.verdict is Verdict.UNSUPPORTED:
        return replace(claim, verdict=again.verdict, missing=again.missing, judged_by=JudgedBy.MODEL)
    evidence = claim.evidence
    if again.verdict is Verdict.SUPPORTED or not evidence:
        says = _bearing(judged, _aligned(claim.text, rests) or rests[:1])
        evidence = tuple(as_evidence(each.sentence) for each in says)
    return replace(
        claim,
        verdict=again.verdict,
        found_by=FoundBy.ALIGNMENT if claim.found_by is FoundBy.NONE else claim.found_by,
        evidence=evidence,
        missing=again.missing,
        judged_by=JudgedBy.MODEL,
    )


def passage(paper: Paper, sentence: str, cosine: float | None = None) -> Passage:
    """A readable sentence of the paper, as verdicts are given on it."""
    names = tuple(name for name in (paper.label, paper.title) if name)
    return Passage(sentence, names, paper.abstract, cosine)


def as_evidence(sentence: Sentence) -> Evidence:
    """The sentence under its address."""
    return Evidence(sentence.paper, sentence.number, sentence.start, sentence.end, sentence.text)


def _named(statement: Statement, pack: Pack) -> tuple[list[Shown], tuple[str, ...]]:
    """The shown sentences that the statement's keys mean, and the keys that mean none."""
    named: list[Shown] = []
    lost: list[str] = []
    for key in statement.keys:
        if key in pack.by_key:
            named.append(pack.by_key[key])
        elif "." not in key and (of_paper := pack.of_paper(key)):
            named += _aligned(statement.text, of_paper)
        else:
            lost.append(key)
    return list(dict.fromkeys(named)), tuple(lost)


class _Judge:
    """The rules' verdict on one statement, from any of the shown sentences; nearness is asked for once."""

    def __init__(
        self, text: str, pack: Pack, nearness: Nearness, without: frozenset[Layer] = NOTHING
    ) -> None:
        self.text = text
        self._without = without
        cosines = nearness(text, [each.sentence for each in pack.shown])
        self._cosines = {each.key: cosine for each, cosine in zip(pack.shown, cosines, strict=True)}

    def __call__(self, rests: Sequence[Shown]) -> Judgement:
        return judge(self.text, self.passages(rests), self._without)

    def cosine(self, each: Shown) -> float:
        return self._cosines[each.key] or 0.0

    def passages(self, rests: Sequence[Shown]) -> list[Passage]:
        return [self._passage(each) for each in rests]

    def _passage(self, each: Shown) -> Passage:
        return passage(each.paper, each.sentence.readable, self._cosines[each.key])


def _better(new: Judgement, old: Judgement, had_evidence: bool) -> bool:
    """Whether other evidence shows more. A conflict counts only against a statement that named nothing:
    that some other sentence disagrees is no reason to doubt what a named one half says."""
    if new.verdict is Verdict.CONTRADICTED and had_evidence and old.verdict is Verdict.PARTIAL:
        return False
    return weight(new.verdict) > weight(old.verdict)


def _needed(judged: _Judge, rests: list[Shown], judgement: Judgement) -> tuple[list[Shown], Judgement]:
    """Leave out, last first, every sentence without which the rest still shows as much."""
    for each in reversed(rests[:]):
        fewer = [other for other in rests if other is not each]
        if not fewer:
            break
        again = judged(fewer)
        if again.verdict is judgement.verdict and again.coverage >= judgement.coverage:
            rests, judgement = fewer, again
    return rests, judgement


def _bearing(judged: _Judge, says: list[Shown]) -> list[Shown]:
    """Of what a model was shown, leave out, last first, every sentence that says no more of the claim's words
    than the rest: a model's yes is about all of them together."""
    lacks = {each.key: unsaid(judged.text, judged.passages([each])[0]) for each in says}

    def together(some: Sequence[Shown]) -> frozenset[str]:
        return frozenset.intersection(*(lacks[each.key] for each in some))

    kept = says
    for each in reversed(says):
        fewer = [other for other in kept if other is not each]
        if fewer and together(fewer) == together(kept):
            kept = fewer
    return kept


def _around(claim: Claim, pack: Pack, judged: _Judge) -> list[Shown]:
    """What a model is asked about: the claim's evidence, or what is nearest to it, and near it in the same
    paper what else bears on it, in the paper's order."""
    wanted = {(each.paper, each.sentence) for each in claim.evidence}
    rests = [each for each in pack.shown if (each.paper.id, each.sentence.number) in wanted]
    if not rests:
        rests = _aligned(claim.text, pack.shown, most=1)
        nearest = max(pack.shown, key=judged.cosine, default=None)
        if nearest is not None and judged.cosine(nearest) > 0:
            rests = [nearest]
    if claim.verdict is Verdict.SUPPORTED:
        return rests
    papers = {each.paper.id for each in rests}
    others = (each for each in pack.shown if each.paper.id in papers and each not in rests)
    length = sum(len(each.sentence.readable.split()) for each in rests)
    for each in sorted(others, key=judged.cosine, reverse=True):
        length += len(each.sentence.readable.split())
        if len(rests) >= _ASKED_SENTENCES or length > _ASKED_WORDS:
            break
        rests.append(each)
    return sorted(rests, key=lambda each: (each.paper.id, each.sentence.number))


def _aligned(text: str, shown: Sequence[Shown], most: int = MOST) -> list[Shown]:
    return [shown[index] for index in align(text, [each.sentence.readable for each in shown], most)]
