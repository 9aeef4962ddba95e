"""A review as it is written: judged, grouped, then theme by theme in batches that fit the model's window.

Map: each batch of papers is asked about, a sentence for each paper, under the policy `strict`: what is not
proven is withdrawn. A paper that no proven sentence rests on gets the sentence of its own for which it
belongs, as an extract. Reduce: of a theme of several batches, the sentences that its claims rest on are asked
about once more, for what they say together. Without a model, or where it fails, all sentences are extracts.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace

from chatbot import pondering
from chatbot.calibration import Calibration
from chatbot.drafting import Draft
from chatbot.errors import ModelBusy, ModelUnreachable
from chatbot.evidence import Pack, Scored, candidates, pack
from chatbot.generating import Generation
from chatbot.model import ChatModel
from chatbot.model.metered import Metered
from chatbot.reviewing.parts import Review, Reviewed, Theme, Writing
from chatbot.reviewing.themes import chosen_name, grouped, terms, vectors
from chatbot.settings import Settings
from chatbot.topics.counting import taken
from chatbot.topics.telling import notes
from chatbot.values import (
    Citation,
    Claim,
    FoundBy,
    Judged,
    JudgedBy,
    Manner,
    Notice,
    Question,
    Topic,
    TopicPaper,
    TopicPlan,
    Usage,
    Verdict,
)
from chatbot.verifying import Judge
from store.collection import Collection
from store.latex import readable
from store.records import Hit, Paper

# Papers that a model is asked about at once, a sentence each; and the evidence for a model on this machine,
# in tokens a paper: `chatbot.answering.PACKED_TOKENS` spends 450 on a whole question.
_BATCH = 4
_LOCAL_TOKENS = 160
# What the window must hold beside evidence and answer: instructions, question, template.
_RESERVE = 400


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes one review, and how a sentence is judged. `model` None: extracts alone."""

    model: Metered | None
    judge: Judge
    calibration: Calibration


@dataclass
class _Made:
    """A review in the making."""

    papers: dict[str, Paper] = field(default_factory=dict)
    withdrawn: list[Claim] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    wrote: bool = False


Told = Judged | Notice | Writing | Reviewed


def written(
    plan: TopicPlan,
    collection: Collection,
    writer: Writer,
    settings: Settings,
    clock: Callable[[], float],
    *,
    uncertain: bool = False,
) -> Generator[Told, None, None]:
    """The events of a review, `Reviewed` the last. `uncertain`: of the papers that may belong, too.

    Raises StoreError, and ModelError where the endpoint refuses. What was judged is kept, whenever it is
    closed.
    """
    settings = replace(settings, policy="strict")
    judging = None if settings.verifier == "fast" else writer.model
    topic = plan.topic
    census = yield from taken(plan, collection, judging)
    belong = {each.paper.id: each for each in (*census.sure, *(census.uncertain if uncertain else ()))}
    made = _Made({id: each.paper for id, each in belong.items()})
    made.dropped += notes(census, asked=judging is not None)
    papers = list(made.papers.values())
    groups = [[papers[row] for row in rows] for rows in grouped(vectors(papers, collection))]
    names = terms(groups, topic.words) if len(groups) > 1 else [topic.words] * len(groups)
    scribe = _Scribe(topic, collection, writer, settings, clock, made)
    themes: list[Theme] = []
    done = 0
    for group, name in zip(groups, names, strict=True):
        claims: list[Claim] = []
        batches = list(scribe.batches(group))
        for batch in batches:
            claims += yield from scribe.about(batch, [belong[paper.id] for paper in batch])
            done += len(batch)
            yield Writing(done, len(papers))
        if len(batches) > 1:
            claims = [*(yield from scribe.together(group, claims)), *claims]
        named = (yield from scribe.name(group, name)) if len(groups) > 1 else None
        by = JudgedBy.RULES if named is None else JudgedBy.MODEL
        themes.append(Theme(named or name, tuple(group), tuple(_distinct(claims)), by))
    yield Reviewed(
        Review(
            census,
            tuple(themes),
            _numbered(themes, made.papers),
            tuple(made.withdrawn),
            tuple(dict.fromkeys(made.dropped)),
            writer.model.name if writer.model is not None and made.wrote else None,
            writer.model.usage if writer.model is not None else Usage(),
        )
    )


