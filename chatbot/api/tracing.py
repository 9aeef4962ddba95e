"""OpenTelemetry spans of a question, where an endpoint is configured and the SDK is installed.

`OTEL_EXPORTER_OTLP_ENDPOINT` (or its `_TRACES_` form) configures it, as everywhere. A question is one span
with children for its steps (rewrite, plan, search, pack, model, verify), cut where the answer's timings say
that each was reached. No text of a question, an answer or a paper is in them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chatbot.values import Answer, Timings

_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NANO = 1_000_000_000


class Trace:
    """One question's span, or nothing."""

    def __init__(self, tracer: Any = None, span: Any = None) -> None:
        self._tracer = tracer
        self._span = span
        self._began = time.time_ns()

    def finished(self, answer: Answer) -> None:
        """The answer is there: its steps become spans."""
        if self._span is None:
            return
        for name, value in (
            ("chatbot.status", answer.status.value),
            ("chatbot.cut", answer.cut),
            ("chatbot.claims", len(answer.claims)),
            ("chatbot.planned", answer.plan is not None),
            ("gen_ai.request.model", answer.model or ""),
            ("gen_ai.usage.input_tokens", answer.usage.prompt_tokens),
            ("gen_ai.usage.output_tokens", answer.usage.completion_tokens),
        ):
            self._span.set_attribute(name, value)
        from opentelemetry.trace import set_span_in_context

        within = set_span_in_context(self._span)
        for name, start, end in steps(answer):
            child = self._tracer.start_span(name, within, start_time=self._began + int(start * _NANO))
            child.end(self._began + int(end * _NANO))


class Tracer:
    """Makes traces; `provider` is an OpenTelemetry tracer provider, None: nothing is traced."""

    def __init__(self, provider: Any = None) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("chatbot") if provider is not None else None

    @contextmanager
    def question(self, id: str) -> Iterator[Trace]:
        """Around a question's answer."""
        if self._tracer is None:
            yield Trace()
            return
        span = self._tracer.start_span("question", attributes={"chatbot.request": id})
        try:
            yield Trace(self._tracer, span)
        except Exception as error:
            from opentelemetry.trace import Status, StatusCode

            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end()

    def close(self) -> None:
        """Send what was not sent yet."""
        if self._provider is not None:
            self._provider.shutdown()


def steps(answer: Answer) -> list[tuple[str, float, float]]:
    """The steps that the answer's timings tell: name, start and end in seconds since the question.

    Sentences are judged as they come, within the model's span; what a model judges again is `verify`.
    """
    times = answer.timings
    marks = [
        ("rewrite", times.rewritten),
        ("plan", times.planned),
        ("search", times.retrieved),
        ("pack", times.requested),
        ("model", times.generated),
        (_last(times), times.total),
    ]
    found: list[tuple[str, float, float]] = []
    before = 0.0
    for name, at in marks:
        if at is not None:
            found.append((name, before, max(before, at)))
            before = max(before, at)
    return found


def _last(times: Timings) -> str:
    """What was done last: a model that was only asked whether the answer is there has said no words."""
    if times.generated is not None:
        return "verify"
    return "answer" if times.requested is None else "model"


def configured() -> tuple[Tracer, str | None]:
    """The tracer that the environment asks for, and what is missing for it, in a sentence."""
    if not any(os.environ.get(name) for name in _VARIABLES):
        return Tracer(), None
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        return Tracer(), (
            f"Nothing is traced: {error.name} is not installed. pip install 'proven-chatbot[tracing]'"
        )
    provider = TracerProvider(resource=Resource.create({"service.name": "chatbot"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracer(provider), None
