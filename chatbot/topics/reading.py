"""Is it a question over a topic: which papers do something, or are about something?

Read are, in this order and with nothing between:

    1. a head that asks for a number or a list of papers, in the plural: "how many papers", "which papers",
       "list all papers", "papers"; one that asks for a single paper ("which paper") is for the passages
    2. conditions that `routing` counts exactly, or none: "of 2025", "by Bowen Yu"
    3. what papers do, in the present tense and with a verb of `verbs` ("build a new dataset", "using GRPO"),
       or what they are about ("about", "on", "dealing with", "are based on")
    4. conditions again, where they can't belong to 3: "since 2025", "and have code"

Left to the passages is whatever asks for more than a list ("and how?"), for a comparison that no single
abstract can tell ("the best"), for what papers don't do (their silence shows nothing), or about what was said
before ("it", "these"). When unsure it is none. Knows no collection and no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from chatbot.filtering import both
from chatbot.phrasing import rule, spaced
from chatbot.routing import conditions
from chatbot.topics.verbs import BASES, PARTICIPLES
from chatbot.values import Topic, TopicPlan
from store.errors import FilterError
from store.keywords import content_stems
from store.plans import Do
from store.records import Filter

LONGEST = 40
"""Words of a question over a topic at most: a longer one asks for more."""

_PLEASE = re.compile(
    r"(?:(?:please|hi|hello) (?:, )?"
    r"|(?:can|could|would) you (?:please )?(?=list|show|give|tell|count|name|send|find)"
    r"|(?:tell|show|give) me (?=how|which|what)|i (?:want|would like) to (?:know|see) (?=how|which|what))+",
    re.IGNORECASE,
)
_HEADS = (
    (rule("how many [of] [the|your|our] PAPERS [THERE] [HERE]"), Do.COUNT),
    (rule("[what is|what's] [the] number of [all] [the] PAPERS [HERE]"), Do.COUNT),
    (rule("count [all] [of] [the] PAPERS [HERE]"), Do.COUNT),
    (rule("(which|what) [of] [the|your|our] PAPERS [THERE] [HERE]"), Do.LIST),
    (rule("[SHOW|find|get|send] [me] [all] [of] [the|your|our] PAPERS [THERE] [HERE]"), Do.LIST),
)
_PLURAL = re.compile(r"\b(?:papers|abstracts|publications|articles) ", re.IGNORECASE)
_ABOUT = re.compile(
    r"(?:(?:that|which) )?(?:(?:are|is) )?(?:(?:mainly|mostly|primarily|only|all) )?"
    r"(?:about|on|regarding|concerning|(?:deal|dealing) with|concerned with|on the topic of) ",
    re.IGNORECASE,
)
_BASED = re.compile(r"(?:(?:that|which) )?(?:are )?based (?:up)?on ", re.IGNORECASE)
_DOES = re.compile(
    r"(?:(?:that|which|who|,) )?(?:(?:also|explicitly|specifically|actually|directly) )?(?P<verb>[a-z-]+) ",
    re.IGNORECASE,
)
# "papers use GRPO" is a statement; "papers that use GRPO" are asked for.
_TELLS_WHICH = re.compile(rf"(?:that|which) |[a-z-]+ing |{_ABOUT.pattern}|{_BASED.pattern}", re.IGNORECASE)
# What asks for more than a list, or of what was said before.
_MORE = re.compile(
    r"\b(?:and|or|,|but) (?:how|why|what|which|who|when|where|do|does|did|is|are|was|were) "
    r"|\b(?:best|worst|most|least|highest|lowest|largest|smallest|biggest|fastest|strongest|greatest|newest|latest|oldest|earliest)\b"
    r"|\b(?:it|them|they|this|these|those|him|her|he|she|you|i|we)\b",
    re.IGNORECASE,
)
# Conditions behind a topic that can't be part of it: "data from 2024" can.
_BEHIND = re.compile(
    r"(?:in|during|since|until|till|before|after|between) "
    r"|(?:, (?:and |that |which )*|and |that |which )+"
    r"(?:were |was |are |is |have |has |with |written |created |published |submitted |posted |accepted )",
    re.IGNORECASE,
)
# Behind what papers do it may be the thing that was published: "use data published in 2025".
_WRITTEN = re.compile(r"(?:written|created|published|submitted|posted) ", re.IGNORECASE)
_OF_A_THING = re.compile(
    r"\b(?:written|created|published|submitted|posted|dated|released|made|collected|built)$", re.IGNORECASE
)
_EDGES = " ,.;:?!"


def read(text: str) -> TopicPlan | None:
    """The plan that a question over a topic asks for; None: it is none, or it is not certain."""
    asked = spaced(text)
    if polite := _PLEASE.match(asked):
        asked = asked[polite.end() :]
    if len(asked.split()) > LONGEST:
        return None
    for head, do in _HEADS:
        match = head.match(asked)
        if match and _PLURAL.search(match.group()):
            # "papers that are there about": THERE may be greedy, but never takes a topic's word.
            for plan in _plans(do, asked[match.end() :], bare=_PLURAL.match(match.group()) is not None):
                return plan
    return None


def named(text: str) -> TopicPlan | None:
    """The plan for the topic that a text names ("reward hacking"), or asks for; None where no word counts."""
    if (plan := read(text)) is not None:
        return replace(plan, do=Do.LIST)
    name = " ".join(text.split()).strip(_EDGES)
    return TopicPlan(Do.LIST, _about(name)) if content_stems(name) else None


def _plans(do: Do, rest: str, *, bare: bool) -> Iterator[TopicPlan]:
    """Every reading of what follows a head, the one with the fewest words for conditions in front first."""
    for start in _starts(rest):
        before = conditions(rest[:start]) if start else Filter()
        if before is None:
            continue
        body = rest[start:]
        if _topic(body) is None or (bare and not _TELLS_WHICH.match(body)):
            continue
        plan = _longest_conditions(do, body)
        if plan is None:
            return
        try:
            yield replace(plan, filter=both(before, plan.filter))
        except FilterError:
            return


def _longest_conditions(do: Do, body: str) -> TopicPlan | None:
    """The plan with the most words taken for conditions behind its topic."""
    for end in _starts(body):
        if not end or (topic := _topic(body[:end])) is None:
            continue
        if _OF_A_THING.search(topic.text):
            continue
        if not (_BEHIND.match(body, end) or (not topic.verb and _WRITTEN.match(body, end))):
            continue
        if (behind := conditions(body[end:])) is not None:
            return TopicPlan(do, topic, behind)
    topic = _topic(body)
    return None if topic is None else TopicPlan(do, topic)


def _topic(body: str) -> Topic | None:
    if _MORE.search(body):
        return None
    if match := _ABOUT.match(body):
        words = body[match.end() :].strip(_EDGES)
        return _about(words) if content_stems(words) else None
    if match := _BASED.match(body):
        words = body[match.end() :].strip(_EDGES)
        return (
            Topic(f"are based on {words}", f"Is the paper based on {words}?", words)
            if content_stems(words)
            else None
        )
    match = _DOES.match(body)
    if match is None:
        return None
    said = match["verb"].lower()
    verb = said if said in BASES else PARTICIPLES.get(said)
    words = body[match.end() :].strip(_EDGES)
    if verb is None or not content_stems(words):
        return None
    text = f"{verb} {words}"
    return Topic(text, f"Does the paper {text}?", text, verb)


def _about(words: str) -> Topic:
    return Topic(f"are about {words}", f"Is the paper about {words}?", words)


def _starts(text: str) -> list[int]:
    """Where words begin, the first included."""
    return [0, *(match.end() for match in re.finditer(" ", text) if match.end() < len(text))]
