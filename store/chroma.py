"""Chroma: abstracts with their vectors, embedded in a folder or behind a server.

One `ChromaIndex` is one Chroma collection, made once and then filled; it can't be trusted to survive a
kill, and it need not: `indexing` makes it again from the ledger. Whatever Chroma raises, what leaves this
module is a CollectionError: CollectionDamaged where the files are to blame.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from store.addresses import shown
from store.errors import CollectionDamaged, CollectionError

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from store.embedding import Vector

# Twice Chroma's defaults for M and ef_construction, and an ef_search of four times the depth of `search`.
# Measured on 105,227 abstracts (bench/results/scale.md): recall@10 is .990 and recall@100 .974; with half
# that ef_search .979 and .936, and a query takes 2 ms less. M 48 and ef_construction 300 bring a third of
# that, and take half as long again to build.
_HNSW = {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 400}
# 700-900 rows/s in batches of 100-500; more at once is no faster.
BATCH = 200
_LISTED = 100


@dataclass(frozen=True, slots=True)
class Server:
    """A Chroma server: its address, what goes with each request, and where in it our collections are.

    `token` is sent as `X-Chroma-Token`, as Chroma Cloud wants it; `headers` are others, as a proxy may want
    them. Both stay out of `repr` and of messages. Without tenant and database Chroma's defaults are used.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tenant: str | None = None
    database: str | None = None

    @property
    def parts(self) -> SplitResult:
        """The address in parts; one without a scheme is http."""
        return urlsplit(self.url if "://" in self.url else f"http://{self.url}")

    def __str__(self) -> str:
        return shown(self.url)


class ChromaIndex:
    """A Chroma collection. `place` is a folder (embedded) or a server."""

    def __init__(self, place: Path | Server, name: str, fingerprint: str, *, create: bool = False) -> None:
        """Open it, or make a new one where `create`.

        `fingerprint` is that of the embedder; one that was made with another counts as damaged.
        """
        self._place = place
        with _telling(place, connecting=True):
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
            _delete(self._client, prefix, but=self._collection.name)

    def close(self) -> None:
        with suppress(Exception):  # what is broken can't always be closed
            self._client.close()

    def _telling(self) -> AbstractContextManager[None]:
        return _telling(self._place)


def delete_collections(server: Server, prefix: str) -> None:
    """Remove a server's collections whose names begin with the prefix. Raises CollectionError."""
    with _telling(server, connecting=True):
        client = _client(server)
    with _telling(server):
        try:
            _delete(client, prefix)
        finally:
            with suppress(Exception):
                client.close()


@contextmanager
def _telling(place: Path | Server, *, connecting: bool = False) -> Iterator[None]:
    """What Chroma raises, as ours. While `connecting`, what is not found is no collection of ours."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    # Chroma raises its own tree, httpx's, ValueError, TypeError; a panic of its Rust is no Exception.
    except BaseException as error:
        if "disk is full" in str(error) or "No space left" in str(error):
            raise CollectionError(
                f"The disk that holds {place} is full. Free some space and run the command again."
            ) from error
        if isinstance(place, Server) and (connecting or not _about_data(error)):
            raise CollectionError(
                f"The Chroma server at {place} does not answer as it should ({_short(error)}). {_cure(error)}"
            ) from error
        raise CollectionDamaged(
            f"The vector index at {place} can't be used ({_short(error)}). Run `chatbot rebuild`."
        ) from error


def _client(place: Path | Server) -> Any:
    import chromadb
    from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT, Settings

    settings = Settings(anonymized_telemetry=False)
    if isinstance(place, Path):
        return chromadb.PersistentClient(path=str(place), settings=settings)
    url = place.parts
    secure = url.scheme == "https"
    port = url.port or (443 if secure else 8000)
    # A whole address is taken as it stands, with a path that a proxy wants; a host gets Chroma's own.
    host, path = url.hostname or "127.0.0.1", url.path.rstrip("/")
    settings.chroma_overwrite_singleton_tenant_database_access_from_auth = bool(
        place.token and not (place.tenant or place.database)
    )  # as Chroma Cloud does: the token tells the tenant
    return chromadb.HttpClient(
        host=f"{url.scheme}://{host}:{port}{path}" if path else host,
        port=port,
        ssl=secure,
        headers=_headers(place),
        settings=settings,
        tenant=place.tenant or DEFAULT_TENANT,
        database=place.database or DEFAULT_DATABASE,
    )


def _headers(server: Server) -> dict[str, str]:
    """What goes with each request. A user and password in the address are sent as browsers send them."""
    found = {}
    url = server.parts
    if url.username is not None:
        known = f"{unquote(url.username)}:{unquote(url.password or '')}"
        found["Authorization"] = f"Basic {b64encode(known.encode()).decode()}"
    if server.token:
        found["X-Chroma-Token"] = server.token
    return {**found, **server.headers}


def _delete(client: Any, prefix: str, but: str | None = None) -> None:
    """Delete the collections of this prefix. A server may list but so many at once."""
    from chromadb.errors import NotFoundError

    names: list[str] = []
    while page := client.list_collections(limit=_LISTED, offset=len(names)):
        names += [found.name for found in page]
    for name in names:
        if name.startswith(prefix) and name != but:
            with suppress(NotFoundError):  # somebody else was faster
                client.delete_collection(name)


def _cure(error: BaseException) -> str:
    status = None
    cause: BaseException | None = error
    while cause is not None and status is None:
        status = getattr(getattr(cause, "response", None), "status_code", None)
        cause = cause.__cause__ or cause.__context__
    if status in (401, 403):
        return "It wants to know who you are: set chroma_token or chroma_headers to what it takes."
    if status is not None and 300 <= status < 400:
        return "It points elsewhere: correct its address, and https or http in it."
    if "tenant" in str(error).lower() or "database" in str(error).lower():
        return "Make the tenant and the database there, or correct chroma_tenant and chroma_database."
    return "Start it with `chroma run`, or correct its address."


def _about_data(error: BaseException) -> bool:
    """Whether a server answered that the collection is not there or broken: it is up, then."""
    from chromadb.errors import InternalError, NotFoundError

    return isinstance(error, NotFoundError | InternalError)


def _short(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:150]}" if lines else type(error).__name__
