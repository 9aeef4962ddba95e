"""What a question points at by an address: [3], an arXiv id, "the second one", "the compression paper".

Addresses are looked up, never guessed: a description counts if one cited paper alone fits it, a place if
there is such a place; where there is none, `NotThere` says what there is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.following.past import MARKER, Past, called, joined, listed
from store.keywords import content_stems, stems
from store.records import Paper

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_PLACE = rf"{'|'.join(_ORDINALS)}|\d{{1,3}}(?:st|nd|rd|th)|last"
_NOUN = r"paper|one|article|abstract|study|result|source|reference|citation|title"
_IN_LIST = (
    r"(?:\s+(?:in|of|on|from) (?:the|this|that|your) (?:list|answer|papers)|\s+of (?:them|these|those)"
    r"|\s+you (?:listed|named|mentioned|cited))"
)
# "the first paper to do so" is no place in an answer.
_ENDS = r"(?!\s+(?:to|that|which|who|on|about|in|by|from|for|with|of|ever|published|written)\b)"
_ORDINAL = re.compile(
    rf"\bthe (?P<place>{_PLACE})(?:\s+(?:{_NOUN})(?:{_IN_LIST}|{_ENDS})|{_IN_LIST})"
    rf"|\bthe (?P<and>{_PLACE})(?=\s*(?:,|and|or|with|to|than)\s+(?:to\s+)?the (?:{_PLACE})\b)"
    rf"|\bthe (?P<end>{_PLACE})(?=['’]s\b|\s*[?.!]*\s*$)"
    r"|\bthe (?P<pair>former|latter)\b"
    rf"|\b(?:paper|source|citation|reference|number|no\.?)\s*#?(?P<number>\d{{1,3}})\b(?!\s*[%.,]?\d)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    rf"\bthe (?P<side>first|last) (?P<count>{'|'.join(_COUNTS)}|\d{{1,2}})"
    rf"(?:\s+(?:papers|ones|articles|abstracts|results)\b(?:{_IN_LIST}|{_ENDS})|(?=\s*[?.!]*\s*$))",
    re.IGNORECASE,
)
_OTHER = re.compile(r"\bthe other(?P<many>s| (?:ones|papers))?(?: one| paper)?\b(?!\s+\w+s\b)", re.IGNORECASE)
_ARXIV = re.compile(
    r"(?:\barXiv\s*:\s*|\bhttps?://arxiv\.org/(?:abs|pdf)/)?(?<![\w.])(?P<id>\d{4}\.\d{4,5})(?:v\d+)?(?![\w])",
    re.IGNORECASE,
)
_DESCRIBED = re.compile(
    r"\b(?:the|that|this) (?P<before>(?:[\w-]+ ){1,4}?)(?:paper|one|article|abstract|study)\b"
    r"(?!\s+(?:on|about)\b)"
    r"|\b(?:the|that) (?:paper|one|article|abstract|study) "
    r"(?:about|on|dealing with|that (?:deals with|is about)|concerned with) (?P<behind>(?:[\w-]+[ ]?){1,6})",
    re.IGNORECASE,
)
_NEEDS_A_VERB = re.compile(r"\b(?:do|does|did|can|could|will|would|should)\s+$", re.IGNORECASE)
_NO_DESCRIPTION = re.compile(rf"^(?:(?:{_PLACE}|other|same|whole|only|next|previous|new|old)\b\s*)+$", re.I)
# One paper fits a description far better than the next, or it is none.
_FAR = 2


class NotThere(Exception):
    """The question points at something that the conversation has not; the text says what it has."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """A question with names in the place of addresses. `bare`: it is nothing else than that."""

    text: str
    names: tuple[str, ...] = ()


def addressed(text: str, past: Past) -> Addressed:
    """The question with each address replaced by what it is the address of. Raises NotThere."""
    found: dict[str, None] = {}

    def taken(papers: Sequence[Paper]) -> str:
        told = [called(paper) for paper in papers]
        found.update(dict.fromkeys(told))
        return joined(told)

    def bracket(match: re.Match[str]) -> str:
        if not past.cited:
            return match.group()  # a number in a text, for all that is known
        paper = past.numbered(int(match[1]))
        if paper is None:
            raise NotThere(f"There is no [{match[1]}] in this conversation. {_said(past)}")
        return taken([paper])

    def arxiv(match: re.Match[str]) -> str:
        paper = past.paper(match["id"])
        return match.group() if paper is None else taken([paper])

    text = MARKER.sub(bracket, text)
    text = _ARXIV.sub(arxiv, text)
    if past.turns:
        text = _SEVERAL.sub(lambda match: taken(_first(match, past)), text)
        text = _ORDINAL.sub(lambda match: taken([_at(match, past)]), text)
        text = _OTHER.sub(lambda match: taken(others) if (others := _others(match, past)) else match[0], text)
        text = _described(text, past, taken)
    return Addressed(text, tuple(found))


def describes(text: str) -> bool:
    """Whether a paper is described: "the compression paper"."""
    match = _DESCRIBED.search(text)
    return match is not None and not _NO_DESCRIPTION.match(match["before"] or "x")


def _first(match: re.Match[str], past: Past) -> list[Paper]:
    count = match["count"].lower()
    wanted = _COUNTS.index(count) + 2 if count in _COUNTS else int(count)
    shown = _shown(past, match.group())
    if len(shown) < wanted:
        raise NotThere(f"{_last(past)} There are no {wanted}.")
    return [paper for _, paper in (shown[:wanted] if match["side"].lower() == "first" else shown[-wanted:])]


def _at(match: re.Match[str], past: Past) -> Paper:
    if match["number"]:
        paper = past.numbered(int(match["number"]))
        if paper is None:
            raise NotThere(f"There is no [{match['number']}] in this conversation. {_said(past)}")
        return paper
    shown = _shown(past, match.group())
    if match["pair"]:
        if len(shown) < 2:
            raise NotThere(f"{_last(past)} There is no {match['pair'].lower()}.")
        return shown[0 if match["pair"].lower() == "former" else 1][1]
    place = (match["place"] or match["and"] or match["end"]).lower()
    if place == "last":
        return shown[-1][1]
    at = _ORDINALS.index(place) if place in _ORDINALS else int(re.sub(r"\D", "", place)) - 1
    if not 0 <= at < len(shown):
        raise NotThere(f"{_last(past)} There is no {place}.")
    return shown[at][1]


def _others(match: re.Match[str], past: Past) -> list[Paper]:
    """Those that the last question was not about, where that is clear."""
    shown = past.shown()
    about = past.subjects()
    spoken = [paper for _, paper in shown if called(paper) in about or paper.label in about]
    left = [paper for _, paper in shown if paper not in spoken]
    if len(spoken) == len(shown) or (not match["many"] and len(left) != 1):
        # The one that was spoken of last, of two: the other is the one before.
        before = [paper for _, paper in past.cited if paper not in spoken]
        left = before if len(before) == 1 else []
    if not left and not match["many"]:
        raise NotThere(
            f"{_last(past)} Which other one is meant is not clear." if shown else _nothing(match[0])
        )
    return left


def _nothing(words: str) -> str:
    return f"No answer so far cites a paper: there is no “{words.strip()}”. Ask by a paper's name."


def _shown(past: Past, words: str) -> tuple[tuple[int, Paper], ...]:
    if not (shown := past.shown()):
        raise NotThere(_nothing(words))
    return shown


def _last(past: Past) -> str:
    shown = past.shown()
    papers = f"{len(shown)} papers" if len(shown) != 1 else "one paper"
    return f"The last answer with sources cites {papers}: {listed(shown)}."


def _said(past: Past) -> str:
    cited = past.cited
    return f"Cited so far: {listed(cited)}." if cited else "Nothing was cited so far."


# Descriptions


def _described(text: str, past: Past, taken) -> str:  # type: ignore[no-untyped-def]
    def replaced(match: re.Match[str]) -> str:
        if match["before"] is not None:
            paper = None if _NO_DESCRIPTION.match(match["before"]) else _fits(match["before"], past)
            return match.group() if paper is None else taken([paper])
        words = match["behind"].split()
        # "What does the paper about law measure?": the last word is the question's own.
        own = bool(_NEEDS_A_VERB.search(text[: match.start()]))
        for size in range(len(words) - own, 0, -1):
            paper = _fits(" ".join(words[:size]), past)
            if paper is not None:
                rest = " ".join(words[size:])
                space = " " if rest else ""
                tail = " " if match["behind"].endswith(" ") else ""
                return f"{taken([paper])}{space}{rest}{tail}"
        return match.group()

    return _DESCRIBED.sub(replaced, text)


def _fits(words: str, past: Past) -> Paper | None:
    """The cited paper that all of these words fit, and far better than any other."""
    wanted = content_stems(words)
    if not wanted:
        return None
    scores = []
    for _, paper in past.cited:
        head = content_stems(f"{paper.label} {paper.title or ''}")
        body = stems([paper.abstract])[0]
        if wanted <= head | body:
            scores.append((sum(3 * (stem in head) + _times(stem, paper.abstract) for stem in wanted), paper))
    scores.sort(key=lambda each: -each[0])
    if not scores or (len(scores) > 1 and scores[0][0] < _FAR * scores[1][0]):
        return None
    return scores[0][1]


def _times(stem: str, abstract: str) -> int:
    """How often an abstract uses a word of this stem, near enough."""
    return len(re.findall(rf"\b{re.escape(stem)}", abstract, re.IGNORECASE))