class _Scribe:
    """Asks the model about papers, as long as it answers."""

    def __init__(
        self,
        topic: Topic,
        collection: Collection,
        writer: Writer,
        settings: Settings,
        clock: Callable[[], float],
        made: _Made,
    ) -> None:
        self._topic = topic
        self._collection = collection
        self._writer = writer
        self._model = writer.model
        self._settings = settings
        self._clock = clock
        self._made = made

    @property
    def _question(self) -> str:
        asked = f"How do these papers {self._topic.text}?"
        return asked if self._topic.verb else f"What do these papers say about {self._topic.words}?"

    def batches(self, papers: Sequence[Paper]) -> Iterable[list[Paper]]:
        """The papers in batches whose evidence fits; one batch where no model is asked."""
        if self._model is None:
            yield list(papers)
            return
        room = self._room(self._model)
        batch: list[Paper] = []
        spent = 0
        for paper in papers:
            price = _LOCAL_TOKENS
            if not self._model.local:
                price = self._model.encoding.count(paper.abstract) + 8 * len(
                    self._collection.sentences(paper.id)
                )
            if batch and (len(batch) >= _BATCH or spent + price > room):
                yield batch
                batch, spent = [], 0
            batch.append(paper)
            spent += price
        if batch:
            yield batch

    def about(
        self, batch: Sequence[Paper], belong: Sequence[TopicPaper]
    ) -> Generator[Told, None, list[Claim]]:
        """Proven sentences about these papers, each of which has one."""
        claims: list[Claim] = []
        if self._model is not None:
            hits = [Hit(paper, 1.0, None, None) for paper in batch]
            ranked = candidates(self._topic.words, hits, self._collection)
            groups = [[each for each in ranked if each.paper.id == paper.id] for paper in batch]
            whole = not self._model.local
            budget = self._room(self._model) if whole else _LOCAL_TOKENS * len(batch)
            packed = pack(
                ranked, hits, self._model.encoding, budget, whole=whole, groups=() if whole else groups
            )
            each = [paper.label for paper in batch] if len(batch) > 1 else []
            claims = yield from self._asked(packed, each)
        cited = {evidence.paper for claim in claims for evidence in claim.evidence}
        return [*claims, *(_extract(each) for each in belong if each.paper.id not in cited)]

    def together(
        self, papers: Sequence[Paper], claims: Sequence[Claim]
    ) -> Generator[Told, None, list[Claim]]:
        """What the sentences that these claims rest on say together, as far as it is proven."""
        if self._model is None:
            return []
        wanted = {(each.paper, each.sentence) for claim in claims for each in claim.evidence}
        hits = [Hit(paper, 1.0, None, None) for paper in papers]
        ranked: list[Scored] = [
            each
            for each in candidates(self._topic.words, hits, self._collection)
            if (each.paper.id, each.sentence.number) in wanted
        ]
        room = self._room(self._model)
        budget = min(room, _BATCH * _LOCAL_TOKENS) if self._model.local else room
        packed = pack(ranked, hits, self._model.encoding, budget, lead=False)
        return (yield from self._asked(packed, []))

    def name(self, papers: Sequence[Paper], name: str) -> Generator[Told, None, str | None]:
        """The model's name for a theme; None where it has none that the papers bear out."""
        if self._model is None:
            return None
        try:
            return chosen_name(papers, name, self._topic.words, self._model, self._settings.max_tokens)
        except (ModelUnreachable, ModelBusy) as error:
            yield self._gone(error)
            return None

    def _asked(self, packed: Pack, each: Sequence[str]) -> Generator[Told, None, list[Claim]]:
        if self._model is None or not packed.shown:
            return []
        question = Question(self._question, manner=self._manner)
        draft = Draft(question, self._question, self._clock, self._clock())
        draft.papers |= self._made.papers
        generation = Generation(
            draft,
            self._model,
            packed,
            self._collection.nearness,
            self._settings,
            self._writer.calibration,
            self._writer.judge,
            each,
        )
        try:
            for event in generation.run(sure=True):
                if isinstance(event, Notice):
                    yield event
        except (ModelUnreachable, ModelBusy) as error:
            yield self._gone(error)
        self._made.wrote = self._made.wrote or bool(draft.claims)
        self._made.withdrawn += draft.withdrawn
        self._made.dropped += draft.dropped
        return [claim for claim in draft.claims if claim.verdict is Verdict.SUPPORTED]

    def _gone(self, error: Exception) -> Notice:
        self._model = None
        self._made.dropped.append(f"The model stopped answering. {error}")
        return Notice(f"{error} What is left is written with the papers' own sentences.")

    def _room(self, model: ChatModel) -> int:
        thinking = pondering.room(self._manner, model)
        return max(model.window - self._settings.max_tokens - _RESERVE - thinking, 0)

    @property
    def _manner(self) -> Manner:
        """Prose, whatever the settings say of answers; thinking as they say."""
        return Manner(thinking=self._settings.thinking, thinking_budget=self._settings.thinking_budget)


def _extract(belongs: TopicPaper) -> Claim:
    text = readable(belongs.evidence.text)
    return Claim(" ".join(text.split()), Verdict.SUPPORTED, FoundBy.EXTRACT, (belongs.evidence,))


def _distinct(claims: Iterable[Claim]) -> list[Claim]:
    """Each sentence once."""
    return list(
        {" ".join(claim.text.split()).casefold(): claim for claim in reversed(list(claims))}.values()
    )[::-1]


def _numbered(themes: Sequence[Theme], papers: dict[str, Paper]) -> tuple[Citation, ...]:
    cited = dict.fromkeys(
        evidence.paper for theme in themes for claim in theme.claims for evidence in claim.evidence
    )
    return tuple(Citation(number, papers[id]) for number, id in enumerate(cited, start=1))
