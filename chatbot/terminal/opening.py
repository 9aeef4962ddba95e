"""One paper of a conversation, its abstract with the sentences that prove something marked."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from chatbot.terminal import pages
from chatbot.terminal.screen import STYLES, Screen
from chatbot.terminal.text import readable
from chatbot.values import Claim, Evidence, Verdict
from store.records import Paper


def show(screen: Screen, paper: Paper, number: int | None, claims: Iterable[Claim]) -> None:
    """The paper; what the claims rest on is marked by the verdict's sign and colour, and told below."""
    lead = f"[{number}] " if number is not None else ""
    screen.print(Text.assemble((lead, "cyan"), pages.name(paper, screen)), hang=len(lead))
    if paper.authors:
        screen.print(readable(", ".join(paper.authors)), style="dim")
    if paper.link:
        screen.print(readable(paper.link), style="dim")
    screen.print()
    marked = _marked(paper, claims)
    at = 0
    for evidence, verdict in marked:
        _part(screen, paper.abstract[at : evidence.start])
        _part(screen, evidence.text, screen.signs.of(verdict), f"bold {STYLES[verdict]}")
        at = evidence.end
    _part(screen, paper.abstract[at:])
    screen.print()
    if marked:
        words = dict.fromkeys(verdict for _, verdict in marked)
        told = ", ".join(f"{screen.signs.of(verdict)} {_MEANS[verdict]}" for verdict in words)
        screen.print(f"For the last answer: {told}.", style="dim")
    else:
        screen.print("No sentence of the last answer rests on it.", style="dim")


_MEANS = {
    Verdict.SUPPORTED: "proves a sentence",
    Verdict.PARTIAL: "proves a part of one",
    Verdict.UNSUPPORTED: "is nearest to one that it does not prove",
    Verdict.CONTRADICTED: "says otherwise",
    Verdict.UNCHECKED: "is what one cites, unchecked",
}


def _marked(paper: Paper, claims: Iterable[Claim]) -> list[tuple[Evidence, Verdict]]:
    """The sentences in order, each once, under the best verdict that rests on it; none that overlap."""
    best: dict[tuple[int, int], tuple[Evidence, Verdict]] = {}
    order = list(Verdict)
    for claim in claims:
        for evidence in claim.evidence:
            if evidence.paper != paper.id or paper.abstract[evidence.start : evidence.end] != evidence.text:
                continue
            span = (evidence.start, evidence.end)
            if span not in best or order.index(claim.verdict) < order.index(best[span][1]):
                best[span] = (evidence, claim.verdict)
    found: list[tuple[Evidence, Verdict]] = []
    for span in sorted(best):
        if not found or span[0] >= found[-1][0].end:
            found.append(best[span])
    return found


def _part(screen: Screen, text: str, sign: str = " ", style: str = "") -> None:
    """Sentences that are marked stand on lines of their own behind the sign: no colour is needed."""
    if shown := readable(text):
        screen.print(Text(f"{sign} {shown}", style), hang=2)
