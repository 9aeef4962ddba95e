"""Any text against the collection: each of its sentences with the best evidence there is, and a verdict.

For a paragraph of a draft, or another chatbot's answer. The same proof as for our own answers; nothing
is generated, so the text's sentences stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from chatbot.citing import Statement
from chatbot.errors import EntailmentError, ModelError
from chatbot.evidence import Pack, Shown, candidates
from chatbot.proving import prove, second_look
from chatbot.values import Claim, FoundBy
from chatbot.verifying import Judge
from store.collection import Collection
from store.records import Filter
from store.sentences import split

# Papers that a sentence is looked up in, and their sentences that it is compared with.
_PAPERS = 5
_SENTENCES = 12


class Checker:
    """Checks texts against one collection. `judge` is asked where the rules leave a verdict open (None:
    nobody is); from `supports` on its log-odds count. `notice` is told, once, where it can't be asked.
    """

    def __init__(
        self,
        collection: Collection,
        judge: Judge | None = None,
        supports: float = 0.0,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._collection = collection
        self._judge = judge
        self._supports = supports
        self._notice = notice

    def check(self, text: str, filter: Filter = Filter()) -> Iterator[Claim]:
        """The text's sentences in order, each as a claim. Raises StoreError where nothing can be read."""
        for paragraph in text.split("\n\n"):
            for sentence in split("", paragraph):
                yield self._checked(sentence.readable, filter)

    def _checked(self, sentence: str, filter: Filter) -> Claim:
        hits = self._collection.search(sentence, _PAPERS, filter)
        best = candidates(sentence, hits, self._collection)[:_SENTENCES]
        shown = tuple(
            Shown(f"{number}.{each.sentence.number}", each.paper, each.sentence)
            for number, each in enumerate(best, start=1)
        )
        pack, nearness = Pack(shown, ""), self._collection.nearness
        claim, _ = prove(Statement(sentence, (), FoundBy.NONE), pack, nearness)
        if self._judge is None:
            return claim
        try:
            asked = partial(self._judge, sentence)
            return second_look(claim, pack, nearness, asked, self._supports) or claim
        except (ModelError, EntailmentError) as error:
            self._judge = None
            self._notice(f"Verdicts are by rules alone from here on. {error}")
            return claim
