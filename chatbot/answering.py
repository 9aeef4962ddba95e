"""The loop: a question in, events out, the last of them the answer.

    for event in Chat(collection, model, settings=settings).stream(Question("What is GSPO?")):
        ...

Retrieval first, then the decision whether the papers say anything, then the model, whose sentences are
proven as they end. Without a model, or where none can be reached, the best sentences themselves are
the answer. Nothing here knows a terminal, a page or a protocol.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, cast

import prompts
from chatbot import censusing, conversation
from chatbot.answerability import Signals, hopeless, off_topic, signals, unlikely
from chatbot.citing import AnswerReader, Piece, Statement, answer_schema
from chatbot.errors import (
    ModelBusy,
    ModelCut,
    ModelError,
    ModelUnreachable,
    QuestionError,
    SchemaUnsupported,
)
from chatbot.evidence import Pack, Scored, as_data, asks_a_number, candidates, pack
from chatbot.model import ChatModel, Done, Message, Retraction, TextPart, ThoughtPart
from chatbot.proving import as_evidence, prove, second_look
from chatbot.settings import Settings
from chatbot.values import (
    Answer,
    Citation,
    Claim,
    ClaimMade,
    ClaimRevised,
    Delta,
    Event,
    Finished,
    FoundBy,
    NearMiss,
    Notice,
    Question,
    Retrieved,
    Status,
    Thought,
    Timings,
    Usage,
    Verdict,
)
from chatbot.verifying import ask, yes_odds
from store.collection import Collection
from store.records import Hit, Paper

if TYPE_CHECKING:
    from collections.abc import Generator

REFUSAL = "The papers don't say."
LONGEST_QUESTION = 4000
# Evidence for a model on this machine, in tokens: the prompt is what costs there (13 ms a token with a 1.5B
# on two cores). bench/results/packing.md: a fifth of the tokens of whole abstracts, 18 right of 20, not 19.
PACKED_TOKENS = 450
# What the window must hold beside evidence and answer: instructions, question, template.
_RESERVE = 200
_NEAR_MISSES = 3
_EXTRACTS = 3
_PROVEN = (Verdict.SUPPORTED, Verdict.PARTIAL)


@dataclass
class _Draft:
    """An answer in the making. Local to one question."""

    question: Question
    standalone: str
    started: float
    papers: dict[str, Paper] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    timings: Timings = field(default_factory=Timings)
    model: str | None = None
    spoken: bool = False

    def number(self, claim: Claim) -> tuple[int, ...]:
        """The citation numbers of a claim's papers; a paper that had none gets the next."""
        for evidence in claim.evidence:
            self.numbers.setdefault(evidence.paper, max(self.numbers.values(), default=0) + 1)
        return tuple(dict.fromkeys(self.numbers[evidence.paper] for evidence in claim.evidence))


