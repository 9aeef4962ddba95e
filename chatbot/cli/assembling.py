"""A filled collection and its model, for the commands that need both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chatbot.cli import options

if TYPE_CHECKING:
    from chatbot.assembly import Assembly
    from chatbot.terminal.screen import Screen


@contextmanager
def assembled(screen: Screen, *, with_model: bool = True, empty: bool = False) -> Iterator[Assembly]:
    """What the settings of the command that runs ask for; with `empty` the collection may be empty. Raises
    StoreError, ChatbotError."""
    from chatbot.assembly import Assembly
    from chatbot.terminal.progress import Meter

    with (
        Meter(screen, "B") as meter,
        Assembly(
            options.settings(),
            notice=screen.notice,
            progress=lambda done, total: meter.update("preparing the model", done, total),
            with_model=with_model and not options.without_model(),
            empty=empty,
        ) as assembly,
    ):
        yield assembly
