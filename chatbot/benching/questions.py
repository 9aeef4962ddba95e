"""The file of questions: one JSON object a line, what is asked and how an answer to it is checked.

    {"question": "How many …?", "answerable": true, "facts": ["850"], "paper": "introduce PLawBench"}
    {"question": "Which …?", "answerable": true, "answer": "The sentence that answers it."}
    {"question": "How many …?", "answerable": false, "hide": ["2505.09388"]}

`facts` are regular expressions that must all stand in the answer, `answer` is a reference to compare it with,
`paper` a regular expression of the abstract that ought to be cited, `papers` those of several that all ought
to be. `hide` names papers, by id, arXiv id or label, that are taken out of the collection for this question.
`note` is for people.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.errors import BenchError
from store.collection import Collection
from store.records import Filter

_KEYS = ("question", "answerable", "facts", "paper", "papers", "answer", "hide", "note")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and how its answer is checked, see above."""

    question: str
    answerable: bool = True
    facts: tuple[str, ...] = ()
    paper: str | None = None
    answer: str | None = None
    hide: tuple[str, ...] = ()
    note: str | None = None
    papers: tuple[str, ...] = ()

    @property
    def meant(self) -> tuple[str, ...]:
        """The regular expressions of all abstracts that ought to be cited."""
        return (*([self.paper] if self.paper else []), *self.papers)

    @property
    def shape(self) -> dict[str, Any]:
        """The object of its line; what is not given is left out."""
        found: dict[str, Any] = {"question": self.question, "answerable": self.answerable}
        for name in ("facts", "papers", "hide"):
            if values := getattr(self, name):
                found[name] = list(values)
        for name in ("paper", "answer", "note"):
            if (value := getattr(self, name)) is not None:
                found[name] = value
        return found


def read(file: Path) -> list[Asked]:
    """The questions of a file, in order. Raises BenchError naming the line that can't be used."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise BenchError(
            f"There is no file of questions {file}. Have some written by `chatbot bench make-questions`, or "
            "name yours with --questions."
        ) from error
    except OSError as error:
        raise BenchError(
            f"{file} can't be read ({error.strerror}). Name a file of JSON lines with --questions."
        ) from error
    except UnicodeDecodeError as error:
        raise BenchError(f"{file} is not UTF-8 text. Save it as UTF-8.") from error
    asked = [_parsed(line, f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not asked:
        raise BenchError(f"{file} holds no question. Write one a line; docs/bench.md shows how.")
    return asked


def text_of(asked: Iterable[Asked]) -> str:
    """The text of a file of these questions."""
    return "".join(json.dumps(each.shape, ensure_ascii=False) + "\n" for each in asked)


def write(text: str, file: Path) -> None:
    """Write a file of questions, whole or not at all. Raises BenchError."""
    beside = file.with_name(f"{file.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise BenchError(f"{file} can't be written ({error.strerror}). Choose another with --out.") from error


def parsed(shape: object, where: str) -> Asked:
    """The question of a line's object. Raises BenchError; `where` names the line."""
    if not isinstance(shape, dict):
        raise BenchError(f'{where} is no JSON object. Write {{"question": "…", "answerable": true, …}}.')
    if unknown := sorted(set(shape) - set(_KEYS)):
        raise BenchError(f"{where}: {unknown[0]!r} is no key of a question. There are: {', '.join(_KEYS)}.")
    asked = Asked(
        _text(shape, "question", where) or "",
        shape.get("answerable", True),
        _texts(shape, "facts", where),
        _text(shape, "paper", where),
        _text(shape, "answer", where),
        _texts(shape, "hide", where),
        _text(shape, "note", where),
        _texts(shape, "papers", where),
    )
    if not any(character.isalnum() for character in asked.question):
        raise BenchError(f'{where} asks nothing. Give it a "question".')
    if not isinstance(asked.answerable, bool):
        raise BenchError(f'{where}: "answerable" has to be true or false.')
    for pattern in (*asked.facts, *asked.meant):
        try:
            re.compile(pattern)
        except re.error as error:
            raise BenchError(f"{where}: {pattern!r} is no regular expression ({error}). Mend it.") from error
    return asked


def filter_of(asked: Asked, collection: Collection) -> Filter:
    """The filter that hides what the question hides. Raises BenchError where the collection lacks it."""
    without = []
    for ref in asked.hide:
        paper = collection.paper(ref)
        if paper is None:
            raise BenchError(
                f"{asked.question!r} hides {ref!r}, and the collection {collection.name!r} has no such "
                "paper, or several. Use the collection they were written for, or hide it by its id."
            )
        without.append(paper.id)
    return Filter(without=tuple(without))


def _parsed(line: str, where: str) -> Asked:
    try:
        shape = json.loads(line)
    except ValueError as error:
        raise BenchError(f"{where} is no JSON ({error}). Write one object a line.") from error
    return parsed(shape, where)


def _text(shape: dict[str, Any], name: str, where: str) -> str | None:
    value = shape.get(name)
    if value is not None and not isinstance(value, str):
        raise BenchError(f'{where}: "{name}" has to be a text.')
    return value


def _texts(shape: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
    values = shape.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BenchError(f'{where}: "{name}" has to be a list of texts.')
    return tuple(values)
