"""What the doctor looks at, and that looking changes nothing."""

from dataclasses import replace

import pytest
from fake_upstream import FakeUpstream

from chatbot import assembly, discovery, doctor
from chatbot.discovery import Found
from chatbot.errors import LocalModelError
from chatbot.settings import load
from store.embedding import HashEmbedder
from store.errors import EmbeddingError
from store.readers import read


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "discover", list)
    monkeypatch.setattr(assembly, "local_file", lambda settings: None)
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    return load({"home": tmp_path / "home"}, {}, tmp_path)


@pytest.fixture
def filled(settings):
    with assembly.opened(settings, notice=print, create=True) as collection:
        collection.ingest(read(assembly.seeds()))
    return settings


def by_subject(findings):
    return {finding.subject: finding for finding in findings}


def test_a_new_machine_is_told_to_ingest_and_nothing_is_made(settings):
    findings = doctor.examine(settings)
    assert not doctor.ready(findings)
    assert by_subject(findings)["collection"].cure == assembly.FILL
    assert not settings.home.exists()


def test_a_filled_collection_can_be_asked_even_without_a_model(filled):
    findings = doctor.examine(filled)
    assert doctor.ready(findings)
    found = by_subject(findings)
    assert found["collection"].detail == "'papers': 39 papers, embedded by hash-64"
    assert found["local model"].cure == assembly.MORE


def test_every_problem_has_a_cure(filled, monkeypatch):
    class Broken(HashEmbedder):
        def query(self, text):
            raise EmbeddingError("Its files are missing: install them.")

    def broken(settings):
        raise LocalModelError("Its file is gone: bring it back.")

    monkeypatch.setattr(assembly, "embedder", lambda settings: Broken(32))
    monkeypatch.setattr(assembly, "local_file", broken)
    findings = doctor.examine(filled)
    assert all(finding.cure for finding in findings if finding.state is not doctor.State.GOOD)
    assert {finding.subject for finding in findings if finding.state is not doctor.State.GOOD} == {
        "embedder",
        "collection",
        "local model",
    }


def test_the_reranker_s_state_is_told(filled):
    assert by_subject(doctor.examine(filled))["reranker"].detail.startswith("off")
    gone = replace(filled, rerank_url="http://127.0.0.1:9/v1", rerank_model="qwen3-reranker")
    found = by_subject(doctor.examine(gone))["reranker"]
    assert found.state is doctor.State.ODD
    assert "Start it" in found.cure
    reply = {"results": [{"index": 0, "relevance_score": 0.9}]}
    with FakeUpstream(pages={"/v1/rerank": reply}) as upstream:
        found = by_subject(doctor.examine(replace(gone, rerank_url=upstream.base_url)))["reranker"]
    assert (found.state, found.detail) == (
        doctor.State.GOOD,
        "qwen3-reranker puts the first 20 papers in order again",
    )


def test_an_endpoint_that_does_not_answer_is_bad_and_nothing_else_is_asked(filled, monkeypatch):
    monkeypatch.setattr(discovery, "discover", lambda: 1 / 0)
    findings = doctor.examine(replace(filled, base_url="http://127.0.0.1:9/v1"))
    assert by_subject(findings)["model"].state is doctor.State.BAD
    assert not doctor.ready(findings)


def test_servers_on_this_machine_are_named(filled, monkeypatch):
    monkeypatch.setattr(
        discovery, "discover", lambda: [Found("Ollama", "http://127.0.0.1:11434/v1", ("qwen3:4b",))]
    )
    assert (
        by_subject(doctor.examine(filled))["model"].detail == "Ollama at http://127.0.0.1:11434/v1: qwen3:4b"
    )


def test_settings_are_shown_with_their_origin_and_without_their_secrets(tmp_path):
    env = {
        "CHATBOT_HOME": str(tmp_path),
        "CHATBOT_BASE_URL": "https://user:password@example.org/v1",
        "OPENAI_API_KEY": "sk-very-secret",
    }
    rows = {name: (value, origin) for name, value, origin in doctor.configured(load({}, env, tmp_path))}
    assert rows["api_key"] == ("set, not shown", "OPENAI_API_KEY")
    assert rows["base_url"] == ("https://example.org/v1", "CHATBOT_BASE_URL")
    assert rows["papers"][1] == "default"
    assert not any("secret" in value or "password" in value for value, _ in rows.values())
