"""The one retry policy, without waiting for it."""

from __future__ import annotations

import pytest
from fake_time import Time

from store.retrying import Again


class Flaky:
    """Fails `times`, then returns "done"."""

    def __init__(self, times: int, after: float | None = None) -> None:
        self.left, self.after, self.calls = times, after, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise Again(ConnectionError(f"failure {self.calls}"), self.after)
        return "done"


def test_a_success_is_returned_without_a_wait() -> None:
    time = Time()
    assert (time.retries().run(Flaky(0), until=200), time.naps) == ("done", [])


def test_waits_grow_and_are_spread() -> None:
    longest, shortest = Time(), Time()
    assert longest.retries(1.0).run(Flaky(2), until=200) == "done"
    assert shortest.retries(0.0).run(Flaky(2), until=200) == "done"
    assert (longest.naps, shortest.naps) == ([1.0, 2.0], [0.5, 1.0])


def test_after_three_attempts_the_last_error_is_raised_itself() -> None:
    flaky = Flaky(9)
    with pytest.raises(ConnectionError, match="failure 3"):
        Time().retries().run(flaky, until=200)
    assert flaky.calls == 3


def test_what_the_server_asks_for_is_waited() -> None:
    time = Time()
    time.retries().run(Flaky(1, after=20.0), until=200)
    assert time.naps == [20.0]


@pytest.mark.parametrize("after", [20.5, float("inf")])
def test_nobody_waits_longer_than_twenty_seconds(after: float) -> None:
    time, flaky = Time(), Flaky(1, after=after)
    with pytest.raises(ConnectionError):
        time.retries().run(flaky, until=10_000)
    assert (time.naps, flaky.calls) == ([], 1)


def test_no_attempt_begins_after_the_deadline() -> None:
    time, flaky = Time(), Flaky(9)
    with pytest.raises(ConnectionError):
        time.retries().run(flaky, until=102.5)
    assert (time.naps, flaky.calls) == ([1.0], 2)


def test_other_errors_are_raised_at_once() -> None:
    def fail() -> str:
        raise KeyError("mine")

    with pytest.raises(KeyError):
        Time().retries().run(fail, until=200)
