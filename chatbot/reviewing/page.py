"""A review as Markdown. Titles and sentences are others' text: nothing in them marks anything up."""

from __future__ import annotations

import re
import unicodedata

from chatbot.reviewing.parts import Review, Theme
from chatbot.topics.telling import looked
from chatbot.values import Claim, FoundBy, TopicPaper
from store.latex import readable
from store.records import Paper

_MARKUP = re.compile(r"([\\`*_{}\[\]#|~$^])")
_FIRST = re.compile(r"^(?:[-+=:>]|\d+[.)])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LINK = re.compile(r"https?://[^\s<>\"\\^`{|}]+")
_AUTHORS = 10


def markdown(review: Review) -> str:
    """The whole page, its last line ended."""
    census = review.topic
    numbers = {citation.paper.id: citation.number for citation in review.citations}
    lines = [f"# Literature review: {plain(census.plan.topic.words)}", "", _facts(review), ""]
    for theme in review.themes:
        lines += [f"## {plain(theme.name[:1].upper() + theme.name[1:])}", "", *_written(theme, numbers), ""]
    if not review.themes:
        lines += ["No paper surely belongs to the topic.", ""]
    reviewed = {paper.id for theme in review.themes for paper in theme.papers}
    left = [each for each in census.uncertain if each.paper.id not in reviewed]
    if left:
        lines += ["## Not certain to belong", "", *map(_uncertain, left), ""]
    if review.citations:
        lines += ["## References", ""]
        for citation in review.citations:
            lines += [f"[{citation.number}] {_reference(citation.paper)}", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def plain(text: str) -> str:
    """Anybody's text in one line of Markdown in which it means nothing but itself."""
    kept = "".join(
        char
        for char in readable(text)
        if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co") or char in "\n\t"
    )
    line = _MARKUP.sub(r"\\\1", " ".join(kept.split())).translate(_ENTITIES)
    # "- ", "1. " and "> " would begin a list or a quotation.
    return re.sub(r"^(\d*)([-+=:.)])", r"\1\\\2", line) if _FIRST.match(line) else line


def _facts(review: Review) -> str:
    census = review.topic
    belong, may = len(census.sure), len(census.uncertain)
    told = [looked(census), f"{belong} belong{'s' if belong == 1 else ''}, {may} more may."]
    by = f"written by {plain(review.model)}" if review.model else "the papers' own, written by no model"
    count = review.sentences
    told.append(
        f"{count} sentence{'' if count == 1 else 's'}, {by}, each proven by the sentence that it cites;"
    )
    withdrawn = len(review.withdrawn)
    told.append(f"{withdrawn} {'was' if withdrawn == 1 else 'were'} withdrawn as not proven.")
    told += [plain(each) for each in review.dropped]
    return " ".join(told)


def _written(theme: Theme, numbers: dict[str, int]) -> list[str]:
    """Sentences in a paragraph; the papers' own, in quotation marks behind their names, as a list."""
    own = [claim for claim in theme.claims if claim.found_by is FoundBy.EXTRACT]
    made = [claim for claim in theme.claims if claim.found_by is not FoundBy.EXTRACT]
    lines = [" ".join(f"{plain(claim.text)} {_markers(claim, numbers)}" for claim in made)] if made else []
    if own:
        labels = {paper.id: paper.label for paper in theme.papers}
        lines += [""] if made else []
        for claim in own:
            label = plain(labels[claim.evidence[0].paper])
            lines.append(f"- {label}: “{plain(claim.text)}” {_markers(claim, numbers)}")
    return lines


def _markers(claim: Claim, numbers: dict[str, int]) -> str:
    cited = sorted({numbers[evidence.paper] for evidence in claim.evidence})
    return "".join(f"[{number}]" for number in cited)


def _uncertain(each: TopicPaper) -> str:
    return f"- {plain(each.paper.name)}: “{plain(each.evidence.text)}”"


def _reference(paper: Paper) -> str:
    authors = list(paper.authors[:_AUTHORS])
    if len(paper.authors) > _AUTHORS:
        authors.append("et al")
    parts = [", ".join(authors), paper.name, paper.venue or "", paper.created or ""]
    text = ". ".join(plain(part.rstrip(".")) for part in parts if part) + "."
    link = paper.link
    if not link:
        return text
    return f"{text} <{link}>" if _LINK.fullmatch(link) else f"{text} {plain(link)}"
