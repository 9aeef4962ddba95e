"""Do follow-ups find what they mean?

    python -m bench.followups
    python -m bench.followups --model

40 follow-ups in dialogues of two to four turns over the seeds (bench/questions/followups.jsonl), each with
what must come of it: papers among the first five found, names in the question on its own, a filter, a count,
a plain refusal, or that it stays as it was asked. The rules were developed on the half `dev`; the half
`report` was written afterwards and is only reported. The turns before are answered without a model, so
that every run has the same conversation; `--model` lets the configured model (CHATBOT_MODEL, …) rewrite the
follow-up itself, as `chat` does, and nothing else. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chatbot import assembly, settings
from chatbot.answering import Chat
from chatbot.censusing import filtered
from chatbot.conversation import remembered
from chatbot.following import Followed, followed
from chatbot.model import ChatModel
from chatbot.routing import route
from chatbot.settings import Settings
from chatbot.topics.reading import read as topic
from chatbot.values import Answer, Question, Turn
from store.collection import Collection
from store.readers import read as records

PROJECT = Path(__file__).parents[1]
FIRST = 5


def spoken(turns: Sequence[str], chat: Chat) -> tuple[tuple[Turn, ...], dict[str, int], list[Answer]]:
    """The conversation before, answered by the sentences themselves."""
    history: list[Turn] = []
    numbers: dict[str, int] = {}
    answers = []
    for text in turns:
        question = Question(text, tuple(history), numbers=tuple(numbers.items()))
        answer = chat.ask(question)
        history.append(remembered(question, answer))
        numbers |= {each.paper.id: each.number for each in answer.citations}
        answers.append(answer)
    return tuple(history), numbers, answers


def last(events: Iterator[object]) -> Any:
    """What a generator of events returns."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


def made_of(question: Question, collection: Collection, model: ChatModel | None) -> Followed:
    asked, words = last(filtered(question, collection))
    made: Followed = last(followed(asked, words, collection, model, 256))
    return made


def wrong(wanted: Mapping[str, Any], made: Followed, collection: Collection, before: Answer) -> str:
    """What is wrong with what was made of a follow-up; "" if nothing."""
    if wanted.get("refused"):
        return "" if made.refusal is not None else "no plain refusal"
    if made.refusal is not None:
        return f"refused: {made.refusal.text}"
    text, filter = made.question.text, made.question.filter
    if wanted.get("same"):
        return "" if text == wanted["ask"] and filter.empty else "changed"
    said = asdict(filter)
    for name, value in wanted.get("filter", {}).items():
        plan = route(text)
        own = asdict(plan.filter) if plan else {}
        value = tuple(value) if isinstance(value, list) else value
        if value not in (said[name], own.get(name)):
            return f"filter {name} is {said[name]!r}"
    if (do := wanted.get("census")) and do != _does(text):
        return "not counted"
    if any(name not in text for name in wanted.get("names", ())):
        return "the name is missing"
    if any(name in text for name in wanted.get("without", ())):
        return "a name is left"
    hits = [hit.paper for hit in collection.search(text, 8, filter)][:FIRST]
    cited = [each.paper.id for each in before.citations]
    for name in wanted.get("papers", ()):
        paper = collection.paper(cited[int(name[1:]) - 1] if name.startswith("@") else name)
        if paper is None or paper.id not in {each.id for each in hits}:
            return f"{name} is not among the first {FIRST}"
    if any(each.label in wanted.get("without_papers", ()) for each in hits):
        return "a paper that was to be left out"
    return ""


def _does(text: str) -> str | None:
    plan = route(text)
    if plan is not None:
        return plan.do.value
    over = topic(text)
    return over.do.value if over is not None else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "questions", type=Path, nargs="?", default=PROJECT / "bench/questions/followups.jsonl"
    )
    parser.add_argument("--model", action="store_true", help="let the configured model rewrite")
    parser.add_argument("--half", choices=("dev", "report"), help="only these")
    arguments = parser.parse_args()
    used = settings.load({}, os.environ, Path.cwd())
    wanted = [json.loads(line) for line in arguments.questions.read_text(encoding="utf-8").splitlines()]
    wanted = [each for each in wanted if arguments.half in (None, each["half"])]
    model = assembly.choose_model(used, notice=print, progress=lambda *_: None) if arguments.model else None
    with (
        tempfile.TemporaryDirectory() as home,
        Collection.open(Path(home), embedder=lambda: assembly.embedder(used), create=True) as collection,
    ):
        collection.ingest(records([PROJECT / "seeds"]))
        report(wanted, collection, model, used)


def report(
    wanted: Sequence[Mapping[str, Any]], collection: Collection, model: ChatModel | None, used: Settings
) -> None:
    chat = Chat(collection, None, settings=used)
    right: dict[str, list[bool]] = {}
    by: dict[str, int] = {}
    seconds: list[float] = []
    print("| half | kind | before | follow-up | on its own | by | wrong |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for each in wanted:
        history, numbers, answers = spoken(each["turns"], chat)
        question = Question(each["ask"], history, numbers=tuple(numbers.items()))
        started = time.perf_counter()
        made = made_of(question, collection, model)
        seconds.append(time.perf_counter() - started)
        fault = wrong(each, made, collection, answers[-1])
        right.setdefault(each["half"], []).append(not fault)
        who = made.by.value if made.by else "refused" if made.refusal else ""
        by[who] = by.get(who, 0) + 1
        filter = f" ({made.question.filter})" if not made.question.filter.empty else ""
        text = made.refusal.text if made.refusal else made.question.text
        row = (
            each["half"],
            each["kind"],
            " / ".join(each["turns"]),
            each["ask"],
            f"{text}{filter}",
            who,
            fault,
        )
        print(f"| {' | '.join(row)} |")
    print()
    for half, found in right.items():
        print(f"- {half}: {sum(found)} of {len(found)} right")
    who = ", ".join(f"{count} {name or 'as asked'}" for name, count in sorted(by.items()))
    slow = sorted(seconds)
    print(f"- {who}; {1000 * slow[len(slow) // 2]:.0f} ms in the middle, {slow[-1]:.1f} s at most")


if __name__ == "__main__":
    main()
