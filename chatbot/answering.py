"""The loop: a question in, events out, the last of them the answer.

    for event in Chat(collection, model, settings=settings).stream(Question("What is GSPO?")):
        ...

Retrieval first; then whether the question takes for granted what a paper denies, asks what no abstract
holds, or has nothing to do with the papers; then the model, whose sentences are proven as they end. Without
a model, or where none can be reached, the best sentences themselves are the answer. Nothing here knows a
terminal, a page or a protocol.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import cast

import prompts
from chatbot import censusing, fulltext, history, premises, proposing, styling, unfinished
from chatbot.answerability import Signals, hopeless, off_topic, signals, unlikely
from chatbot.calibration import ENTAILMENT, Calibrations
from chatbot.drafting import Draft
from chatbot.entailment import Entailment
from chatbot.errors import ModelBusy, ModelError, ModelUnreachable, QuestionError
from chatbot.evidence import Pack, Scored, asks_a_number, pack
from chatbot.filtering import both
from chatbot.following import Followed, followed
from chatbot.generating import Generation
from chatbot.guarding import Guard, Policy, watched
from chatbot.manner import mannered
from chatbot.model import ChatModel
from chatbot.model.metered import Metered
from chatbot.pondering import room as thinking_room
from chatbot.proving import as_evidence
from chatbot.searching import Searches
from chatbot.settings import Settings
from chatbot.topics import counting, reading
from chatbot.understanding import understood
from chatbot.values import (
    Answer,
    Claim,
    Delta,
    Event,
    Evidence,
    Finished,
    FoundBy,
    Manner,
    Notice,
    Packed,
    PremiseDoubted,
    Question,
    Retrieved,
    Status,
    Verdict,
)
from chatbot.verifying import Judge, ask
from store.collection import Collection
from store.plans import Plan
from store.records import Hit

REFUSAL = "The papers don't say."
LONGEST_QUESTION = 4000
# Evidence for a model on this machine, in tokens: the prompt is what costs there (13 ms a token with a 1.5B
# on two cores). bench/results/packing.md: a fifth of the tokens of whole abstracts, 18 right of 20, not 19.
PACKED_TOKENS = 450
# What the window must hold beside evidence and answer: instructions, question, template.
_RESERVE = 200
_EXTRACTS = 3
_PROVEN = (Verdict.SUPPORTED, Verdict.PARTIAL)


class Chat:
    """Answers questions from one collection; `model` None means extracts only. `entailment`, if there is one,
    judges sentences in the model's place; `guard` looks at questions and answers. Several threads may use
    it."""

    def __init__(
        self,
        collection: Collection,
        model: ChatModel | None,
        *,
        settings: Settings,
        calibrations: Calibrations | None = None,
        entailment: Entailment | None = None,
        guard: Guard | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._collection = collection
        self._model = model
        self._settings = settings
        self._calibrations = calibrations or Calibrations()
        self._entailment = entailment
        self._guard = guard
        self._guarded = Policy(settings.guard == "strict", settings.guard_on_error == "closed")
        self._clock = clock

    @property
    def model(self) -> ChatModel | None:
        """The model that answers; None: extracts only."""
        return self._model

    def ask(self, question: Question) -> Answer:
        """The answer, when it is finished. Raises what `stream` raises."""
        for event in self.stream(question):
            if isinstance(event, Finished):
                return event.answer
        raise RuntimeError("a stream ended without an answer")

    def stream(self, question: Question) -> Iterator[Event]:
        """The events of answering; closing the generator hangs up on the model.

        Raises QuestionError for a question that can't be asked, ModelError where the endpoint refuses or
        breaks the protocol, StoreError where the collection can't be read, CalibrationError where a
        calibration can't.
        """
        return unfinished.watched(self._events(question), self._collection)

    def _events(self, question: Question) -> Generator[Event, None, None]:
        _check(question.text)
        question = mannered(question, self._settings)
        _check(question.text)
        meter = None if self._model is None else Metered(self._model)
        answered = partial(self._followed, model=meter)
        events = (
            answered(question)
            if self._guard is None
            else watched(question, answered, self._guard, self._guarded)
        )
        with closing(cast("Generator[Event]", events)):
            for event in events:
                if isinstance(event, Finished) and meter is not None:
                    event = Finished(replace(event.answer, usage=meter.usage))
                yield event

    def _followed(self, question: Question, model: ChatModel | None) -> Iterator[Event]:
        """The events of answering a question as it was asked: one that points back is made to stand alone."""
        started = self._clock()
        typed = question.text
        asked, words = yield from censusing.filtered(question, self._collection)
        made = Followed(asked)
        if asked.text:
            made = yield from followed(asked, words, self._collection, model, self._settings.max_tokens)
        if made.refusal is not None:
            yield Finished(made.refusal)
            return
        begun = self._clock() - started
        with closing(self._answered(made, typed, model)) as events:
            for event in events:
                if isinstance(event, Finished):
                    event = Finished(made.told(event.answer, asked.text or typed, begun))
                yield event

    def _answered(self, made: Followed, typed: str, model: ChatModel | None) -> Generator[Event, None, None]:
        """The events of answering a question that stands alone."""
        started = self._clock()
        opened = yield from censusing.opening(made.question, typed, self._collection, self._clock)
        if opened is None:
            return
        question = opened
        if (over := reading.read(question.text)) is not None:
            over = replace(over, filter=both(question.filter, over.filter))
            yield from counting.answered(question, over, self._collection, model, self._settings, self._clock)
            return
        if model is not None and (plan := self._proposed(question, model)) is not None:
            yield from censusing.counted(question, plan, self._collection, self._clock, started, model.name)
            return
        draft = self._draft(question)
        draft.wish = made.wish
        searches = Searches(self._collection, self._settings.papers, question.filter)
        model = yield from self._understood(draft, searches, model)
        hits, ranked = self._found(draft, searches)
        yield Retrieved(draft.standalone, tuple(hits))
        found = self._signals(draft, ranked)
        far = not hits or off_topic(found)
        if not far and (claim := premises.doubted(draft.standalone, ranked)) is not None:
            yield from self._corrected(draft, claim)
            return
        detail = fulltext.beyond(draft.standalone, ranked)
        # Of a paper that we have, the detail stands in its full text, however far its abstract is from it.
        draft.full_text = fulltext.worth_reading(draft.standalone, draft.papers.values())
        if far or detail is not None:
            yield self._refused(draft, ranked, detail if draft.full_text or not far else None)
            return
        if model is None:
            yield from self._extract(draft, ranked)
            return
        try:
            yield from self._generate(draft, model, hits, ranked, found)
        except (ModelUnreachable, ModelBusy) as error:
            yield self._unanswered(draft, error)
            yield from self._extract(draft, ranked)

    def _proposed(self, question: Question, model: ChatModel) -> Plan | None:
        """The model's plan for a question that plainly counts or lists papers, where no grammar read one."""
        if not proposing.may_be(question.text):
            return None
        try:
            plan = proposing.proposed(question.text, model, self._settings.max_tokens)
        except (ModelUnreachable, ModelBusy):
            return None  # the ordinary way asks again, and says so
        return plan and replace(plan, filter=both(question.filter, plan.filter))

    def assess(self, question: Question) -> Signals:
        """What speaks for an answer, the model's own odds included, without asking for the answer. The model
        translates and parts nothing here.

        Raises what `stream` raises, and ModelError where the model does not answer.
        """
        _check(question.text)
        draft = self._draft(question)
        searches = Searches(self._collection, self._settings.papers, question.filter)
        for _ in understood(draft, self._collection, searches, None, self._settings):
            pass  # nobody watches
        hits, ranked = self._found(draft, searches)
        found = self._signals(draft, ranked)
        if self._model is None or not hits:
            return found
        packed = self._pack(draft, self._model, hits, ranked)
        return replace(found, model=self._generation(draft, self._model, packed).odds())

    def _draft(self, question: Question) -> Draft:
        numbers = dict(question.numbers)
        cited = {
            number: paper
            for id, number in numbers.items()
            if (paper := self._collection.paper(id)) is not None
        }
        draft = Draft(question, question.text, self._clock, self._clock(), numbers=numbers)
        draft.papers |= {paper.id: paper for paper in cited.values()}
        return draft

    def _understood(
        self, draft: Draft, searches: Searches, model: ChatModel | None
    ) -> Generator[Event, None, ChatModel | None]:
        """What is asked and how it is searched for; returns the model, None where it can't be reached."""
        try:
            yield from understood(draft, self._collection, searches, model, self._settings)
            draft.mark("planned")
            return model
        except (ModelUnreachable, ModelBusy) as error:
            yield self._unanswered(draft, error)
        yield from understood(draft, self._collection, searches, None, self._settings)
        draft.mark("planned")
        return None

    def _found(self, draft: Draft, searches: Searches) -> tuple[list[Hit], list[Scored]]:
        found = searches.found(draft.standalone, draft.plan)
        draft.plan, draft.groups = found.plan, found.groups
        draft.mark("retrieved")
        draft.papers |= {hit.paper.id: hit.paper for hit in found.hits}
        return found.hits, found.ranked

    def _signals(self, draft: Draft, ranked: Sequence[Scored]) -> Signals:
        rarities = self._collection.rarities(draft.standalone)
        found = signals(draft.standalone, ranked, rarities, together=bool(draft.groups))
        # Vectors that know no language but their own tell nothing about another's.
        return replace(found, vector=None) if draft.unread else found

    @staticmethod
    def _unanswered(draft: Draft, error: ModelError) -> Notice:
        draft.dropped.append(f"No model answered. {error}")
        return Notice(f"{error} Here are the best sentences themselves.")

    # With a model

    def _generate(
        self, draft: Draft, model: ChatModel, hits: Sequence[Hit], ranked: Sequence[Scored], found: Signals
    ) -> Iterator[Event]:
        draft.model = model.name
        self._remember(draft, model)
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
        yield Packed(tuple(as_evidence(each.sentence) for each in packed.shown), packed.left_out)
        generation = self._generation(draft, model, packed)
        # A large model says by itself that nothing is there; a small one says so only when it is asked.
        odds = generation.odds() if model.local else None
        found = replace(found, model=odds)
        if unlikely(found, generation.calibration.refuse_below):
            yield self._refused(draft, ranked)
            return
        yield from generation.run(sure=odds is not None)
        if self._settings.policy == "off":
            answered = bool(draft.claims)
        else:
            proven = any(claim.verdict in _PROVEN for claim in draft.claims)
            answered = proven and not hopeless(found)
        yield (
            draft.finished(Status.ANSWERED, draft.text, self._fingerprint(draft.question.manner))
            if answered
            else self._refused(draft, ranked)
        )

    def _generation(self, draft: Draft, model: ChatModel, packed: Pack) -> Generation:
        nearness, calibration = self._collection.nearness, self._calibrations.of(model.name)
        judge: Judge = partial(ask, model)
        if self._entailment is not None:
            judge = self._entailment.odds
            supports = self._calibrations.of(self._entailment.name, ENTAILMENT).supports
            calibration = replace(calibration, supports=supports)
        shown = {each.paper.id for each in packed.shown}
        each = [
            part.subject
            for part in (draft.plan.parts if draft.plan else ())
            if part.found and (not part.papers or shown & set(part.papers))
        ]
        several = each if len(each) > 1 else ()
        return Generation(draft, model, packed, nearness, self._settings, calibration, judge, several)

    def _remember(self, draft: Draft, model: ChatModel) -> None:
        """What the model is shown of the conversation; what it is not is said."""
        room = model.window - self._settings.max_tokens - _RESERVE
        most = history.budget(room, local=model.local, configured=self._settings.history)
        draft.earlier = history.fitted(draft.question.history, model.encoding, most)
        draft.dropped += [draft.earlier.dropped] if draft.earlier.dropped else []

    def _pack(self, draft: Draft, model: ChatModel, hits: Sequence[Hit], ranked: Sequence[Scored]) -> Pack:
        room = model.window - self._settings.max_tokens - _RESERVE - model.encoding.count(draft.standalone)
        room -= thinking_room(draft.question.manner, model)
        room -= draft.earlier.tokens + model.encoding.count(draft.wish)
        room -= model.encoding.count(draft.question.manner.audience or "")
        packing = self._settings.packing
        whole = packing == "whole" or (packing == "auto" and not model.local and room > 4 * PACKED_TOKENS)
        budget = max(room, 0) if whole else min(max(room, 0), PACKED_TOKENS)
        numbers = not whole and asks_a_number(draft.standalone)
        packed = pack(ranked, hits, model.encoding, budget, whole=whole, numbers=numbers, groups=draft.groups)
        if packed.left_out:
            draft.dropped.append(
                f"{packed.left_out} of {len(ranked)} sentences found were not shown to the model: "
                + ("the window is full." if whole else "others bear more on the question.")
            )
        return packed

    # Without

    def _extract(self, draft: Draft, ranked: Sequence[Scored]) -> Iterator[Event]:
        """The best sentences, or the best of each part of the question, each its own proof."""
        firsts = dict.fromkeys(group[0] for group in draft.groups[:-1] if group)
        for place, each in enumerate(list(firsts) or ranked[:_EXTRACTS]):
            text = each.sentence.readable
            claim = _extracted(text, as_evidence(each.sentence))
            yield Delta(draft.lead(place, claim))
            yield draft.made(claim)
            if tail := styling.tail(draft.style, claim):
                yield Delta(tail)
        yield draft.finished(Status.EXTRACT, draft.text, self._fingerprint())

    def _corrected(self, draft: Draft, premise: Claim) -> Iterator[Event]:
        """The question takes for granted what a paper denies: the answer is what that paper says."""
        draft.premise = premise
        draft.in_prose()  # two sentences, whatever the style
        yield PremiseDoubted(premise, draft.number(premise))
        [evidence] = premise.evidence
        text = next(
            each.readable
            for each in self._collection.sentences(evidence.paper)
            if each.number == evidence.sentence
        )
        yield Delta(text)
        yield draft.made(_extracted(text, evidence))
        yield draft.finished(
            Status.ANSWERED, f"{premise.text} The papers say otherwise. {draft.text}", self._fingerprint()
        )

    def _refused(self, draft: Draft, ranked: Sequence[Scored], detail: str | None = None) -> Finished:
        """No answer. `detail` is what was asked for where only the full text would hold it."""
        text = REFUSAL
        if detail is not None:
            text = f"The abstracts don't say. For {detail}, the full text would be needed."
        elif draft.full_text:
            text = f"{REFUSAL} The full text may."
        if draft.unread is not None:
            text = f"{text} The question seems to be in {draft.unread}: a model is needed to translate it."
            ranked = [each for each in ranked if each.lexical]  # near by words; vectors say nothing here
        if links := " ".join(paper.link for paper in draft.full_text if paper.link):
            text = f"{text} {links}"
        return draft.refused(text, ranked, self._fingerprint())

    def _fingerprint(self, manner: Manner | None = None) -> str:
        """What made the answer, beside the model and the papers: prompts, the settings that shape it, and
        the manner that was asked for."""
        marks = [f"{name}:{prompts.load(name).fingerprint}" for name in prompts.names()]
        used = self._settings
        shape = f"papers={used.papers} packing={used.packing} verifier={used.verifier} policy={used.policy}"
        return prompts.fingerprint(" ".join([*marks, shape, repr(manner or Manner())]))


def _extracted(text: str, evidence: Evidence) -> Claim:
    return Claim(text, Verdict.SUPPORTED, FoundBy.EXTRACT, (evidence,))


def _check(text: str) -> None:
    if not any(character.isalnum() for character in text):
        raise QuestionError('There is no question. Ask one, for example: chatbot ask "What is GSPO?"')
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(text):,} characters; at most {LONGEST_QUESTION:,} can be asked at once. "
            "Shorten it."
        )
