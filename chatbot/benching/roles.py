"""Three roles of one model: it asks, it answers, and it judges whether the answer is right.

The idea is SPELL's: questioner, responder and verifier in one model. Here they make a question set: what the
responder finds and the verifier accepts is a question that can be answered from the collection.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, cast

import prompts
from chatbot import styling
from chatbot.answering import PACKED_TOKENS
from chatbot.benching.judging import agreement
from chatbot.citing import AnswerReader, Statement
from chatbot.evidence import as_data, asks_a_number, candidates, pack
from chatbot.model import ChatModel, Message, Retraction, TextPart
from chatbot.proving import passage
from chatbot.settings import Settings
from chatbot.values import Manner, Verdict
from chatbot.verifying import judge
from store.collection import Collection
from store.records import Filter, Paper

if TYPE_CHECKING:
    from collections.abc import Generator

_LONGEST_QUESTION = 60  # tokens
_LONGEST_PARAPHRASE = 120
# What the window must hold beside evidence, question and answer: instructions and template.
_RESERVE = 200
_WORDS = range(4, 41)
# What a question says that can be understood only beside the sentence that it was made from.
_POINTS = re.compile(
    r"\b(?:this|the|these) (?:\w+ )?(?:sentence|passage|paper|abstract|study|text|authors?|article|report)\b"
    r"|\bthey\b|\btheir\b|\bwe\b|\bour\b",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^(?:question|q)\s*:\s*", re.IGNORECASE)


class Roles:
    """One model in three roles, over one collection. Every method raises ModelError and StoreError."""

    def __init__(self, collection: Collection, model: ChatModel, settings: Settings) -> None:
        self._collection = collection
        self._model = model
        self._settings = settings

    def question(self, paper: Paper, sentence: str, fact: str | None = None) -> str:
        """A question that the sentence answers, by naming `fact` if one is given; one line, unchecked."""
        given = {"paper": as_data(paper.name), "sentence": as_data(sentence)}
        asked = (
            prompts.load("bench_plain").render(**given)
            if fact is None
            else prompts.load("bench_fact").render(**given, fact=as_data(fact))
        )
        said = self._said(prompts.load("bench_questioner").render(), asked, _LONGEST_QUESTION)
        first = next((line for line in said.splitlines() if line.strip()), "")
        return _LEAD.sub("", first.strip()).strip("\"'“”* ")

    def paraphrase(self, paper: Paper, sentence: str) -> str:
        """The sentence in other words; "" where the model only repeats it."""
        asked = prompts.load("bench_paraphrase").render(paper=as_data(paper.name), sentence=as_data(sentence))
        said = self._said(prompts.load("bench_paraphraser").render(), asked, _LONGEST_PARAPHRASE)
        first = " ".join(next((line for line in said.splitlines() if line.strip()), "").split())
        return "" if first.casefold() == " ".join(sentence.split()).casefold() else first

    def answer(self, question: str, filter: Filter = Filter()) -> tuple[str, ...]:
        """The sentences with which the model answers from the best evidence that the collection holds.

        Empty where nothing was found, or the model says that nothing is there.
        """
        hits = self._collection.search(question, self._settings.papers, filter)
        ranked = candidates(question, hits, self._collection)
        room = (
            self._model.window - self._settings.max_tokens - _RESERVE - self._model.encoding.count(question)
        )
        numbers = asks_a_number(question)
        packed = pack(ranked, hits, self._model.encoding, min(PACKED_TOKENS, max(room, 0)), numbers=numbers)
        if not packed.shown:
            return ()
        task = styling.asked("task_markers", Manner())
        asked = prompts.load("question").render(evidence=packed.text, question=as_data(question), task=task)
        said = self._said(prompts.load("answer_markers").render(), asked, self._settings.max_tokens)
        reader = AnswerReader()
        pieces = [*reader.feed(said), *reader.finish()]
        statements = [piece.text for piece in pieces if isinstance(piece, Statement)]
        return tuple(text for text in statements if not _refuses(text))

    def accepts(self, question: str, paper: Paper, sentence: str, answer: Sequence[str]) -> bool:
        """Whether the answer is what the sentence says: the model's yes, where it can be heard, else the
        rules'. What the rules see contradicted is not, whatever the model says."""
        held = [passage(paper, sentence)]
        verdicts = [judge(text, held).verdict for text in answer]
        if Verdict.CONTRADICTED in verdicts:
            return False
        odds = agreement(self._model, question, sentence, " ".join(answer))
        return Verdict.SUPPORTED in verdicts if odds is None else odds > 0

    def _said(self, system: str, asked: str, max_tokens: int) -> str:
        parts = self._model.stream([Message("system", system), Message("user", asked)], max_tokens=max_tokens)
        said = ""
        with closing(cast("Generator[object]", parts)):
            for part in parts:
                if isinstance(part, TextPart):
                    said += part.text
                elif isinstance(part, Retraction):
                    said = ""
        return said


def unfit(question: str, avoid: str | None = None) -> str | None:
    """Why a question can't be used, for people; None for one that can. `avoid` must not be found in it."""
    if not question.endswith("?"):
        return "is no question"
    if len(question.split()) not in _WORDS:
        return "is too short or too long"
    if _POINTS.search(question):
        return "points at a text that nobody sees"
    if avoid is not None and re.search(avoid, question, re.IGNORECASE):
        return "gives its answer away"
    return None


def _refuses(text: str) -> bool:
    return text.lower().replace("’", "'").startswith(("the papers don't say", "the papers do not say"))
