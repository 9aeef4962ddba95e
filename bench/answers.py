"""The whole loop on a file of questions: right answers, right papers, refusals, tokens, seconds.

    python -m bench.answers bench/questions/papers.jsonl            # the built-in local Qwen, the seeds
    python -m bench.answers bench/questions/dev.jsonl --packing whole
    python -m bench.answers FILE --base-url URL --model NAME

A line of the file is `{"question": …, "answerable": true, "facts": [regular expressions], "paper": regular
expression of the abstract}`; `{"question": …, "answerable": false}` ought to be refused. An answer is right
if it was not refused and every fact stands in it; its paper is right if the first fact's claim, or any,
cites the abstract that is meant. Whether each proof holds is for a person to read: the table shows both.

Writes a Markdown table to stdout, and the same with all claims as JSON where `--json FILE` says.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from chatbot import shapes
from chatbot.assembly import Assembly, opened
from chatbot.settings import Settings, load
from chatbot.values import Answer, Question, Status, Verdict
from store.readers import read

Asked = dict[str, Any]
PROJECT = Path(__file__).parents[1]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("--papers", nargs="+", default=[str(PROJECT / "seeds")], help="what to ingest first")
    parser.add_argument(
        "--home", type=Path, default=PROJECT / ".demo", help="where collection and weights are kept"
    )
    parser.add_argument("--packing", default="auto", choices=("auto", "packed", "whole"))
    parser.add_argument("--base-url")
    parser.add_argument("--model")
    parser.add_argument("--limit", type=int, help="only the first N questions")
    parser.add_argument("--json", type=Path, help="write every answer there")
    chosen = parser.parse_args(arguments)
    asked = [json.loads(line) for line in chosen.questions.read_text().splitlines() if line.strip()]
    settings = load(
        {
            "home": str(chosen.home.resolve()),
            "collection": "bench",
            "packing": chosen.packing,
            "base_url": chosen.base_url,
            "model": chosen.model,
        },
        {name: value for name, value in os.environ.items() if name == "OPENAI_API_KEY"},
        PROJECT,
    )
    with opened(settings, notice=note, create=True) as collection:
        collection.ingest(read(chosen.papers))
    answers = run(settings, asked[: chosen.limit])
    print(report(chosen.questions, settings, asked, answers))
    if chosen.json:
        chosen.json.write_text(shapes.dumps([shapes.answer(answer) for answer in answers]) + "\n")


def run(settings: Settings, asked: Sequence[Asked]) -> list[Answer]:
    answers = []
    with Assembly(settings, notice=note, progress=lambda done, total: None) as assembly:
        chat = assembly.chat()
        for number, each in enumerate(asked, start=1):
            answer = chat.ask(Question(str(each["question"])))
            note(f"{number}/{len(asked)} {answer.timings.total:.1f} s {answer.text[:100]}")
            answers.append(answer)
    return answers


def right(each: Asked, answer: Answer) -> bool:
    if not each["answerable"]:
        return answer.status is Status.REFUSED
    facts = each["facts"]
    assert isinstance(facts, list)
    return answer.status is not Status.REFUSED and all(
        re.search(fact, answer.text, re.IGNORECASE) for fact in facts
    )


def right_paper(each: Asked, answer: Answer) -> bool:
    return any(re.search(str(each["paper"]), citation.paper.abstract) for citation in answer.citations)


def report(questions: Path, settings: Settings, asked: Sequence[Asked], answers: Sequence[Answer]) -> str:
    rows = ["| question | right | paper | verdicts | s | answer |", "| --- | --- | --- | --- | --- | --- |"]
    for each, answer in zip(asked, answers, strict=False):
        paper = "–" if not each["answerable"] else mark(right_paper(each, answer))
        verdicts = ", ".join(claim.verdict.value for claim in answer.claims) or answer.status.value
        cells = [str(each["question"]), mark(right(each, answer)), paper, verdicts]
        cells += [f"{answer.timings.total:.1f}", answer.text]
        rows.append("| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |")
    return "\n".join([*summary(questions, settings, asked, answers), "", *rows])


def summary(
    questions: Path, settings: Settings, asked: Sequence[Asked], answers: Sequence[Answer]
) -> list[str]:
    pairs = list(zip(asked, answers, strict=False))
    yes = [(each, answer) for each, answer in pairs if each["answerable"]]
    no = [(each, answer) for each, answer in pairs if not each["answerable"]]
    claims = [claim for _, answer in pairs for claim in answer.claims]
    spoken = [answer for _, answer in pairs if answer.usage.prompt_tokens]
    lines = [
        f"{questions.name}, packing {settings.packing}, {answers[0].model or 'no model'}, "
        f"fingerprint {answers[0].fingerprint}, {date.today()}, {os.cpu_count()} cores",
        "",
    ]
    if yes:
        lines.append(f"- answerable: {len(yes)}; right {sum(right(*pair) for pair in yes)}, ")
        lines[-1] += f"cited paper right {sum(right_paper(*pair) for pair in yes)}, "
        lines[-1] += f"refused {sum(answer.status is Status.REFUSED for _, answer in yes)}"
    if no:
        lines.append(f"- unanswerable: {len(no)}; refused {sum(right(*pair) for pair in no)}")
    counts = Counter(claim.verdict for claim in claims)
    verdicts = ", ".join(f"{verdict.value} {counts[verdict]}" for verdict in Verdict)
    lines.append(f"- sentences: {len(claims)} ({verdicts})")
    if spoken:
        lines.append(
            f"- median of {len(spoken)} generated answers: "
            f"{median(answer.usage.prompt_tokens for answer in spoken):.0f} prompt tokens, "
            f"{median(answer.usage.completion_tokens for answer in spoken):.0f} written, first token after "
            f"{median(answer.timings.first_token for answer in spoken):.1f} s, "
            f"all after {median(answer.timings.total for answer in spoken):.1f} s"
        )
    return lines


def median(values: Iterable[float | None]) -> float:
    return statistics.median(value for value in values if value is not None)


def mark(good: bool) -> str:
    return "yes" if good else "**no**"


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
