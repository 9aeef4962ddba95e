"""The last question again: of another subject, in another form, or for its reason.

"What about TeaR?", "the same for TeaR"    the last question with TeaR in its subject's place
"why?"                                     the last question, and why
"shorter please"                           the last question, with a wish for the one who answers
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from chatbot.following.past import Past, joined
from chatbot.planning import Subject
from chatbot.routing import route
from chatbot.topics import reading
from chatbot.verifying.names import key, names

_SAME = re.compile(
    r"^(?:(?P<and>(?:and|but|or|so|ok|okay|now|then)\b)[\s,]*)*"
    r"(?P<lead>(?:what|how) about|(?:and )?(?:do |answer )?(?:the )?same(?: question| thing)?(?: again)?"
    r"(?: for| about| of| with| on)?|for|in|with|of|by)?\s*"
    r"(?P<what>.+?)(?:[\s,]+(?:instead|too|as well|then|please))*\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"^(?:(?:and|but|so)\b[\s,]*)*(?P<why>why|how|when|where|why not|since when)(?: so| exactly)?"
    r"(?: (?:is|was) (?:that|this|it)(?: so)?)?\s*[?.!]*$",
    re.IGNORECASE,
)
_FORM = (
    r"(?:(?:a )?(?:bit |little |much |even )?(?:shorter|longer|simpler|briefer|more briefly|more simply"
    r"|more precisely|more detailed|more exactly|less technical(?:ly)?)"
    r"|in (?:more|less|greater) details?|(?:with )?more details?"
    r"|in (?:one|two|three|a few|fewer|simple|simpler|plain|other|your own) (?:sentences?|words?|terms)"
    r"|in short"
    r"|in brief|briefly|as (?:a |an )?(?:short )?(?:list|table|bullets?|bullet points?|summary)"
    r"|in (?:english|german|french|spanish|italian|portuguese|dutch|chinese|japanese|korean|russian|arabic)"
    r"|again"
    r"|for (?:a )?(?:beginners?|laymen|children|experts?|students?)|simply)"
)
_WISH = re.compile(
    r"^(?:(?:please|and|but|now|ok|okay|can you|could you|would you|make|say|put|explain|tell me|give me"
    r"|write|answer|repeat|rephrase|summari[sz]e|translate|it|that|this|the answer|them|once|be"
    r"|is that|are you)\b[\s,]*)*"
    rf"(?:{_FORM}(?:[\s,]+(?:and )?)?)*(?:please|sure|true|right|correct)?\s*[?.!]*$",
    re.IGNORECASE,
)
_WISHES = re.compile(
    rf"\b(?:{_FORM}|repeat|rephrase|summari[sz]e|explain|say (?:it|that)|are you sure"
    r"|is that (?:true|right|correct))\b",
    re.IGNORECASE,
)
# "And in Chinese?" asks whether something is so there.
_IN_A_LANGUAGE = re.compile(r"^\s*(?:and|but) in [a-z]+\s*\?\s*$", re.IGNORECASE)
_MORE = re.compile(
    r"^(?:(?:and|please|ok|can you|could you)\b[\s,]*)*"
    r"(?:(?:tell|show|give) me (?:some )?more|more(?: please)?|what else"
    r"(?: (?:is|can be|do you know) .{0,20})?|anything else|go on|continue|elaborate)"
    r"(?: (?:about|on) (?:it|that|this|them|these|those))?(?: please)?\s*[?.!]*$",
    re.IGNORECASE,
)
_LONGEST = 8
_COMPARES = re.compile(
    r"\b(?:compar\w+|contrast\w*|differ\w*|vs|versus|in common|similar\w*|than|between|unlike)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:,|and|or|&|,\s*(?:and|or))\s*", re.IGNORECASE)


def wish(text: str) -> bool:
    """Whether the text only asks for the last answer in another form, or once more."""
    return bool(_WISHES.search(text) and _WISH.match(text) and not _IN_A_LANGUAGE.match(text))


def reason(text: str, past: Past) -> str | None:
    """The last question with what "why?" asks about it."""
    match = _REASON.match(text)
    if match is None or not past.asked:
        return None
    asked = past.asked.rstrip(" ?.!")
    word = match["why"].lower()
    return None if asked.lower().startswith(f"{word} ") else f"{asked}, and {word}?"


def more(text: str, past: Past) -> str | None:
    """What "tell me more" asks."""
    if not _MORE.match(text) or not (about := past.subjects()):
        return None
    return f"What else is said about {joined(about)}?"


def same(text: str, addressed: Sequence[str], past: Past) -> str | None:
    """The last question, asked about another subject; `addressed` are names that stand for addresses.

    None where the text is more than a subject.
    """
    match = _SAME.match(text)
    if match is None or not past.asked:
        return None
    what = match["what"].strip()
    if not _thing(what, addressed, past):
        return None
    if not match["and"] and not match["lead"] and (addressed or not text.rstrip().endswith("?")):
        return f"What is {what}?" if addressed else None  # nothing is asked of it
    return _of(what, past)


def _thing(what: str, addressed: Sequence[str], past: Past) -> bool:
    """Whether these words are names of things and nothing else."""
    left = what
    for name in sorted(addressed, key=len, reverse=True):
        left = left.replace(name, " ")
    left = re.sub(r"\b(?:and|or|the|paper)\b|[,&]", " ", left)
    if not left.strip():
        return True
    if len(left.split()) > _LONGEST or "?" in left:
        return False
    if past.paper(what) is not None:
        return True
    head = left.split()[0]
    at = left.find(head)
    if head.istitle() and not any(each.own and each.start == at for each in past.named(left)):
        return False  # "Compare": a capital at the head shows nothing
    known = {key(each) for name in names(f"about {left}") for each in (name, *name.split())}
    return all(key(word) in known for word in left.split())


def _list(asked: str, named: Sequence[Subject]) -> bool:
    """Whether nothing but "and" and commas stands between what is named."""
    return all(_BETWEEN.fullmatch(asked[one.end : other.start]) for one, other in pairwise(named))


def _of(what: str, past: Past) -> str:
    """The last question with its subject replaced; a topic's as asked of this one paper."""
    asked = past.asked
    named = past.named(asked)
    own = [each for each in named if each.own] or list(named)
    if route(asked) is not None:
        return f"What is {what}?"
    if (over := reading.read(asked)) is not None:
        return over.topic.question.replace("the paper", what, 1)
    if len({each.papers for each in own}) == 1:
        for each in reversed(own):
            asked = f"{asked[: each.start]}{what}{asked[each.end :]}"
        return asked
    if own and not _COMPARES.search(asked) and _list(asked, own):
        return f"{asked[: own[0].start]}{what}{asked[own[-1].end :]}"
    if len(own) > 1 and any(past.paper(what) == past.paper(each.text) is not None for each in own):
        return f"What is {what}?"  # one of those that were held against each other
    about = past.subjects()
    if len(about) == 1 and asked.count(about[0]) == 1:
        return asked.replace(about[0], what)
    if not own and not about:
        return f"{asked.rstrip(' ?.!')}: {what}?"
    if not own:
        return f"What is {what}?"
    return f"{asked.rstrip(' ?.!')}, and {what}?"
