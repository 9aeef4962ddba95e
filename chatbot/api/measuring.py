"""Prometheus' numbers: requests, latencies, time to the first token, tokens, verdicts, refusals, faults.

Labels are few and of our own words: routes by their pattern, never by what was asked for. No number tells
who asked or what.
"""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from chatbot.api.guarding import Done
from chatbot.values import Answer

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class Meters:
    """The numbers of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        make: dict[str, Any] = {"registry": self.registry, "namespace": "chatbot"}
        self._requests = Counter("requests", "Requests that are over.", ("route", "method", "status"), **make)
        self._latency = Histogram(
            "request_seconds", "From a request to its end.", ("route",), buckets=_SECONDS, **make
        )
        self._first = Histogram(
            "first_token_seconds",
            "From a question to the first text of its answer.",
            buckets=_SECONDS,
            **make,
        )
        self._retrieved = Histogram(
            "retrieval_seconds", "From a question to the papers that were found.", buckets=_SECONDS, **make
        )
        self._answers = Counter("answers", "Answers by how they ended.", ("status", "cut"), **make)
        self._verdicts = Counter("verdicts", "Sentences of answers by verdict.", ("verdict",), **make)
        self._tokens = Counter("tokens", "Tokens of the model.", ("kind",), **make)
        self._faults = Counter("faults", "Questions that ended in an error, by its kind.", ("kind",), **make)
        self.running = Gauge("running", "Questions that are being answered.", **make)

    def request(self, done: Done, route: Any) -> None:
        """A request is over."""
        name = getattr(route, "path", "other")
        self._requests.labels(name, done.method if done.method in _METHODS else "other", done.status).inc()
        self._latency.labels(name).observe(done.seconds)

    def first(self, seconds: float) -> None:
        """The first text of an answer was there."""
        self._first.observe(seconds)

    def answer(self, answer: Answer) -> None:
        """An answer is finished."""
        self._answers.labels(answer.status.value, answer.cut or "no").inc()
        for claim in answer.claims:
            self._verdicts.labels(claim.verdict.value).inc()
        self._tokens.labels("prompt").inc(answer.usage.prompt_tokens)
        self._tokens.labels("completion").inc(answer.usage.completion_tokens)
        self._tokens.labels("cached").inc(answer.usage.cached_tokens)
        if answer.timings.retrieved is not None:
            self._retrieved.observe(answer.timings.retrieved)

    def fault(self, error: BaseException) -> None:
        """A question ended in an error."""
        self._faults.labels(type(error).__name__).inc()

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)


_METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS")
