"""Work in another thread is stopped at once: while an endpoint is silent, and between attempts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatbot.model import Message
from chatbot.model.openai_model import OpenAIModel
from store.retrying import Again, Retries
from store.stopping import Stop, Stopped
from tests.fake_upstream import FakeUpstream, hang, say, status


def stopped_after(work: Callable[[], object], begun: Callable[[], object]) -> float:
    """Seconds that `work` goes on after it is stopped, which is when `begun` returns."""
    stop = Stop()

    def run() -> None:
        with stop.watching():
            work()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        begun()
        asked = time.monotonic()
        stop.now()
        with pytest.raises(Stopped):
            running.result(10)
        return time.monotonic() - asked


@pytest.mark.parametrize(
    "behaviour", [hang(headers=False), hang("Hel")], ids=["before headers", "mid-stream"]
)
def test_a_silent_endpoint_is_left_within_a_second(behaviour: Callable[..., None]) -> None:
    reached = threading.Event()

    def behave(handler: object) -> None:
        reached.set()
        behaviour(handler)

    with FakeUpstream(behave) as upstream:
        model = OpenAIModel(upstream.base_url, "m")
        took = stopped_after(lambda: list(model.stream([Message("user", "Hi")])), lambda: reached.wait(10))
        assert took < 1
        assert len(upstream.requests) == 1  # it is no failure that is tried again


def test_a_wait_between_two_attempts_is_left_at_once() -> None:
    waiting = threading.Event()

    def fail() -> None:
        waiting.set()
        raise Again(ValueError("busy"), after=15)

    retries = Retries()
    assert stopped_after(lambda: retries.run(fail, until=retries.clock() + 60), lambda: waiting.wait(10)) < 1


def test_whoever_is_not_stopped_notices_nothing() -> None:
    with FakeUpstream(status(503), say("Hel", "lo.")) as upstream:
        model = OpenAIModel(upstream.base_url, "m", retries=Retries(first_wait=0.01))
        with Stop().watching():
            parts = list(model.stream([Message("user", "Hi")]))
    assert "".join(getattr(part, "text", "") for part in parts) == "Hello."


def test_a_silence_that_is_too_long_is_still_a_time_out() -> None:
    with FakeUpstream(hang(headers=False)) as upstream:
        model = OpenAIModel(upstream.base_url, "m", timeout=0.5, retries=Retries(attempts=1))
        with Stop().watching(), pytest.raises(Exception, match="did not answer in time"):
            list(model.stream([Message("user", "Hi")]))
