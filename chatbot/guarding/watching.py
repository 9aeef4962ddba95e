"""The events of an answer under a guard's eyes: the question first, then the answer as its sentences end.

A question that does not pass is not answered, nothing is searched and no model is asked. An answer that does
not pass is stopped where its sentence ended: what was shown stays where it stands, and is no part of the
answer any more (it is withdrawn, and says why). Between two looks a sentence is shown, of a long one so many
characters. Thoughts are passed on without their text: nobody has looked at them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import cast

from chatbot.errors import GuardError
from chatbot.guarding.endpoint import Guard
from chatbot.guarding.labels import Label
from chatbot.values import (
    Answer,
    Claim,
    ClaimMade,
    ClaimRevised,
    Delta,
    Event,
    Finished,
    Moderated,
    Notice,
    Question,
    Retrieved,
    Safety,
    Status,
    Thought,
)

_UNSEEN = 600
"""Characters that are shown at most before the guard has seen them."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`strict`: what is controversial counts as unsafe. `closed`: if the guard fails, nothing is shown."""

    strict: bool = False
    closed: bool = True

    def stops(self, label: Label) -> bool:
        """Whether a text of this label is not to be asked, or shown."""
        return label.safety is Safety.UNSAFE or (self.strict and label.safety is Safety.CONTROVERSIAL)


def watched(
    question: Question, answer: Callable[[Question], Iterator[Event]], guard: Guard, policy: Policy
) -> Iterator[Event]:
    """The events of `answer(question)`, as far as the guard lets them."""
    asked = " ".join(filter(None, (question.text, question.manner.audience)))
    watch = _Watch(question, asked, guard, policy)
    yield from watch.asked()
    if watch.stopped:
        return
    with closing(cast("Generator[Event]", answer(question))) as events:
        for event in events:
            yield from watch.see(event)
            if watch.stopped:
                return


class _Watch:
    """What was shown so far, and whether it goes on."""

    def __init__(self, question: Question, asked: str, guard: Guard, policy: Policy) -> None:
        self._question = question
        self._asked = asked
        self._guard: Guard | None = guard
        self._policy = policy
        self._standalone = question.text
        self._text = ""
        self._looked = ""  # the text that the guard has seen
        self._claims: dict[int, Claim] = {}
        self.stopped = False

    def asked(self) -> Iterator[Event]:
        """The question, before anything is done with it."""
        guard = self._guard
        if guard is not None:
            yield from self._judged("question", lambda: guard.question(self._asked))

    def see(self, event: Event) -> Iterator[Event]:
        """The event, and what the guard says to the text when a sentence has ended or all is said."""
        match event:
            case Thought():
                yield Thought("") if self._guard is not None else event
                return
            case Retrieved(question=standalone):
                self._standalone = standalone
            case Delta(text=text):
                self._text += text
            case ClaimMade(index=index, claim=claim) | ClaimRevised(index=index, claim=claim):
                self._claims[index] = claim
            case Finished():
                yield from self._look()
                if self.stopped:
                    return
            case _:
                pass
        yield event
        if isinstance(event, ClaimMade) or len(self._text) - len(self._looked) > _UNSEEN:
            yield from self._look()

    def _look(self) -> Iterator[Event]:
        guard, text = self._guard, self._text
        if guard is not None and text.strip() and text != self._looked:
            self._looked = text
            yield from self._judged("answer", lambda: guard.answer(self._question.text, text))

    def _judged(self, of: str, look: Callable[[], Label]) -> Iterator[Event]:
        try:
            label = look()
        except GuardError as error:
            if self._policy.closed:
                then = "it is not answered" if of == "question" else "it was stopped"
                yield from self._ended(
                    f"The {of} could not be looked at by the guard, and so {then}. {error} With "
                    "CHATBOT_GUARD_ON_ERROR=open answers go on without the guard.",
                    Moderated(of),
                )
            else:
                self._guard = None
                yield Notice(f"This is answered without the guard. {error}")
            return
        if self._policy.stops(label):
            why = f" ({', '.join(label.categories)})" if label.categories else ""
            then = "it is not answered" if of == "question" else "it was stopped"
            yield from self._ended(
                f"The guard calls this {of} {label.safety.value}{why}: {then}.",
                Moderated(of, label.safety, label.categories),
            )

    def _ended(self, text: str, moderated: Moderated) -> Iterator[Event]:
        self.stopped = True
        if self._text.strip():
            yield Notice("What was shown of this answer is no answer: it was stopped by the guard.")
        withdrawn = [self._claims[index] for index in sorted(self._claims)]
        if withdrawn:
            last = withdrawn[-1]
            withdrawn = [replace(each, missing=("the answer was stopped",)) for each in withdrawn]
            withdrawn[-1] = replace(last, missing=("the guard stopped the answer here",))
        yield Finished(
            Answer(
                question=self._question.text,
                standalone_question=self._standalone,
                status=Status.REFUSED,
                text=text,
                withdrawn=tuple(withdrawn),
                filter=self._question.filter,
                moderated=moderated,
            )
        )
