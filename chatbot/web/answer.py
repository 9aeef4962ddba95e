"""One question and what came of it, as HTML: prose with its proofs, the meter, the trace, its sources.

Renders a `View`, however far it is; the same view gives the same HTML, so that what has not changed stays
untouched in the browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatbot.planning import told
from chatbot.values import Claim, NearMiss, Status, Verdict
from chatbot.web import census as tables
from chatbot.web.markup import EMPTY, Safe, el, join, link
from chatbot.web.meter import meter, trace
from chatbot.web.papers import Sentences, card, facts, marks_of, name
from chatbot.web.prose import counted, sentence, written
from chatbot.web.verdicts import WORDS, badge, shape, word
from chatbot.web.viewing import Span, State, View
from store.records import Paper

_QUOTES = 3  # proving sentences in the card of one chip


def turn(view: View, sentences: Sentences, place: int, *, last: bool = True) -> Safe:
    """A question, its answer and (unseen, for the panel) its sources. `place` is its place in the
    conversation; only the `last` is worked on."""
    return el(
        "article",
        el(
            "header",
            el("h2", view.question),
            _button("Edit", "edit", data_text=view.question, aria_label="Edit this question"),
            class_="asked",
        ),
        _waiting(view),
        _thought(view),
        [el("p", each, class_="notice") for each in _notices(view)],
        _body(view),
        _left_out(view),
        _failure(view),
        meter(view),
        _actions(view) if view.state is not State.RUNNING else None,
        trace(view),
        el("div", _sources(view, sentences), class_="turn-sources", hidden=True),
        class_="turn",
        data_turn=place,
        data_state=view.state.value,
        aria_busy="true" if view.state is State.RUNNING else None,
        id=f"turn-{place}",
        tabindex=-1,
        data_last=last,
    )


# The answer itself


def _body(view: View) -> Safe:
    answer = view.answer
    if answer is not None and answer.status is Status.REFUSED:
        return _refusal(view)
    if answer is not None and (answer.census is not None or answer.topic is not None):
        found = tables.census(answer.census) if answer.census is not None else EMPTY
        found = tables.topic(answer.topic) if answer.topic is not None else found
        return el("div", el("p", answer.text, class_="lead"), found, class_="answer")
    premise = _premise(view)
    if (laid := _laid(view)) is not None:
        return el("div", premise, laid, class_="answer")
    spans = [_span(span, at) for at, span in enumerate(view.spans)]
    tail = [el("span", written(view.tail), class_="tail")] if view.tail.strip() else []
    if not (spans or tail or premise):
        return el("div", el("p", written(answer.text)), class_="answer") if answer and answer.text else EMPTY
    kind = " extract" if answer is not None and answer.status is Status.EXTRACT else ""
    return el("div", premise, el("p", spans, tail, class_="prose"), class_=f"answer{kind}")


def _laid(view: View) -> Safe | None:
    """A list or a table, where the answer is one; its sentences are those of any other."""
    spans = [replace(span, lead="") for span in view.spans]
    if spans and view.spans[-1].lead.endswith("- "):
        return el("ul", [el("li", _span(span, at)) for at, span in enumerate(spans)], class_="prose")
    if spans and "|" in view.spans[-1].lead:
        rows = [
            el("tr", el("td", sentence(_cell(shown.lead))), el("td", _span(span, at)))
            for at, (span, shown) in enumerate(zip(spans, view.spans, strict=True))
        ]
        heads = el("tr", [el("th", each, scope="col") for each in ("Paper", "Statement")])
        return el("div", el("table", el("thead", heads), el("tbody", rows)), class_="table laid")
    return None


def _cell(lead: str) -> str:
    """The papers' names in the row that a sentence stands in."""
    cells = lead.rstrip().removesuffix("|").rsplit("|", 1)
    return cells[-1].replace("\\|", "|").replace("\\\\", "\\").strip()


def _span(span: Span, place: int) -> Safe:
    verdict = span.claim.verdict
    lead = Safe("\n") if "\n" in span.lead else Safe(" " if span.lead or place else "")
    return join(
        lead,
        el(
            "span",
            written(span.claim.translation or span.claim.text),
            title=span.claim.text if span.claim.translation else None,
            class_=f"claim v-{verdict.value}",
            data_claim=place,
        ),
        el("span", _chips(span, place), class_="chips"),
    )


