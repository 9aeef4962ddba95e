"""Evidence: which sentences a model is shown, in what order, under which keys, within which budget.

A key such as "2.4" means the fourth sentence of the second paper of this prompt. Keys exist for one
prompt only; what a claim keeps is the sentence's own address.

Text of papers is data: it stays on its own line, without control characters, and the marks by which chat
templates tell who speaks are broken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chatbot.tokens import Encoding
from chatbot.verifying.normal import normal
from chatbot.verifying.quantities import quantities
from store.collection import Collection
from store.records import Hit, Paper, Sentence

# A paper that retrieval likes lends its sentences a little of its score: chosen on the questions of
# bench/questions/dev.jsonl, where every fact asked for then stood among the first six sentences.
_PAPER_WEIGHT = 0.25
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

_ASKS_A_NUMBER = re.compile(
    r"\bhow (?:many|much|large|big|small|long|fast|often|high|low)\b|\b(?:what|which) (?:[\w-]+ )?"
    r"(?:score|accuracy|rate|percentage|number|factor|ratio|margin|gain|size)s?\b",
    re.IGNORECASE,
)
# "Qwen 2.5" and "Table 2" give no number.
_NAME_BEFORE = re.compile(r"[A-Z][\w.-]* $")
# The edges of <|im_start|>, </s>, <start_of_turn>, [INST]: a space behind them makes them plain text.
_SPEAKER = re.compile(r"<(?=[|/A-Za-z])|\|(?=>)|\[(?=/?INST\])")


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence in a prompt, the paper it is of, and the key it bears there."""

    key: str
    paper: Paper
    sentence: Sentence


@dataclass(frozen=True)
class Pack:
    """What a prompt shows. `text` is its evidence part; `left_out` counts sentences that did not fit."""

    shown: tuple[Shown, ...]
    text: str
    left_out: int = 0

    @cached_property
    def by_key(self) -> Mapping[str, Shown]:
        return {each.key: each for each in self.shown}

    def of_paper(self, key: str) -> tuple[Shown, ...]:
        """The shown sentences of the paper that the prompt calls `key` ("2")."""
        return tuple(each for each in self.shown if each.key.split(".")[0] == key)


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate sentence, and how it bears on the question: `lexical` in [0, 1], `vector` a cosine."""

    paper: Paper
    sentence: Sentence
    score: float
    lexical: float
    vector: float | None


def candidates(question: str, hits: Sequence[Hit], collection: Collection) -> list[Scored]:
    """All sentences of the papers found, those that bear most on the question first."""
    sentences = [(hit, sentence) for hit in hits for sentence in collection.sentences(hit.paper.id)]
    scores = collection.score_sentences(question, [sentence for _, sentence in sentences])
    found = [
        Scored(
            hit.paper,
            sentence,
            0.5 * score.lexical + 0.5 * (score.vector or 0.0) + _PAPER_WEIGHT * hit.score,
            score.lexical,
            score.vector,
        )
        for (hit, sentence), score in zip(sentences, scores, strict=True)
    ]
    found.sort(key=lambda each: (-each.score, each.paper.id, each.sentence.number))
    return found


def pack(
    ranked: Sequence[Scored],
    hits: Sequence[Hit],
    encoding: Encoding,
    budget: int,
    *,
    whole: bool = False,
    lead: bool = True,
    numbers: bool = False,
    groups: Sequence[Sequence[Scored]] = (),
) -> Pack:
    """As many sentences as fit into `budget` tokens: the best ones, or with `whole` abstract after abstract.

    With `lead`, a paper that is shown at all is shown with its first sentence, which says what it is about.
    With `numbers`, sentences without a number are passed over, if any has one: a small model that is asked
    "how many" and shown a well-sounding sentence without a number takes that.
    With `groups`, the sentences of a question's parts, each part gets its share of the budget, none of which
    goes to a lead.
    Papers stand in the order of `hits`, the best one last; sentences in their own.
    """
    chosen: dict[tuple[str, int], Scored] = {}
    headed: set[str] = set()
    spent = 0
    first = {each.paper.id: each for each in ranked if each.sentence.number == 1}
    rank = {hit.paper.id: place for place, hit in enumerate(hits)}
    parted = [_counting(group) if numbers else group for group in groups or [ranked]]
    order = _shared(parted, encoding) if len(parted) > 1 else parted[0]
    if whole:
        order = sorted(ranked, key=lambda each: (rank[each.paper.id], each.sentence.number))
    for each in order:
        opens = each.paper.id not in headed
        heading = encoding.count(_heading("00", each.paper)) if opens else 0
        together = [[first[each.paper.id], each], [each]] if lead and opens and not groups else [[each]]
        for wanted in together:
            new = {_place(one): one for one in wanted if _place(one) not in chosen}
            price = heading + sum(encoding.count(_line("00.00", one.sentence)) for one in new.values())
            if spent + price <= budget:
                chosen |= new
                headed.add(each.paper.id)
                spent += price
                break
        else:
            if whole:
                break
    found = {each.paper.id: each.paper for each in chosen.values()}
    # The best paper stands last, next to the question: a small model answers from what it read last.
    papers = sorted(found.values(), key=lambda paper: -rank[paper.id])
    shown: list[Shown] = []
    lines: list[str] = []
    for number, paper in enumerate(papers, start=1):
        lines.append(_heading(str(number), paper))
        for _, sentence in sorted((n, s.sentence) for (id, n), s in chosen.items() if id == paper.id):
            key = f"{number}.{sentence.number}"
            shown.append(Shown(key, paper, sentence))
            lines.append(_line(key, sentence))
    return Pack(tuple(shown), "\n".join(lines), len(ranked) - len(shown))


def asks_a_number(question: str) -> bool:
    """Whether the question is answered by a number."""
    return bool(_ASKS_A_NUMBER.search(question))


def as_data(text: str) -> str:
    """Text of a paper or a person as it may stand in a prompt: one line, no control characters, and none of
    the marks by which chat templates tell who speaks (`<|im_start|>`)."""
    return " ".join(_SPEAKER.sub(r"\g<0> ", _CONTROL.sub(" ", text)).split())


def _shared(groups: Sequence[Sequence[Scored]], encoding: Encoding) -> list[Scored]:
    """The sentences of all groups: the next is always that of the group which was given the fewest tokens."""
    left = [list(reversed(group)) for group in groups]
    given = [0] * len(left)
    order: dict[tuple[str, int], Scored] = {}
    while any(left):
        turn = min((place for place, group in enumerate(left) if group), key=lambda place: given[place])
        each = left[turn].pop()
        if _place(each) not in order:
            order[_place(each)] = each
            given[turn] += encoding.count(_line("00.00", each.sentence))
    return list(order.values())


def _counting(ranked: Sequence[Scored]) -> Sequence[Scored]:
    """Those sentences that give a number; all, if none does."""
    return [each for each in ranked if _gives_a_number(each.sentence.readable)] or ranked


def _gives_a_number(text: str) -> bool:
    before = normal(text)
    return any(not _NAME_BEFORE.search(before[: number.start]) for number in quantities(text))


def _place(each: Scored) -> tuple[str, int]:
    return each.paper.id, each.sentence.number


def _heading(number: str, paper: Paper) -> str:
    return f"Paper {number}: {as_data(paper.name)}"


def _line(key: str, sentence: Sentence) -> str:
    return f"{key} {as_data(sentence.readable)}"
