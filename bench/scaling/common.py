"""What the measurements at scale share: data, an embedder cut short, questions, and where they ran."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import platform
import random
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from store.embedding import BgeSmall
from store.readers import read
from store.records import Record, Reject

if TYPE_CHECKING:
    from store.embedding import Vector

PROJECT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CHATBOT_DATA", PROJECT.parent / "shared" / "data"))
NAME = "papers"


class ShortBge(BgeSmall):
    """The real model, reading only the beginning of each paper; a question costs what it always costs.

    Some fifteen times as fast as whole abstracts, so that a hundred thousand take minutes. `threads` of 1
    are best for texts so short where others want the cores, too; None are as many as `BgeSmall` takes.
    """

    READ = 16
    name = f"bge-small-en-v1.5, first {READ} tokens"
    fingerprint = f"{BgeSmall.fingerprint}; documents cut to {READ} tokens"

    def __init__(self, threads: int | None = None) -> None:
        super().__init__()
        self._threads = threads

    def documents(self, texts: Sequence[str]) -> Iterator[Vector]:
        self._load()
        for text in texts:
            head = text[: self.READ * 16]
            ends = [end for _, end in self._tokenizer.encode(head).offsets[: self.READ - 1]]
            yield self._embed(head[: max(ends)])

    def _load(self) -> None:
        fresh = self._session is None
        super()._load()
        if fresh and self._threads is not None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self._threads
            path = self._place() / self.FILES[0][0]
            self._session = onnxruntime.InferenceSession(str(path), options)


class Spent:
    """Seconds of what is done inside, by the clock and of the processor (of all threads)."""

    def __init__(self) -> None:
        self.clock = self.work = 0.0

    def __enter__(self) -> None:
        self.clock -= time.perf_counter()
        self.work -= time.process_time()

    def __exit__(self, *_: object) -> None:
        self.clock += time.perf_counter()
        self.work += time.process_time()


class Timed:
    """An embedder that counts its own seconds: what is left of an ingest is ours."""

    def __init__(self, embedder: BgeSmall) -> None:
        self._embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self.fingerprint, self.monolingual = embedder.fingerprint, embedder.monolingual
        self.spent = Spent()

    def documents(self, texts: Sequence[str]) -> Iterator[Vector]:
        vectors = self._embedder.documents(texts)
        while True:
            with self.spent:
                vector = next(vectors, None)
            if vector is None:
                return
            yield vector

    def query(self, text: str) -> Vector:
        return self._embedder.query(text)


def corpus(data: Path, records: int | None) -> Iterator[Record | Reject]:
    """The first records of the archive, or all."""
    folder = data / "corpora" / "arxiv"
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not there: set CHATBOT_DATA, or --data, to the folder that has it.")
    return itertools.islice(read([folder]), records)


def _lines(path: Path) -> list[dict[str, object]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def questions(data: Path, count: int) -> list[str]:
    """Real ones, in equal parts: ours about papers, claims of SciFact, queries of Cranfield, titles of the
    archive. Always the same ones."""
    chance = random.Random(7)
    ours = [
        str(line["question"])
        for path in sorted((PROJECT / "bench" / "questions").glob("*.jsonl"))
        for line in _lines(path)
        if "question" in line
    ]
    kinds = [list(dict.fromkeys(ours))]
    for name in ("scifact-train", "cranfield"):
        path = data / "retrieval" / name / "queries.jsonl.gz"
        kinds.append([str(line["text"]) for line in _lines(path)] if path.is_file() else [])
    kinds.append([str(item.title) for item in corpus(data, 5_000) if isinstance(item, Record) and item.title])
    for kind in kinds:
        chance.shuffle(kind)
    mixed = [each for group in itertools.zip_longest(*kinds) for each in group if each]
    return mixed[:count]


def machine() -> str:
    import chromadb

    return (
        f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, shared (load "
        f"{os.getloadavg()[0]:.1f}), Python {platform.python_version()}, chromadb {chromadb.__version__}"
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of them does not exceed; the median for .5."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
