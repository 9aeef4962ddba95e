"""The store's errors. Every message ends in what to do.

StoreError
├── SourceError         a file or folder that can't be read as papers
├── CollectionError     a collection that can't be opened or written
│   ├── NoCollection        there is none of that name
│   ├── CollectionBusy      another process owns its files
│   ├── CollectionDamaged   its files can't be read, and could not be mended
│   ├── NoPaper             there is no such paper in it
│   └── EmbedderMismatch    its vectors were made by another embedder
├── EmbeddingError      the embedder is missing or failed
├── RerankError         the reranker can't be loaded or does not answer
└── FilterError         a filter or date that can't be understood
"""

from __future__ import annotations


class StoreError(Exception):
    """Root of all errors of the store. `str()` is one or two sentences for the user."""


class SourceError(StoreError):
    """A file or folder can't be read as papers."""


class CollectionError(StoreError):
    """A collection can't be opened or written."""


class NoCollection(CollectionError):
    """There is no collection of that name."""


class CollectionBusy(CollectionError):
    """Another process owns the collection's files."""


class NoPaper(CollectionError):
    """There is no such paper in the collection."""


class CollectionDamaged(CollectionError):
    """The collection's files can't be read, and could not be mended."""


class EmbedderMismatch(CollectionError):
    """The collection's vectors were made by another embedder than the one configured."""


class EmbeddingError(StoreError):
    """The embedder is missing or failed."""


class RerankError(StoreError):
    """The reranker can't be loaded or does not answer."""


class FilterError(StoreError):
    """A filter or date can't be understood."""
