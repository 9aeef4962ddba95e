"""A conversation as Markdown: questions, answers with markers, what is not proven, references."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatbot.censusing import untold
from chatbot.reviewing.page import plain
from chatbot.sessions.export.citing import link, reference
from chatbot.sessions.export.laying import SIGNS, pieces, proven
from chatbot.sessions.values import Saved, SavedTurn, State
from chatbot.values import Answer, Citation, Claim, Status, Verdict
from store.plans import Entry
from store.records import Paper

_BULLET = re.compile(r"^(\s*(?:[-*+]|\d{1,3}[.)])\s+)(?=\S)")
_BARS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\s*:?-{3,}:?\s*")
_DONE = (Verdict.SUPPORTED, Verdict.UNCHECKED)


def markdown(saved: Saved) -> str:
    """The whole conversation, its last line ended."""
    session = saved.session
    lines = [f"# {plain(session.title) or 'A conversation'}", ""]
    lines += [f"About the collection {plain(session.collection)}, begun {session.created[:10]}.", ""]
    for turn in saved.turns:
        lines += [f"## {turn.number}. {plain(turn.question)}", "", *_turn(turn)]
    if saved.citations:
        lines += ["## References", ""]
        for citation in saved.citations:
            lines += [_reference(citation), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def answered(answer: Answer) -> str:
    """One answer under its question, and what it cites with the sentences that prove it."""
    lines = [f"# {plain(answer.question)}", "", *_answer(answer)]
    if answer.citations:
        lines += ["## References", ""]
    for citation in answer.citations:
        proofs = [
            f"- {claim.verdict.value}: “{plain(evidence.text)}”"
            for claim in answer.claims
            for evidence in claim.evidence
            if evidence.paper == citation.paper.id
        ]
        lines += [_reference(citation), "", *_list(iter(proofs))]
    return "\n".join(lines).rstrip("\n") + "\n"


def _turn(turn: SavedTurn) -> Iterator[str]:
    if not turn.filter.empty:
        yield from (f"Asked of papers: {plain(str(turn.filter))}.", "")
    if turn.answer is not None:
        yield from _answer(turn.answer)
    else:
        yield from (_lines(turn.text), "") if turn.text else ()
        ended = {State.FAILED: "This answer failed", State.FINISHED: "This answer"}
        told = ended.get(turn.state, "This answer was stopped before its end")
        yield from (f"*{told}{': ' if turn.note else ''}{plain(turn.note)}*", "")


def _answer(answer: Answer) -> Iterator[str]:
    yield from (_text(answer), "")
    if answer.census is not None:
        yield from _list(f"- {plain(group.key)}: {group.count}" for group in answer.census.groups)
        yield from _list(_paper(each) for each in answer.census.papers)
        yield from _list(plain(each) for each in untold(answer.census))
    if answer.topic is not None:
        for heading, papers in (("Sure:", answer.topic.sure), ("Not certain:", answer.topic.uncertain)):
            if papers:
                yield from (heading, "")
                yield from _list(f"{_paper(each.paper)}: “{plain(each.evidence.text)}”" for each in papers)
    if answer.near_misses:
        yield from ("Nearest papers:", "")
        yield from _list(
            f"{_paper(miss.paper)}: “{plain(miss.evidence.text)}”" for miss in answer.near_misses
        )
    if open_claims := [claim for claim in answer.claims if claim.verdict not in _DONE]:
        yield from ("Not proven:", "")
        yield from _list(f"- {_verdict(claim)}" for claim in open_claims)
    if withdrawn := [claim for claim in answer.withdrawn if claim.text]:
        yield from ("Withdrawn, as not proven:", "")
        yield from _list(f"- {plain(claim.text)}" for claim in withdrawn)
    written = {
        Status.EXTRACT: "extracts, written by no model",
        Status.REFUSED: "refused",
        Status.CENSUS: "counted over the whole collection",
    }
    parts = [written.get(answer.status) or proven(answer), answer.model or ""]
    yield from (f"*{plain(', '.join(filter(None, parts)))}*", "")


def _text(answer: Answer) -> str:
    """The answer with a marker and, unless it is proven, a sign behind each sentence."""
    text = ""
    for piece in pieces(answer):
        text += piece.text
        if piece.claim is not None:
            text += " " * bool(piece.numbers) + "".join(f"[{number}]" for number in piece.numbers)
            text += "" if piece.claim.verdict is Verdict.SUPPORTED else f" {SIGNS[piece.claim.verdict]}"
    return _lines(text)


def _lines(text: str) -> str:
    """A text whose lines, and lists, stay; nothing else in it means anything."""
    made = []
    for line in text.split("\n"):
        if len(cells := _BARS.split(line)) > 2 and not cells[0].strip():
            made.append("|".join(_cell(each) for each in cells))
            continue
        bullet = match.group() if (match := _BULLET.match(line)) else ""
        shown = plain(line[len(bullet) :])
        made.append(bullet + _numbered(shown))
    return "\n".join(made)


def _cell(text: str) -> str:
    """A cell of a table, whose rule stays one."""
    if _RULE.fullmatch(text):
        return text
    shown = plain(re.sub(r"\\([\\|])", r"\1", text))
    return f" {_numbered(shown)} " if shown else ""


def _numbered(shown: str) -> str:
    return re.sub(r"\\\[(\d+)\\\]", r"[\1]", shown)


def _verdict(claim: Claim) -> str:
    why = f" ({'; '.join(claim.missing)})" if claim.missing else ""
    return f"{SIGNS[claim.verdict]} {claim.verdict.value}: {plain(claim.text + why)}"


def _reference(citation: Citation) -> str:
    address = link(citation.paper)
    told = f" <{address}>" if address else ""
    return f"[{citation.number}] {plain(reference(citation.paper))}{told}"


def _paper(paper: Paper | Entry) -> str:
    address = link(paper)
    return f"- {plain(paper.name)}" + (f" <{address}>" if address else "")


def _list(lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    yield from [*found, ""] if found else []
