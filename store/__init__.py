"""The collection of abstracts: kept, found again, and proven sentence by sentence.

Reading order: `records` (the values), `readers` and `merging` (from files to papers), `sentences`,
`ledger` (SQLite, the truth), `chroma` and `indexing` (vectors), `search` and `reranking`, and `collection`,
which is the one door to all of it.

It imports nothing of ours but itself and knows no settings: it is given a path, a name and an embedder.
What it exports is loaded when first asked for: who needs the values alone waits for no more.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.collection import Collection, collections
    from store.embedding import BgeSmall, Embedder, HashEmbedder
    from store.ingesting import IngestReport, Progress
    from store.records import Filter, Hit, Paper, Record, Reject, Sentence, Source
    from store.remote_embedding import OpenAIEmbedder
    from store.reranking import EndpointReranker, OnnxReranker, Reranker
    from store.search import SentenceScore, Side

_ROOMS = {
    "collection": ("Collection", "collections"),
    "embedding": ("BgeSmall", "Embedder", "HashEmbedder"),
    "ingesting": ("IngestReport", "Progress"),
    "records": ("Filter", "Hit", "Paper", "Record", "Reject", "Sentence", "Source"),
    "remote_embedding": ("OpenAIEmbedder",),
    "reranking": ("EndpointReranker", "OnnxReranker", "Reranker"),
    "search": ("SentenceScore", "Side"),
}

__all__ = [
    "BgeSmall",
    "Collection",
    "Embedder",
    "EndpointReranker",
    "Filter",
    "HashEmbedder",
    "Hit",
    "IngestReport",
    "OnnxReranker",
    "OpenAIEmbedder",
    "Paper",
    "Progress",
    "Record",
    "Reject",
    "Reranker",
    "Sentence",
    "SentenceScore",
    "Side",
    "Source",
    "collections",
]


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f"store.{room}"), name)
    raise AttributeError(f"module 'store' has no attribute {name!r}")
