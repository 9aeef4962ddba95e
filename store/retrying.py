"""The one retry policy: three attempts, a deadline over all of them, and what the server asks for.

The caller decides what may pass by itself and raises `Again` for it; the policy decides whether and when.
Nothing here knows HTTP. Time and chance are injected, so that no test sleeps.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from store.stopping import sleep

if TYPE_CHECKING:
    import tenacity

T = TypeVar("T")


class Again(Exception):
    """An attempt failed in a way that may pass. Never leaves `Retries.run`.

    `error` is what to raise when there is no further attempt; `after` the seconds that the server
    asked to wait, if it did.
    """

    def __init__(self, error: Exception, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


@dataclass(frozen=True, slots=True)
class Retries:
    """Attempts and the waits between them, in seconds.

    The n-th wait is what the server asked for, else a random part between half and all of
    `first_wait` * 2 ** (n - 1). A server that asks for more than `longest_wait` is not waited for.
    """

    attempts: int = 3
    first_wait: float = 1.0
    longest_wait: float = 20.0
    sleep: Callable[[float], None] = sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def run(self, call: Callable[[], T], *, until: float) -> T:
        """Call until it returns, fails for good, or no attempt is left before `until` (by `clock`).

        Raises what `call` raises; for `Again`, its error.
        """
        import tenacity

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Again),
            wait=self._wait,
            stop=lambda state: self._spent(state, until),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(call)
        except Again as again:
            raise again.error from again.__cause__

    def _wait(self, state: tenacity.RetryCallState) -> float:
        after = _asked(state)
        if after is not None:
            return max(0.0, after)
        longest = min(self.longest_wait, self.first_wait * 2.0 ** (state.attempt_number - 1))
        return longest * (1 + self.chance()) / 2

    def _spent(self, state: tenacity.RetryCallState, until: float) -> bool:
        return (
            state.attempt_number >= self.attempts
            or state.upcoming_sleep > self.longest_wait
            or self.clock() + state.upcoming_sleep >= until
        )


def _asked(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.after if isinstance(error, Again) else None
