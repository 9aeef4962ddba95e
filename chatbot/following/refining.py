"""The last question again, of fewer papers: "only 2025?", "and of these, which have code?", "newer ones?".

Which papers are meant is a `Filter`, so that it holds exactly and is said; what is a filter is for the
grammar of `routing`, which reads questions to the whole collection too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from chatbot.filtering import both
from chatbot.following.addresses import NotThere
from chatbot.following.past import Past, joined
from chatbot.phrasing import after, before, rule, spaced
from chatbot.routing import conditions, route
from chatbot.topics import reading
from chatbot.topics.verbs import BASES
from chatbot.values import Topic
from store.errors import FilterError
from store.plans import Do
from store.records import Filter

_LEAD = re.compile(
    r"^(?:(?:and|but|ok|okay|now|then|please|so|what about|how about|can you|could you|show me|give me"
    r"|again|or|rather|no|sorry|i mean)\b[\s,]*)+",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"^(?:only|just|(?:limit|restrict|narrow|filter)(?:ed)?(?: (?:it|this|that|them|these|those))?"
    r"(?: down)?(?: to| by| for)?)\b\s*",
    re.IGNORECASE,
)
_THOSE = re.compile(
    r"^(?:(?:the|those|these|ones|papers|results|that|which|from those)\b\s*)+", re.IGNORECASE
)
_TAIL = re.compile(r"(?:[\s,]+(?:only|please|then|though|instead|alone))+\s*$", re.IGNORECASE)
_OF_THESE = re.compile(
    r"^(?:(?:of|among|from|out of) (?:all )?(?:these|those|them)(?: papers)?\b[\s,]*)?"
    r"(?P<head>how many|which|what|list|count)\b(?: (?:ones|one|papers|paper))?"
    r"(?P<of>(?: (?:of|among|from) (?:all )?(?:these|those|them)(?: papers)?\b)|(?= ))[\s,]*(?P<rest>.+)$",
    re.IGNORECASE,
)
_AMONG = re.compile(r"^(?:of|among|from|out of) (?:all )?(?:these|those|them)\b", re.IGNORECASE)
_BACK = re.compile(r"\b(?:these|those|them)\b", re.IGNORECASE)
_NEWER = re.compile(
    r"^(?:(?:are|is) there |do you have |have you got |show me |list |find |which (?:are|ones are) |which )?"
    r"(?:any |some |anything |a |the |something )*(?P<when>newer|more recent|later|older|earlier)\b"
    r"(?: (?:ones?|papers?|works?|publications?|articles?|results?))?"
    r"(?: (?:on|about) (?:it|this|that|the same(?: topic| thing)?))?"
    r"(?: than (?:that|this|it|these|those|them)(?: ones?)?)?$",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^(?:(?:list|show|name|give)(?: me)? (?:all (?:of )?)?(?:them|these|those)(?: all| papers)?"
    r"|which (?:ones|papers|are (?:they|these|those))|who are they)$",
    re.IGNORECASE,
)
_DATED = rule("[WRITTEN] [dated] (since|until|before|after|of|in|from|during|on) <date>")


@dataclass(frozen=True, slots=True)
class Refined:
    """The question to ask, of the papers that pass `filter`."""

    text: str
    filter: Filter


def refined(text: str, past: Past) -> Refined | None:
    """What a refinement asks; None where the text is none. Raises NotThere."""
    last = past.last
    if last is None or not last.asked:
        return None
    plain = text.strip().rstrip(" ?.!")
    if (route(text) or reading.read(text)) and not _BACK.search(plain):
        return None  # it asks the whole collection by itself
    body = _TAIL.sub("", _LEAD.sub("", plain))
    if match := _NEWER.match(body):
        return _newer(match["when"].lower(), past)
    if _LIST.match(body) and (meant := _meant(past)) is not None:
        return Refined(f"Which papers {meant[0].text if meant[0] else 'are there'}?", meant[1])
    if (found := _of_these(plain, past)) is not None:
        return found
    rest = _THOSE.sub("", _ONLY.sub("", body))
    if not rest:
        return None
    narrower = next(
        (filter for said in (rest, f"in {rest}", f"by {rest}") if (filter := conditions(spaced(said)))), None
    )
    if narrower is None:
        return None
    return _narrowed(last.asked, last.filter, narrower)


def again(past: Past, filter: Filter) -> Refined | None:
    """The last question of the papers that pass this filter too."""
    last = past.last
    return None if last is None else _narrowed(last.asked, last.filter, filter)


def only(text: str) -> str | None:
    """What is left of "only …": "" if nothing; None where the text does not begin so."""
    body = _LEAD.sub("", text.strip().rstrip(" ?.!"))
    if not body:
        return ""
    match = _ONLY.match(body)
    return None if match is None else _TAIL.sub("", body[match.end() :])


def _narrowed(text: str, filter: Filter, narrower: Filter) -> Refined:
    """Filters add up; a time that can't be within the one before takes its place."""
    if narrower.since or narrower.until:
        if _apart(filter, narrower):
            filter = replace(filter, since=None, until=None)
        asked = spaced(text)
        for match in _DATED.finditer(asked):
            own = conditions(asked[match.start() : match.end()])
            if own is not None and _apart(own, narrower):
                text = f"{asked[: match.start()]}{_said(narrower)} {asked[match.end() :]}".strip()
                text = f"{text.replace(' ,', ',')}?"
                break
    try:
        return Refined(text, both(filter, narrower))
    except FilterError:
        return Refined(text, narrower)


