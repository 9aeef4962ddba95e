"""Spans of a question, where somebody collects them."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.sdk", reason="pip install 'proven-chatbot[tracing]'")

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chatbot import assembly
from chatbot.api.tracing import Tracer, configured
from store import HashEmbedder
from tests.chatbot.api_server import QUESTION, Api, filled, proven
from tests.fake_upstream import FakeUpstream


def test_a_question_is_a_span_with_its_steps_and_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with (
        FakeUpstream(proven) as upstream,
        Api(filled(tmp_path), upstream.base_url, tracer=Tracer(provider)) as api,
    ):
        id = api.chat().headers["x-request-id"]
    spans = {span.name: span for span in kept.get_finished_spans()}
    assert set(spans) == {"question", "plan", "search", "pack", "model", "verify"}
    question = spans["question"]
    assert question.attributes is not None
    assert question.attributes["chatbot.request"] == id
    assert question.attributes["gen_ai.usage.output_tokens"] == 20 + 1  # and the token of odds
    for name in set(spans) - {"question"}:
        parent = spans[name].parent
        assert parent is not None
        assert parent.span_id == question.context.span_id
    assert QUESTION not in "".join(span.to_json() for span in spans.values())


def test_nothing_is_traced_unless_an_endpoint_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    tracer, missing = configured()
    assert missing is None
    with tracer.question("x") as trace:
        assert trace._span is None
