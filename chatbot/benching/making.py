"""A question set for any collection: what is asked comes from the papers' own sentences, and is checked.

From each paper drawn, three things are tried:

    plain         a question from one sentence; kept if the verifier agrees that the answer is the sentence's
    fact          a question about a number or name of a sentence; kept if the answer has it: a rule checks
    unanswerable  a kept question, its paper hidden; thrown away if another paper answers it all the same

Papers and sentences are drawn by a seed. Each result is kept as it comes, so that a run may be broken off;
what is thrown away is counted with its reason. A question is kept only if the model that made the set could
answer it from a pack of evidence: other models can be compared by the set, that one is favoured by it.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import prompts
from chatbot.benching import fingerprint
from chatbot.benching.facts import Fact, facts, stands_in
from chatbot.benching.journal import Entry, Journal
from chatbot.benching.questions import Asked, parsed
from chatbot.benching.roles import Roles, unfit
from chatbot.model import ChatModel
from chatbot.settings import Settings
from chatbot.verifying.normal import normal
from store.collection import Collection
from store.records import Filter, Paper, Sentence

# A sentence with fewer words has little to ask about; of the abstract, so much tells it from all others.
_LEAST_WORDS = 8
_RECOGNISED = 80
_PROMPTS = (
    "bench_questioner", "bench_plain", "bench_fact", "bench_verifier", "bench_agreement", "question",
    "answer_markers", "task_markers", "style_short",
)  # fmt: skip


class Kind(StrEnum):
    """What kind of question is made."""

    PLAIN = "plain"
    FACT = "fact"
    UNANSWERABLE = "unanswerable"


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one try: a question, or why there is none."""

    kind: Kind
    asked: Asked | None
    why: str = ""


