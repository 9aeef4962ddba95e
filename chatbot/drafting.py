"""An answer in the making: what is known so far of one question's answer, and the answer in the end.

Local to one question and one thread. Asks no model and no collection; decides nothing but numbers: a paper
that is cited for the first time gets the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from chatbot import styling
from chatbot.evidence import Scored
from chatbot.history import NONE_SHOWN, Shown
from chatbot.planning import lacking as lacking_parts
from chatbot.proving import as_evidence
from chatbot.values import (
    Answer,
    Citation,
    Claim,
    ClaimMade,
    ClaimRevised,
    Finished,
    NearMiss,
    Question,
    SearchPlan,
    Status,
    Style,
    Thoughts,
    Timings,
    Verdict,
)
from chatbot.verifying import lacking
from store.records import Paper

# Sentences behind which the answer's text bears markers.
MARKED = (Verdict.SUPPORTED, Verdict.PARTIAL, Verdict.UNCHECKED)
_NEAR_MISSES = 3


@dataclass
class Draft:
    """`standalone` is the question as it is answered; `clock` gives seconds, `started` of the same clock.
    `unread` is its language if nothing here reads that, `groups` are as in `searching.Found`, `wish` is
    what is wanted of the answer's form, `earlier` what the model is shown of the conversation."""

    question: Question
    standalone: str
    clock: Callable[[], float]
    started: float
    papers: dict[str, Paper] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    withdrawn: list[Claim] = field(default_factory=list)
    premise: Claim | None = None
    full_text: tuple[Paper, ...] = ()
    dropped: list[str] = field(default_factory=list)
    timings: Timings = field(default_factory=Timings)
    model: str | None = None
    plan: SearchPlan | None = None
    unread: str | None = None
    thoughts: Thoughts | None = None
    wish: str = ""
    earlier: Shown = NONE_SHOWN
    groups: tuple[tuple[Scored, ...], ...] = ()
    cut: str = ""

    def mark(self, step: str) -> None:
        """A step of `Timings` is reached now."""
        self.timings = replace(self.timings, **{step: self.clock() - self.started})

    def mark_once(self, step: str) -> None:
        if getattr(self.timings, step) is None:
            self.mark(step)

    def number(self, claim: Claim) -> tuple[int, ...]:
        """The citation numbers of a claim's papers; a paper that had none gets the next."""
        for evidence in claim.evidence:
            self.numbers.setdefault(evidence.paper, max(self.numbers.values(), default=0) + 1)
        return tuple(dict.fromkeys(self.numbers[evidence.paper] for evidence in claim.evidence))

    def made(self, claim: Claim) -> ClaimMade:
        """One sentence more."""
        self.claims.append(claim)
        return ClaimMade(len(self.claims) - 1, claim, self.number(claim))

    def revised(self, index: int, claim: Claim) -> ClaimRevised:
        """The sentence at `index` has another verdict."""
        self.claims[index] = claim
        return ClaimRevised(index, claim, self.number(claim))

    def refused(self, text: str, ranked: Sequence[Scored], fingerprint: str) -> Finished:
        """No answer: `text` says so, with what came closest; every sentence there was is withdrawn."""
        self.withdrawn += self.claims
        self.claims.clear()
        best: dict[str, NearMiss] = {}
        for each in ranked:
            if each.paper.id not in best:
                names = (each.paper.label, each.paper.name)
                missing = lacking(self.standalone, each.sentence.readable, names)
                best[each.paper.id] = NearMiss(each.paper, as_evidence(each.sentence), missing)
        return self.finished(Status.REFUSED, text, fingerprint, tuple(best.values())[:_NEAR_MISSES])

    def finished(
        self, status: Status, text: str, fingerprint: str, misses: tuple[NearMiss, ...] = ()
    ) -> Finished:
        self.mark("total")
        self.dropped += lacking_parts(self.plan, self.claims, self.papers)
        resting = [*self.claims, *([self.premise] if self.premise else [])]
        cited = {evidence.paper for claim in resting for evidence in claim.evidence}
        citations = sorted(
            (Citation(self.numbers[id], self.papers[id]) for id in cited), key=lambda each: each.number
        )
        return Finished(
            Answer(
                question=self.question.text,
                standalone_question=self.standalone,
                status=status,
                text=text,
                claims=tuple(self.claims),
                citations=tuple(citations),
                near_misses=misses,
                premise=self.premise,
                withdrawn=tuple(self.withdrawn),
                full_text=self.full_text if status is Status.REFUSED else (),
                dropped=tuple(self.dropped),
                timings=self.timings,
                model=self.model,
                fingerprint=fingerprint,
                filter=self.question.filter,
                plan=self.plan,
                cut=self.cut,
                style=self.style if self.claims else Style.SHORT,
                thoughts=self.thoughts,
            )
        )

    @property
    def text(self) -> str:
        """The answer so far, with a marker behind each sentence that rests on something."""
        said = []
        for index, claim in enumerate(self.claims):
            marked = self.number(claim) if claim.verdict in MARKED else ()
            marker = "".join(f"[{number}]" for number in marked)
            behind = f" {marker}" if marker else ""
            said.append(f"{self.lead(index, claim)}{behind}{styling.tail(self.style, claim)}")
        return "".join(said)

    @property
    def style(self) -> Style:
        return self.question.manner.style or Style.SHORT

    def in_prose(self) -> None:
        """The answer is short prose, whatever style was asked for."""
        manner = replace(self.question.manner, style=Style.SHORT)
        self.question = replace(self.question, manner=manner)

    def lead(self, index: int, claim: Claim) -> str:
        """What the answer's text says up to the marker of its sentence at `index`."""
        named = dict.fromkeys(self.papers[each.paper].name for each in claim.evidence)
        return styling.lead(self.style, index, claim, list(named))