def _chips(span: Span, place: int) -> Safe:
    """The buttons behind a sentence: one a paper it rests on, or one that says that there is none."""
    claim = span.claim
    papers = list(dict.fromkeys(each.paper for each in claim.evidence))
    labelled = list(zip(span.numbers, papers, strict=False))
    if not labelled:
        return _chip(claim, place, None, None)
    return join(*(_chip(claim, place, number, paper) for number, paper in labelled))


def _chip(claim: Claim, place: int, number: int | None, paper: str | None) -> Safe:
    source = f"Source {number}: " if number is not None else ""
    return join(
        Safe("\u2060"),  # the chip never begins a line alone
        el(
            "button",
            el("span", number, class_="number") if number is not None else None,
            shape(claim.verdict),
            type="button",
            class_=f"chip v-{claim.verdict.value}",
            data_do="source",
            data_claim=place,
            data_paper=paper,
            aria_label=f"{source}{word(claim)}",
        ),
        el("span", _proof(claim, paper), class_="proof", hidden=True),
    )


def _proof(claim: Claim, paper: str | None) -> Safe:
    """The little card of a chip: the verdict, the sentences that prove it, and what is missing."""
    quotes = [each for each in claim.evidence if paper is None or each.paper == paper]
    return el(
        "span",
        badge(claim),
        [el("q", sentence(each.text, numbers=True)) for each in quotes[:_QUOTES]],
        el("span", f"and {len(quotes) - _QUOTES} more", class_="missing") if len(quotes) > _QUOTES else None,
        el("span", _missing(claim), class_="missing") if claim.missing else None,
        el("span", "No sentence of the papers found says this.", class_="missing")
        if not claim.evidence and not claim.missing
        else None,
        class_="proof-card",
    )


def _missing(claim: Claim) -> str:
    return "; ".join(claim.missing)


def _premise(view: View) -> Safe:
    if view.premise is None and (view.answer is None or view.answer.premise is None):
        return EMPTY
    claim = view.premise.claim if view.premise else view.answer.premise if view.answer else None
    if claim is None:
        return EMPTY
    numbers = view.premise.numbers if view.premise else ()
    if not numbers and view.answer:
        numbers = view.answer.numbers(claim)
    return el(
        "p",
        shape(Verdict.CONTRADICTED),
        el("span", written(claim.text), class_=f"claim v-{claim.verdict.value}", data_claim=-1),
        " The papers say otherwise.",
        _chips(Span("", claim, numbers), -1),
        class_="premise",
    )


def _refusal(view: View) -> Safe:
    answer = view.answer
    if answer is None:
        return EMPTY
    text = answer.text
    for paper in answer.full_text:  # their links stand below, as links
        text = text.replace(paper.link or "\0", "")
    return el(
        "div",
        el("p", text.strip(), class_="lead"),
        el("p", "Their full text: ", _listed(answer.full_text)) if answer.full_text else None,
        el("h3", "The nearest papers, and where they fall short") if answer.near_misses else None,
        el("ol", [el("li", _near(miss)) for miss in answer.near_misses], class_="near")
        if answer.near_misses
        else None,
        class_="answer refusal",
    )


def _listed(papers: Sequence[Paper]) -> Safe:
    return join(*(join(", " if at else "", link(each.link, name(each))) for at, each in enumerate(papers)))


def _near(miss: NearMiss) -> Safe:
    return join(
        el(
            "button",
            name(miss.paper),
            type="button",
            class_="open",
            data_do="source",
            data_paper=miss.paper.id,
            data_sentence=miss.evidence.sentence,
        ),
        facts(miss.paper),
        el("q", sentence(miss.evidence.text, numbers=True)),
        el("p", f"Does not say: {', '.join(miss.missing)}.", class_="missing") if miss.missing else None,
    )


# What stands around it


def _notices(view: View) -> list[str]:
    return list(dict.fromkeys(view.notices))


def _waiting(view: View) -> Safe:
    """One quiet line until something can be read."""
    if view.state is not State.RUNNING or view.spans or view.tail.strip():
        return EMPTY
    if view.judged is not None:
        what = f"Judging papers: {view.judged.done:,} of {view.judged.total:,}, {view.judged.sure:,} sure"
    elif view.thinking:
        what = "Thinking"
    elif view.hits is not None:
        what = f"Reading {counted(len(view.hits), 'paper')}"
    else:
        what = told(view.plan) if view.plan is not None else "Searching"
    return el("p", what, el("span", class_="pulse", aria_hidden="true"), class_="waiting")


