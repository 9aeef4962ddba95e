"""Any text against the collection: each of its sentences with the best evidence there is, and a verdict.

For a paragraph of a draft, or another chatbot's answer. The same proof as for our own answers; nothing
is generated, so the text's sentences stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.citing import Statement
from chatbot.evidence import Pack, Shown, candidates
from chatbot.proving import prove
from chatbot.values import Claim, FoundBy
from store.collection import Collection
from store.records import Filter
from store.sentences import split

# Papers that a sentence is looked up in, and their sentences that it is compared with.
_PAPERS = 5
_SENTENCES = 12


def check(text: str, collection: Collection, filter: Filter = Filter()) -> Iterator[Claim]:
    """The text's sentences in order, each as a claim. Raises StoreError where nothing can be read."""
    for paragraph in text.split("\n\n"):
        for sentence in split("", paragraph):
            yield _checked(sentence.readable, collection, filter)


def _checked(sentence: str, collection: Collection, filter: Filter) -> Claim:
    hits = collection.search(sentence, _PAPERS, filter)
    best = candidates(sentence, hits, collection)[:_SENTENCES]
    shown = tuple(
        Shown(f"{number}.{each.sentence.number}", each.paper, each.sentence)
        for number, each in enumerate(best, start=1)
    )
    claim, _ = prove(Statement(sentence, (), FoundBy.NONE), Pack(shown, ""))
    return claim
