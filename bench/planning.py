"""Do the papers that a question names stand among the sentences that a model would be shown?

    python -m bench.planning bench/questions/comparisons.jsonl
    python -m bench.planning bench/questions/languages.jsonl --translate

With the question parted into a search for each thing that it compares, and without; over the seeds, with the
real embedder, in the budget of a model on this machine. The first needs no model. `--translate` lets the
configured model (CHATBOT_MODEL, …) put questions of other languages into English first, as `ask` does, and
shows that; without it they are searched for as they stand. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from chatbot import assembly, settings
from chatbot.answering import PACKED_TOKENS
from chatbot.benching.facts import stands_in
from chatbot.benching.questions import Asked, read
from chatbot.drafting import Draft
from chatbot.evidence import asks_a_number, pack
from chatbot.model import ChatModel
from chatbot.searching import Searches
from chatbot.settings import Settings
from chatbot.tokens import encoding_for
from chatbot.understanding import understood
from chatbot.values import Question, SearchPlan
from store.collection import Collection
from store.readers import read as records
from store.records import Filter

PROJECT = Path(__file__).parents[1]


def shown(
    asked: str, plan: SearchPlan | None, collection: Collection, used: Settings
) -> tuple[list[str], str, int, float]:
    """The abstracts of which sentences are shown, these sentences, how many searches it took, and seconds."""
    started = time.perf_counter()
    searches = Searches(collection, used.papers, Filter())
    found = searches.found(asked, plan)
    packed = pack(
        found.ranked,
        found.hits,
        encoding_for("qwen"),
        PACKED_TOKENS,
        numbers=asks_a_number(asked),
        groups=found.groups,
    )
    abstracts = list({each.paper.id: each.paper.abstract for each in packed.shown}.values())
    return abstracts, packed.text, searches.count, time.perf_counter() - started


def drafted(asked: Asked, collection: Collection, model: ChatModel | None, used: Settings) -> Draft:
    """The question as it is understood: in English, if it can be, and parted."""
    draft = Draft(Question(asked.question), asked.question, time.monotonic, time.monotonic())
    searches = Searches(collection, used.papers, Filter())
    for _ in understood(draft, collection, searches, model, used):
        pass
    return draft


def recall(asked: Asked, abstracts: Sequence[str]) -> float:
    return sum(any(re.search(meant, each) for each in abstracts) for meant in asked.meant) / len(asked.meant)


def facts(asked: Asked, text: str) -> float:
    return sum(stands_in(fact, text) for fact in asked.facts) / len(asked.facts) if asked.facts else 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--translate", action="store_true", help="let the configured model translate")
    arguments = parser.parse_args()
    used = settings.load({}, os.environ, Path.cwd())
    asked = [each for each in read(arguments.questions) if each.meant]
    model = (
        assembly.choose_model(used, notice=print, progress=lambda done, total: None)
        if arguments.translate
        else None
    )
    with (
        tempfile.TemporaryDirectory() as home,
        Collection.open(Path(home), embedder=lambda: assembly.embedder(used), create=True) as collection,
    ):
        collection.ingest(records([PROJECT / "seeds"]))
        print("| question | searched for as | parts | papers: whole | parted | facts: whole | parted |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        rows: list[list[float]] = []
        searches: list[int] = []
        seconds = [0.0, 0.0]
        for each in asked:
            draft = drafted(each, collection, model, used)
            row: list[float] = []
            for place, plan in enumerate((None, draft.plan)):
                abstracts, text, count, took = shown(draft.standalone, plan, collection, used)
                row += [recall(each, abstracts), facts(each, text)]
                seconds[place] += took
            searches.append(count)
            rows.append(row := [row[0], row[2], row[1], row[3]])
            parts = "; ".join(part.query for part in draft.plan.parts) if draft.plan else ""
            english = draft.standalone if draft.standalone != each.question else ""
            print(
                "| " + " | ".join([each.question, english, parts, *(f"{value:.2f}" for value in row)]) + " |"
            )
        mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        whole = [sum(value == 1 for value in column) for column in zip(*rows, strict=True)]
        print(f"| **mean of {len(rows)}** | | | {' | '.join(f'{value:.3f}' for value in mean)} |")
        print(f"| **questions with all** | | | {' | '.join(map(str, whole))} |")
        print(
            f"\n{max(searches)} searches at most. Milliseconds a question: whole "
            f"{1000 * seconds[0] / len(rows):.0f}, parted {1000 * seconds[1] / len(rows):.0f}."
        )


if __name__ == "__main__":
    main()
