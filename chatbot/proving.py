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
from chatbot.verifying import Judgement, Passage, judge, settle, weight
from store.records import Sentence


def prove(statement: Statement, pack: Pack) -> tuple[Claim, tuple[str, ...]]:
    """The claim, and the keys that it named although they were never shown."""
    named, lost = _named(statement, pack)
    rests, judgement = named, _judged(statement.text, named)
    found_by = statement.found_by
    if judgement.verdict is not Verdict.SUPPORTED:
        # What it named may say half of it; what else was shown may say the rest, or the whole.
        aligned = _aligned(statement.text, pack.shown)
        for other in (list(dict.fromkeys([*named, *aligned])), aligned):
            again = _judged(statement.text, other)
            if _better(again, judgement, bool(rests)):
                rests, judgement = other, again
                found_by = FoundBy.ALIGNMENT if not set(rests) <= set(named) else found_by
    rests, judgement = _needed(statement.text, rests, judgement)
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
    claim: Claim, pack: Pack, ask: Callable[[Sequence[Passage]], float | None], supports: float
) -> Claim | None:
    """The claim after a model was asked about it; None where the rules settled it or no model answers.

    `ask` gives the model's log-odds that the passages say the claim; from `supports` on they do.
    """
    wanted = {(each.paper, each.sentence) for each in claim.evidence}
    rests = [each for each in pack.shown if (each.paper.id, each.sentence.number) in wanted]
    if not rests:
        rests = _aligned(claim.text, pack.shown, most=1)
    judgement = _judged(claim.text, rests)
    if judgement.settled or (odds := ask([_passage(each) for each in rests])) is None:
        return None
    again = settle(judgement, odds, supports)
    if again.verdict is Verdict.UNSUPPORTED:
        return replace(claim, verdict=again.verdict, missing=again.missing, judged_by=JudgedBy.MODEL)
    found_by = FoundBy.ALIGNMENT if claim.found_by is FoundBy.NONE else claim.found_by
    evidence = tuple(as_evidence(each.sentence) for each in rests)
    return replace(
        claim,
        verdict=again.verdict,
        found_by=found_by,
        evidence=evidence,
        missing=again.missing,
        judged_by=JudgedBy.MODEL,
    )


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


def _judged(text: str, rests: list[Shown]) -> Judgement:
    return judge(text, [_passage(each) for each in rests])


def _better(new: Judgement, old: Judgement, had_evidence: bool) -> bool:
    """Whether other evidence shows more. A conflict counts only against a statement that named nothing:
    that some other sentence disagrees is no reason to doubt what a named one half says."""
    if new.verdict is Verdict.CONTRADICTED and had_evidence and old.verdict is Verdict.PARTIAL:
        return False
    return weight(new.verdict) > weight(old.verdict)


def _needed(text: str, rests: list[Shown], judgement: Judgement) -> tuple[list[Shown], Judgement]:
    """Leave out, last first, every sentence without which the rest still shows as much."""
    for each in reversed(rests[:]):
        fewer = [other for other in rests if other is not each]
        if not fewer:
            break
        again = _judged(text, fewer)
        if again.verdict is judgement.verdict and again.coverage >= judgement.coverage:
            rests, judgement = fewer, again
    return rests, judgement


def _passage(each: Shown) -> Passage:
    names = (each.paper.label, each.paper.title)
    return Passage(each.sentence.readable, tuple(name for name in names if name))


def _aligned(text: str, shown: Sequence[Shown], most: int = MOST) -> list[Shown]:
    return [shown[index] for index in align(text, [each.sentence.readable for each in shown], most)]