class Maker:
    """Makes questions from a collection with one model; what came of each try is in the journal."""

    def __init__(
        self, collection: Collection, model: ChatModel, journal: Journal, *, settings: Settings, seed: int
    ) -> None:
        self._collection = collection
        self._roles = Roles(collection, model, settings)
        self._journal = journal
        self._seed = seed
        marks = [f"{name}:{prompts.load(name).fingerprint}" for name in _PROMPTS]
        marks += [f"papers={settings.papers}", f"seed={seed}", model.name, fingerprint.papers(collection)]
        self._make = prompts.fingerprint(" ".join(marks))

    def run(self, papers: int, progress: Callable[[int, int], None]) -> list[Made]:
        """What came of `papers` papers, drawn by the seed (all, if there are fewer). Raises ModelError."""
        drawn = sorted(self._collection.papers(), key=lambda paper: paper.id)
        random.Random(self._seed).shuffle(drawn)
        drawn = drawn[:papers]
        made: list[Made] = []
        for number, paper in enumerate(drawn, start=1):
            made += self._of(paper)
            progress(number, len(drawn))
        return _each_once(made)

    def _of(self, paper: Paper) -> Iterator[Made]:
        plain = self._once(paper, Kind.PLAIN, lambda: self._plain(paper))
        fact = self._once(paper, Kind.FACT, lambda: self._fact(paper))
        yield from (plain, fact)
        # In turn, so that as many of either kind are asked without their paper.
        order = (plain, fact) if self._draw(paper, Kind.UNANSWERABLE).random() < 0.5 else (fact, plain)
        if kept := next((each.asked for each in order if each.asked is not None), None):
            yield self._once(paper, Kind.UNANSWERABLE, lambda: self._hidden(paper, kept))

    def _once(self, paper: Paper, kind: Kind, make: Callable[[], Made]) -> Made:
        key = f"made:{self._make}:{paper.id}:{kind.value}"
        if (entry := self._journal.get(key)) is None:
            made = make()
            self._journal.add(key, {"asked": made.asked.shape if made.asked else None, "why": made.why})
            return made
        return _again(kind, entry, str(self._journal.file))

    def _plain(self, paper: Paper) -> Made:
        sentences = self._sentences(paper)
        if not sentences:
            return Made(Kind.PLAIN, None, "the abstract has no sentence to ask about")
        text = self._draw(paper, Kind.PLAIN).choice(sentences).readable
        question = self._roles.question(paper, text)
        if why := unfit(question):
            return Made(Kind.PLAIN, None, f"the question {why}")
        answer = self._roles.answer(question)
        if not answer:
            return Made(Kind.PLAIN, None, "the responder found no answer")
        if not self._roles.accepts(question, paper, text, answer):
            return Made(Kind.PLAIN, None, "the verifier did not agree with the answer")
        asked = Asked(question, paper=_recognised(paper), answer=text, note=f"plain, from {paper.id}")
        return Made(Kind.PLAIN, asked)

    def _fact(self, paper: Paper) -> Made:
        known = [name for name in (paper.label, paper.title) if name]
        choices = [
            (sentence.readable, fact)
            for sentence in self._sentences(paper)
            for fact in facts(sentence.readable, known)
        ]
        if not choices:
            return Made(Kind.FACT, None, "the abstract has no number or name to ask for")
        text, fact = self._draw(paper, Kind.FACT).choice(choices)
        question = self._roles.question(paper, text, fact.text)
        if why := unfit(normal(question), fact.pattern):
            return Made(Kind.FACT, None, f"the question {why}")
        answer = self._roles.answer(question)
        if not answer:
            return Made(Kind.FACT, None, "the responder found no answer")
        if not _has(answer, fact):
            return Made(Kind.FACT, None, "the answer lacks the fact")
        asked = Asked(
            question,
            facts=(fact.pattern,),
            paper=_recognised(paper),
            answer=text,
            note=f"fact, from {paper.id}",
        )
        return Made(Kind.FACT, asked)

    def _hidden(self, paper: Paper, made: Asked) -> Made:
        """The question without its paper, unless the answer is still there."""
        question, reference = made.question, made.answer or ""
        answer = self._roles.answer(question, Filter(without=(paper.id,)))
        if made.facts:
            found = any(stands_in(fact, " ".join(answer)) for fact in made.facts)
        else:
            found = bool(answer) and self._roles.accepts(question, paper, reference, answer)
        if found:
            return Made(Kind.UNANSWERABLE, None, "another paper answers it too")
        asked = Asked(question, answerable=False, hide=(paper.id,), note=f"unanswerable, from {paper.id}")
        return Made(Kind.UNANSWERABLE, asked)

    def _sentences(self, paper: Paper) -> list[Sentence]:
        sentences = self._collection.sentences(paper.id)
        return [each for each in sentences if len(each.readable.split()) >= _LEAST_WORDS]

    def _draw(self, paper: Paper, kind: Kind) -> random.Random:
        """A source of chance for one try, whatever was tried before."""
        return random.Random(f"{self._seed} {paper.id} {kind.value}")


def kept(made: Sequence[Made]) -> list[Asked]:
    """The questions, in their order."""
    return [each.asked for each in made if each.asked is not None]


def kinds(made: Sequence[Made]) -> dict[str, int]:
    """How many questions there are of each kind."""
    return {kind.value: sum(each.kind is kind and each.asked is not None for each in made) for kind in Kind}


def thrown(made: Sequence[Made]) -> Counter[str]:
    """How often each reason led to no question, with its kind."""
    return Counter(f"{each.kind.value}: {each.why}" for each in made if each.asked is None)


def _each_once(made: Sequence[Made]) -> list[Made]:
    """The same, the second of two alike questions thrown away."""
    seen: set[tuple[str, bool]] = set()
    found = []
    for each in made:
        if each.asked is not None:
            key = (each.asked.question.casefold(), each.asked.answerable)
            if key in seen:
                each = Made(each.kind, None, "the same question was made before")
            seen.add(key)
        found.append(each)
    return found


def _again(kind: Kind, entry: Entry, where: str) -> Made:
    asked = entry.get("asked")
    return Made(kind, None if asked is None else parsed(asked, where), str(entry.get("why", "")))


def _has(answer: Sequence[str], fact: Fact) -> bool:
    return stands_in(fact.pattern, " ".join(answer))


def _recognised(paper: Paper) -> str:
    """A pattern that finds this abstract: its beginning."""
    return re.escape(paper.abstract[:_RECOGNISED])
