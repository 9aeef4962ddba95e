"""How far a long work is, on stderr: a bar with rate and time left on a terminal, a few lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from chatbot.terminal.screen import Screen

# Seconds between two lines where nothing can move: the first soon, then ever fewer.
_SOONEST, _LATEST = 10.0, 120.0


class Meter:
    """A context manager that is told how far the work is. `unit` "B" counts bytes; others name things.

    The bar goes when everything of known size is done, or at the end.
    """

    def __init__(self, screen: Screen, unit: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._unit = unit
        self._clock = clock
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._begun: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def pause(self) -> None:
        """Let go of the terminal, for a question; the next update draws the bar again."""
        self._stop()

    def _stop(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
            self._tasks.clear()

    def update(self, phase: str, done: int, total: int | None) -> None:
        """`done` of `total` (None: unknown) of the phase are done."""
        now = self._clock()
        begun = self._begun.setdefault(phase, now)
        if self._screen.live:
            self._move(phase, done, total)
        elif now - self._told.setdefault(phase, begun) >= max(_SOONEST, min(_LATEST, (now - begun) / 2)):
            self._told[phase] = now
            self._screen.notice(self._told_as(phase, done, total, now - begun))

    def _move(self, phase: str, done: int, total: int | None) -> None:
        if self._bars is None:
            self._bars = Progress(
                TextColumn("{task.description:<10}", markup=False),
                BarColumn(bar_width=None),
                _Count(self._unit),
                _Rate(self._unit),
                TimeRemainingColumn(compact=True),
                console=self._screen.err,
                redirect_stdout=False,
                redirect_stderr=False,
                transient=True,
                expand=True,
            )
            self._bars.start()
        if phase not in self._tasks:
            self._tasks[phase] = self._bars.add_task(phase, total=total)
        self._bars.update(self._tasks[phase], completed=done, total=total)
        if self._bars.finished:
            self._stop()

    def _told_as(self, phase: str, done: int, total: int | None, seconds: float) -> str:
        rate = done / seconds if seconds else 0.0
        text = f"{phase}: {_count(done, total, self._unit)}, {_rate(rate, self._unit)}"
        if total and rate:
            text += f", about {max(total - done, 0) / rate:.0f} s left"
        return text


class _Count(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        total = None if task.total is None else int(task.total)
        return Text(_count(int(task.completed), total, self._unit))


class _Rate(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else _rate(speed, self._unit))


def _count(done: int, total: int | None, unit: str) -> str:
    if unit == "B":
        return decimal(done) if total is None else f"{decimal(done)} of {decimal(total)}"
    return f"{done:,} {unit}" if total is None else f"{done:,} of {total:,} {unit}"


def _rate(speed: float, unit: str) -> str:
    return f"{decimal(int(speed))}/s" if unit == "B" else f"{speed:,.1f}/s"
