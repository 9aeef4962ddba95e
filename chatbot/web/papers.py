"""Papers on the page: a line, a card with its abstract, and the sentences in it that prove something."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chatbot.values import Claim, Verdict
from chatbot.web.markup import EMPTY, Safe, el, join, link
from chatbot.web.prose import date, sentence
from chatbot.web.verdicts import shape, word
from store.exporting import bibtex
from store.latex import readable
from store.plans import Entry
from store.records import Paper, Sentence
from store.suspicion import suspicions

Sentences = Callable[[str], Sequence[Sentence]]
"""The sentences of the paper of an id, in order."""
_AUTHORS = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """A sentence of an abstract that a claim rests on: the claim's place in the answer, and the claim."""

    place: int
    claim: Claim


Marks = Mapping[int, Sequence[Mark]]
"""Marks by the number of their sentence."""


def name(paper: Paper | Entry) -> Safe:
    """What people call it, its maths marked."""
    return sentence(paper.name)


def facts(paper: Paper | Entry) -> Safe:
    """Date, arXiv id or DOI as a link, categories, venue: one quiet line."""
    address = f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else paper.doi
    parts: list[Safe] = []
    if address:
        parts.append(link(paper.link, address))
    elif paper.link:
        parts.append(link(paper.link, "full text"))
    if paper.created:
        parts.append(el("time", date(paper.created), datetime=paper.created))
    if paper.categories:
        parts.append(el("span", ", ".join(paper.categories[:3])))
    if paper.venue:
        parts.append(el("span", readable(paper.venue)))
    return (
        el(
            "p",
            [join(el("span", " · ", class_="dot") if at else EMPTY, part) for at, part in enumerate(parts)],
            class_="facts",
        )
        if parts
        else EMPTY
    )


def authors(paper: Paper) -> Safe:
    """The first few authors, and how many more there are."""
    if not paper.authors:
        return EMPTY
    more = len(paper.authors) - _AUTHORS
    shown = ", ".join(paper.authors[:_AUTHORS]) + (f" and {more} more" if more > 0 else "")
    return el("p", shown, class_="authors", title=", ".join(paper.authors) if more > 0 else None)


def abstract(paper: Paper, sentences: Sequence[Sentence], marks: Marks) -> Safe:
    """The whole abstract; the sentences that prove something are marked, the numbers in them emphasised."""
    if not sentences:
        return el("p", sentence(paper.abstract), class_="abstract")
    pieces: list[Safe] = []
    for each in sentences:
        found = marks.get(each.number, ())
        if pieces:
            pieces.append(Safe(" "))
        if not found:
            pieces.append(el("span", sentence(each.text)))
            continue
        strongest = min((mark.claim for mark in found), key=lambda claim: _RANK.index(claim.verdict))
        pieces.append(
            el(
                "mark",
                sentence(each.text, numbers=True),
                class_=f"v-{strongest.verdict.value}",
                data_sentence=each.number,
                data_claims=" ".join(str(mark.place) for mark in found),
                title=word(strongest),
            )
        )
    return el("p", *pieces, class_="abstract")


def card(
    paper: Paper,
    sentences: Sequence[Sentence],
    marks: Marks,
    *,
    number: int | None = None,
    open: bool = True,
) -> Safe:
    """A paper with everything that is needed to check a claim; folded unless `open`."""
    verdicts = [mark.claim for found in marks.values() for mark in found]
    badges = [
        el("span", shape(verdict), class_=f"badge v-{verdict.value}", title=verdict.value)
        for verdict in _RANK
        if any(claim.verdict is verdict for claim in verdicts)
    ]
    title = el(
        "summary",
        el("span", number, class_="number") if number is not None else None,
        el("span", name(paper), class_="title"),
        badges,
    )
    warned = suspicions(paper.abstract)
    body = el(
        "div",
        facts(paper),
        authors(paper),
        el("p", f"Careful: this abstract {'; '.join(warned)}.", class_="warned") if warned else None,
        abstract(paper, sentences, marks),
        _actions(paper),
        class_="body",
    )
    return el(
        "details",
        title,
        body,
        class_="paper" + (" cited" if number is not None else ""),
        data_paper=paper.id,
        open=open,
    )


def marks_of(claims: Sequence[Claim], paper: str) -> dict[int, list[Mark]]:
    """Which sentences of a paper claims rest on."""
    found: dict[int, list[Mark]] = {}
    for place, claim in enumerate(claims):
        for evidence in claim.evidence:
            if evidence.paper == paper:
                found.setdefault(evidence.sentence, []).append(Mark(place, claim))
    return found


def _actions(paper: Paper) -> Safe:
    return el(
        "p",
        link(paper.link, "Full text", class_="action"),
        el(
            "button",
            "Copy BibTeX",
            type="button",
            class_="action",
            data_do="copy",
            data_text="".join(bibtex([paper])),
        ),
        el(
            "button",
            "Ask about it",
            type="button",
            class_="action",
            data_do="fill",
            data_text=f"What does {readable(paper.label)} do?",
        ),
        el("button", "Back", type="button", class_="action back", data_do="back"),
        class_="actions",
    )


_RANK = (
    Verdict.CONTRADICTED,
    Verdict.PARTIAL,
    Verdict.SUPPORTED,
    Verdict.UNSUPPORTED,
    Verdict.UNCHECKED,
)
