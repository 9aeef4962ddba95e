"""How much of what exact search finds Chroma finds, by the settings of its graph, and at what cost.

The vectors are the collection's own; the graphs are made beside it, without texts, and thrown away. Exact
search is numpy's over the same vectors.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy

from bench.scaling.common import NAME, ShortBge, quantile, questions, table
from store.collection import LEDGER
from store.ledger import Ledger

Settings = tuple[int, int, int]
"""max_neighbors, ef_construction, ef_search."""
TRIED: tuple[tuple[int, int], ...] = ((16, 100), (32, 200), (48, 300))
SEARCHED = (50, 100, 200, 400)
_BATCH = 500


def measure(data: Path, home: Path, count: int, papers: int | None, tried: Iterable[tuple[int, int]]) -> str:
    """Recall@10 and @100, build speed and query time of each setting, as Markdown."""
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    embedder = ShortBge()
    queries = numpy.stack([embedder.query(text) for text in questions(data, count)])
    ledger = Ledger(home / "collections" / NAME / LEDGER)
    try:
        _, matrix = ledger.vectors(embedder.fingerprint)
    finally:
        ledger.close()
    matrix = matrix[:papers]
    exact = [numpy.argsort(-numpy.einsum("ij,j->i", matrix, query), kind="stable")[:100] for query in queries]
    rows = []
    for neighbors, construction in tried:
        with tempfile.TemporaryDirectory() as folder:
            quiet = ChromaSettings(anonymized_telemetry=False)
            client = chromadb.PersistentClient(folder, settings=quiet)
            graph = {
                "space": "cosine",
                "max_neighbors": neighbors,
                "ef_construction": construction,
                "ef_search": SEARCHED[0],
            }
            made = client.create_collection("tried", embedding_function=None, configuration={"hnsw": graph})
            started = time.perf_counter()
            for start in range(0, len(matrix), _BATCH):
                part = matrix[start : start + _BATCH]
                made.add(ids=[str(start + place) for place in range(len(part))], embeddings=list(part))
            speed = len(matrix) / (time.perf_counter() - started)
            made.query(query_embeddings=[queries[0]], n_results=10, include=["distances"])
            size = sum(file.stat().st_size for file in Path(folder).rglob("*.bin"))
            for search in SEARCHED:
                made.modify(configuration={"hnsw": {"ef_search": search}})
                client.close()  # only then is it taken
                client = chromadb.PersistentClient(folder, settings=quiet)
                made = client.get_collection("tried", embedding_function=None)
                made.query(query_embeddings=[queries[0]], n_results=10, include=["distances"])
                row: list[str] = []
                for depth in (10, 100):
                    taken, right = [], 0
                    for query, best in zip(queries, exact, strict=True):
                        begun = time.perf_counter()
                        found = made.query(query_embeddings=[query], n_results=depth, include=["distances"])
                        taken.append((time.perf_counter() - begun) * 1000)
                        right += len({int(id) for id in found["ids"][0]} & set(best[:depth].tolist()))
                    row += [f"{right / depth / len(queries):.4f}", f"{quantile(taken, 0.5):.1f}"]
                rows.append((neighbors, construction, search, *row, f"{speed:,.0f}", f"{size / 1e6:.0f}"))
            client.close()
    head = ("max_neighbors", "ef_construction", "ef_search", "recall@10", "p50 (ms)", "recall@100",
            "p50 (ms)", "papers/s", "graph (MB)")  # fmt: skip
    return f"{len(matrix):,} papers, {len(queries)} questions.\n\n{table(head, rows)}"
