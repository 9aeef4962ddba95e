"""A conversation: making a follow-up stand alone, and citation numbers that papers keep.

The rules here need no model: a question that points back ("it", "their", "And …?") gets the last
subject written in, a bare `[2]` becomes the paper of that number. They know pronouns, no domain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from chatbot.values import Answer, Question, Turn
from chatbot.verifying.names import names
from store.records import Paper

_POSSESSIVE = re.compile(r"\b(its|their)\b(?! own\b)", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(it|they|them|this (?:paper|work|method|model|approach)|that (?:paper|work|method|model|approach)|"
    r"these (?:papers|models|methods)|the (?:paper|method|model|approach|authors))\b",
    re.IGNORECASE,
)
# "it is common that", "how long does it take": nothing is pointed back at.
_EXPLETIVE = re.compile(
    r"\b(?:is|was|does|would|will|can) it (?:take|possible|true|common|necessary)\b", re.I
)
_CONTINUES = re.compile(r"^\s*(?:and|but|so|also|what about|how about|or)\b[\s,]*", re.IGNORECASE)
_NUMBER = re.compile(r"\[(\d{1,3})\]")


def standalone(question: Question, papers: Mapping[int, Paper]) -> str:
    """The question as it can be asked on its own. `papers` are those cited so far, by their number."""
    text = _NUMBER.sub(lambda match: _name(papers, match), question.text).strip()
    if not question.history:
        return text
    subjects = (_subject(turn, question, papers) for turn in reversed(question.history))
    subject = next(filter(None, subjects), None)
    pointing = _PRONOUN.search(text) or _POSSESSIVE.search(text)
    if subject is None or (names(text) and not pointing):
        return text
    if pointing and not _EXPLETIVE.search(text):
        plain = _CONTINUES.sub("", text, count=1)
        plain = _POSSESSIVE.sub(f"{subject}'s", plain, count=1)
        plain = _PRONOUN.sub(subject, plain, count=1) if subject not in plain else plain
        return plain[:1].upper() + plain[1:]
    if _CONTINUES.match(text) or len(text.split()) <= 4:
        plain = _CONTINUES.sub("", text, count=1).rstrip(" ?.!")
        return f"{plain[:1].upper()}{plain[1:]} ({subject})?"
    return text


def remembered(question: Question, answer: Answer) -> Turn:
    """The turn that later questions see: its filters are none of their business."""
    cited = tuple(citation.paper.id for citation in answer.citations)
    return Turn(answer.question or question.text, answer.text, cited)


def _subject(turn: Turn, question: Question, papers: Mapping[int, Paper]) -> str | None:
    """What a turn was about: the name its question used, else the paper that it cited first."""
    if asked := names(turn.question):
        return asked[0]
    numbers = dict(question.numbers)
    for paper in turn.cited:
        if found := papers.get(numbers.get(paper, 0)):
            return found.name
    return None


def _name(papers: Mapping[int, Paper], match: re.Match[str]) -> str:
    paper = papers.get(int(match[1]))
    return paper.name if paper else match.group()
