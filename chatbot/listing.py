"""The list of a census as a file: its groups where it has some, else every paper that counts or may.

CSV is UTF-8 with a header. A cell that a spreadsheet would take for a formula gets an apostrophe in front;
JSONL is verbatim.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from chatbot import shapes
from chatbot.values import TopicCensus
from store.plans import Census
from store.whole_files import whole


def write(census: Census, file: Path) -> int:
    """Write the list, whole or not at all; how many rows there are. Raises OSError, KeyError for a name that
    ends in none of `KINDS`."""
    rows = [{"key": group.key, "count": group.count} for group in census.groups]
    if census.plan.by is None:
        rows = [shapes.entry(entry) for entry in census.papers]
    return _write(rows, file)


def write_topic(found: TopicCensus, file: Path) -> int:
    """The same of a census over a topic: each paper with its standing and the sentence that says it."""
    rows: list[shapes.Shape] = [
        {
            "standing": each.standing.value,
            "paper": each.paper.id,
            "label": each.paper.label,
            "title": each.paper.title,
            "arxiv_id": each.paper.arxiv_id,
            "doi": each.paper.doi,
            "created": each.paper.created,
            "url": each.paper.link,
            "authors": list(each.paper.authors),
            "judged_by": each.judged_by.value,
            "odds": each.odds,
            "sentence": each.evidence.text,
        }
        for each in (*found.sure, *found.uncertain)
    ]
    return _write(rows, file)


def _write(rows: Sequence[shapes.Shape], file: Path) -> int:
    with whole(file) as stream:
        KINDS[file.suffix.lower()](rows, stream)
    return len(rows)


def _csv(rows: Sequence[shapes.Shape], stream: IO[str]) -> None:
    writer = csv.writer(stream)
    if rows:
        writer.writerow(rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)


def _cell(value: object) -> str:
    text = "; ".join(map(str, value)) if isinstance(value, list) else str("" if value is None else value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _jsonl(rows: Sequence[shapes.Shape], stream: IO[str]) -> None:
    for row in rows:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")


KINDS: dict[str, Callable[[Sequence[shapes.Shape], IO[str]], None]] = {".csv": _csv, ".jsonl": _jsonl}
"""How a list is written, by the end of the file's name."""
