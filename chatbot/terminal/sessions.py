"""Saved conversations on a screen: a list of them, and one again as it was."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from chatbot.sessions import SavedTurn, Session, State
from chatbot.terminal.answering import again
from chatbot.terminal.flow import Flow
from chatbot.terminal.lines import PROMPT
from chatbot.terminal.screen import Screen
from chatbot.terminal.text import line

_ENDED = {
    State.ASKED: "Not finished: it is being answered, or its program was stopped.",
    State.STOPPED: "Stopped.",
    State.FAILED: "Failed.",
    State.FINISHED: "",
}


def listed(screen: Screen, found: Sequence[Session], *, numbered: bool = False) -> None:
    """A line each, its id first, or its place in the list."""
    for place, session in enumerate(found, 1):
        lead = f"{place:>2}. " if numbered else f"{session.id}  "
        hang = len(lead)
        parts = [f"{session.turns} question{'' if session.turns == 1 else 's'}"]
        parts += [line(session.collection), f"{session.changed[:16].replace('T', ' ')} UTC"]
        about = f" {screen.signs.dot} ".join(parts)
        screen.print(Text.assemble((lead, "cyan"), line(session.title) or "(no question yet)"), hang=hang)
        screen.print(about, style="dim", indent=hang)


def heading(screen: Screen, session: Session) -> None:
    """What a conversation is called, and where it belongs."""
    screen.print(line(session.title) or "(no question yet)", style="bold")
    begun = f"{session.created[:16].replace('T', ' ')} UTC"
    parts = [session.id, line(session.collection), f"begun {begun}"]
    if session.branched_from:
        parts.append(f"branched from {session.branched_from}")
    screen.print(f" {screen.signs.dot} ".join(parts), style="dim")


def turn(screen: Screen, found: SavedTurn) -> None:
    """A question and its answer, as they stood on the screen."""
    screen.print(PROMPT + line(found.question), style="bold")
    if not found.filter.empty:
        screen.print(f"asked of papers: {line(str(found.filter))}", style="dim")
    if found.answer is not None:
        again(screen, found.answer)
        return
    if found.text:
        flow = Flow(screen)
        flow.write(found.text)
        flow.end()
    told = " ".join(filter(None, (_ENDED[found.state], line(found.note))))
    screen.print(told, style="yellow")