def _thought(view: View) -> Safe:
    thoughts = view.answer.thoughts if view.answer is not None else None
    said = "Thoughts"
    if thoughts is not None:
        said = f"Thought for {thoughts.seconds:.1f} s, {counted(thoughts.tokens, 'token')}"
    if not view.thought:
        return el("p", said, class_="note") if thoughts is not None else EMPTY
    return el("details", el("summary", said), el("p", view.thought, class_="thought"), class_="thoughts")


def _left_out(view: View) -> Safe:
    """What the model wrote and may not stand: withdrawn, or written again."""
    answer = view.answer
    if answer is None:
        return EMPTY
    lines = [
        el(
            "li",
            el("s", written(claim.text)),
            " ",
            el("span", _missing(claim) or "does not answer the question", class_="missing"),
        )
        for claim in answer.withdrawn
    ]
    lines += [
        el("li", el("s", written(claim.replaces)), " ", el("span", "written again", class_="missing"))
        for claim in answer.claims
        if claim.replaces
    ]
    if not lines:
        return EMPTY
    return el(
        "details",
        el("summary", f"{counted(len(lines), 'sentence')} withdrawn: not proven"),
        el("ul", lines),
        class_="withdrawn",
    )


def _failure(view: View) -> Safe:
    if view.state is State.STOPPED:
        return el("p", "Stopped. ", _button("Go on", "again", data_text=view.question), class_="failure calm")
    if view.state is not State.FAILED:
        return EMPTY
    return el(
        "p",
        view.error,
        " ",
        _button("Try again", "again", data_text=view.question),
        class_="failure",
        role="alert",
    )


def _actions(view: View) -> Safe:
    answer = view.answer
    if answer is None:
        return EMPTY
    return el(
        "p",
        _button("Copy", "copy", data_text=as_text(view)),
        _button("Markdown", "download", data_kind="md", aria_label="Download this answer as Markdown"),
        _button("BibTeX", "download", data_kind="bib", aria_label="Download the cited papers as BibTeX")
        if answer.citations
        else None,
        _button("JSON", "download", data_kind="json", aria_label="Download this answer as JSON"),
        _button("Retry", "again", data_text=view.question),
        el("button", "Sources", type="button", class_="action to-sources", data_do="sources"),
        class_="actions",
    )


def as_text(view: View) -> str:
    """The answer and its sources as plain text, for the clipboard."""
    answer = view.answer
    if answer is None:
        return "".join(f"{span.lead}{span.claim.text}" for span in view.spans) + view.tail
    lines = [answer.text, ""]
    for each in answer.citations:
        details = " · ".join(filter(None, (each.paper.name, each.paper.created, each.paper.link)))
        lines.append(f"[{each.number}] {details}")
    return "\n".join(lines).strip()


def _button(label: str, do: str, **attributes: str | None) -> Safe:
    return el("button", label, type="button", class_="action", data_do=do, **attributes)


# Sources


def _sources(view: View, sentences: Sentences) -> Safe:
    """The panel: papers that are cited, then those that were only looked at."""
    claims = [span.claim for span in view.spans]
    cited = _cited(view)
    misses = view.answer.near_misses if view.answer is not None else ()
    near = {miss.paper.id: miss.paper for miss in misses}
    others = [hit.paper for hit in view.hits or () if hit.paper.id not in cited and hit.paper.id not in near]
    parts: list[Safe] = []
    if cited:
        parts.append(el("h2", "Sources"))
        ordered = sorted(cited.items(), key=lambda each: each[1][0])
        parts += [
            card(paper, sentences(id), marks_of(claims, id), number=number) for id, (number, paper) in ordered
        ]
    if near:
        parts.append(el("h2", "Nearest"))
        parts += [card(paper, sentences(paper.id), {}, open=False) for paper in near.values()]
    if others:
        title = "Also looked at" if cited or near else "Looking at"
        parts.append(el("h2", title, el("span", f" {len(others)}", class_="count")))
        parts += [card(paper, sentences(paper.id), {}, open=False) for paper in others]
    return join(*parts)


def _cited(view: View) -> dict[str, tuple[int, Paper]]:
    """Papers that sentences rest on, with their numbers."""
    if view.answer is not None:
        return {each.paper.id: (each.number, each.paper) for each in view.answer.citations}
    known = {hit.paper.id: hit.paper for hit in view.hits or ()}
    found: dict[str, tuple[int, Paper]] = {}
    for span in view.spans:
        papers = list(dict.fromkeys(each.paper for each in span.claim.evidence))
        for number, paper in zip(span.numbers, papers, strict=False):
            if paper in known:
                found[paper] = (number, known[paper])
    return found


__all__ = ["WORDS", "as_text", "turn"]
