"""Chroma: abstracts with their vectors, embedded in a folder or behind a server.

One `ChromaIndex` is one Chroma collection, made once and then filled; it can't be trusted to survive a
kill, and it need not: `indexing` makes it again from the ledger. Whatever Chroma raises, what leaves this
module is a CollectionError: CollectionDamaged where the files are to blame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from store.errors import CollectionDamaged, CollectionError

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from store.embedding import Vector

# Twice Chroma's defaults for M and ef_construction, and ef_search twice the depth of `search`. Recall@10 on
# the hardest vectors (noise) rose from .54 to .98 with M 32, ef_construction 200, ef_search 300; on text-like
# ones it is above .995 anyway. A query stays near 1 ms.
_HNSW = {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 200}
# 700-900 rows/s in batches of 100-500; more at once is no faster.
BATCH = 200


class ChromaIndex:
    """A Chroma collection. `place` is a folder (embedded) or a server's URL."""

    def __init__(self, place: Path | str, name: str, fingerprint: str, *, create: bool = False) -> None:
        """Open it, or make a new one where `create`.

        `fingerprint` is that of the embedder; one that was made with another counts as damaged.
        """
        self._place = place
        with self._telling():
            self._client = _client(place)
            from chromadb.errors import NotFoundError
        try:
            with self._telling():
                if create:
                    with suppress(NotFoundError, ValueError):  # what a killed rebuild left on a server
                        self._client.delete_collection(name)
                    # Without both of these Chroma would fetch an embedding model of its own.
                    self._collection = self._client.create_collection(
                        name,
                        embedding_function=None,
                        metadata={"fingerprint": fingerprint},
                        configuration={"hnsw": _HNSW},
                    )
                else:
                    self._collection = self._client.get_collection(name, embedding_function=None)
            if (self._collection.metadata or {}).get("fingerprint") != fingerprint:
                raise CollectionDamaged(f"The vector index at {place} holds vectors of another embedder.")
        except BaseException:
            self.close()
            raise

    def count(self) -> int:
        with self._telling():
            return int(self._collection.count())

    def put(self, papers: Sequence[tuple[str, str, Vector]]) -> None:
        """Add or replace papers, given as (id, abstract, vector): at most `BATCH` of them."""
        if not papers:
            return
        ids = [id for id, _, _ in papers]
        with self._telling():
            # Never `upsert`: after a query it left rows that no query finds, though they count, in 5 of 40
            # runs (chromadb 1.5.9). `add` did so in 0 of 200, `delete` and `add` in 0 of 100.
            if known := self._collection.get(ids=ids, include=[])["ids"]:
                self._collection.delete(ids=known)
            self._collection.add(
                ids=ids,
                documents=[abstract for _, abstract, _ in papers],
                embeddings=[vector for _, _, vector in papers],
            )

    def drop(self, ids: Sequence[str]) -> None:
        """Remove papers; those that aren't there are passed over."""
        if ids:
            with self._telling():
                self._collection.delete(ids=list(ids))

    def query(
        self, vectors: Sequence[Vector] | NDArray[numpy.float32], limit: int
    ) -> list[list[tuple[str, float]]]:
        """For each vector the nearest papers: (id, cosine), nearest first."""
        with self._telling():
            found = self._collection.query(
                query_embeddings=list(vectors), n_results=limit, include=["distances"]
            )
        return [
            [(id, 1.0 - distance) for id, distance in zip(ids, distances, strict=True)]
            for ids, distances in zip(found["ids"], found["distances"], strict=True)
        ]

    def delete_others(self, prefix: str) -> None:
        """On a server: remove the collections of this prefix but this one."""
        with self._telling():
            for other in self._client.list_collections():
                if other.name.startswith(prefix) and other.name != self._collection.name:
                    self._client.delete_collection(other.name)

    def close(self) -> None:
        with suppress(Exception):  # what is broken can't always be closed
            self._client.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        # Chroma raises its own tree, httpx's, ValueError, TypeError; a panic of its Rust is no Exception.
        except BaseException as error:
            if "disk is full" in str(error) or "No space left" in str(error):
                raise CollectionError(
                    f"The disk that holds {self._place} is full. Free some space and run the command again."
                ) from error
            if isinstance(self._place, str) and not _about_data(error):
                raise CollectionError(
                    f"The Chroma server at {self._place} does not answer as it should ({_short(error)}). "
                    "Start it with `chroma run`, or correct its address."
                ) from error
            raise CollectionDamaged(
                f"The vector index at {self._place} can't be used ({_short(error)}). Run `chatbot rebuild`."
            ) from error


def _client(place: Path | str) -> Any:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if isinstance(place, Path):
        return chromadb.PersistentClient(path=str(place), settings=settings)
    url = urlsplit(place if "://" in place else f"http://{place}")
    secure = url.scheme == "https"
    return chromadb.HttpClient(
        host=url.hostname or "127.0.0.1",
        port=url.port or (443 if secure else 8000),
        ssl=secure,
        settings=settings,
    )


def _about_data(error: BaseException) -> bool:
    """Whether a server answered that the collection is not there or broken: it is up, then."""
    from chromadb.errors import InternalError, NotFoundError

    return isinstance(error, NotFoundError | InternalError)


def _short(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:150]}" if lines else type(error).__name__