class Chat:
    """Answers questions from one collection; `model` None means extracts only. Several threads may use it."""

    def __init__(
        self,
        collection: Collection,
        model: ChatModel | None,
        *,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._collection = collection
        self._model = model
        self._settings = settings
        self._clock = clock

    def ask(self, question: Question) -> Answer:
        """The answer, when it is finished. Raises what `stream` raises."""
        for event in self.stream(question):
            if isinstance(event, Finished):
                return event.answer
        raise RuntimeError("a stream ended without an answer")

    def stream(self, question: Question) -> Iterator[Event]:
        """The events of answering; closing the generator hangs up on the model.

        Raises QuestionError for a question that can't be asked, ModelError where the endpoint refuses or
        breaks the protocol, StoreError where the collection can't be read.
        """
        _check(question.text)
        asked = yield from censusing.opening(question, self._collection, self._clock)
        if asked is None:
            return
        question = asked
        draft = self._draft(question)
        hits = self._collection.search(draft.standalone, self._settings.papers, question.filter)
        ranked = candidates(draft.standalone, hits, self._collection)
        self._mark(draft, "retrieved")
        draft.papers |= {hit.paper.id: hit.paper for hit in hits}
        yield Retrieved(draft.standalone, tuple(hits))
        found = signals(draft.standalone, ranked, self._collection.rarities(draft.standalone))
        if not hits or off_topic(found):
            yield self._refused(draft, ranked)
            return
        if self._model is None:
            yield from self._extract(draft, ranked)
            return
        try:
            yield from self._generate(draft, self._model, hits, ranked, found)
        except (ModelUnreachable, ModelBusy) as error:
            draft.dropped.append(f"No model answered. {error}")
            yield Notice(f"{error} Here are the best sentences themselves.")
            yield from self._extract(draft, ranked)

    def _draft(self, question: Question) -> _Draft:
        numbers = dict(question.numbers)
        cited = {
            number: paper
            for id, number in numbers.items()
            if (paper := self._collection.paper(id)) is not None
        }
        draft = _Draft(question, conversation.standalone(question, cited), self._clock(), numbers=numbers)
        draft.papers |= {paper.id: paper for paper in cited.values()}
        return draft

    # With a model

    def _generate(
        self, draft: _Draft, model: ChatModel, hits: Sequence[Hit], ranked: Sequence[Scored], found: Signals
    ) -> Iterator[Event]:
        draft.model = model.name
        packed = self._pack(draft, model, hits, ranked)
        if not packed.shown:
            draft.model = None
            draft.dropped.append(
                f"No model was asked: the window of {model.window} tokens has no room for a single sentence. "
                "Allow more with CHATBOT_WINDOW, or CHATBOT_CONTEXT for the local model."
            )
            yield Notice(draft.dropped[-1])
            yield from self._extract(draft, ranked)
            return
        # A large model says by itself that nothing is there; a small one says so only when it is asked.
        odds = self._odds(draft, model, packed) if model.local else None
        found = replace(found, model=odds)
        if unlikely(found):
            yield self._refused(draft, ranked)
            return
        try:
            yield from self._speak(
                draft, model, packed, by_schema=model.supports_schema, sure=odds is not None
            )
        except SchemaUnsupported:
            yield from self._speak(draft, model, packed, by_schema=False, sure=odds is not None)
        yield from self._look_again(draft, model, packed)
        if any(claim.verdict in _PROVEN for claim in draft.claims) and not hopeless(found):
            yield self._finished(draft, Status.ANSWERED, self._text(draft))
            return
        yield self._refused(draft, ranked)

    def _pack(self, draft: _Draft, model: ChatModel, hits: Sequence[Hit], ranked: Sequence[Scored]) -> Pack:
        room = model.window - self._settings.max_tokens - _RESERVE - model.encoding.count(draft.standalone)
        packing = self._settings.packing
        whole = packing == "whole" or (packing == "auto" and not model.local and room > 4 * PACKED_TOKENS)
        budget = max(room, 0) if whole else min(max(room, 0), PACKED_TOKENS)
        numbers = not whole and asks_a_number(draft.standalone)
        packed = pack(ranked, hits, model.encoding, budget, whole=whole, numbers=numbers)
        if packed.left_out:
            draft.dropped.append(
                f"{packed.left_out} of {len(ranked)} sentences found were not shown to the model: "
                + ("the window is full." if whole else "others bear more on the question.")
            )
        return packed

    def _messages(self, packed: Pack, draft: _Draft, system: str, task: str) -> list[Message]:
        """The same beginning for whatever is asked about the evidence, so that a server reads it once."""
        asked = prompts.load("question").render(
            evidence=packed.text, question=as_data(draft.standalone), task=prompts.load(task).render()
        )
        return [Message("system", prompts.load(system).render()), Message("user", asked)]

    def _odds(self, draft: _Draft, model: ChatModel, packed: Pack) -> float | None:
        """What the model thinks of its chances, from one token."""
        system = "answer_schema" if model.supports_schema else "answer_markers"
        self._mark(draft, "requested")
        first = model.first_token(self._messages(packed, draft, system, "task_answerable"))
        return None if first is None else yes_odds(first)

    def _speak(
        self, draft: _Draft, model: ChatModel, packed: Pack, *, by_schema: bool, sure: bool
    ) -> Iterator[Event]:
        if by_schema:
            # A model that has just said that the answer is there need not be offered a way out again.
            task = "task_schema" if sure else "task_schema_or_nothing"
            schema = answer_schema(list(packed.by_key), least=int(sure))
            messages = self._messages(packed, draft, "answer_schema", task)
        else:
            schema, messages = None, self._messages(packed, draft, "answer_markers", "task_markers")
        if draft.timings.requested is None:
            self._mark(draft, "requested")
        reader = AnswerReader()
        parts = model.stream(messages, schema=schema, max_tokens=self._settings.max_tokens)
        with closing(cast("Generator[object]", parts)):
            try:
                for part in parts:
                    match part:
                        case ThoughtPart(text):
                            yield Thought(text)
                        case TextPart(text):
                            if draft.timings.first_token is None:
                                self._mark(draft, "first_token")
                            yield from self._take(draft, packed, reader.feed(text))
                        case Retraction():
                            yield from self._retract(draft)
                            reader = AnswerReader()
                        case Done(finish_reason, usage):
                            draft.usage = usage
                            if finish_reason == "length":
                                draft.dropped.append(
                                    f"The answer was cut at {self._settings.max_tokens} tokens. "
                                    "Allow more with CHATBOT_MAX_TOKENS."
                                )
            except ModelCut as error:
                draft.dropped.append(f"The answer was cut: {error}")
                yield Notice(f"The answer was cut: {error}")
            yield from self._take(draft, packed, reader.finish())

    def _take(self, draft: _Draft, packed: Pack, pieces: Iterator[Piece | Statement]) -> Iterator[Event]:
        for piece in pieces:
            if isinstance(piece, Piece):
                draft.spoken = True
                yield Delta(piece.text)
                continue
            if _is_refusal(piece.text):
                continue
            claim, lost = prove(piece, packed)
            if lost:
                keys = ", ".join(f"[{key}]" for key in lost)
                draft.dropped.append(f"Markers that point at nothing shown: {keys}.")
            yield self._made(draft, claim)

    def _look_again(self, draft: _Draft, model: ChatModel, packed: Pack) -> Iterator[Event]:
        """Ask the model about the sentences whose verdict the rules left open."""
        if self._settings.verifier == "fast":
            return
        for index, claim in enumerate(draft.claims):
            try:
                again = second_look(claim, packed, partial(ask, model, claim.text))
            except ModelError as error:
                draft.dropped.append(f"Verdicts were not looked at again. {error}")
                return
            if again is not None and again != claim:
                draft.claims[index] = again
                yield ClaimRevised(index, again, draft.number(again))

    def _made(self, draft: _Draft, claim: Claim) -> ClaimMade:
        draft.claims.append(claim)
        return ClaimMade(len(draft.claims) - 1, claim, draft.number(claim))

    def _retract(self, draft: _Draft) -> Iterator[Event]:
        if draft.spoken:
            draft.dropped.append(f"{len(draft.claims)} sentences were the model's thinking, not its answer.")
            yield Notice("What was shown so far was the model's thinking; the answer follows.")
            draft.claims.clear()

    # Without

    def _extract(self, draft: _Draft, ranked: Sequence[Scored]) -> Iterator[Event]:
        """The best sentences, each its own proof."""
        for place, each in enumerate(ranked[:_EXTRACTS]):
            text = each.sentence.readable
            yield Delta(text if place == 0 else f" {text}")
            yield self._made(
                draft,
                Claim(text, Verdict.SUPPORTED, FoundBy.EXTRACT, (as_evidence(each.sentence),)),
            )
        yield self._finished(draft, Status.EXTRACT, self._text(draft))

    # The end of it

    def _refused(self, draft: _Draft, ranked: Sequence[Scored]) -> Finished:
        """No answer: what came closest, and what was withdrawn on the way."""
        for claim in draft.claims:
            why = "; ".join(claim.missing) or "it does not answer the question"
            draft.dropped.append(f"Withdrawn: {claim.text} ({why})")
        best: dict[str, NearMiss] = {}
        for each in ranked:
            best.setdefault(each.paper.id, NearMiss(each.paper, as_evidence(each.sentence)))
        misses = tuple(best.values())[:_NEAR_MISSES]
        draft.claims.clear()
        return self._finished(draft, Status.REFUSED, REFUSAL, misses)

    def _text(self, draft: _Draft) -> str:
        """The answer with a marker behind each sentence that is proven, wholly or in part."""
        sentences = []
        for claim in draft.claims:
            marked = draft.number(claim) if claim.verdict in _PROVEN else ()
            sentences.append(" ".join([claim.text, "".join(f"[{number}]" for number in marked)]).strip())
        return " ".join(sentences)

    def _finished(
        self, draft: _Draft, status: Status, text: str, misses: tuple[NearMiss, ...] = ()
    ) -> Finished:
        self._mark(draft, "total")
        cited = {evidence.paper for claim in draft.claims for evidence in claim.evidence}
        citations = sorted(
            (Citation(draft.numbers[id], draft.papers[id]) for id in cited), key=lambda each: each.number
        )
        return Finished(
            Answer(
                question=draft.question.text,
                standalone_question=draft.standalone,
                status=status,
                text=text,
                claims=tuple(draft.claims),
                citations=tuple(citations),
                near_misses=misses,
                dropped=tuple(draft.dropped),
                usage=draft.usage,
                timings=draft.timings,
                model=draft.model,
                fingerprint=self._fingerprint(),
                filter=draft.question.filter,
            )
        )

    def _fingerprint(self) -> str:
        """What made the answer, beside the model and the papers: prompts and the settings that shape it."""
        marks = [f"{name}:{prompts.load(name).fingerprint}" for name in prompts.names()]
        used = self._settings
        shape = f"papers={used.papers} packing={used.packing}"
        return prompts.fingerprint(" ".join([*marks, shape]))

    def _mark(self, draft: _Draft, step: str) -> None:
        draft.timings = replace(draft.timings, **{step: self._clock() - draft.started})


def _check(text: str) -> None:
    if not any(character.isalnum() for character in text):
        raise QuestionError('There is no question. Ask one, for example: chatbot ask "What is GSPO?"')
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(text):,} characters; at most {LONGEST_QUESTION:,} can be asked at once. "
            "Shorten it."
        )


def _is_refusal(text: str) -> bool:
    """The model's own way of saying that nothing is there: no claim about the papers."""
    folded = text.lower().replace("’", "'").rstrip(" .!")
    return folded in ("the papers don't say", "the papers do not say")
