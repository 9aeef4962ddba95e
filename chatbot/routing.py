"""Is it a question to the whole collection, one to be counted rather than read for?

A small grammar: what is wanted ("How many papers …", "Which is the newest paper …"), then any number of
conditions ("of May 2025", "by Bowen Yu", "have code", "mention GRPO"), and nothing else. A question with one
word that the grammar doesn't know is not counted: "How many questions does PLawBench contain?" and "Which
papers train with reinforcement learning?" are for the passages. When unsure, it is a passage question.

Knows no collection and no model; what the plan gives is `store.census`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from chatbot.filtering import both
from chatbot.phrasing import after, before, day, number, rule, spaced
from store.errors import FilterError
from store.keywords import STOP_WORDS
from store.plans import By, Do, Plan
from store.records import Filter

_Match = re.Match[str]
# Authors, venues, … that are told where "the most" are asked for, and papers for "the newest papers".
_MOST = 10


def route(text: str) -> Plan | None:
    """The plan that a question asks for; None: it is one for the passages."""
    asked = spaced(text)
    if polite := _PLEASE.match(asked):
        asked = asked[polite.end() :]
    for head, make in _HEADS:
        if match := head.match(asked):
            for filter in _filters(asked, match.end(), set()):
                if not (filter.empty and _BARE.fullmatch(match.group())):
                    plan = make(match)
                    return Plan(plan.do, filter, plan.by, plan.most)
    return None


def conditions(text: str) -> Filter | None:
    """The filter of a `spaced` text that is conditions and nothing else; None if it is anything more."""
    return next((filter for filter in _filters(text, 0, set()) if not filter.empty), None)


def _filters(text: str, at: int, dead: set[int]) -> Iterator[Filter]:
    """Every way to read the rest of a question as conditions and nothing else. `dead` are places from which
    there is none."""
    if _TAIL.fullmatch(text, at):
        yield Filter()
    if at in dead or not (joint := _JOINT.match(text, at)):
        return
    found = False
    for condition, make in _CONDITIONS:
        match = condition.match(text, joint.end())
        if match and (own := make(match)) is not None:
            for rest in _filters(text, match.end(), dead):
                found = True
                try:
                    yield both(own, rest)
                except FilterError:
                    continue
    if not found:
        dead.add(at)


# What is wanted


def _by(match: _Match) -> Plan:
    return Plan(Do.COUNT, by=_kind(match["by"]))


def _by_most(match: _Match) -> Plan:
    asked = match.groupdict()
    by = _kind(asked.get("by") or "author")
    # Months and years are few: all are told, and the sentence says which has most.
    most = None if by in (By.YEAR, By.MONTH) else number(asked.get("number")) or _MOST
    return Plan(Do.COUNT, by=by, most=most)


def _kind(word: str) -> By:
    if word.lower().startswith("conference"):
        return By.VENUE
    return next(by for by in By if by.value[:5] == word.lower()[:5])


def _extreme(do: Do) -> Callable[[_Match], Plan]:
    def make(match: _Match) -> Plan:
        asked = match.groupdict()
        several = re.search(r"(?:papers|abstracts|publications|articles) ", match.group(), re.IGNORECASE)
        most = number(asked.get("number") or asked.get("again"))
        return Plan(do, most=most or (_MOST if several else None))

    return make


def _count(match: _Match) -> Plan:
    return Plan(Do.COUNT)


def _list(match: _Match) -> Plan:
    return Plan(Do.LIST)


_NEWEST = [
    (rule(f"{head} [written|published|created] [HERE]"), _extreme(do))
    for word, do in (("NEW", Do.NEWEST), ("OLD", Do.OLDEST))
    for head in (
        f"(which|what|when|what's) [is|are|was|were] [the|your|our] [<number>] {word} [<again>] PAPERS",
        f"[SHOW] [the] [<number>] {word} [<again>] PAPERS",
        f"which paper [HERE] is [the] {word}",
    )
]
# The first that matches, and behind which nothing but conditions stands, counts.
_HEADS: list[tuple[re.Pattern[str], Callable[[_Match], Plan]]] = [
    (rule("how many PAPERS [THERE] [(were|was) WRITTEN] PER <by>"), _by),
    (rule("[SHOW] [the|a] (number|count|counts|distribution|histogram) of PAPERS PER <by>"), _by),
    (rule("[SHOW|count] [all] [the] PAPERS PER <by>"), _by),
    (
        rule("who (wrote|published|authored|(has|have) [written|published|authored]) [the] most PAPERS"),
        _by_most,
    ),
    (
        rule("(which|what) <by> (has|have|had|saw|(has|have) [written|published]|wrote) [the] most PAPERS"),
        _by_most,
    ),
    (rule("in (which|what) <by> (were|are|was) [the] most PAPERS [WRITTEN]"), _by_most),
    (rule("[who (is|are)|SHOW] the [top] [<number>] most (prolific|productive|frequent) <by>"), _by_most),
    (rule("how many PAPERS [THERE] [are] [HERE]"), _count),
    (rule("[what is|what's] [the] [total] number of [all] [the] PAPERS [HERE]"), _count),
    (rule("count [all] [of] [the] PAPERS [HERE]"), _count),
    *_NEWEST,
    (rule("(which|what) PAPERS [THERE] [are] [HERE]"), _list),
    (rule("[SHOW] [all] [of] [the|your|our] PAPERS [HERE]"), _list),
]
_BARE = rule("[all|which|what] [the] PAPERS")
_PLEASE = re.compile(
    r"(?:(?:please|hi|hello) (?:, )?|(?:can|could|would) you (?:please )?(?=list|show|give|tell|count|name)"
    r"|(?:tell|show|give) me (?=how|which|what|who)"
    r"|i (?:want|would like) to (?:know|see) (?=how|which|what|who))+",
    re.IGNORECASE,
)
_TAIL = rule("[THERE|HERE|so far]")
# Between conditions: "that have code and were published in 2025".
_AND = rule("and|that|which|who|also|were|was|are|is|do|have been|has been|got|THERE|HERE")
_JOINT = re.compile(f"(?:, )?(?:{_AND.pattern})*", re.IGNORECASE)


# Conditions: each match is a filter, or None where it is none after all.


def _dated(since: str | None, until: str | None) -> Filter | None:
    """None where no date was understood."""
    return Filter(since=since, until=until) if since or until else None


def _within(match: _Match) -> Filter | None:
    return _dated(day(match["date"]), day(match["date"]))


def _between(match: _Match) -> Filter | None:
    first, last = day(match["date"]), day(match["last"])
    return _dated(first, last) if first and last else None


def _since(match: _Match) -> Filter | None:
    return _dated(day(match["date"]), None)


def _until(match: _Match) -> Filter | None:
    return _dated(None, day(match["date"]))


def _after(match: _Match) -> Filter | None:
    return _dated(after(match["date"]), None)


def _before(match: _Match) -> Filter | None:
    return _dated(None, before(match["date"]))


def _author(match: _Match) -> Filter | None:
    """A name in quotes, or of two words or more that begin with capitals: one may be a firm or a method."""
    if match["quoted"]:
        return Filter(authors=(match["quoted"],))
    words = match["name"].split()
    return Filter(authors=(" ".join(words),)) if all(map(_capital, words)) else None


def _capital(word: str) -> bool:
    return word[0].isupper() or word in (
        "van",
        "von",
        "de",
        "der",
        "den",
        "la",
        "da",
        "di",
        "bin",
        "al",
        "el",
    )


def _venue(match: _Match) -> Filter | None:
    """Words with capitals, and years behind them: "EMNLP 2025"."""
    if match["quoted"]:
        return Filter(venues=(match["quoted"],))
    words = match["name"].split()
    plain = (
        "of",
        "on",
        "the",
        "and",
        "for",
        "&",
        "conference",
        "workshop",
        "findings",
        "main",
        "track",
        "journal",
    )
    told = [word for word in words if word not in plain]
    if not told or not told[0][0].isupper() or not all(word[0].isupper() or word.isdigit() for word in told):
        return None
    return None if day(match["name"]) else Filter(venues=(" ".join(words),))


def _category(match: _Match) -> Filter | None:
    return Filter(categories=(match["name"],))


def _mentions(match: _Match) -> Filter | None:
    return Filter(phrases=words) if (words := _terms(match)) else None


def _silent(match: _Match) -> Filter | None:
    return Filter(exclude=words) if len(words := _terms(match)) == 1 else None


def _titled(match: _Match) -> Filter | None:
    return Filter(titles=words) if (words := _terms(match)) else None


def _terms(match: _Match) -> tuple[str, ...]:
    """The words that are to stand there: quoted, or up to three each that don't begin or end with a word of
    grammar. "LLMs" stands for LLM too."""
    if match["quoted"]:
        return (match["quoted"].replace(" ,", ","),)
    found = []
    for name in re.split(r" (?:, )?and | as well as | , ", match["name"].strip()):
        words = name.split()
        told = [word for word in words if word.lower() not in ("of", "in", "to", "for", "the", "on")]
        if not told or len(words) > 3 or (words[0], words[-1]) != (told[0], told[-1]):
            return ()
        if any(word.lower() in STOP_WORDS for word in told):
            return ()
        found.append(name[:-1] if re.fullmatch(r"[A-Z][A-Za-z0-9-]*[A-Z0-9]s", name) else name)
    return tuple(found)


def _has(fact: str) -> Callable[[_Match], Filter | None]:
    return lambda match: Filter(has=(fact,))


def _lacks(fact: str) -> Callable[[_Match], Filter | None]:
    return lambda match: Filter(lacks=(fact,))


_CODE = "[A] [public|open|source] (code [link|links|available]|source) | [A] LINK to [A] [source] code"
_GITHUB = "[A] [LINK to] [A] github [LINK] | [A] [source] code (on|at) github | [A] LINK (on|to) github"
_CONDITIONS: list[tuple[re.Pattern[str], Callable[[_Match], Filter | None]]] = [
    (rule("[WRITTEN] (between|from) <date> (and|to|until|till|through) <last>"), _between),
    (rule("[WRITTEN] since <date>"), _since),
    (rule("[WRITTEN] from <date> (on|onward|onwards)"), _since),
    (rule("[WRITTEN] (until|till|up to|through) <date>"), _until),
    (rule("[WRITTEN] (after|later than) <date>"), _after),
    (rule("[WRITTEN] (before|earlier than) <date>"), _before),
    (rule("[WRITTEN] [dated] (of|in|from|during|on) <date>"), _within),
    (rule("[written|authored|co-authored|published] by <person> <end>"), _author),
    (rule("(has|have|did) <person> (written|write|published|publish|authored|author|co-authored)"), _author),
    (
        rule(
            "(accepted|published|presented|appear|appeared) (at|to|by|in) [the] [findings of] <venue> <end>"
        ),
        _venue,
    ),
    (rule("(in|of|from) [the] [arxiv] [category] <category> [category]"), _category),
    (rule(f"LACK ({_GITHUB})"), _lacks("github")),
    (rule(f"LACK ({_CODE})"), _lacks("code")),
    (rule(f"(HAVE|link to|links to) ({_GITHUB})"), _has("github")),
    (rule(f"(HAVE|link to|links to) ({_CODE})"), _has("code")),
    (rule("undated|LACK [A] [known] (date|dates)"), _lacks("date")),
    (rule("LACK [A] [known] (title|titles)"), _lacks("title")),
    (rule("LACK [A] [known] (author|authors)"), _lacks("authors")),
    (rule("(have|has|with) [A] (date|dates)"), _has("date")),
    (rule("(have|has|with) [A] (doi|dois)"), _has("doi")),
    (rule("(have|has|having|with) <term> in [A] (title|titles)"), _titled),
    (rule("(do not|don't|does not|doesn't|not) MENTION <term> <end>"), _silent),
    (rule("MENTION [the WORD] <term> <end>"), _mentions),
    (rule("CONTAIN the WORD <term> <end>"), _mentions),
    (rule("(contain|contains|containing|say|says|saying) <quoted>"), _mentions),
]
