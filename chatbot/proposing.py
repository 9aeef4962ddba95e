"""A plan for the whole collection by the model, where the grammars of `routing` and `topics` read none.

It is asked only where the question plainly counts or lists papers, once, for a plan in a schema. What it
fills in is believed nowhere: every name and word of the filter has to stand in the question as it is written,
dates have to be those that the question says, and every word of the question has to be accounted for by the
plan. A plan that adds, changes or forgets anything is dropped, and the question is an ordinary one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import prompts
from chatbot.constrained import answered
from chatbot.evidence import as_data
from chatbot.model import ChatModel, Message
from chatbot.phrasing import after, before, day, number, rule, spaced
from store.filters import FACTS
from store.keywords import STOP_WORDS, content_stems
from store.plans import By, Do, Plan
from store.records import Filter

_NONE = "none"
_TOKENS = 256
_WORDS = ("author", "category", "venue", "title", "mentions")
_TEXT: Mapping[str, object] = {"type": "string"}


def _one_of(*values: str) -> Mapping[str, object]:
    return {"type": "string", "enum": [*values, _NONE]}


SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "do": _one_of(*Do),
        "by": _one_of(*By),
        "top": {"type": "integer", "minimum": 0, "maximum": 1000},
        **dict.fromkeys(("since", "until", *_WORDS), _TEXT),
        "has": _one_of(*FACTS),
        "lacks": _one_of(*FACTS),
    },
    "required": ["do", "by", "top", "since", "until", *_WORDS, "has", "lacks"],
    "additionalProperties": False,
}
# "How many papers", "the number of all abstracts", "list … publications", "which year saw most papers".
_PAPERS = r"(?:papers|abstracts|publications|articles)"
_KIND = r"(?:year|month|authors?|category|categories|venues?|conference)"
_SIGNS = re.compile(
    rf"\b(?:how many|number of|count of|tally of|count|list|enumerate)\b(?: \S+){{0,3}} {_PAPERS}\b"
    rf"|\b(?:which|what) {_KIND}\b.*\b{_PAPERS}\b|\b(?:most|fewest) (?:\S+ ){{0,2}}{_PAPERS}\b"
    r"|\b(?:newest|latest|most recent|oldest|earliest) (?:\S+ ){0,2}"
    r"(?:papers?|abstracts?|publications?|articles?)\b",
    re.IGNORECASE,
)
_BACK = re.compile(r"\b(?:it|them|they|these|those|this|that one|he|she)\b", re.IGNORECASE)
_DENIES = re.compile(r"\b(?:no|not|never|without|lack|lacks|lacking|none|\w+n['’]t)\b", re.IGNORECASE)
# Words by which papers are asked for, whatever the plan.
_ASKING = content_stems(
    "paper papers abstract abstracts publication publications article articles collection corpus "
    "library file database number count counts counted tally total overall list enumerate show give "
    "tell name find many want need like please published publish written write wrote authored "
    "created released submitted posted appeared appear come came available exist existing contained "
    "included stored hold held there per each every say know"
)
_MOST = "most greatest largest biggest highest maximum top prolific productive frequent often"
_KINDS = {
    By.YEAR: "year years yearly annual annually",
    By.MONTH: "month months monthly",
    By.AUTHOR: "author authors who people person researcher researchers",
    By.CATEGORY: "category categories arxiv subject",
    By.VENUE: "venue venues conference conferences journal journals",
}
_FACTS = {
    "code": "code source open github gitlab link links linked repository repositories repo public",
    "github": "code source github link links repository repositories repo",
    "date": "date dates dated undated",
    "title": "title titles titled",
    "authors": "author authors",
    "categories": "category categories",
    "venue": "venue venues",
    "comment": "comment comments",
    "doi": "doi dois",
    "arxiv": "arxiv id ids",
}
# Without one of these the question does not ask for it.
_TELLS = _FACTS | {
    "code": "code github gitlab repository repositories repo",
    "github": "github",
    "arxiv": "arxiv",
}
_TIMES: tuple[tuple[re.Pattern[str], Callable[[str], tuple[str | None, str | None]]], ...] = (
    (rule("since <date>"), lambda text: (day(text), None)),
    (rule("from <date> (on|onward|onwards)"), lambda text: (day(text), None)),
    (rule("(after|later than|newer than) <date>"), lambda text: (after(text), None)),
    (rule("(until|till|up to|through) <date>"), lambda text: (None, day(text))),
    (rule("(before|earlier than|older than) <date>"), lambda text: (None, before(text))),
    (rule("<date>"), lambda text: (day(text), day(text))),
)
_BETWEEN = rule("(between|from) <date> (and|to|until|till|through) <last>")
_TIME_WORDS = content_stems(
    "since after later newer until till before earlier older through onward onwards between during"
)


def may_be(question: str) -> bool:
    """Whether a question plainly counts or lists papers, so that a model is worth asking for a plan."""
    return bool(_SIGNS.search(question)) and not _BACK.search(question)


def proposed(question: str, model: ChatModel, max_tokens: int) -> Plan | None:
    """The model's plan, if it holds against the question.

    Raises ModelError where the model does not answer.
    """
    messages = [
        Message("system", prompts.load("propose").render()),
        Message("user", prompts.load("about_question").render(question=as_data(question))),
    ]
    found = answered(model, messages, SCHEMA, max(_TOKENS, max_tokens))
    return None if found is None else checked(question, found)


def checked(question: str, found: Mapping[str, object]) -> Plan | None:
    """The plan of these fields, if all of it is the question's and nothing of the question is left out."""
    said = {name: value.strip() for name, value in found.items() if isinstance(value, str)}
    if said.get("do") not in list(Do):
        return None
    by = said.get("by", _NONE)
    if by != _NONE and (by not in list(By) or said["do"] != Do.COUNT):
        return None
    facts = {name: () if said.get(name, _NONE) in ("", _NONE) else (said[name],) for name in ("has", "lacks")}
    if any(fact not in FACTS for each in facts.values() for fact in each):
        return None
    if bool(facts["lacks"]) != bool(_DENIES.search(question)):
        return None
    if not _said(_KINDS[By(by)] if by != _NONE else "", question):
        return None
    if not all(_said(_TELLS.get(fact, fact), question) for each in facts.values() for fact in each):
        return None
    since, until = said.get("since") or None, said.get("until") or None
    words = {name: said.get(name, "") for name in _WORDS}
    if (since, until) != _times(question) or not all(_stands(each, question) for each in words.values()):
        return None
    most = found.get("top")
    most = most if isinstance(most, int) and not isinstance(most, bool) and most > 0 else None
    if most is not None and most not in _numbers(question):
        return None
    filter = Filter(
        since,
        until,
        authors=_tuple(words["author"]),
        categories=_tuple(words["category"]),
        venues=_tuple(words["venue"]),
        titles=_tuple(words["title"]),
        phrases=_tuple(words["mentions"]),
        has=facts["has"],
        lacks=facts["lacks"],
    )
    plan = Plan(Do(said["do"]), filter, By(by) if by != _NONE else None, most)
    return plan if not _left_out(question, plan) else None


