"""Which parts the settings lead to, and what is never called."""

from dataclasses import replace
from pathlib import Path

import pytest
from fake_upstream import FakeUpstream

from chatbot import assembly, discovery
from chatbot.discovery import Found
from chatbot.errors import LocalModelError
from chatbot.local import server
from chatbot.model import Message, TextPart
from chatbot.model.local_model import LocalModel
from chatbot.model.scripted import ScriptedModel
from chatbot.settings import load
from store.embedding import BgeSmall
from store.errors import NoCollection
from store.records import Record, Source
from store.remote_embedding import OpenAIEmbedder

OLLAMA = Found("Ollama", "http://127.0.0.1:11434/v1", ("llama3", "qwen3:4b"))
VLLM = Found("vLLM", "http://127.0.0.1:8000/v1", ("Qwen/Qwen3-8B",))


@pytest.fixture
def settings(tmp_path):
    return load({"home": tmp_path / "home"}, {}, tmp_path)


@pytest.fixture
def choose(monkeypatch):
    """Choose a model on a machine with these servers and this local model; the notices too."""

    def choose(settings, servers=(), local=None):
        told = []
        monkeypatch.setattr(discovery, "discover", lambda: list(servers))
        monkeypatch.setattr(assembly, "local_file", lambda settings: local)
        model = assembly.choose_model(settings, notice=told.append, progress=lambda done, total: None)
        return model, told

    return choose


def test_a_configured_endpoint_is_the_only_one_and_nothing_is_looked_for(settings, monkeypatch):
    def never(*arguments):
        raise AssertionError("looked for another model")

    monkeypatch.setattr(discovery, "discover", never)
    monkeypatch.setattr(assembly, "local_file", never)
    configured = replace(settings, base_url="http://127.0.0.1:9/v1", model="qwen")
    model = assembly.choose_model(configured, notice=never, progress=never)
    assert (model.endpoint, model.name) == ("http://127.0.0.1:9/v1", "qwen")


def test_a_server_that_listens_comes_before_the_local_model_and_is_said(settings, choose):
    model, told = choose(settings, [OLLAMA, VLLM], ("qwen", Path("/qwen.gguf")))
    assert (model.endpoint, model.name) == (OLLAMA.base_url, "llama3")
    assert told == ["Answered by llama3, found at http://127.0.0.1:11434/v1 (Ollama)."]


def test_a_named_model_is_taken_from_the_server_that_offers_it(settings, choose):
    model, _ = choose(replace(settings, model="Qwen/Qwen3-8B"), [OLLAMA, VLLM])
    assert model.endpoint == VLLM.base_url


def test_the_local_model_is_served_only_when_it_is_asked(settings, choose, monkeypatch):
    calls = []

    def ensure(home, file, **how):
        calls.append((file, how["context"], how["idle"]))
        raise LocalModelError("No.")

    monkeypatch.setattr(server, "ensure", ensure)
    model, told = choose(settings, [], ("qwen", Path("/qwen.gguf")))
    assert (model.name, model.local, told, calls) == ("qwen", True, [], [])
    assert "qwen" in model.encoding.name
    assert calls == []
    with pytest.raises(LocalModelError):
        next(iter(model.stream([Message("user", "Hello")])))
    assert calls == [(Path("/qwen.gguf"), settings.context, settings.idle)]


def test_without_any_model_it_is_said_how_to_get_one(settings, choose):
    model, told = choose(settings)
    assert model is None
    assert told == [assembly.MORE]


def test_a_model_that_nobody_knows_is_an_error(settings, monkeypatch):
    monkeypatch.setattr(discovery, "discover", list)
    with pytest.raises(LocalModelError, match=r"offers the model 'nope'.*--base-url"):
        assembly.choose_model(replace(settings, model="nope"), notice=print, progress=print)


def test_a_gguf_file_is_a_local_model(settings, tmp_path):
    (tmp_path / "own.gguf").write_bytes(b"GGUF")
    found = assembly.local_file(replace(settings, model=str(tmp_path / "own.gguf")))
    assert found == ("own", tmp_path / "own.gguf")


def test_closing_a_local_models_stream_hangs_up():
    closed = []

    class Endless(ScriptedModel):
        def stream(self, messages, *, schema=None, max_tokens=None, thinking=None):
            try:
                while True:
                    yield TextPart("again ")
            finally:
                closed.append(True)

    stream = LocalModel("qwen", Endless).stream([Message("user", "Hello")])
    next(stream)
    stream.close()
    assert closed == [True]


def test_the_embedder_is_the_built_in_one_unless_an_endpoint_is_configured(settings):
    assert isinstance(assembly.embedder(settings), BgeSmall)
    remote = replace(settings, embedding_base_url="http://127.0.0.1:9/v1", embedding_model="e5")
    found = assembly.embedder(remote)
    assert isinstance(found, OpenAIEmbedder)
    assert found.name == "e5"


def test_an_endpoint_s_embedder_is_made_as_it_is_configured(settings):
    remote = replace(
        settings,
        embedding_base_url="http://127.0.0.1:9/v1",
        embedding_model="Qwen3-Embedding",
        embedding_dimensions=256,
        embedding_query_instruction="Find it",
        embedding_rate=60.0,
        embedding_price=0.02,
    )
    found = assembly.embedder(remote)
    assert "dimension=256" in found.fingerprint
    assert "Instruct: Find it" in found.fingerprint
    assert (found.terms.rate, found.terms.price) == (60.0, 0.02)


def test_there_is_no_reranker_unless_one_is_configured(settings, tmp_path):
    assert assembly.reranker(settings) is None
    assert assembly.reranker(replace(settings, rerank_path=tmp_path / "mine")).name == "mine"
    remote = replace(settings, rerank_url="http://127.0.0.1:9/v1", rerank_model="qwen3-reranker")
    assert assembly.reranker(remote).name == "qwen3-reranker"


def test_what_an_endpoint_s_embedder_cuts_is_told(settings, tmp_path):
    rows = [{"index": 0, "embedding": [3.0, 4.0, 5.0]}]
    told = []
    with FakeUpstream(pages={"/v1/embeddings": {"data": rows}}) as upstream:
        remote = replace(
            settings, embedding_base_url=upstream.base_url, embedding_model="e5", embedding_dimensions=2
        )
        with assembly.opened(remote, notice=told.append, create=True) as collection:
            report = collection.ingest([Record("GSPO is stable.", Source("a", 1))])
    assert report.embedded == 1
    assert any("cut here" in each for each in told)


def test_a_chat_needs_papers(settings):
    with (
        pytest.raises(NoCollection, match="chatbot ingest --demo"),
        assembly.Assembly(settings, notice=print, progress=print),
    ):
        pass


def test_the_demos_papers_come_along():
    assert len(assembly.seeds()) == 5
