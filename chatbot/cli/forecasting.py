"""What a large embedding job will take, told before it is done; a person at a terminal is asked if it costs.

A script is never asked, and never stopped: it is told on stderr.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from chatbot.cli import consent

if TYPE_CHECKING:
    from chatbot.terminal.progress import Meter
    from chatbot.terminal.screen import Screen
    from store.estimating import Estimate


def forecast(screen: Screen, meter: Meter, *, yes: bool) -> Callable[[Estimate], None]:
    """A function that tells a person of a job. It raises NotWanted if the person does not want it."""

    def told(estimate: Estimate) -> None:
        meter.pause()
        screen.notice(str(estimate))
        if estimate.cost is None or yes or not consent.watching():
            return
        if not click.confirm("Go on?", default=True, err=True):
            raise consent.NotWanted(
                "Nothing more was embedded. The papers are kept and found by keywords; the same command goes "
                "on when you want it."
            )

    return told
