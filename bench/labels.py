"""How often is the name found that an abstract gives its own contribution?

    python -m bench.labels

Two thousand random arXiv records whose title has the form "Name: rest" with a coined name that the abstract
contains, and as many whose title has no colon. The first half is for tuning, the second is the result. On
the first kind `exactly Name` counts derived names that are the title's; on the second, names that the title
does not contain are counted: some are false, most belong to papers that name their method only in the
abstract (of 90 read by eye in the tuning half, about 10 were false).

The data is found at CHATBOT_DATA (default ../shared/data beside the project).
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from store.labels import derive, label
from store.latex import readable
from store.merging import keys
from store.readers import read
from store.records import Record

PROJECT = Path(__file__).parents[1]
DATA = Path(os.environ.get("CHATBOT_DATA", PROJECT.parent / "shared" / "data"))
SAMPLE = 2000
COINED = re.compile(r"[a-z][A-Z]|[A-Z].*[A-Z]|[A-Z].*\d|\d.*[A-Z]")


def records() -> Iterator[tuple[str, str]]:
    """Title and abstract of every record."""
    for file in sorted((DATA / "corpora" / "arxiv").glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if record["title"] and record["abstract"]:
                    yield readable(record["title"]), record["abstract"]


def folded(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def samples() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(name, abstract) where the title is "Name: rest", and (title, abstract) where it has no colon."""
    named, plain = [], []
    for title, abstract in records():
        head, colon, rest = title.partition(": ")
        if not colon and ":" not in title:
            plain.append((title, abstract))
        elif rest and " " not in head and COINED.search(head) and head in readable(abstract):
            named.append((head, abstract))
    chance = random.Random(0)
    return chance.sample(named, SAMPLE), chance.sample(plain, SAMPLE)


def row(what: str, named: list[tuple[str, str]], plain: list[tuple[str, str]]) -> str:
    derived = [(folded(name), derive(abstract)) for name, abstract in named]
    exact = sum(1 for name, got in derived if got and folded(got) == name)
    other = sum(1 for name, got in derived if got and folded(got) != name)
    said = [(folded(title), got) for title, abstract in plain if (got := derive(abstract))]
    elsewhere = sum(1 for title, got in said if folded(got) not in title)
    share = [100 * count / len(named) for count in (exact, other, len(named) - exact - other)]
    return (
        f"| {what} | {share[0]:.1f} % | {share[1]:.1f} % | {share[2]:.1f} % "
        f"| {100 * len(said) / len(plain):.1f} % | {100 * elsewhere / len(plain):.1f} % |"
    )


def main() -> None:
    if not (DATA / "corpora" / "arxiv").is_dir():
        sys.exit(f"There are no records in {DATA}: set CHATBOT_DATA to the folder that has corpora/arxiv.")
    named, plain = samples()
    half = SAMPLE // 2
    print(f"Titles `Name: rest` ({SAMPLE} records), and titles without a colon ({SAMPLE} records):\n")
    print("| half | exactly Name | another name | no name | no colon: a name | … not in the title |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(row("tuned on", named[:half], plain[:half]))
    print(row("**held out**", named[half:], plain[half:]))
    papers = {keys(item)[-1]: item for item in read([PROJECT / "seeds"]) if isinstance(item, Record)}
    print(f"\nLabels of the {len(papers)} papers of the seeds:\n")
    for record in papers.values():
        print(f"- {label(record.abstract)}")


if __name__ == "__main__":
    main()
