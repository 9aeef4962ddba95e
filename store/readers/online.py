"""Papers from arXiv itself, through the `arxiv` client: `arxiv:ID[,ID…]` and `arxiv-search:QUERY`.

The only part of this room that touches the network, and only for a source that names arXiv. Keeps to arXiv's
pace of one request in three seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.errors import SourceError
from store.identifiers import ARXIV, arxiv_id
from store.readers.atom import CATEGORY, ERROR
from store.readers.document import reject
from store.readers.fields import record
from store.records import Record, Reject, Source

ADDRESS = "https://export.arxiv.org/api/query?{}"
MOST = 100
"""Papers that a search takes."""

_PAUSE = 3.0
_TIMEOUT = (10.0, 60.0)
_RETRIES = 1
_PAGE = 100
_MOST_IDS = 1_000
_ID = re.compile(rf"{ARXIV}(?:v\d+)?$")
_OFFLINE = "Check the network, or save the papers from a browser (arXiv, RIS, BibTeX) and name that file."


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of arXiv: the papers of these ids, or those that a query finds."""

    name: str
    ids: tuple[str, ...] = ()
    query: str = ""


def request(source: str) -> Request | None:
    """What a source asks of arXiv; None if it is a path. Raises SourceError for an id that is none."""
    kind, colon, wanted = source.partition(":")
    if not colon or kind.lower() not in ("arxiv", "arxiv-search") or _exists(source):
        return None
    wanted = wanted.strip()
    if kind.lower() == "arxiv-search":
        if not wanted:
            raise SourceError("There is nothing to search arXiv for. Write it so: arxiv-search:ti:GRPO")
        return Request(source, query=wanted)
    ids = tuple(dict.fromkeys(id for id in re.split(r"[,\s]+", wanted) if id))
    wrong = next((id for id in ids if not _ID.match(id)), None if ids else wanted)
    if wrong is not None:
        raise SourceError(f"{wrong!r} is no arXiv id. Write it so: arxiv:2505.09388 (several with commas).")
    if len(ids) > _MOST_IDS:
        raise SourceError(f"{len(ids)} arXiv ids are too many at once. Give at most {_MOST_IDS}.")
    return Request(source, ids)


def records(wanted: Request) -> Iterator[Record | Reject]:
    """The papers, each under its own address as source. Raises SourceError if arXiv can't be reached."""
    found = 0
    known: set[str] = set()
    for batch in _batches(wanted.ids):
        for result in _results(wanted, batch):
            found += 1
            if ERROR in result.entry_id:
                yield reject(
                    wanted.name, 1, f"arXiv answered with an error: {result.summary}", result.entry_id
                )
                continue
            paper = arxiv_id(result.entry_id)
            known.add(paper or "")
            yield _record(result, paper)
    for missing in (id for id in wanted.ids if (arxiv_id(id) or id) not in known):
        yield reject(wanted.name, 1, "arXiv's answer holds no paper of this id", missing)
    if not wanted.ids and not found:
        yield reject(wanted.name, 1, "arXiv's answer to this query holds no paper", wanted.query)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    if not ids:
        yield ()
    for start in range(0, len(ids), _PAGE):
        yield ids[start : start + _PAGE]


def _exists(source: str) -> bool:
    try:
        return Path(source).exists()
    except (OSError, ValueError):
        return False


def _results(wanted: Request, ids: Sequence[str]) -> Iterator[Any]:
    import arxiv
    import requests
    from requests.adapters import HTTPAdapter

    class Patient(HTTPAdapter):
        """The client sets no timeout of its own."""

        def send(self, *args: Any, **options: Any) -> requests.Response:
            options["timeout"] = _TIMEOUT
            return super().send(*args, **options)

    client = arxiv.Client(page_size=_PAGE, delay_seconds=_PAUSE, num_retries=_RETRIES)
    client.query_url_format = ADDRESS
    for scheme in ("https://", "http://"):
        client._session.mount(scheme, Patient())
    search = arxiv.Search(query=wanted.query, id_list=list(ids), max_results=len(ids) or MOST)
    try:
        yield from client.results(search)
    except arxiv.HTTPError as error:
        hint = (
            "Wait a minute and try again." if error.status in (429, 503) else "Check the ids and the query."
        )
        raise SourceError(f"arXiv answered with status {error.status} to {wanted.name}. {hint}") from error
    except arxiv.ArxivError as error:
        raise SourceError(f"arXiv broke off its answer to {wanted.name}. Try again in a minute.") from error
    except requests.RequestException as error:
        raise SourceError(f"arXiv can't be reached for {wanted.name}. {_OFFLINE}") from error


def _record(result: Any, paper: str | None) -> Record | Reject:
    source = Source(f"https://arxiv.org/abs/{paper}" if paper else result.entry_id, 1)
    return record(
        source,
        {
            "abstract": result.summary,
            "title": result.title,
            "authors": [author.name for author in result.authors],
            "arxiv_id": paper,
            "doi": result.doi,
            "url": result.entry_id,
            "venue": result.journal_ref,
            "comment": result.comment,
            "created": result.published.date().isoformat(),
            "updated": result.updated.date().isoformat(),
            "categories": [name for name in result.categories if CATEGORY.match(name)],
        },
    )
