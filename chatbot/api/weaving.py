"""Events into one text, as clients show it that show text alone; and where each claim stands in it.

    GSPO clips whole sequences. [1] It is newer. [unproven]

    References
    - [1] GSPO. https://arxiv.org/abs/2507.18071
      “Unlike previous algorithms, … GSPO … performs sequence-level clipping.”

Positions count code points of the whole text. What a model or a paper says can't become Markdown that loads
or links something: `![`, `](` and tags are broken by a space, our own text holds none of them. A verdict that
changes after its sentence was sent is said below, for it can't be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from chatbot.censusing import untold
from chatbot.values import (
    Answer,
    Citation,
    Claim,
    ClaimMade,
    ClaimRevised,
    Delta,
    Event,
    Evidence,
    Finished,
    PremiseDoubted,
    Status,
    Style,
    TopicPaper,
    Verdict,
)
from store.latex import readable
from store.plans import Entry
from store.records import Paper

_LISTED = 50
_SIGNS = {Verdict.UNSUPPORTED: "unproven", Verdict.CONTRADICTED: "contradicted"}
_MARKERS = re.compile(r"\s*(?:\[\d+\])+$")
_OTHERWISE = "The papers say otherwise."


@dataclass(frozen=True, slots=True)
class Placed:
    """A claim in the text: its sentence is text[start:end], its marker text[marker:marker_end] (empty if the
    text bears none). `numbers` are those of the papers it cites; none where nothing proves it."""

    index: int
    claim: Claim
    numbers: tuple[int, ...]
    start: int
    end: int
    marker: int
    marker_end: int


class Weaver:
    """Weaves one answer. `inline`: with markers and references in the text."""

    def __init__(self, *, inline: bool = True) -> None:
        self._inline = inline
        self._length = 0
        self._last = ""
        self._gap = ""  # white space that comes behind a marker, if one comes
        self._begun: int | None = None  # where the sentence that is being said begins
        self._said = ""
        self._sentence = ""
        self.placed: dict[int, Placed] = {}
        self.revised: dict[int, Placed] = {}

    def see(self, event: Event) -> str:
        """What the event adds to the text."""
        match event:
            case Delta(text=text):
                return self._say(text)
            case ClaimMade(index=index, claim=claim, numbers=numbers):
                return self._mark(index, claim, numbers)
            case ClaimRevised(index=index, claim=claim, numbers=numbers):
                if (before := self.placed.get(index)) is not None:
                    self.revised[index] = replace(before, claim=claim, numbers=_cited(claim, numbers))
            case PremiseDoubted(claim=claim):
                return self._put(f"{_tame(claim.text)} {_OTHERWISE} ")
            case Finished(answer=answer):
                return self._finish(answer)
        return ""

    @property
    def claims(self) -> list[Placed]:
        """The claims with their last verdicts, in order."""
        return [self.revised.get(index, placed) for index, placed in sorted(self.placed.items())]

    def _say(self, text: str) -> str:
        body = text.rstrip()
        if not body:
            self._gap += text
            return ""
        lead = body[: len(body) - len(body.lstrip())]
        given = self._put(self._gap + lead) if self._length else ""
        if self._begun is None:
            self._begun = self._length
        said = _tame(body[len(lead) :], self._last)
        self._sentence += (given if self._sentence else "") + said
        given += self._put(said)
        self._gap = text[len(body) :]
        self._said += text
        return given

    def _mark(self, index: int, claim: Claim, numbers: Sequence[int]) -> str:
        if index <= max(self.placed, default=-1):  # what was said before was no answer
            self.placed.clear()
            self.revised.clear()
        start, end = self._begun if self._begun is not None else self._length, self._length
        shown = _tame(claim.translation or claim.text)
        if (at := self._sentence.find(shown)) > 0:  # behind a bullet, or in a cell
            start, end = start + at, start + at + len(shown)
        marker = _marker(claim, numbers) if self._inline else ""
        first = self._length + 1 if marker else self._length
        given = self._put(f" {marker}" if marker else "")
        cited = _cited(claim, numbers)
        self.placed[index] = Placed(index, claim, cited, start, end, first, self._length)
        self._begun, self._sentence = None, ""
        return given

    def _finish(self, answer: Answer) -> str:
        self._gap = ""
        parts: list[str] = []
        if answer.status is Status.REFUSED:
            self.placed.clear()
            self.revised.clear()
            parts.append(answer.text)
        elif not self._said.strip() and answer.text:
            parts.append(answer.text if self._inline else _MARKERS.sub("", answer.text))
        if self._inline:
            parts += self._corrections()
            parts += list(_below(answer))
        elif answer.cut:
            parts.append(_cut(answer))
        said = [_tame(part) for part in parts if part]
        return self._put("\n\n".join(([""] if self._length and said else []) + said))

    def _corrections(self) -> Iterator[str]:
        for index, now in sorted(self.revised.items()):
            if now.claim.verdict is not self.placed[index].claim.verdict:
                marker = _marker(now.claim, now.numbers) or now.claim.verdict.value
                yield f"Checked again, now {now.claim.verdict.value}: {now.claim.text} {marker}"

    def _put(self, text: str) -> str:
        self._length += len(text)
        self._last = text[-1:] or self._last
        return text


def woven(answer: Answer, seen: Iterable[Event] = (), *, inline: bool = True) -> tuple[str, list[Placed]]:
    """A finished answer as a text, with its last verdicts in their places. A list or a table is woven of the
    events that were `seen`."""
    weaver = Weaver(inline=inline)
    if answer.style in (Style.LIST, Style.TABLE) and answer.claims and seen:
        final = [_final(event, answer) for event in seen if not isinstance(event, ClaimRevised)]
        return "".join(weaver.see(event) for event in final), weaver.claims
    events: list[Event] = []
    if answer.premise is not None:
        events.append(PremiseDoubted(answer.premise))
    for index, claim in enumerate(answer.claims):
        said = claim.translation or claim.text
        events += [Delta(f" {said}" if index else said), ClaimMade(index, claim, answer.numbers(claim))]
    text = "".join(weaver.see(event) for event in [*events, Finished(answer)])
    return text, weaver.claims


def _final(event: Event, answer: Answer) -> Event:
    """The event, a claim in it with its last verdict."""
    if isinstance(event, ClaimMade) and event.index < len(answer.claims):
        return replace(event, claim=answer.claims[event.index])
    return event


def _cited(claim: Claim, numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(numbers) if claim.verdict not in (Verdict.UNSUPPORTED, Verdict.CONTRADICTED) else ()


def _marker(claim: Claim, numbers: Sequence[int]) -> str:
    if claim.verdict in _SIGNS:
        against = (
            "".join(f"[{number}]" for number in numbers) if claim.verdict is Verdict.CONTRADICTED else ""
        )
        return f"[{_SIGNS[claim.verdict]}]{against}"
    marker = "".join(f"[{number}]" for number in numbers)
    return f"{marker}[in part]" if claim.verdict is Verdict.PARTIAL else marker


def _below(answer: Answer) -> Iterator[str]:
    """What stands below the answer in the text."""
    if answer.cut:
        yield _cut(answer)
    if answer.status is Status.EXTRACT:
        yield "(No model answered: these are the papers' own sentences.)"
    if count := len(answer.withdrawn) if answer.status is not Status.REFUSED else 0:
        yield f"({count} sentence{'s were' if count > 1 else ' was'} withdrawn: not proven by the papers.)"
    if answer.census is not None:
        yield from untold(answer.census)
        if answer.census.plan.by is not None:
            yield _bullets(f"{group.key}: {group.count:,}" for group in answer.census.groups[:_LISTED])
        elif not answer.citations and 0 < answer.census.count < answer.census.total:
            yield _bullets(_named(entry) for entry in answer.census.papers[:_LISTED])
    if answer.topic is not None:
        if answer.topic.sure and not answer.citations:
            yield _bullets(_belongs(each) for each in answer.topic.sure[:_LISTED])
        if answer.topic.uncertain:
            yield "Not certain:\n" + _bullets(_belongs(each) for each in answer.topic.uncertain[:_LISTED])
    if answer.near_misses:
        misses = (f"{_named(miss.paper)}\n{_quote(miss.evidence)}" for miss in answer.near_misses)
        yield f"Nearest papers:\n{_bullets(misses)}"
    if answer.citations:
        references = (_reference(citation, answer) for citation in answer.citations)
        yield f"References\n{_bullets(references)}"


def _cut(answer: Answer) -> str:
    return "(The answer was cut: " + (
        "it reached its limit of tokens.)" if answer.cut == "length" else "the model's endpoint stopped.)"
    )


def _reference(citation: Citation, answer: Answer) -> str:
    id = citation.paper.id
    claims = [*answer.claims, *([answer.premise] if answer.premise else [])]
    resting = [each for claim in claims for each in claim.evidence if each.paper == id]
    if answer.topic is not None:
        resting += [each.evidence for each in answer.topic.sure if each.paper.id == id]
    quotes = [_quote(each) for each in dict.fromkeys(resting)]
    return "\n".join([f"[{citation.number}] {_named(citation.paper)}", *quotes])


def _belongs(value: TopicPaper) -> str:
    return f"{_named(value.paper)}\n{_quote(value.evidence)}"


def _quote(evidence: Evidence) -> str:
    return f"  “{readable(evidence.text)}”"


def _named(paper: Paper | Entry) -> str:
    name = " ".join(readable(paper.name).split())
    return f"{name}. {paper.link}" if paper.link else f"{name}."


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _tame(text: str, last: str = "") -> str:
    """The text with what Markdown would load or link broken by a space; control characters are gone."""
    out: list[str] = []
    for character in text:
        if not (character.isprintable() or character in "\n\t"):
            continue
        tag = last == "<" and (character.isalpha() or character in "/!?")
        if tag or (last, character) in (("!", "["), ("]", "(")):
            out.append(" ")
        out.append(character)
        last = character
    return "".join(out)
