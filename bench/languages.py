"""How often is English text taken for another language?

    python -m bench.languages

Public questions and search queries, and titles of arXiv records, all English as far as anybody looked; some
titles are not, so those that are told from their words are printed to be read. The data is found at
CHATBOT_DATA (default ../shared/data beside the project). Prints Markdown.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from chatbot.languages import language

PROJECT = Path(__file__).parents[1]
DATA = Path(os.environ.get("CHATBOT_DATA", PROJECT.parent / "shared" / "data"))
SHOWN = 60


def lines(file: Path) -> Iterator[dict[str, str]]:
    data = file.read_bytes()
    yield from map(json.loads, (gzip.decompress(data) if file.suffix == ".gz" else data).splitlines())


def sets() -> Iterator[tuple[str, list[str]]]:
    """The name of each set and its texts."""
    for file in sorted((DATA / "qa").glob("*.jsonl.gz")):
        yield file.name, [each.get("question") or each.get("input") or "" for each in lines(file)]
    for file in sorted((DATA / "retrieval").glob("*/queries.jsonl*")):
        yield file.parent.name, [each["text"] for each in lines(file)]
    for name in ("dev", "papers", "refusals", "comparisons"):
        file = PROJECT / "bench" / "questions" / f"{name}.jsonl"
        yield file.name, [each["question"] for each in lines(file)]
    archive = sorted((DATA / "corpora" / "arxiv").glob("*.gz"))
    yield "arXiv titles", [each["title"] or "" for file in archive for each in lines(file)]


def main() -> None:
    if not (DATA / "qa").is_dir():
        sys.exit(f"There are no questions in {DATA}: set CHATBOT_DATA to the folder that has qa/.")
    print("| texts | how many | taken for another language | µs each |\n| --- | --- | --- | --- |")
    told: list[tuple[str, str]] = []
    for name, texts in sets():
        started = time.perf_counter()
        found = [(other, text) for text in texts if (other := language(text)) is not None]
        took = 1e6 * (time.perf_counter() - started) / max(len(texts), 1)
        print(f"| {name} | {len(texts):,} | {len(found)} | {took:.0f} |")
        told += found
    print()
    for other, text in told[:SHOWN]:
        print(f"- {other}: {text}")


if __name__ == "__main__":
    main()