def _said(filter: Filter) -> str:
    """The time of a filter, in words that `routing` reads."""
    if filter.since and filter.until:
        same = filter.since == filter.until
        return f"in {filter.since}" if same else f"between {filter.since} and {filter.until}"
    return f"since {filter.since}" if filter.since else f"until {filter.until}"


def _apart(first: Filter, second: Filter) -> bool:
    """Whether no day is within both."""
    since = max(
        (each.since + "-01-01"[len(each.since) - 4 :] for each in (first, second) if each.since), default=""
    )
    until = min(
        (each.until + "-12-31"[len(each.until) - 4 :] for each in (first, second) if each.until), default="9"
    )
    return since > until


# Of these


def _of_these(said: str, past: Past) -> Refined | None:
    text = _LEAD.sub("", said)
    match = _OF_THESE.match(text)
    if match is None:
        return None
    back = bool(_AMONG.match(text) or match["of"])
    leads = back or bool(_LEAD.match(said))
    rest = match["rest"].strip()
    counted = match["head"].lower() in ("how many", "count")
    head = "How many papers" if counted else "Which papers"
    asked = _read(head, rest, back=back, leads=leads)
    if asked is None and not back:
        return None
    base = _meant(past)
    if base is None:
        return None
    topic, filter = base
    if asked is None:
        return Refined(f"Which of the papers {rest}?", filter)
    if topic is not None and (plan := route(asked)) is not None:
        # Papers that were judged for a topic are judged for it again, of fewer.
        if plan.do not in (Do.COUNT, Do.LIST) or plan.by is not None:
            return None
        return Refined(f"{head} {topic.text}?", both(filter, plan.filter))
    return Refined(asked, filter)


def _read(head: str, rest: str, *, back: bool, leads: bool) -> str | None:
    """A question to the whole collection in which the rest stands, if it can stand in one. Without "these"
    it is one only where nothing else can be meant."""
    if not back:
        asked = f"{head} {rest}?"
        plan = route(asked)
        counts = plan is not None and (not plan.filter.empty or plan.do in (Do.NEWEST, Do.OLDEST))
        return asked if counts or (leads and reading.read(asked) is not None) else None
    verb, _, object = rest.partition(" ")
    plural = verb[:-1] if verb[:-1].lower() in BASES else verb[:-2] if verb[:-2].lower() in BASES else verb
    for asked in (f"{head} {rest}?", f"Which paper {rest}?", f"{head} {plural} {object}?"):
        if route(asked) is not None or reading.read(asked) is not None:
            return asked
    return None


def _meant(past: Past) -> tuple[Topic | None, Filter] | None:
    """The papers of the last answer: those that a count passed, else those that it cites."""
    last = past.last
    if last is None:
        return None
    if (over := reading.read(last.asked)) is not None:
        shown = past.of(last)
        if not shown:
            return over.topic, both(last.filter, over.filter)
    elif (plan := route(last.asked)) is not None and plan.do in (Do.COUNT, Do.LIST):
        return None, both(last.filter, plan.filter)
    shown = past.shown()
    return (None, Filter(ids=tuple(paper.id for _, paper in shown))) if shown else None


# Newer, older


def _newer(when: str, past: Past) -> Refined:
    newer = when in ("newer", "more recent", "later")
    shown = past.shown()
    dates = sorted(paper.created for _, paper in shown if paper.created)
    if not dates:
        names = joined([f"[{number}] {paper.name}" for number, paper in shown])
        raise NotThere(
            f"Of {names} no date is known, so that nothing can be told to be {when}."
            if shown
            else f"No answer so far cites a paper: nothing can be told to be {when}."
        )
    bound = after(dates[-1]) if newer else before(dates[0])
    filter = Filter(since=bound) if newer else Filter(until=bound)
    asked = past.asked
    if (over := reading.read(asked)) is not None:
        return Refined(f"Which papers {over.topic.text}?", filter)
    if (plan := route(asked)) is not None and plan.do in (Do.COUNT, Do.LIST):
        kept = replace(both(plan.filter, past.turns[-1].filter), since=None, until=None)
        return Refined("Which papers are there?", both(kept, filter))
    return Refined(f"What do others say about {joined(past.subjects())}?", filter)
