"""The part of an answer that a model writes: asked, heard, proven sentence by sentence, looked at again.

The policy says what becomes of a sentence that is not proven:

    flag    it is shown as it came, with its verdict
    strict  it is held back; the model may write it once more, told what is missing; then it is withdrawn
    off     nothing is checked: sentences are shown with what the model named for them

Everything asked about one pack of evidence begins alike, so that a server reads the evidence once.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import cast

import prompts
from chatbot import manner, styling
from chatbot.calibration import Calibration
from chatbot.citing import AnswerReader, Piece, Statement, answer_schema
from chatbot.drafting import Draft
from chatbot.errors import EntailmentError, ModelCut, ModelError, SchemaUnsupported
from chatbot.evidence import Pack, as_data
from chatbot.model import QUIET, ChatModel, Done, Message, Retraction, TextPart, ThoughtPart
from chatbot.pondering import Pondered, Remark
from chatbot.proving import Nearness, attribute, prove, second_look
from chatbot.retelling import retold
from chatbot.settings import Settings
from chatbot.values import Claim, Delta, Event, Notice, Thought, Verdict
from chatbot.verifying import Judge, yes_odds

# Characters that a token is at most, on the average of an answer: who sends more ignores `max_tokens`.
_LONGEST_TOKEN = 40


class Generation:
    """What `model` says about `packed`, into `draft`. Used once."""

    def __init__(
        self,
        draft: Draft,
        model: ChatModel,
        packed: Pack,
        nearness: Nearness,
        settings: Settings,
        calibration: Calibration,
        judge: Judge,
        each: Sequence[str] = (),
    ) -> None:
        """`each`: what a sentence of its own is asked for, if the question is about several things."""
        self._draft = draft
        self._model = model
        self._packed = packed
        self._nearness = nearness
        self._settings = settings
        self.calibration = calibration
        self._judge = judge
        self._each = each
        self._spoken = False
        self._manner = draft.question.manner
        # What the proven sentences are told in; None: they stay as they are.
        self._tongue = manner.target(draft.question)
        # Whether text is shown as it comes, or a sentence at a time.
        self._flows = (
            settings.policy != "strict" and self._tongue is None and not styling.by_the_sentence(draft.style)
        )
        # Strict: sentences from the first unproven one on, in their order. All that are to be translated.
        self._held: list[Claim] = []

    def odds(self) -> float | None:
        """What the model thinks of its chances to answer from this evidence, from one token."""
        system = "answer_schema" if self._model.supports_schema else "answer_markers"
        self._draft.mark("requested")
        asked = self._messages(system, prompts.load("task_answerable").render())
        return yes_odds(self._model.first_token(asked).scores)

    def run(self, *, sure: bool) -> Iterator[Event]:
        """The events of the answer. `sure`: the model said before that the evidence holds it.

        Raises ModelError where the endpoint fails before its first word.
        """
        try:
            yield from self._speak(by_schema=self._model.supports_schema, sure=sure)
        except SchemaUnsupported:
            yield from self._speak(by_schema=False, sure=sure)
        yield from self._look_again()
        yield from self._settle()

    # What it says

    def _speak(self, *, by_schema: bool, sure: bool) -> Iterator[Event]:
        # A model that has just said that the answer is there need not be offered a way out again.
        schema_task = "task_schema" if sure else "task_schema_or_nothing"
        task = styling.asked(schema_task if by_schema else "task_markers", self._manner)
        least = int(sure)
        if self._each:
            # At the end: the beginning stays what the server has read.
            each = prompts.load("task_each").render(subjects=as_data("; ".join(self._each)))
            task = f"{task} {each}"
        self._draft.mark_once("requested")
        reader = AnswerReader()
        room = self._settings.max_tokens * _LONGEST_TOKEN
        pondered = Pondered(self._model, self._manner, self._draft.clock)
        parts = pondered.stream(*self._request(task, by_schema, least), self._settings.max_tokens)
        with closing(cast("Generator[object]", parts)):
            try:
                for part in parts:
                    match part:
                        case ThoughtPart(text):
                            yield Thought(text)
                        case Remark(text):
                            self._draft.dropped.append(text)
                            yield Notice(text)
                        case TextPart(text):
                            self._draft.mark_once("first_token")
                            room -= len(text)
                            yield from self._take(reader.feed(text if room >= 0 else text[:room]))
                            if room < 0:
                                raise ModelCut(
                                    "It says far more than it was asked for. Look into its server."
                                )
                        case Retraction():
                            yield from self._retract()
                            reader = AnswerReader()
                        case Done(finish_reason):
                            self._draft.mark("generated")
                            if finish_reason == "length":
                                self._draft.cut = "length"
                                self._draft.dropped.append(
                                    f"The answer was cut at {self._settings.max_tokens} tokens. "
                                    "Allow more with CHATBOT_MAX_TOKENS."
                                )
            except ModelCut as error:
                self._draft.cut = "broken"
                self._draft.dropped.append(f"The answer was cut: {error}")
                yield Notice(f"The answer was cut: {error}")
            finally:
                self._draft.thoughts = pondered.thoughts
            yield from self._take(reader.finish())

    def _request(
        self, task: str, by_schema: bool, least: int
    ) -> tuple[list[Message], dict[str, object] | None]:
        system = "answer_schema" if by_schema else "answer_markers"
        keys, most = list(self._packed.by_key), styling.MOST[self._draft.style]
        schema = answer_schema(keys, least=least, most=most) if by_schema else None
        return self._messages(system, task), schema

    def _messages(self, system: str, task: str) -> list[Message]:
        """The same beginning for whatever is asked about the evidence, and for the whole conversation."""
        question = as_data(self._draft.standalone)
        if self._draft.wish:
            question = f"{question} ({as_data(self._draft.wish)})"
        asked = prompts.load("question").render(evidence=self._packed.text, question=question, task=task)
        head = Message("system", prompts.load(system).render())
        return [head, *self._draft.earlier.messages, Message("user", asked)]

    def _take(self, pieces: Iterator[Piece | Statement]) -> Iterator[Event]:
        for piece in pieces:
            if isinstance(piece, Piece):
                self._spoken = True
                if self._flows:
                    yield Delta(piece.text)
                continue
            said = replace(piece, text=styling.bare(piece.text, self._draft.style))
            if _is_refusal(said.text):
                continue
            claim = self._claimed(said)
            if self._flows:
                yield self._draft.made(claim)
            elif self._tongue is not None:
                self._held.append(claim)
            elif self._settings.policy != "strict":
                yield from self._release(claim)
            elif self._held or claim.verdict is not Verdict.SUPPORTED:
                self._held.append(claim)
            else:
                yield from self._release(claim)

    def _claimed(self, statement: Statement) -> Claim:
        if self._settings.policy == "off":
            claim, lost = attribute(statement, self._packed)
        else:
            claim, lost = prove(statement, self._packed, self._nearness)
        if lost:
            keys = ", ".join(f"[{key}]" for key in lost)
            self._draft.dropped.append(f"Markers that point at nothing shown: {keys}.")
        return claim

    def _release(self, claim: Claim) -> Iterator[Event]:
        yield Delta(self._draft.lead(len(self._draft.claims), claim))
        yield self._draft.made(claim)
        if tail := styling.tail(self._draft.style, claim):
            yield Delta(tail)

    def _retract(self) -> Iterator[Event]:
        if self._spoken:
            count = len(self._draft.claims) + len(self._held)
            self._draft.dropped.append(f"{count} sentences were the model's thinking, not its answer.")
            yield Notice("What was shown so far was the model's thinking; the answer follows.")
            self._draft.claims.clear()
            self._held.clear()

    # Looked at again

    def _look_again(self) -> Iterator[Event]:
        """Ask the model about the sentences whose verdict the rules left open."""
        if self._settings.verifier == "fast" or self._settings.policy == "off":
            return
        try:
            for index, claim in enumerate(self._draft.claims):
                if (again := self._again(claim)) != claim:
                    yield self._draft.revised(index, again)
            self._held = [self._again(claim) for claim in self._held]
        except (ModelError, EntailmentError) as error:
            self._draft.dropped.append(f"Verdicts were not looked at again. {error}")

    def _again(self, claim: Claim) -> Claim:
        asked = partial(self._judge, claim.text)
        again = second_look(claim, self._packed, self._nearness, asked, self.calibration.supports)
        return again or claim

    def _settle(self) -> Iterator[Event]:
        """What was held back is shown: under strict if it is proven by now, or once rewritten, and else
        withdrawn; in another language where one is wanted."""
        held, self._held = self._held, []
        for claim in held:
            proven: Claim | None = claim
            if self._settings.policy == "strict" and claim.verdict is not Verdict.SUPPORTED:
                proven = self._repaired(claim)
            if proven is not None:
                yield from self._release(self._retold(proven))
            else:
                self._draft.withdrawn.append(claim)

    def _retold(self, claim: Claim) -> Claim:
        """The claim with its translation, where one is wanted and nothing is lost in it."""
        if self._tongue is None:
            return claim
        try:
            told, why = retold(claim, self._tongue, self._model, self._settings.max_tokens)
        except ModelError as error:
            self._draft.dropped.append(f"Sentences stay as they were proven. {error}")
            self._tongue = None
            return claim
        if why:
            self._draft.dropped.append(f"A sentence stays as it was proven: {why}. ({claim.text})")
        return told

    def _repaired(self, claim: Claim) -> Claim | None:
        """The sentence written once more by the model, told what it lacks; None if that fails too."""
        wanted = {(each.paper, each.sentence) for each in claim.evidence}
        keys = [
            each.key for each in self._packed.shown if (each.paper.id, each.sentence.number) in wanted
        ] or list(self._packed.by_key)
        by_schema = self._model.supports_schema
        task = prompts.load("task_repair").render(
            statement=as_data(claim.text),
            missing=as_data("; ".join(claim.missing) or "not in the sentences"),
            keys=", ".join(f"[{key}]" for key in keys),
        )
        reader = AnswerReader()
        said: list[Piece | Statement] = []
        try:
            messages, schema = self._request(task, by_schema, 1)
            parts = self._model.stream(
                messages, schema=schema, max_tokens=self._settings.max_tokens, thinking=QUIET
            )
            for part in parts:
                match part:
                    case TextPart(text):
                        said += reader.feed(text)
                    case Retraction():
                        reader, said = AnswerReader(), []
            said += reader.finish()
            statement = next((each for each in said if isinstance(each, Statement)), None)
            if statement is None or _is_refusal(statement.text) or statement.text == claim.text:
                return None
            again = self._claimed(statement)
            if again.verdict is not Verdict.SUPPORTED and self._settings.verifier != "fast":
                again = self._again(again)
        except (ModelError, EntailmentError) as error:
            self._draft.dropped.append(f"A sentence could not be written again. {error}")
            return None
        return replace(again, replaces=claim.text) if again.verdict is Verdict.SUPPORTED else None


def _is_refusal(text: str) -> bool:
    """The model's own way of saying that nothing is there: no claim about the papers."""
    folded = text.lower().replace("’", "'").rstrip(" .!")
    return folded in ("the papers don't say", "the papers do not say")
