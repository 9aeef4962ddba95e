"""What requests hold, as pydantic checks it at the edge. OpenAI's may hold more, which is passed over; the
program's own may not: a field that is misspelt is said to be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chatbot.answering import LONGEST_QUESTION
from chatbot.manner import LONGEST_AUDIENCE
from store.records import Filter

Text = Annotated[str, StringConstraints(max_length=LONGEST_QUESTION)]
Embedded = Annotated[str, StringConstraints(min_length=1, max_length=32_000)]
Name = Annotated[str, StringConstraints(max_length=64)]
Short = Annotated[str, StringConstraints(max_length=500)]
Words = Annotated[tuple[Short, ...], Field(max_length=50)]


class _Ours(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Theirs(BaseModel):
    model_config = ConfigDict(extra="allow")


class FilterIn(_Ours):
    """Which papers may answer; all that is given holds (docs/json.md)."""

    since: Short | None = None
    until: Short | None = None
    text: Short | None = None
    ids: Words = ()
    without: Words = ()
    authors: Words = ()
    categories: Words = ()
    titles: Words = ()
    venues: Words = ()
    phrases: Words = ()
    exclude: Words = ()
    has: Words = ()
    lacks: Words = ()

    def value(self) -> Filter:
        return Filter(**self.model_dump())


class _Manner(BaseModel):
    """How an answer is written: as the flags of these names say (docs/commands.md)."""

    style: Literal["short", "detailed", "list", "table"] | None = None
    audience: Annotated[str, StringConstraints(max_length=LONGEST_AUDIENCE)] | None = None
    answer_language: Annotated[str, StringConstraints(max_length=40)] | None = None
    thinking: Literal["auto", "on", "off"] | None = None


class TurnIn(_Ours):
    """An earlier question with its answer's text and the ids of the papers it cited."""

    question: Annotated[str, StringConstraints(max_length=20_000)]
    answer: Annotated[str, StringConstraints(max_length=100_000)]
    cited: Annotated[tuple[Short, ...], Field(max_length=1000)] = ()


class AskIn(_Ours, _Manner):
    """A question to a collection."""

    question: Text
    collection: Name | None = None
    history: Annotated[list[TurnIn], Field(max_length=100)] = []
    numbers: Annotated[dict[str, Annotated[int, Field(ge=1, le=1_000_000)]], Field(max_length=1000)] = {}
    filter: FilterIn = FilterIn()
    policy: Literal["flag", "strict", "off"] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    # The id of a saved conversation that this goes on with; "new" begins one.
    session: Annotated[str, StringConstraints(max_length=100)] | None = None
    stream: bool = False


class SearchIn(_Ours):
    """A search. The query may hold filters, as on the command line."""

    query: Text
    collection: Name | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    filter: FilterIn = FilterIn()


class VerifyIn(_Ours):
    """A text whose sentences are looked up in the papers."""

    text: Annotated[str, StringConstraints(max_length=100_000)]
    collection: Name | None = None
    filter: FilterIn = FilterIn()


class CensusIn(_Ours):
    """A question to the whole collection; without one: the papers that pass the filter."""

    question: Text = ""
    collection: Name | None = None
    filter: FilterIn = FilterIn()
    listed: Annotated[int, Field(ge=0, le=10_000)] = 1000


class PaperIn(_Ours):
    """A paper to take in."""

    abstract: Annotated[str, StringConstraints(min_length=1, max_length=50_000)]
    title: Annotated[str, StringConstraints(max_length=2000)] | None = None
    arxiv_id: Short | None = None
    doi: Short | None = None
    url: Annotated[str, StringConstraints(max_length=2000)] | None = None
    authors: Annotated[tuple[Short, ...], Field(max_length=5000)] = ()
    categories: Words = ()
    created: Short | None = None
    updated: Short | None = None
    comment: Annotated[str, StringConstraints(max_length=5000)] | None = None
    venue: Annotated[str, StringConstraints(max_length=1000)] | None = None


class PapersIn(_Ours):
    """Papers to take in at once; `source` is what they are remembered to have come from."""

    papers: Annotated[list[PaperIn], Field(min_length=1, max_length=1000)]
    collection: Name | None = None
    source: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$")] = "api"


class MessageIn(_Theirs):
    """A message of OpenAI's chat completions."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None


class ChatIn(_Theirs, _Manner):
    """OpenAI's chat completions, and `references` and `filter` of ours."""

    model: Short
    messages: Annotated[list[MessageIn], Field(min_length=1, max_length=1000)]
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    references: Literal["inline", "none"] | None = None
    filter: FilterIn | None = None


class ResponseIn(_Theirs, _Manner):
    """OpenAI's responses, without what they would have to remember."""

    model: Short
    input: str | Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1000)]
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    references: Literal["inline", "none"] | None = None
    filter: FilterIn | None = None


class EmbeddingsIn(_Theirs):
    """OpenAI's embeddings, by the collection's embedder. `query`: the texts are queries, not documents."""

    model: Short
    input: Embedded | Annotated[list[Embedded], Field(min_length=1, max_length=256)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None
    query: bool = False
