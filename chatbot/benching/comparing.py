"""Several models on the same questions: asked, scored, and told as a table, a page and a JSON value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chatbot import shapes
from chatbot.assembly import Notice, Progress, choose_model, filled
from chatbot.benching.answers import STATE, Run
from chatbot.benching.journal import Journal
from chatbot.benching.judging import Rules
from chatbot.benching.questions import Asked
from chatbot.benching.scoring import Score, remembered, score
from chatbot.benching.tables import number, stamp, table, text
from chatbot.calibration import Calibrations
from chatbot.errors import BenchError
from chatbot.model import ChatModel
from chatbot.settings import Settings
from chatbot.values import Verdict
from store.collection import Collection

_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Row:
    """One model: what it is, what its answers were made by, and their score."""

    model: str
    endpoint: str | None
    fingerprint: str
    settings: dict[str, object]
    score: Score


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows, and who judged answers against references (None: the rules)."""

    rows: tuple[Row, ...]
    judge: str | None


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what: `notice` sentences, `asked` (model, answers done, of how many), `prepared` bytes."""

    notice: Notice
    asked: Callable[[str, int, int], None]
    prepared: Progress


def compare(
    asked: Sequence[Asked],
    settings: Settings,
    models: Sequence[str | None],
    folder: Path,
    watch: Watch,
    *,
    judge: str | None = None,
    with_model: bool = True,
) -> Comparison:
    """Ask every model what it was not asked yet, then score all; answers are kept in `folder`.

    `models` are names as the setting `model` takes them, None for the one that is configured. `judge` is
    the name of the model that compares with references, "" for the first of `models`.
    Raises ChatbotError and StoreError; what was answered until then is kept.
    """
    with filled(settings, notice=watch.notice) as collection, Journal(folder / STATE) as journal:
        runs = [_asked(each, asked, settings, collection, journal, watch, with_model) for each in models]
        agrees = None
        judging: ChatModel | None = None
        if judge is not None:
            judging = _chosen(settings, judge or models[0], watch) if with_model else None
            if judging is None:
                raise BenchError("There is no model that could judge. Configure one, or leave --judge out.")
            agrees = remembered(judging, journal)
        rows = [
            Row(
                run.model,
                run.endpoint,
                run.fingerprint,
                run.settings,
                score(run.kept(), collection, _RULES, agrees),
            )
            for run in runs
        ]
    return Comparison(tuple(rows), judging.name if judging else None)


def _asked(
    name: str | None,
    asked: Sequence[Asked],
    settings: Settings,
    collection: Collection,
    journal: Journal,
    watch: Watch,
    with_model: bool,
) -> Run:
    wanted = replace(settings, model=name)
    model = _chosen(settings, name, watch) if with_model else None
    calibrations = Calibrations(collection.folder)
    run = Run(asked, collection, model, journal, settings=wanted, calibrations=calibrations)
    try:
        run.ask(lambda done, total: watch.asked(run.model, done, total))
    except BaseException:
        answered = len(asked) - run.missing
        watch.notice(
            f"{run.model or 'The model'}: {answered} of {len(asked)} answers are kept in {journal.file}; the "
            "same command asks only the others."
        )
        raise
    return run


def _chosen(settings: Settings, name: str | None, watch: Watch) -> ChatModel | None:
    model = choose_model(replace(settings, model=name), notice=watch.notice, progress=watch.prepared)
    if model is not None:
        from chatbot.model.client import load_sdk

        load_sdk()
    return model


def summary(compared: Comparison) -> str:
    """One Markdown table, a row a model."""
    header = [
        "model", "questions", "facts right", "paper right", "citation recall", "citation precision",
        "own markers", "lost markers", "refusal precision", "refusal recall",
        "/".join(verdict.value for verdict in Verdict), "prompt tokens", "written",
        "first token s", "total s", "fingerprint",
    ]  # fmt: skip
    return table(header, [_cells(row) for row in compared.rows])


def report(compared: Comparison, questions: str, command: str, folder: Path) -> dict[str, Any]:
    """Write report.md and report.json into the folder; the JSON value. Raises BenchError."""
    value = shape(compared, questions, command)
    texts = {"report.md": page(compared, questions, command), "report.json": f"{shapes.dumps(value)}\n"}
    try:
        for name, content in texts.items():
            (folder / name).write_text(content, encoding="utf-8", errors="replace")
    except OSError as error:
        raise BenchError(
            f"{error.filename} can't be written ({error.strerror}). The answers are kept: make room, then "
            "run the same command again."
        ) from error
    return value


def page(compared: Comparison, questions: str, command: str) -> str:
    """A Markdown page: when, where and how, the table, and every answer for a person to read."""
    lines = [
        "# Answers",
        "",
        f"{stamp()}. Questions: {text(questions)}. Citations checked by: {_RULES.name}. "
        "References compared by: "
        f"{text(compared.judge or _RULES.name)}.",
        "",
        f"    {command}",
        "",
        summary(compared),
    ]
    for row in compared.rows:
        lines += ["", f"## {text(row.model)}, {row.fingerprint}", "", _answers(row)]
    return "\n".join(lines) + "\n"


def shape(compared: Comparison, questions: str, command: str) -> dict[str, Any]:
    """The JSON value of a comparison, see docs/bench.md."""
    return {
        "version": 1,
        "made": stamp(),
        "command": command,
        "questions": questions,
        "citations_checked_by": _RULES.name,
        "references_compared_by": compared.judge or _RULES.name,
        "models": [
            {
                "model": row.model,
                "endpoint": row.endpoint,
                "fingerprint": row.fingerprint,
                "settings": row.settings,
                "score": row.score.shape,
                "answers": [
                    {
                        "asked": each.kept.asked.shape,
                        "right": each.right,
                        "right_paper": each.right_paper,
                        "answer": each.kept.answer,
                    }
                    for each in row.score.scored
                ],
            }
            for row in compared.rows
        ],
    }


def _cells(row: Row) -> list[str]:
    found = row.score
    return [
        row.model,
        str(len(found.scored)),
        str(found.facts),
        str(found.papers),
        number(found.citations.recall, 3),
        number(found.citations.precision, 3),
        str(found.own),
        str(found.lost),
        str(found.refusals.precision),
        str(found.refusals.recall),
        "/".join(str(found.verdicts[verdict.value]) for verdict in Verdict),
        number(found.prompt_tokens, 0),
        number(found.completion_tokens, 0),
        number(found.first_token, 1),
        number(found.total, 1),
        row.fingerprint,
    ]


def _answers(row: Row) -> str:
    return table(
        ["question", "right", "paper", "verdicts", "s", "answer"],
        [
            [
                each.kept.asked.question,
                _mark(each.right),
                _mark(each.right_paper),
                ", ".join(claim["verdict"] for claim in each.kept.answer["claims"])
                or each.kept.answer["status"],
                number(each.kept.answer["timings"]["total"], 1),
                each.kept.answer["text"],
            ]
            for each in row.score.scored
        ],
    )


def _mark(good: bool | None) -> str:
    return "–" if good is None else "yes" if good else "NO"
