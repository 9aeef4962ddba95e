"""What travels through the chatbot: frozen values, equal when their content is equal.

A `Question` goes in. While it is answered, events come out: `Planned` where it is searched for in parts or
in another language than it was asked in, `Retrieved` (the papers found), `Packed` (the sentences shown),
`PremiseDoubted` where the question takes something for granted that a paper denies, `Thought`, `Delta`
and `ClaimMade` as the model speaks, `ClaimRevised` when a later, better check changes a verdict,
`Judged` while papers are looked at one by one for a topic, `Notice` for what a person should know, and last
`Finished` with the `Answer`.

Nothing here knows where the values come from or how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from store.plans import Census, Do
from store.records import Coverage, Filter, Hit, Paper


class Verdict(StrEnum):
    """What the evidence shows about one sentence of an answer; `unchecked` if nobody was to look."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"
    CONTRADICTED = "contradicted"
    UNCHECKED = "unchecked"


class Status(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    EXTRACT = "extract"
    CENSUS = "census"


class FoundBy(StrEnum):
    """How it was learnt what a sentence rests on."""

    SCHEMA = "schema"
    MARKER = "marker"
    ALIGNMENT = "alignment"
    EXTRACT = "extract"
    NONE = "none"


class JudgedBy(StrEnum):
    """Who gave a verdict: the rules, whose reasons can be read; or a model, asked for one token."""

    RULES = "rules"
    MODEL = "model"


class PlannedBy(StrEnum):
    """Who parted a question: the rules, by the papers that it names; or a model."""

    RULES = "rules"
    MODEL = "model"


class Style(StrEnum):
    """How an answer is written; each sentence of it is proven all the same."""

    SHORT = "short"
    DETAILED = "detailed"
    LIST = "list"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Manner:
    """How one question is to be answered; what is None is as the settings say.

    `audience` is who reads the answer, `language` as the setting `answer_language`, `thinking` "auto", "on"
    or "off", `thinking_budget` in tokens.
    """

    style: Style | None = None
    audience: str | None = None
    language: str | None = None
    thinking: str | None = None
    thinking_budget: int | None = None


class RewrittenBy(StrEnum):
    """Who made a follow-up stand on its own: the rules; or a model, believed because it kept to the
    conversation."""

    RULES = "rules"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation with its answer's text, as later questions see it.

    `cited` are the papers of its citations, in order of their numbers. `standalone` is the question as it was
    made to stand on its own, "" if it did; `filter` what the turn itself asked to be filtered, beside what
    holds for the whole conversation.
    """

    question: str
    answer: str
    cited: tuple[str, ...] = ()
    standalone: str = ""
    filter: Filter = Filter()

    @property
    def asked(self) -> str:
        """The question as it stands on its own."""
        return self.standalone or self.question


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, where in a conversation, and of which papers.

    `numbers` are the citation numbers given so far in the conversation (paper id -> number).
    """

    text: str
    history: tuple[Turn, ...] = ()
    filter: Filter = Filter()
    numbers: tuple[tuple[str, int], ...] = ()
    manner: Manner = Manner()


@dataclass(frozen=True, slots=True)
class SearchPart:
    """One search of a plan: `query`, made of the question's words, for what it asks about `subject`.

    `papers` are the ids of those that the subject names. `again`: the query found nothing that bears on it,
    and the subject was searched for alone. `found` is whether anything bears on it in the end, None before.
    """

    subject: str
    query: str
    papers: tuple[str, ...] = ()
    again: bool = False
    found: bool | None = None


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """How a question is searched for, where that is not just by its own words.

    `parts` are searched for beside the whole question; none: it is one search. `beyond` are subjects that
    are too many for a search of their own. `translated_from` is the language of a question that was
    translated, `original` its text as it was asked and `translation` its English.
    """

    parts: tuple[SearchPart, ...] = ()
    made_by: PlannedBy = PlannedBy.RULES
    beyond: tuple[str, ...] = ()
    translated_from: str | None = None
    original: str | None = None
    translation: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of an abstract that a claim rests on. `start`, `end` are characters of the abstract."""

    paper: str
    sentence: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer and its proof.

    `missing` names what the evidence lacks or contradicts, for people ('"12 %" not in evidence').
    `replaces` is the sentence that the model wrote first and, told what was missing, wrote again as this.
    `translation` is what the answer's text says in its place, in another language: the verdict is on `text`.
    """

    text: str
    verdict: Verdict
    found_by: FoundBy
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    judged_by: JudgedBy = JudgedBy.RULES
    replaces: str = ""
    translation: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A paper that claims rest on, under the number that it keeps for the whole conversation."""

    number: int
    paper: Paper


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A paper that came close, the sentence of it that came closest, and what of the question it lacks."""

    paper: Paper
    evidence: Evidence
    missing: tuple[str, ...] = ()


class Standing(StrEnum):
    """Whether a paper belongs to a topic: a sentence of it says so, or it may."""

    SURE = "sure"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Topic:
    """What papers are looked at for.

    `text` is what they do or are ("build a new dataset", "are about reward hacking"), `question` asks it of
    one paper, `words` are what is searched for. `verb` is the first word of `text` if it is what papers do.
    """

    text: str
    question: str
    words: str
    verb: str = ""


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """A question over a topic: COUNT or LIST those papers that pass `filter` and belong to `topic`."""

    do: Do
    topic: Topic
    filter: Filter = Filter()

    def __str__(self) -> str:
        conditions = f"{self.filter} and " if not self.filter.empty else ""
        return f'{self.do.value} where {conditions}judged to "{self.topic.text}"'


@dataclass(frozen=True, slots=True)
class TopicPaper:
    """A paper that belongs to a topic, or may, and the sentence of it that says so, or comes nearest.

    `odds` are the model's that its abstract says so (natural log-odds), None where it told none.
    """

    paper: Paper
    standing: Standing
    evidence: Evidence
    judged_by: JudgedBy = JudgedBy.RULES
    odds: float | None = None


@dataclass(frozen=True, slots=True)
class TopicCensus:
    """What a plan over a topic gave. Of `total` papers `passing` pass the filter, `looked` were looked at.

    `sure` and `uncertain` are newest first, undated last; every other paper looked at does not belong.
    `by_rules` is how many were judged by rules alone, because no model was asked or none answered.
    """

    plan: TopicPlan
    total: int
    passing: int
    looked: int
    sure: tuple[TopicPaper, ...] = ()
    uncertain: tuple[TopicPaper, ...] = ()
    by_rules: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them, or, of some replies, as we did (`counted_by` names the tokenizer).

    `thought_tokens` are those of `completion_tokens` that were thinking, 0 where the server does not tell.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    counted_by: str = "server"
    thought_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.counted_by if other.counted_by == "server" else other.counted_by,
            self.thought_tokens + other.thought_tokens,
        )


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds since the question was asked until each step was done, None where it did not happen.

    `rewritten` made a follow-up stand on its own, `planned` settled what to search for, `generated` is the
    end of the model's words; what `total` adds to it judged them.
    """

    retrieved: float | None = None
    requested: float | None = None
    first_token: float | None = None
    total: float | None = None
    rewritten: float | None = None
    planned: float | None = None
    generated: float | None = None


@dataclass(frozen=True, slots=True)
class Thoughts:
    """How long a model thought before it answered, in seconds and in tokens. What it thought is not kept."""

    seconds: float = 0.0
    tokens: int = 0


class Safety(StrEnum):
    """How safe a guard calls a text."""

    SAFE = "safe"
    CONTROVERSIAL = "controversial"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Moderated:
    """What a guard stopped: the "question" or the "answer", as what. No safety: it could not look, and
    nothing is answered that it has not looked at."""

    of: str
    safety: Safety | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole of an answer. `text` carries markers `[n]` after each proven sentence.

    `premise` is what the question takes for granted and a paper denies. `withdrawn` are sentences of the
    model that are no part of the answer, because they were not proven. `full_text` are the papers whose
    full text would be needed, or may help, where abstracts don't say it. `dropped` says, for people,
    everything else that was left out on the way: packed sentences that did not fit, markers that pointed
    nowhere, history that was cut, a stream that broke. `plan` is None where the question was searched for as
    it stands. `filter` is the one that was used, `census` what was
    counted where the status is CENSUS: then `text` is computed, not generated. `topic` stands in its place
    where papers were judged one by one for a topic. `census_by` is who made the plan of what was counted.
    `cut` is why the model did not come to its end: "length" (its tokens were used up), "broken"; else "".
    `style` is how it is written: a list or a table is Markdown. `thoughts` is None where nothing was thought.
    `moderated` is what a guard stopped: then `text` says so.
    `vectors` says how far the papers' vectors were, if they were needed and not complete.
    `rewritten_by` is who made `standalone_question` of a follow-up, None where the question stood alone.
    """

    question: str
    standalone_question: str
    status: Status
    text: str
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    premise: Claim | None = None
    withdrawn: tuple[Claim, ...] = ()
    full_text: tuple[Paper, ...] = ()
    dropped: tuple[str, ...] = ()
    usage: Usage = Usage()
    timings: Timings = Timings()
    model: str | None = None
    fingerprint: str = ""
    filter: Filter = Filter()
    census: Census | None = None
    plan: SearchPlan | None = None
    topic: TopicCensus | None = None
    census_by: PlannedBy = PlannedBy.RULES
    cut: str = ""
    style: Style = Style.SHORT
    thoughts: Thoughts | None = None
    moderated: Moderated | None = None
    vectors: Coverage | None = None
    rewritten_by: RewrittenBy | None = None

    def numbers(self, claim: Claim) -> tuple[int, ...]:
        """The citation numbers of the papers that one of its claims rests on, each once."""
        known = {citation.paper.id: citation.number for citation in self.citations}
        return tuple(dict.fromkeys(known[each.paper] for each in claim.evidence if each.paper in known))


