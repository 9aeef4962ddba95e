"""What a review is made of, and the events while it is written: frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatbot.values import Citation, Claim, JudgedBy, TopicCensus, Usage
from store.records import Paper


@dataclass(frozen=True, slots=True)
class Theme:
    """Papers that are near each other. `claims` are proven sentences, those of several papers first.

    `name` is words of their abstracts: their most telling ones by rules, or a model's choice among all.
    """

    name: str
    papers: tuple[Paper, ...]
    claims: tuple[Claim, ...]
    named_by: JudgedBy = JudgedBy.RULES


@dataclass(frozen=True, slots=True)
class Review:
    """`topic` says which papers belong and how many were looked at; `themes` are the largest first.

    `citations` number all papers that claims rest on, in the order in which they are cited. `withdrawn` are
    sentences of the model that were not proven, `dropped` is what else was left out, for people. `model`
    is None where no model wrote a sentence: then all are the papers' own.
    """

    topic: TopicCensus
    themes: tuple[Theme, ...] = ()
    citations: tuple[Citation, ...] = ()
    withdrawn: tuple[Claim, ...] = ()
    dropped: tuple[str, ...] = ()
    model: str | None = None
    usage: Usage = field(default_factory=Usage)

    @property
    def sentences(self) -> int:
        return sum(len(theme.claims) for theme in self.themes)


@dataclass(frozen=True, slots=True)
class Writing:
    """So many of the papers to be reviewed are written about."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The last event."""

    review: Review