def _times(question: str) -> tuple[str | None, str | None]:
    """The dates that the question says, as a filter has them; two None where it says none."""
    text = spaced(question)
    if match := _BETWEEN.search(text):
        return day(match["date"]), day(match["last"])
    for pattern, dated in _TIMES:
        if match := pattern.search(text):
            return dated(match["date"])
    return None, None


def _left_out(question: str, plan: Plan) -> frozenset[str]:
    """What of the question the plan does not account for, as stems."""
    filter = plan.filter
    named = (*filter.authors, *filter.categories, *filter.venues, *filter.titles, *filter.phrases)
    text = spaced(question)
    if filter.since or filter.until:
        text = _BETWEEN.sub(" ", text)
        text = rule("<date>").sub(" ", text, count=1)
    for each in named:
        text = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", " ", text, flags=re.IGNORECASE)
    known = set(_ASKING)
    for accounted in _accounted(plan):
        known |= content_stems(accounted)
    if filter.since or filter.until:
        known |= _TIME_WORDS
    extremes = {Do.NEWEST: ("newest", "latest", "recent"), Do.OLDEST: ("oldest", "earliest")}
    for do, spoken in extremes.items():
        if any(re.search(rf"\b{word}\b", text, re.IGNORECASE) for word in spoken) != (plan.do is do):
            return frozenset(spoken)
    # "who" and "most" carry no meaning for a search, but they do for a plan.
    if plan.by is None and re.search(r"\b(?:most|fewest|least) (?!recent)|\bwho\b", text, re.IGNORECASE):
        return frozenset({"most"})
    if re.search(
        r"\b(?:fewest|least|or|than|other|except|only|both|average|mean|median)\b", text, re.IGNORECASE
    ):
        return frozenset({"or"})
    return content_stems(_DENIES.sub(" ", text) if plan.filter.lacks else text) - known


def _accounted(plan: Plan) -> Iterator[str]:
    """Words that the plan's own fields account for."""
    filter = plan.filter
    if plan.by is not None:
        yield _KINDS[plan.by]
        yield _MOST
    if plan.most is not None:
        yield f"{plan.most} top first last one two three four five six seven eight nine ten"
    if plan.do in (Do.NEWEST, Do.OLDEST):
        yield "newest latest recent oldest earliest new old"
    for fact in (*filter.has, *filter.lacks):
        yield _FACTS.get(fact, fact)
        yield "provide share release include have"
    if filter.authors:
        yield "author authors by"
    if filter.categories:
        yield "category categories arxiv"
    if filter.venues:
        yield "accepted presented venue conference journal proceedings"
    if filter.titles:
        yield "title titles titled word words"
    if filter.phrases:
        yield "mention mentions mentioning contain contains containing word words term phrase"


def _stands(words: str, question: str) -> bool:
    """Whether the words stand in the question as they are; none do."""
    if not words:
        return True
    if not any(map(str.isalnum, words)) or words.lower() in STOP_WORDS:
        return False
    return bool(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", question, re.IGNORECASE))


def _said(any_of: str, question: str) -> bool:
    """Whether the question says one of the words; true if there are none."""
    said = {word.lower().strip(".,;:?!'\"") for word in question.split()}
    return not any_of or not said.isdisjoint(any_of.split())


def _numbers(question: str) -> set[int]:
    pattern = rule("<number>")
    return {value for match in pattern.finditer(spaced(question)) if (value := number(match["number"]))}


def _tuple(word: str) -> tuple[str, ...]:
    return (word,) if word else ()
