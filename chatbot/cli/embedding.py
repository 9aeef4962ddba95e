"""`chatbot embed`: the vectors that are missing; and what a stop leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from chatbot.cli import options
from chatbot.cli.forecasting import forecast
from chatbot.cli.outcome import print_json
from store.errors import EmbeddingError

if TYPE_CHECKING:
    from chatbot.terminal.progress import Meter
    from chatbot.terminal.screen import Screen
    from store.collection import Collection


@click.command()
@options.yes
@options.json_output
@options.place
def embed(yes: bool) -> None:
    """Make the vectors that are missing: of papers taken in with --later, or by a run that was stopped.

    May be stopped and run again at any time: what is made stays. Questions can be asked meanwhile.
    """
    from chatbot import assembly, shapes
    from chatbot.terminal.progress import Meter

    screen, settings = options.screen(), options.settings()
    with Meter(screen, "papers") as meter, assembly.filled(settings, notice=screen.notice) as collection:
        with told_when_stopped(screen, meter, collection):
            made = collection.embed(
                lambda each: meter.update(each.phase, each.done, each.total), forecast(screen, meter, yes=yes)
            )
        coverage = collection.coverage
    if options.wants_json():
        print_json(shapes.embedded(made, coverage))
    else:
        screen.print(f"{made:,} embedded now. {coverage}")


@contextmanager
def told_when_stopped(screen: Screen, meter: Meter, collection: Collection) -> Iterator[None]:
    """Whoever stops the work, or sees the embedder fail, learns what is in and how to go on."""
    try:
        yield
    except (KeyboardInterrupt, EmbeddingError):
        meter.pause()
        coverage = collection.coverage
        if coverage.papers:
            text = f"{coverage.papers:,} papers are in and found by keywords"
            if coverage.missing:
                text += (
                    f"; {coverage.missing:,} of them have no vectors yet. `chatbot embed` goes on with them, "
                    "and so does an open `chatbot chat`; the same command goes on with everything"
                )
            screen.notice(f"{text}.")
        raise
