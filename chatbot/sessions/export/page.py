"""A conversation as one HTML page that stands alone: no script, nothing from elsewhere, light and dark.

Every sentence has its verdict as a shape and a word; its proof, and the papers' abstracts with the proving
sentences marked, unfold. Whatever anybody wrote is escaped; an address is a link only if it is http.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from chatbot.censusing import untold
from chatbot.sessions.export.citing import link, reference
from chatbot.sessions.export.laying import SIGNS, Piece, pieces, proven
from chatbot.sessions.values import Saved, SavedTurn, State
from chatbot.values import Answer, Citation, Claim, Evidence, JudgedBy, Status, Style, Verdict
from store.latex import readable
from store.plans import Entry
from store.records import Paper

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1e21; --soft: #5b616a; --line: #d9dce1;
  --supported: #176639; --partial: #7a5200; --unsupported: #7b2d8b; --contradicted: #a61b1b;
  --unchecked: #5b616a; --mark: #fff2a8; --markink: #1c1e21; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e6e8eb; --soft: #a3a9b3;
  --line: #363a42; --supported: #6fd39a; --partial: #e8b95a; --unsupported: #d79be6;
  --contradicted: #ff8f8f; --unchecked: #a3a9b3; --mark: #5a4d12; --markink: #fff7d6; } }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 46rem; background: var(--paper);
  color: var(--ink); font: 1.05rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: .75rem 0 .25rem; }
article { border-top: 1px solid var(--line); padding: 1.25rem 0; }
.soft, .meta { color: var(--soft); font-size: .9rem; }
.answer { white-space: pre-line; }
.sign { font-weight: 700; }
a { color: inherit; } details { margin: .5rem 0; } summary { cursor: pointer; }
.claim { text-underline-offset: .2em; }
.claim.partial { text-decoration: underline dashed; }
.claim.unsupported { text-decoration: underline dotted; }
.claim.contradicted { text-decoration: underline wavy; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;
  border-bottom: 1px solid var(--line); }
blockquote { margin: .25rem 0 .5rem; padding-left: .75rem; border-left: 3px solid var(--line); }
mark { background: var(--mark); color: var(--markink); } li { margin: .35rem 0; }
""" + "".join(f".sign.{each.value} {{ color: var(--{each.value}); }}\n" for each in Verdict)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(saved: Saved) -> str:
    """The whole page."""
    session = saved.session
    title = _told(session.title) or "A conversation"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>",
        f'<p class="meta">About the collection {_told(session.collection)}, begun '
        f"{_told(session.created[:10])}. {_legend()}</p>",
    ]
    for turn in saved.turns:
        parts += [f'<article id="turn-{turn.number}">\n<h2>{_told(turn.question)}</h2>', *_turn(turn)]
        parts.append("</article>")
    if saved.citations:
        parts.append('<section id="references">\n<h2>References</h2>')
        parts += [_reference(citation, _proofs(saved, citation.paper)) for citation in saved.citations]
        parts.append("</section>")
    return "\n".join([*parts, "</main>\n</body>\n</html>"]) + "\n"


def _turn(turn: SavedTurn) -> Iterator[str]:
    if not turn.filter.empty:
        yield f'<p class="meta">Asked of papers: {_told(str(turn.filter))}</p>'
    if turn.answer is not None:
        yield from _answer(turn.answer)
        return
    if turn.text:
        yield f'<div class="answer">{_lines(turn.text)}</div>'
    ended = {State.FAILED: "This answer failed.", State.FINISHED: ""}
    told = ended.get(turn.state, "This answer was stopped before its end.")
    yield f'<p class="meta">{told} {_told(turn.note)}</p>'


def _answer(answer: Answer) -> Iterator[str]:
    if answer.premise is not None:
        yield f"<p>{_judged(answer.premise)}</p>"
    yield from _said(answer)
    if answer.census is not None:
        yield from _list(f"{_told(group.key)}: {group.count}" for group in answer.census.groups)
        yield from _list(_paper(entry) for entry in answer.census.papers)
        yield from _list(map(_told, untold(answer.census)))
    if answer.topic is not None:
        for heading, papers in (("Sure", answer.topic.sure), ("Not certain", answer.topic.uncertain)):
            if papers:
                yield f"<h3>{heading}</h3>"
                yield from _list(f"{_paper(each.paper)}{_quoted(each.evidence)}" for each in papers)
    if answer.near_misses:
        yield "<h3>Nearest papers</h3>"
        yield from _list(
            f"{_paper(miss.paper)}{_quoted(miss.evidence)}{_missing(miss.missing, 'does not say: ')}"
            for miss in answer.near_misses
        )
    names = {citation.paper.id: citation for citation in answer.citations}
    if answer.claims:
        yield f"<details>\n<summary>Proof: {proven(answer)}</summary>"
        yield from _list(_proof(claim, names) for claim in answer.claims)
        yield "</details>"
    if left := [*(f"Withdrawn: {claim.text}" for claim in answer.withdrawn), *answer.dropped]:
        yield "<details>\n<summary>Left out on the way</summary>"
        yield from _list(map(_told, left))
        yield "</details>"
    yield f'<p class="meta">{_figures(answer)}</p>'


