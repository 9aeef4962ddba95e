"""Public sets in the BEIR layout: a folder with a corpus, queries, and what people judged relevant.

`corpus.jsonl` and `queries.jsonl` (either may end in .gz) hold objects with `_id`, `title` and `text`;
`qrels.tsv` or `qrels/test.tsv` hold query, document and grade. This module reads them and measures nothing.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

from chatbot.errors import BenchError

_LAYOUT = "corpus.jsonl, queries.jsonl (or .jsonl.gz) and qrels.tsv or qrels/test.tsv"


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """The three files of a set; `name` is its folder's."""

    name: str
    corpus: Path
    queries: Path
    qrels: Path


def sets(folder: Path, wanted: Sequence[str] = ()) -> list[JudgedSet]:
    """The set that a folder is, or those in it, by name; only the `wanted` ones if any are named.

    Raises BenchError where there is none, or one lacks a file.
    """
    if not folder.is_dir():
        raise BenchError(f"There is no folder {folder}. Name one that holds {_LAYOUT} with --data.")
    if _file(folder, "corpus.jsonl"):
        found = [folder]
    else:
        found = sorted(each for each in folder.iterdir() if each.is_dir() and _file(each, "corpus.jsonl"))
    if not found:
        raise BenchError(f"{folder} holds no set: a set is a folder with {_LAYOUT}. Name one with --data.")
    names = [each.resolve().name for each in found]
    if unknown := [name for name in wanted if name not in names]:
        raise BenchError(f"{folder} has no set {unknown[0]!r}. There are: {', '.join(names)}.")
    chosen = [each for each, name in zip(found, names, strict=True) if not wanted or name in wanted]
    return [_set(each) for each in chosen]


def judgements(file: Path) -> dict[str, dict[str, int]]:
    """Grades by query and document; queries without a relevant document are left out. Raises BenchError."""
    found: dict[str, dict[str, int]] = {}
    with _reading(file) as lines:
        for number, row in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), start=1):
            if not row:
                continue
            try:
                query, document, grade = row
                found.setdefault(query, {})[document] = int(float(grade))
            except ValueError as error:
                if number == 1:
                    continue  # the header
                raise BenchError(
                    f"{file}:{number} is no judgement. Write query, document and grade, parted by tabs."
                ) from error
    return {query: grades for query, grades in found.items() if any(grade > 0 for grade in grades.values())}


def _set(folder: Path) -> JudgedSet:
    places = (folder / "qrels.tsv", folder / "qrels" / "test.tsv")
    qrels = next((each for each in places if each.is_file()), None)
    corpus, queries = _file(folder, "corpus.jsonl"), _file(folder, "queries.jsonl")
    if corpus is None or queries is None or qrels is None:
        lacking = "queries.jsonl" if queries is None else "qrels.tsv"
        raise BenchError(f"{folder} lacks its {lacking}. A set is a folder with {_LAYOUT}.")
    return JudgedSet(folder.resolve().name, corpus, queries, qrels)


def _file(folder: Path, name: str) -> Path | None:
    return next((each for each in (folder / name, folder / f"{name}.gz") if each.is_file()), None)


def objects(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, each with the texts `_id` and `text`. Raises BenchError."""
    with _reading(file) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
                texts = {name: str(item.get(name) or "") for name in ("_id", "title", "text")}
            except (ValueError, AttributeError) as error:
                raise BenchError(f"{file}:{number} is no JSON object. Mend or remove the line.") from error
            if not texts["_id"]:
                raise BenchError(f"{file}:{number} has no _id. Give it one.")
            yield texts


@contextmanager
def _reading(file: Path) -> Iterator[Iterator[str]]:
    """The lines of a text file that may be gzipped. Raises BenchError where it can't be read."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as content:
            yield TextIOWrapper(cast("IO[bytes]", content), encoding="utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise BenchError(f"{file} can't be read ({error}). Get it again, or leave its set out.") from error
