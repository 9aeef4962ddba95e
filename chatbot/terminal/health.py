"""What `chatbot doctor` found, as lines on a screen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from chatbot.doctor import Finding, State, configured, ready
from chatbot.settings import Settings
from chatbot.terminal.screen import Screen
from chatbot.terminal.text import line


def show(screen: Screen, settings: Settings, findings: Sequence[Finding]) -> None:
    """The settings with their origins, each finding with its cure, and the verdict."""
    screen.print("Configured", style="bold")
    for name, value, origin in configured(settings):
        if origin == "default" and value == "not set":
            continue
        screen.print(
            Text.assemble(f"{name:<15}", line(value), (f"  ({line(origin)})", "dim")), indent=2, hang=15
        )
    screen.print()
    screen.print("Found", style="bold")
    signs = {
        State.GOOD: (screen.signs.supported, "green"),
        State.ODD: ("!", "yellow"),
        State.BAD: (screen.signs.contradicted, "red"),
    }
    for finding in findings:
        sign, style = signs[finding.state]
        text = Text.assemble((f"{sign} ", style), (f"{finding.subject}: ", "bold"), line(finding.detail))
        screen.print(text, indent=2, hang=2)
        if finding.cure:
            screen.print(line(finding.cure), indent=6)
    screen.print()
    good = ready(findings)
    verdict = "Questions can be asked." if good else "No question can be asked before that is cured."
    screen.print(verdict, style="green" if good else "red")
