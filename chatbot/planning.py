"""A question about several things, parted into one search each, by rules.

    plan = by_rules("How do WebSailor and DeepMiner differ in how they make training data?", named)
    plan.parts[0].query      "WebSailor make training data"

Parted are comparisons and lists of things that papers of the collection are about, and questions joined to
one. A name that no single paper is about stays where it is: in what all parts ask. Every query is made of
the question's own words. The rules know English; other questions pass as they are. Nothing is searched here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatbot.values import Claim, PlannedBy, SearchPart, SearchPlan, Verdict
from chatbot.verifying.names import key, names
from store.collection import Collection
from store.keywords import STOP_WORDS, words
from store.records import Filter, Paper

MOST_PARTS = 4
# Labels are looked up for this many words in a row ("Qwen3 Embedding"), around so many names of a question.
_LONGEST_NAME = 4
_MOST_NAMES = 12
_TOKEN = re.compile(r"[^\W_](?:[\w.@+'’-]*[^\W_])?\+*")
_GENITIVE = re.compile(r"['’]s?$")
_ARXIV = re.compile(r"\d{4}\.\d{4,5}(?:v\d+)?$")
_BETWEEN = re.compile(
    r"(?:(?:,\s*)?(?:and|or|&|vs\.?|versus)?|[,/+;])\s*(?:(?:from|with|to|than|the|that of|those of)\s+)*",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:compar(?:e[ds]?|ing|isons?|able)|contrast(?:s|ed|ing)?|differ(?:s|ed|ing|ent|ently|ences?)?|vs\.?|versus"
    r"|both|in common|similar(?:ly|ity|ities)?|alike|between|unlike|whereas|respectively|distinguish(?:es)?"
    r"|each of|either of|neither|which of|(?:more|less|fewer|better|worse|\w{3,}er) than|than)(?!\w)",
    re.IGNORECASE,
)
# What asks for a comparison and stands in no sentence of a paper.
_CUES = frozenset(
    """
    alike common compare compared compares comparing comparison comparisons contrast contrasted
    contrasting contrasts differ difference differences different differently differing differs
    distinguish distinguishes either neither respectively similar similarities similarity similarly unlike
    versus vs whereas
    """.split()  # noqa: SIM905
)
_ASKS = r"what|how|which|why|who|when|where|whose|whom"
_CLAUSE = re.compile(
    rf"(?<=[?;])\s+|,?\s+(?:and|but)\s+(?=(?:(?:in|on|by|for|with|of|to|from) )?(?:{_ASKS})\b)", re.IGNORECASE
)
_POINTS_BACK = re.compile(r"\b(?:it|its|they|them|their|this|that one|these|those)\b", re.IGNORECASE)
_PARTED = re.compile(
    r"\bdiffer(?:s|ences?)?\b|^compare\b|\bcompare (?:to|with)\b|\bcomparisons? (?:of|between)\b"
    r"|\bversus\b|\bvs\b|\bin common\b|\bboth .+ and\b|\bbetween .+ and\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a name means: the ids of its papers; `own` if they bear it, not only use it. None if unknown."""

    papers: tuple[str, ...] = ()
    own: bool = False


Named = Callable[[str], Known]


@dataclass(frozen=True, slots=True)
class Subject:
    """Words of the question at [start, end) that name what papers are about; `own` as in `Known`."""

    start: int
    end: int
    text: str
    papers: tuple[str, ...]
    own: bool


def named_in(collection: Collection) -> Named:
    """What the collection's papers are about: their labels and titles, else a name that one of them alone
    uses. No search, no embedder."""

    def named(name: str) -> Known:
        words = name.split()
        if len(words) > 1 and (_ARXIV.match(words[0]) or words[-1].lower() in STOP_WORDS):
            return Known()
        if (paper := collection.paper(name)) is not None:
            return Known((paper.id,), own=True)
        filters = {True: Filter(titles=(name,)), False: Filter(phrases=(name,))}
        for own, filter in filters.items() if names(f"about {name}") else ():
            if (own or len(words) == 1) and (count := collection.count(filter)):
                return Known(tuple(each.id for each in collection.papers(filter)) if count == 1 else (), own)
        return Known()

    return named


def by_rules(question: str, named: Named) -> SearchPlan | None:
    """The plan of a question that names two papers or more and holds them together; None for others."""
    if len(question) > 600 or not _several(question):
        return None
    found = subjects(question, named)
    if len({each.papers for each in found}) < 2:
        return None
    parts = _clauses(question, found) or _compared(question, found)
    if len(parts) < 2:
        return None
    beyond = tuple(part.subject for part in parts[MOST_PARTS:])
    return SearchPlan(tuple(parts[:MOST_PARTS]), PlannedBy.RULES, beyond)


def looks_parted(question: str, named: Named) -> bool:
    """Whether a model may find parts where the rules see none: the question compares, or asks twice, and
    nothing that it names is a paper's."""
    asked = [clause for clause in _CLAUSE.split(question) if len(words(clause)) > 1]
    twice = len(asked) > 1 and not any(map(_POINTS_BACK.search, asked[1:]))
    if len(question) > 600 or not (twice or _PARTED.search(question)):
        return False
    return not subjects(question, named)


