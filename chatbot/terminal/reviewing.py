"""How far a review is, on stderr, until it is written."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import cast

from chatbot.reviewing.parts import Review, Reviewed, Writing
from chatbot.reviewing.writing import Told
from chatbot.terminal.progress import Meter
from chatbot.terminal.screen import Screen
from chatbot.values import Judged, Notice


def last(events: Iterator[Told], screen: Screen) -> Review:
    """Wait for the review; closed whatever happens, which hangs up on the model."""
    with closing(cast("Generator[Told]", events)), Meter(screen, "papers") as meter:
        for event in events:
            match event:
                case Judged(done=done, total=total):
                    meter.update("judging", done, total)
                case Writing(done=done, total=total):
                    meter.update("writing", done, total)
                case Notice(text=text):
                    screen.notice(text)
                case Reviewed(review=review):
                    return review
    raise RuntimeError("the events ended without a review")