@dataclass(frozen=True, slots=True)
class Planned:
    """How the question will be searched for, before it is."""

    plan: SearchPlan


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The papers that were found, best first, before a word is written."""

    question: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """The sentences that the model is shown, in the order of the prompt; `left_out` more were found."""

    shown: tuple[Evidence, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class PremiseDoubted:
    """The question takes for granted what a paper denies; the answer is what the paper says."""

    claim: Claim
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece of a reasoning model's thinking: shown folded, never cited or sent back."""

    text: str


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer's text, without markers, as it streams."""

    text: str


@dataclass(frozen=True, slots=True)
class ClaimMade:
    """A sentence ended and has its first verdict. `index` counts the answer's claims from 0.

    `numbers` are the citation numbers to show behind it.
    """

    index: int
    claim: Claim
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimRevised:
    """A closer check changed the verdict of the claim at `index`."""

    index: int
    claim: Claim
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """So many of the papers that are looked at for a topic are judged, `sure` of them belong."""

    done: int
    total: int
    sure: int


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence that a person should see, not part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every question."""

    answer: Answer


Event = (
    Planned
    | Retrieved
    | Packed
    | PremiseDoubted
    | Thought
    | Delta
    | ClaimMade
    | ClaimRevised
    | Judged
    | Notice
    | Finished
)
