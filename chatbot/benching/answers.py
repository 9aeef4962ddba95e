"""The whole loop on a file of questions: each answer is kept as it comes, so that a run may be broken off.

    with Journal(folder / STATE) as journal:
        run = Run.of(asked, assembly, journal)
        run.ask(progress)          # only what is not kept yet
        run.kept()                 # everything, in the order of the questions

What an answer is kept under: the question with all that is hidden for it, the model, the fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot import shapes
from chatbot.answering import Chat
from chatbot.benching import fingerprint
from chatbot.benching.journal import Entry, Journal
from chatbot.benching.questions import Asked, filter_of, parsed
from chatbot.errors import BenchError, ModelUnreachable
from chatbot.model import ChatModel
from chatbot.settings import Settings
from chatbot.values import Answer, Question, Status
from store.collection import Collection
from store.records import Filter

if TYPE_CHECKING:
    from chatbot.calibration import Calibrations

STATE = "answers.jsonl"
NO_MODEL = "none (extracts)"


@dataclass(frozen=True, slots=True)
class Kept:
    """A question, and its answer in its JSON shape."""

    asked: Asked
    answer: dict[str, Any]


class Run:
    """The questions put to one model. `model` None: extracts.

    Raises BenchError where a question hides a paper that the collection lacks.
    """

    def __init__(
        self,
        asked: Sequence[Asked],
        collection: Collection,
        model: ChatModel | None,
        journal: Journal,
        *,
        settings: Settings,
        calibrations: Calibrations,
    ) -> None:
        self.model = model.name if model else NO_MODEL
        self.endpoint = model.endpoint if model else None
        calibration = calibrations.of(self.model)
        self.fingerprint = fingerprint.of_answers(settings, calibration, collection)
        self.settings = fingerprint.shaping(settings)
        self._asked = list(asked)
        self._filters = [filter_of(each, collection) for each in asked]
        self._writes = model is not None
        self._chat = Chat(collection, model, settings=settings, calibrations=calibrations)
        self._journal = journal

    @property
    def missing(self) -> int:
        """How many questions have no answer yet."""
        return sum(self._entry(place) is None for place in range(len(self._asked)))

    def ask(self, progress: Callable[[int, int], None]) -> None:
        """Ask what has no answer yet, and keep each as it comes; `progress` is told (done, of how many).

        Raises what `Chat.stream` raises, and ModelUnreachable where the model stopped answering: extracts
        are not its answers, and are not kept.
        """
        for place, (each, filter) in enumerate(zip(self._asked, self._filters, strict=True)):
            if self._entry(place) is None:
                answer = self._chat.ask(Question(each.question, filter=filter))
                if self._writes and answer.status is Status.EXTRACT:
                    raise ModelUnreachable(_why(answer))
                self._journal.add(self._key(each, filter), self._made(each, answer))
            progress(place + 1, len(self._asked))

    def kept(self) -> list[Kept]:
        """The questions that are answered, each with its answer, in their order."""
        entries = (self._entry(place) for place in range(len(self._asked)))
        pairs = zip(self._asked, entries, strict=True)
        return [Kept(each, dict(entry["answer"])) for each, entry in pairs if entry is not None]

    def _entry(self, place: int) -> Entry | None:
        return self._journal.get(self._key(self._asked[place], self._filters[place]))

    def _key(self, asked: Asked, filter: Filter) -> str:
        parts = json.dumps([asked.question, filter.without, self.model, self.fingerprint])
        return f"answer:{hashlib.sha256(parts.encode()).hexdigest()[:24]}"

    def _made(self, asked: Asked, answer: Answer) -> dict[str, Any]:
        return {
            "model": self.model,
            "endpoint": self.endpoint,
            "fingerprint": self.fingerprint,
            "settings": self.settings,
            "asked": asked.shape,
            "answer": shapes.answer(answer),
        }


@dataclass(frozen=True, slots=True)
class Answered:
    """What one model answered under one fingerprint, as a state file or a report tells it."""

    model: str
    fingerprint: str
    kept: tuple[Kept, ...]


def load(file: Path) -> list[Answered]:
    """The answers of a state file or of a report, a group a model and fingerprint, in the order in which they
    began. Raises BenchError where there is no such file, or it holds something else.
    """
    if not file.is_file():
        raise BenchError(
            f"There are no answers in {file}. Get some with `chatbot bench answers`, or name its {STATE} or "
            "report.json with --answers."
        )
    groups: dict[tuple[str, str], list[Kept]] = {}
    try:
        for entry in _entries(file):
            group = groups.setdefault((str(entry["model"]), str(entry["fingerprint"])), [])
            group.append(Kept(parsed(entry["asked"], str(file)), _answer(entry["answer"])))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BenchError(
            f"{file} holds something else than answers of `chatbot bench answers`. Name its {STATE} or "
            "report.json."
        ) from error
    return [Answered(model, made_by, tuple(kept)) for (model, made_by), kept in groups.items()]


def _entries(file: Path) -> Iterator[Entry]:
    if file.suffix == ".jsonl":
        yield from (entry for entry in Journal(file) if str(entry["key"]).startswith("answer:"))
        return
    report = json.loads(file.read_text(encoding="utf-8"))
    for model in report["models"]:
        for each in model["answers"]:
            yield {"model": model["model"], "fingerprint": model["fingerprint"], **each}


def _answer(shape: object) -> dict[str, Any]:
    """An answer's JSON shape, with the keys that a score needs. Raises KeyError, TypeError."""
    answer: dict[str, Any] = dict(shape)  # type: ignore[call-overload]
    for claim in answer["claims"]:
        _ = claim["text"], claim["verdict"], claim["found_by"]
        for evidence in claim["evidence"]:
            _ = evidence["paper"], evidence["text"]
    _ = answer["status"], answer["citations"], answer["dropped"], answer["usage"], answer["timings"]
    return answer


def _why(answer: Answer) -> str:
    """The sentence that says why no model answered: the last that the answer tells."""
    return answer.dropped[-1] if answer.dropped else "The model did not answer. Try again."
