"""How long questions to the whole collection take, and whether each is what a direct count finds.

    python -m bench.census --data DIR [--home DIR] [--runs 7] [--out FILE]

DIR holds `*.jsonl.gz` of arXiv records (id, title, abstract, authors, categories, published, comment). They
are taken into a ledger once, through the same door as a user's papers but without vectors, which a census
never needs; the ledger is kept under --home. Then each question goes the whole way: grammar, plan, count, the
first 1,000 papers, sentence. The direct count is a loop over the records in Python with expressions of its
own; words are looked for in texts whose LaTeX is made readable, as people see them. Processor time is shown
beside the clock's, which on a busy machine is the machine's. A Markdown table goes to standard output, and to
--out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from chatbot.censusing import planned, sentence
from chatbot.values import Question
from store.census import take
from store.ingesting import Intake
from store.latex import readable
from store.ledger import Ledger
from store.plans import Census
from store.records import Record, Source

Item = dict[str, Any]
Direct = Callable[[list[Item]], int]


def clear(item: Item) -> Item:
    """With its title and abstract as people read them."""
    return item | {"readable": f"{readable(item['title'])}\n{readable(item['abstract'])}"}


def items(data: Path) -> Iterator[tuple[str, int, Item]]:
    """File, line and record of everything."""
    for path in sorted(data.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield path.name, number, json.loads(line)


def created(item: Item) -> str | None:
    return (item["published"] or "")[:10] or None


def records(data: Path) -> Iterator[Record]:
    for name, number, item in items(data):
        yield Record(
            item["abstract"],
            Source(name, number),
            title=item["title"],
            arxiv_id=item["id"],
            authors=tuple(item["authors"]),
            categories=tuple(item["categories"]),
            created=created(item),
            comment=item["comment"],
        )


def saying(words: str) -> Callable[[Item], bool]:
    whole = re.compile(rf"(?<![^\W_]){re.escape(words)}s?(?![^\W_])", re.IGNORECASE)
    return lambda item: bool(whole.search(item["readable"]))


def linking(item: Item) -> bool:
    hosts = (
        r"(?:(?<=www\.)|(?<![\w.-]))(?:github\.com|gitlab(?:\.[\w-]+)+|bitbucket\.org|codeberg\.org|gitee\.com"
        r"|anonymous\.4open\.science|sourceforge\.net/p(?:rojects)?)/[\w~]"
    )
    return any(re.search(hosts, item[key] or "", re.IGNORECASE) for key in ("abstract", "comment"))


def number_of(passes: Callable[[Item], object]) -> Direct:
    return lambda every: sum(bool(passes(item)) for item in every)


def named_acl(item: Item) -> bool:
    comment = item["comment"] or ""
    mere = re.search(
        r"\b(submitted|submission|under review|in review|under-review|peer.review)\b", comment, re.I
    )
    told = re.search(r"\b(accepted|published|to appear|appear(s|ed|ing)? (in|at)|camera)", comment, re.I)
    return bool(re.search(r"(?<![^\W_])ACL(?![^\W\d_])", comment, re.I)) and not (mere and not told)


def largest(keys: Callable[[Item], set[str]]) -> Direct:
    """The count of the largest group."""

    def count(every: list[Item]) -> int:
        counts: dict[str, int] = {}
        for item in every:
            for key in keys(item):
                counts[key] = counts.get(key, 0) + 1
        return max(counts.values())

    return count


def newest(every: list[Item]) -> int:
    days = [day for item in every if (day := created(item))]
    return days.count(max(days))


QUESTIONS: tuple[tuple[str, Direct], ...] = (
    ("How many papers are there?", len),
    ("List all papers of May 2025", number_of(lambda item: (created(item) or "")[:7] == "2025-05")),
    ("Which is the newest paper?", newest),
    ("How many papers per month?", largest(lambda item: {day[:7]} if (day := created(item)) else set())),
    ("How many papers per category?", largest(lambda item: set(item["categories"]))),
    ("Who has written most papers?", largest(lambda item: set(item["authors"]))),
    ("Which papers mention GRPO?", number_of(saying("GRPO"))),
    ("Which papers mention reinforcement learning?", number_of(saying("reinforcement learning"))),
    ("How many papers mention LLMs?", number_of(saying("LLM"))),
    ("How many papers mention models?", number_of(saying("models"))),
    ("Which papers have code?", number_of(linking)),
    ("How many papers were accepted at ACL?", number_of(named_acl)),
    (
        "How many papers by Bowen Yu since 2025?",
        number_of(
            lambda item: (
                (created(item) or "") >= "2025"
                and any({"bowen", "yu"} <= set(re.findall(r"\w+", name.lower())) for name in item["authors"])
            )
        ),
    ),
    (
        "How many papers of May 2025 mention GRPO and have code?",
        number_of(
            lambda item: (created(item) or "")[:7] == "2025-05" and saying("GRPO")(item) and linking(item)
        ),
    ),
)


def found(census: Census) -> int:
    """What is held against the direct count."""
    return max((group.count for group in census.groups), default=census.count)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home: Path = given.home or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(home / "census.sqlite3", create=True)
        if not ledger.count():
            Intake(ledger).run(records(given.data), lambda _: None)
        rows = [(asked, direct, *timed(asked, ledger, given.runs)) for asked, direct in QUESTIONS]
        papers = ledger.count()
        ledger.close()
    # Only now: what a heap of so many objects costs the collector of garbage is no cost of a census.
    every = [clear(item) for _, _, item in items(given.data)]
    lines = [
        "# Questions to the whole collection",
        "",
        f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, {papers:,} papers, {given.runs} runs each.",
        "",
        "    python -m bench.census --data corpora/arxiv --home DIR",
        "",
        "| question | plan | found | direct | first (ms) | median (ms) | CPU, median (ms) |",
        "|---|---|---|---|---|---|---|",
    ]
    for asked, direct, census, taken, used in rows:
        lines.append(
            f"| {asked} | `{census.plan}` | {found(census):,} | {direct(every):,} | {taken[0]:.0f} "
            f"| {statistics.median(taken):.0f} | {statistics.median(used):.0f} |"
        )
    text = "\n".join(lines)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")


def timed(asked: str, ledger: Ledger, runs: int) -> tuple[Census, list[float], list[float]]:
    """What was found, and the milliseconds of each run, by the clock and of the processor."""
    taken, used = [], []
    for _ in range(runs):
        started, spent = time.perf_counter(), time.process_time()
        plan = planned(Question(asked))
        if plan is None:
            raise SystemExit(f"{asked!r} is not understood")
        census = take(plan, ledger)
        sentence(census)
        taken.append((time.perf_counter() - started) * 1000)
        used.append((time.process_time() - spent) * 1000)
    return census, taken, used


if __name__ == "__main__":
    main()
