"""What the store keeps and hands out: plain, frozen values.

Reading order: a reader turns bytes into `Record`s and `Reject`s; merging turns the records of
one work into one `Paper`; a paper's abstract is cut into `Sentence`s, each with an address that
never moves while the abstract stays the same; a search answers with `Hit`s.

This module imports nothing of ours and does nothing but hold values.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record stood: a file as the user named it (or a URL) and its first line, from 1."""

    name: str
    line: int

    def __str__(self) -> str:
        return f"{self.name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Record:
    """One paper as one source gave it. Texts are verbatim; absent fields are None or empty.

    `created` and `updated` are ISO 8601 dates, possibly cut to a month or a year
    ("2025-05-14", "2025-05", "2025"). `arxiv_id` carries no version ("2505.09388"). `id` is what an export
    of ours called the paper; a paper that is new keeps it.
    """

    abstract: str
    source: Source
    title: str | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    url: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    created: str | None = None
    updated: str | None = None
    comment: str | None = None
    venue: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """Something in a source that is no paper, and why. `excerpt` is its beginning, one line.

    `broken`: reading broke here. What the source, or a folder or archive of that name, holds is not known to
    its end, so that nothing can be said of what is missing in it.
    """

    source: Source
    reason: str
    excerpt: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """One work, merged from all records that speak of it.

    `id` is given when the paper is first seen and stays, whatever is learnt about it later.
    `label` is a short name for people; `label_derived` says that it was found in the abstract
    and not given by a source (then `title` is None).
    """

    id: str
    abstract: str
    label: str
    label_derived: bool
    title: str | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    url: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    created: str | None = None
    updated: str | None = None
    comment: str | None = None
    venue: str | None = None
    sources: tuple[Source, ...] = ()

    @property
    def name(self) -> str:
        """What to call the paper in front of people: its title, else its label."""
        return self.title or self.label

    @property
    def link(self) -> str | None:
        """Where the full text is, as far as the sources tell."""
        if self.arxiv_id:
            return f"https://arxiv.org/abs/{self.arxiv_id}"
        if self.doi:
            return f"https://doi.org/{self.doi}"
        return self.url


@dataclass(frozen=True, slots=True)
class Saying:
    """What records say of a field of their paper, and where they stand, best first."""

    value: str | tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a field of a paper came from: `sources` say `value`, first the one that it was taken from.
    `others` is what other records say instead, best first.
    """

    field: str
    value: str | tuple[str, ...]
    sources: tuple[Source, ...]
    others: tuple[Saying, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its address. `abstract[start:end] == text`, in characters of the abstract.

    `number` counts from 1 within the paper. `readable` is the text with LaTeX made readable and
    white space folded: what people read in a terminal, and what search and matching see.
    """

    paper: str
    number: int
    start: int
    end: int
    text: str
    readable: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which papers may answer. Empty fields let everything pass; all given ones must hold, each of several.

    `since` and `until` are inclusive ISO dates, possibly partial: until "2025-05" includes all
    of May. A paper without a date passes neither. `text` is a phrase that the readable abstract,
    title or label contains, whatever the case. `ids` are the only papers that may pass, `without` those
    that may not.

    Words are compared whole, whatever the case: `phrases` stand in the readable abstract, title or label,
    `exclude` don't, `titles` stand in the title or label. `authors` are names or parts of them ("Bowen Yu",
    "B. Yu", "Yu"), `categories` are whole or an archive ("cs.CL", "cs"), `venues` are named by the paper's
    venue, or by its comment if that is no submission. `has` and `lacks` are of `store.filters.FACTS`.
    """

    since: str | None = None
    until: str | None = None
    text: str | None = None
    ids: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return self == Filter()

    def __str__(self) -> str:
        """The filter for people, empty if it lets everything pass: `created in 2025-05 and has code`."""
        if self.since and self.since == self.until:
            parts = [f"created in {self.since}"]
        else:
            bounds = [f"since {self.since}"] if self.since else []
            bounds += [f"until {self.until}"] if self.until else []
            parts = [" ".join(["created", *bounds])] if bounds else []
        parts += [f'contains "{self.text}"'] if self.text else []
        parts += [f"is {' or '.join(self.ids)}"] if self.ids else []
        parts += [f"is not {' or '.join(self.without)}"] if self.without else []
        parts += [f'by "{name}"' for name in self.authors]
        parts += [f"in category {name}" for name in self.categories]
        parts += [f'accepted at "{name}"' for name in self.venues]
        parts += [f'title mentions "{words}"' for words in self.titles]
        parts += [f'mentions "{words}"' for words in self.phrases]
        parts += [f'does not mention "{words}"' for words in self.exclude]
        parts += [f"has {fact}" for fact in self.has]
        parts += [f"has no {fact}" for fact in self.lacks]
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper found by a search.

    `score` is the fused score in [0, 1] that orders the hits. `keyword` is the BM25 score (higher is
    better) and `vector` the cosine in [-1, 1], each None where that side did not find the paper. `rerank`
    is the reranker's score (higher is better, of no fixed range), which orders before all others; None
    where no reranker has read the paper.
    """

    paper: Paper
    score: float
    keyword: float | None
    vector: float | None
    rerank: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of a collection's papers have a vector of the embedder in use."""

    papers: int
    vectors: int

    @property
    def missing(self) -> int:
        return self.papers - self.vectors

    @property
    def complete(self) -> bool:
        return self.vectors >= self.papers

    def __str__(self) -> str:
        """How far it is, in a sentence for a person."""
        if self.complete:
            return f"Meaning-search knows all {self.papers:,} papers."
        known = f"{self.vectors:,}" if self.vectors else "none"
        return f"Meaning-search knows {known} of {self.papers:,} papers so far; keywords know all."

    def differs(self, other: Coverage) -> bool:
        """Whether a person who was told of the other should be told of this: by one in a hundred papers, or
        by being complete."""
        if self.complete != other.complete or self.papers != other.papers:
            return True
        return abs(self.vectors - other.vectors) * 100 >= self.papers and self != other
