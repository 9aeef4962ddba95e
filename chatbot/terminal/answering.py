"""The events of one answer on a screen, as they come. Decides nothing: what it is told, it shows.

The answer streams to stdout with its markers; then come its sources and proofs, what is not proven,
and a line of figures. While nothing can be read yet, a line on stderr says what is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import cast

from rich.status import Status as Spinner

from chatbot.planning import told
from chatbot.sessions.export.laying import pieces
from chatbot.terminal import census, pages, topic
from chatbot.terminal.flow import Flow
from chatbot.terminal.progress import Meter
from chatbot.terminal.screen import STYLES, Screen
from chatbot.terminal.text import line
from chatbot.values import (
    Answer,
    Claim,
    ClaimMade,
    ClaimRevised,
    Delta,
    Event,
    Finished,
    Judged,
    Notice,
    Planned,
    PremiseDoubted,
    Retrieved,
    Status,
    Thought,
    Verdict,
)


def hung_up(events: Iterator[Event]) -> closing[Generator[Event]]:
    """Close the events whatever happens: that is what hangs up on the model after Ctrl-C."""
    return closing(cast("Generator[Event]", events))


def last(events: Iterator[Event], screen: Screen) -> Answer:
    """Wait for the answer without showing it; notices go to stderr."""
    with hung_up(events):
        for event in events:
            if isinstance(event, Notice):
                screen.notice(event.text)
            elif isinstance(event, Planned):
                screen.notice(told(event.plan))
            elif isinstance(event, Finished):
                return event.answer
    raise RuntimeError("the events ended without an answer")


def counted(events: Iterator[Event], screen: Screen) -> Answer:
    """Wait for the answer to a question over a topic; stderr tells how far it is."""
    with hung_up(events), Meter(screen, "papers") as meter:
        for event in events:
            if isinstance(event, Judged):
                meter.update("judging", event.done, event.total)
            elif isinstance(event, Notice):
                screen.notice(event.text)
            elif isinstance(event, Finished):
                return event.answer
    raise RuntimeError("the events ended without an answer")


def show(events: Iterator[Event], screen: Screen, clock: Callable[[], float] = time.monotonic) -> Answer:
    """Show the events until the answer is finished, and return it."""
    view = _View(screen, clock)
    with hung_up(events), view:
        for event in events:
            view.see(event)
            if isinstance(event, Finished):
                return event.answer
    raise RuntimeError("the events ended without an answer")


def again(screen: Screen, answer: Answer) -> None:
    """Show an answer that was given before, with everything that stood below it."""
    flow = Flow(screen)
    for piece in pieces(answer):
        flow.write(piece.text)
        if piece.claim is not None:
            flow.mark(*_marker(screen, piece.claim, piece.numbers))
    flow.end()
    _below(screen, answer)


class _View:
    """What is on the screen so far."""

    def __init__(self, screen: Screen, clock: Callable[[], float]) -> None:
        self._screen = screen
        self._clock = clock
        self._flow = Flow(screen)
        self._claims: dict[int, Claim] = {}
        self._revised: dict[int, tuple[Claim, tuple[int, ...]]] = {}
        self._notices: list[str] = []
        self._thinking_since: float | None = None
        self._spinner: Spinner | None = None

    def __enter__(self) -> _View:
        self._wait("searching")
        return self

    def __exit__(self, *error: object) -> None:
        self._stop_waiting()
        self._flow.end()

    def see(self, event: Event) -> None:
        match event:
            case Planned(plan=plan):
                self._stop_waiting()
                self._screen.notice(told(plan))
                self._wait("searching")
            case Retrieved(hits=hits):
                self._wait(f"reading {len(hits)} paper{'' if len(hits) == 1 else 's'}")
            case Judged(done=done, total=total, sure=sure):
                self._wait(f"judging papers: {done} of {total}, {sure} sure")
            case Thought():
                if self._thinking_since is None:
                    self._thinking_since = self._clock()
                    self._wait("thinking")
            case PremiseDoubted(claim=claim, numbers=numbers):
                self._stop_waiting()
                pages.premise(self._screen, claim, numbers)
            case Delta(text=text):
                self._thought()
                self._stop_waiting()
                self._flow.write(text)
            case ClaimMade(index=index, claim=claim, numbers=numbers):
                self._claims[index] = claim
                self._flow.mark(*_marker(self._screen, claim, numbers))
            case ClaimRevised(index=index, claim=claim, numbers=numbers):
                self._revised[index] = (claim, numbers)
            case Notice(text=text):
                self._notices.append(text)
                if not self._flow.mid_line:
                    self._tell()
            case Finished(answer=answer):
                self._finish(answer)

    def _finish(self, answer: Answer) -> None:
        screen = self._screen
        self._thought()
        self._stop_waiting()
        self._flow.end()
        self._tell()
        self._corrections()
        said = line(self._flow.text)
        if answer.status is Status.REFUSED and said != line(answer.text):
            screen.print(line(answer.text) or pages.REFUSAL)
        elif answer.census is None and answer.topic is None and not said:
            screen.print(line(answer.text))
        _below(screen, answer)

    def _corrections(self) -> None:
        """Verdicts that changed after their sentence was printed: said below, for it can't be taken back."""
        for index, (claim, numbers) in sorted(self._revised.items()):
            before = self._claims.get(index)
            if before is not None and before.verdict is claim.verdict:
                continue
            marker, style = _marker(self._screen, claim, numbers)
            sign = "" if claim.verdict is not Verdict.SUPPORTED else f" {self._screen.signs.supported}"
            text = f"Checked again, now {claim.verdict.value}: {line(claim.text)} {marker}{sign}"
            self._screen.print(text, style=style, hang=2)

    def _tell(self) -> None:
        for text in self._notices:
            self._screen.notice(text)
        self._notices.clear()

    def _thought(self) -> None:
        """The thinking is over: it is folded to one line."""
        if self._thinking_since is not None:
            seconds = self._clock() - self._thinking_since
            self._thinking_since = None
            self._stop_waiting()
            self._screen.notice(f"thought for {seconds:.0f} s")

    def _wait(self, what: str) -> None:
        if not self._screen.live or self._flow.mid_line:
            return
        if self._spinner is None:
            self._spinner = self._screen.err.status(what)
            self._spinner.start()
        else:
            self._spinner.update(what)

    def _stop_waiting(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None


def _marker(screen: Screen, claim: Claim, numbers: tuple[int, ...]) -> tuple[str, str]:
    """`[1][2]`, and behind it the verdict's sign unless the sentence is proven."""
    marker = "".join(f"[{number}]" for number in numbers)
    if claim.verdict is not Verdict.SUPPORTED:
        marker = " ".join(filter(None, (marker, screen.signs.of(claim.verdict))))
    return marker, STYLES[claim.verdict]


def _below(screen: Screen, answer: Answer) -> None:
    """What stands under an answer's text: sources, proofs, what is not proven or was left out, figures."""
    cited = [(citation.number, citation.paper) for citation in answer.citations]
    if answer.status is Status.REFUSED:
        pages.near_misses(screen, answer.near_misses)
    elif answer.census is not None:
        census.show(screen, answer.census, cited, by=answer.model)
    elif answer.topic is not None:
        topic.show(screen, answer.topic, cited)
    else:
        screen.print()
        pages.sources(screen, answer)
        pages.unproven(screen, answer.claims)
    screen.print()
    pages.dropped(screen, answer)
    pages.summary(screen, answer)
