"""The collection of abstracts: kept, found again, and proven sentence by sentence.

Reading order: `records` (the values), `readers` and `merging` (from files to papers), `sentences`,
`ledger` (SQLite, the truth), `chroma` and `indexing` (vectors), `search`, and `collection`, which is the
one door to all of it.

It imports nothing of ours but itself and knows no settings: it is given a path, a name and an embedder.
"""

from store.collection import Collection, collections
from store.embedding import BgeSmall, Embedder, HashEmbedder
from store.ingesting import IngestReport, Progress
from store.records import Filter, Hit, Paper, Record, Reject, Sentence, Source
from store.remote_embedding import OpenAIEmbedder
from store.search import SentenceScore

__all__ = [
    "BgeSmall",
    "Collection",
    "Embedder",
    "Filter",
    "HashEmbedder",
    "Hit",
    "IngestReport",
    "OpenAIEmbedder",
    "Paper",
    "Progress",
    "Record",
    "Reject",
    "Sentence",
    "SentenceScore",
    "Source",
    "collections",
]
