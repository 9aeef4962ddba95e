"""Questions over a topic about the seeds, held against labels given by hand.

    python -m bench.topics --no-model [--half report] [--list]
    python -m bench.topics [--yes 0.6] [--no -2]

`bench/questions/topics.jsonl` says for each question which of the 39 papers belong, judged from their
abstracts alone, and which may be counted either way: those count for nothing. The thresholds were to be
chosen on its half "tune"; "report" is for reporting. Sure is what is claimed; what belongs and is neither
sure nor uncertain is lost. The model is the configured one (CHATBOT_MODEL, …), the embedder the real one.
Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from chatbot import assembly, settings
from chatbot.model import ChatModel
from chatbot.topics.counting import taken
from chatbot.topics.judging import NO, YES, Thresholds
from chatbot.topics.reading import read
from chatbot.values import Notice, TopicCensus
from store.collection import Collection
from store.readers import read as records

PROJECT = Path(__file__).parents[1]
QUESTIONS = PROJECT / "bench" / "questions" / "topics.jsonl"


def census(
    asked: str, collection: Collection, model: ChatModel | None, thresholds: Thresholds
) -> TopicCensus:
    """What the whole way from the question gives."""
    if (plan := read(asked)) is None:
        raise SystemExit(f"{asked!r} is not understood as a question over a topic.")
    judging = taken(plan, collection, model, thresholds)
    while True:
        try:
            event = next(judging)
        except StopIteration as stop:
            return stop.value
        if isinstance(event, Notice):
            print(event.text)


def labelled(collection: Collection, names: list[str]) -> set[str]:
    """The ids of papers by their labels."""
    found = {name: collection.paper(name) for name in names}
    if missing := [name for name, paper in found.items() if paper is None]:
        raise SystemExit(f"No paper is called {', '.join(missing)}.")
    return {paper.id for paper in found.values() if paper is not None}


def share(part: int, whole: int) -> str:
    return f"{part} / {whole}" if whole else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--no-model", action="store_true", help="judge by rules alone")
    parser.add_argument("--half", choices=["tune", "report"], help="only these questions")
    parser.add_argument("--yes", type=float, default=YES, help="log-odds from which on a yes is clear")
    parser.add_argument("--no", type=float, default=NO, help="log-odds down to which a no is clear")
    parser.add_argument("--list", action="store_true", help="name what is judged wrongly")
    given = parser.parse_args()
    used = settings.load({}, os.environ, Path.cwd())
    model = None if given.no_model else assembly.choose_model(used, notice=print, progress=lambda *_: None)
    questions: list[dict[str, Any]] = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    totals = [0] * 6
    with (
        tempfile.TemporaryDirectory() as home,
        Collection.open(Path(home), embedder=lambda: assembly.embedder(used), create=True) as collection,
    ):
        collection.ingest(records([PROJECT / "seeds"]))
        print(f"Judged by {model.name if model else 'rules'}; yes {given.yes:+.1f}, no {given.no:+.1f}.\n")
        print("| question | belong | sure, right | recall of sure | uncertain, right | lost | seconds |")
        print("|---|---|---|---|---|---|---|")
        for each in questions:
            if given.half and each["half"] != given.half:
                continue
            belong, either = (labelled(collection, each[key]) for key in ("belong", "either"))
            started = time.perf_counter()
            found = census(each["question"], collection, model, Thresholds(given.yes, given.no))
            seconds = time.perf_counter() - started
            sure = {one.paper.id: one for one in found.sure if one.paper.id not in either}
            perhaps = {one.paper.id for one in found.uncertain} - either
            row = [
                len(sure.keys() & belong),
                len(sure),
                len(belong),
                len(perhaps & belong),
                len(perhaps),
                len(belong - sure.keys() - perhaps),
            ]
            totals = [total + one for total, one in zip(totals, row, strict=True)]
            print(f"| {each['question']} | {told(row)} | {seconds:.1f} |")
            if given.list:
                for id, one in sure.items():
                    if id not in belong:
                        print(f"  not sure: {one.paper.label}: {one.evidence.text}")
                for id in belong - sure.keys() - perhaps:
                    print(f"  lost: {(paper := collection.paper(id)) and paper.label}")
        print(f"| **together** | {told(totals)} | |")


def told(row: list[int]) -> str:
    right, sure, belong, may, perhaps, lost = row
    return f"{belong} | {share(right, sure)} | {share(right, belong)} | {share(may, perhaps)} | {lost}"


if __name__ == "__main__":
    main()