def subjects(question: str, named: Named) -> list[Subject]:
    """What the question names and papers are about, in its order; the longest name wins."""
    tokens = list(_TOKEN.finditer(question))
    called = {key(name) for name in names(question)}
    found: list[Subject] = []
    looked = at = 0
    while at < len(tokens) and looked < _MOST_NAMES:
        size = 1
        if _may_name(question, tokens[at], called):
            looked += 1
            for size in range(min(_LONGEST_NAME, len(tokens) - at), 0, -1):
                start, end = tokens[at].start(), tokens[at + size - 1].end()
                text = _GENITIVE.sub("", question[start:end])
                apart = re.search(r"[^\w\s.@+'’-]|\s{2,}", text)
                if not apart and (known := named(text)).papers:
                    found.append(Subject(start, end, text, known.papers, known.own))
                    break
        at += size
    return [each for place, each in enumerate(found) if each.own or _meant(question, found, place)]


def _meant(question: str, found: Sequence[Subject], place: int) -> bool:
    """Whether a name that one paper only uses is what is asked about: it stands in a list with others, or
    there are no two papers that are. "How do A and B score on C?" is not about C."""
    mine = found[place].papers
    own = {each.papers for each in found if each.own}
    beside = [each for each in found[max(place - 1, 0) : place + 2] if each.papers != mine]
    if any(_listed(question, *sorted((found[place], each), key=lambda each: each.start)) for each in beside):
        return True
    return len(own) < 2 and mine not in own


def _listed(question: str, one: Subject, other: Subject) -> bool:
    return bool(_BETWEEN.fullmatch(question[one.end : other.start].strip() + " "))


def told(plan: SearchPlan) -> str:
    """The plan in a line for people."""
    said = []
    if plan.translated_from:
        said.append(f"Translated from {plan.translated_from}: {plan.translation}")
    if plan.parts:
        who = ", parted by the model" if plan.made_by is PlannedBy.MODEL else ""
        said.append(f"Searched for{who}: {'; '.join(part.query for part in plan.parts)}.")
    if plan.beyond:
        said.append(f"Not searched for on their own: {', '.join(plan.beyond)}.")
    return " ".join(said)


def lacking(plan: SearchPlan | None, claims: Iterable[Claim], papers: dict[str, Paper]) -> list[str]:
    """For each part, in a sentence, that nothing was found for it or that no proven sentence is about it."""
    said = []
    proven = [claim for claim in claims if claim.verdict in (Verdict.SUPPORTED, Verdict.PARTIAL)]
    for part in plan.parts if plan else ():
        if part.found is False:
            said.append(f"Nothing was found about {part.subject}.")
        elif part.papers and proven and not any(_about(part, claim, papers) for claim in proven):
            said.append(f"No proven sentence of the answer is about {part.subject}.")
    return said


def _about(part: SearchPart, claim: Claim, papers: dict[str, Paper]) -> bool:
    cited = {evidence.paper for evidence in claim.evidence}
    if cited & set(part.papers):
        return True
    wanted = {key(name) for name in names(f"about {part.subject}")}
    said = names(f"about {claim.text}") if cited & papers.keys() else ()
    return bool(wanted & {key(name) for name in said})


def _several(question: str) -> bool:
    """Whether it can be about several things: cheap, for every question comes by here."""
    return bool(_COMPARES.search(question) or re.search(r"\band\b|\bor\b|&|/|,|;", question, re.IGNORECASE))


def _may_name(question: str, token: re.Match[str], called: set[str]) -> bool:
    word = _GENITIVE.sub("", token.group())
    if _ARXIV.match(word) or key(word) in called:
        return True
    # At a sentence's head a capital shows nothing; whether it is a paper's name is then looked up.
    return word[0].isupper() and word.lower() not in STOP_WORDS and word.lower() not in _CUES


def _compared(question: str, found: Sequence[Subject]) -> list[SearchPart]:
    """A part for each thing compared, or listed, with what is asked of all of them."""
    listed = any(
        one.papers != other.papers and _listed(question, one, other) for one, other in pairwise(found)
    )
    if not listed and not _COMPARES.search(question):
        return []
    aspect = _aspect(question, found)
    parts = []
    for papers in dict.fromkeys(each.papers for each in found):
        subject = " ".join(dict.fromkeys(each.text for each in found if each.papers == papers))
        parts.append(SearchPart(subject, f"{subject} {aspect}".strip(), papers))
    return parts


def _aspect(question: str, found: Sequence[Subject]) -> str:
    """What is asked of all: the question's words without the things themselves and what only compares; from
    the phrase on in which the first word stands that carries meaning."""
    kept: list[str] = []
    phrase = content = 0
    for token in _TOKEN.finditer(question):
        word = token.group()
        if word.lower() in _CUES or any(each.start <= token.start() < each.end for each in found):
            phrase = phrase if content else len(kept)
            continue
        if word.lower() not in STOP_WORDS:
            content = len(kept) + 1
        elif not kept and not phrase and token.start() < found[0].start:
            continue  # "How do …": what asks is no part of it
        kept.append(word)
    return " ".join(kept[phrase:content])


def _clauses(question: str, found: Sequence[Subject]) -> list[SearchPart]:
    """A part for each of several questions in one, if each names things of its own; else none."""
    parts, start = [], 0
    taken: set[tuple[str, ...]] = set()
    for end in [*(match.end() for match in _CLAUSE.finditer(question)), len(question)]:
        clause = question[start:end]
        inside = [each for each in found if start <= each.start < end]
        start, own = end, {each.papers for each in inside}
        if len(own) != 1 or own & taken:
            return []
        taken |= own
        query = re.sub(r"[\s,;?!.]+(?:(?:and|but)\s*)?$", "", clause, flags=re.IGNORECASE).strip()
        parts.append(SearchPart(" ".join(dict.fromkeys(each.text for each in inside)), query, own.pop()))
    return parts
