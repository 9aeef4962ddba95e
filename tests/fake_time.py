"""Time for tests: nobody waits."""

from __future__ import annotations

from store.retrying import Retries


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def retries(self, chance: float = 1.0, attempts: int = 3) -> Retries:
        """The one policy, in this time."""
        return Retries(attempts, sleep=self.sleep, clock=lambda: self.now, chance=lambda: chance)