def _said(answer: Answer) -> Iterator[str]:
    """The answer's text; a list or a table as what it is."""
    said = [
        (_sentence(Piece(claim.translation or claim.text, claim, answer.numbers(claim))), claim)
        for claim in answer.claims
    ]
    if said and answer.style is Style.LIST:
        yield from _list(text for text, _ in said)
    elif said and answer.style is Style.TABLE:
        names = {citation.paper.id: _told(citation.paper.name) for citation in answer.citations}
        yield "<table>\n<tr><th>paper</th><th>statement</th><th>proof</th></tr>"
        for text, claim in said:
            papers = dict.fromkeys(names[each.paper] for each in claim.evidence if each.paper in names)
            yield f"<tr><td>{', '.join(papers)}</td><td>{text}</td><td>{claim.verdict.value}</td></tr>"
        yield "</table>"
    else:
        text = "".join(
            _lines(each.text) if each.claim is None else _sentence(each) for each in pieces(answer)
        )
        yield f'<div class="answer">{text}</div>'


def _sentence(piece: Piece) -> str:
    """A sentence with its markers and its verdict's sign."""
    if piece.claim is not None:
        verdict = piece.claim.verdict
        markers = "".join(f'<a href="#ref-{number}">[{number}]</a>' for number in piece.numbers)
        name = f'role="img" aria-label="{verdict.value}" title="{verdict.value}"'
        sign = f' <span class="sign {verdict.value}" {name}>{SIGNS[verdict]}</span>'
        text = f'<span class="claim {verdict.value}">{_lines(piece.text)}</span>'
        return f"{text}{' ' if markers else ''}{markers}{sign}"
    return _lines(piece.text)


def _proof(claim: Claim, cited: dict[str, Citation]) -> str:
    told = [_judged(claim)]
    for evidence in claim.evidence:
        citation = cited.get(evidence.paper)
        source = f' <a href="#ref-{citation.number}">[{citation.number}]</a>' if citation else ""
        told.append(_quoted(evidence, source))
    return "".join(told) + _missing(claim.missing)


def _judged(claim: Claim) -> str:
    verdict = claim.verdict.value + (", a model says" if claim.judged_by is JudgedBy.MODEL else "")
    sign = f'<span class="sign {claim.verdict.value}">{SIGNS[claim.verdict]} {verdict}:</span>'
    return f"{sign} {_told(claim.text)}"


def _missing(missing: Iterable[str], lead: str = "") -> str:
    told = "; ".join(missing)
    return f'<div class="soft">{lead}{_told(told)}</div>' if told else ""


def _quoted(evidence: Evidence, source: str = "") -> str:
    return f"<blockquote>“{_told(evidence.text)}”{source}</blockquote>"


def _reference(citation: Citation, proofs: Iterable[tuple[int, int]]) -> str:
    paper = citation.paper
    address = link(paper)
    told = f' <a href="{escape(address)}" rel="noreferrer">{escape(address)}</a>' if address else ""
    unfold = f"<details>\n<summary>Abstract</summary>\n<p>{_marked(paper.abstract, proofs)}</p>\n</details>"
    head = f'<div id="ref-{citation.number}"><p>[{citation.number}] {_told(reference(paper))}{told}</p>'
    return f"{head}\n{unfold}\n</div>"


def _proofs(saved: Saved, paper: Paper) -> list[tuple[int, int]]:
    """Where the sentences of the paper's abstract stand that prove something; overlaps are one."""
    spans = {
        (evidence.start, evidence.end)
        for turn in saved.turns
        if turn.answer is not None
        for claim in turn.answer.claims
        for evidence in claim.evidence
        if evidence.paper == paper.id and paper.abstract[evidence.start : evidence.end] == evidence.text
    }
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _marked(abstract: str, proofs: Iterable[tuple[int, int]]) -> str:
    """The abstract, readable, its proving sentences marked."""
    parts, at = [], 0
    for start, end in proofs:
        parts += [_told(abstract[at:start]), f"<mark>{_told(abstract[start:end])}</mark>"]
        at = end
    return " ".join(part for part in [*parts, _told(abstract[at:])] if part)


def _paper(paper: Paper | Entry) -> str:
    address = link(paper)
    name = _told(paper.name)
    return f'<a href="{escape(address)}" rel="noreferrer">{name}</a>' if address else name


def _figures(answer: Answer) -> str:
    written = {
        Status.EXTRACT: "extracts, written by no model",
        Status.REFUSED: "refused",
        Status.CENSUS: "counted over the whole collection",
    }
    seconds = f"{answer.timings.total:.1f} s" if answer.timings.total is not None else ""
    parts = [written.get(answer.status) or proven(answer), seconds, answer.model or ""]
    return _told(" · ".join(filter(None, parts)))


def _legend() -> str:
    return ", ".join(f"{SIGNS[verdict]} {verdict.value}" for verdict in Verdict) + "."


def _list(items: Iterable[str]) -> Iterator[str]:
    found = [f"<li>{item}</li>" for item in items]
    if found:
        yield "<ul>\n" + "\n".join(found) + "\n</ul>"


def _told(text: str) -> str:
    """Anybody's text in one line, LaTeX readable, nothing in it HTML."""
    return escape(readable(text))


def _lines(text: str) -> str:
    """`_told`, but lines stay, and so does white space at both ends."""
    return "\n".join(_spaced(line) for line in text.split("\n"))


def _spaced(line: str) -> str:
    told = _told(line)
    before, behind = line[:1].isspace(), line[-1:].isspace()
    return f"{' ' * before}{told}{' ' * behind}" if told else " " * before
