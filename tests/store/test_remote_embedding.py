"""Embeddings from an endpoint: a real HTTP server on loopback, good or broken."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from fake_time import Time

from store.errors import EmbeddingError
from store.estimating import Terms
from store.remote_embedding import QWEN3_TASK, OpenAIEmbedder


class Endpoint:
    """An embeddings server on loopback that answers as it is told and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[dict] = []
        self.replies: list[tuple[int, object]] = []
        self.headers: dict[str, str] = {}
        self.longest = 1_000_000
        self.rows = lambda body: [[float(len(text)), 1.0, 0.0] for text in body["input"]]
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append(body)
                status, reply = endpoint.replies.pop(0) if endpoint.replies else (200, None)
                if reply is None and sum(map(len, body["input"])) > endpoint.longest:
                    status, reply = 400, {"error": {"message": "This model's maximum context length is 99"}}
                if reply is None:
                    reply = endpoint.vectors(endpoint.rows(body))
                payload = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(status)
                self.send_header(
                    "Content-Type", "text/html" if isinstance(reply, bytes) else "application/json"
                )
                for name, value in endpoint.headers.items():
                    self.send_header(name, value)
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
def time():
    return Time()


@pytest.fixture
def endpoint(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    served = Endpoint()
    yield served
    served.close()


@pytest.fixture
def embedder(endpoint, time):
    """Makes an embedder that waits for nothing."""

    def make(model="m", *given, **options):
        return OpenAIEmbedder(endpoint.url, model, *given, retries=time.retries(attempts=5), **options)

    return make


def test_an_endpoint_is_asked_in_batches_and_its_order_does_not_matter(endpoint, embedder):
    texts = ["x" * (number + 1) for number in range(70)]
    vectors = list(embedder().documents(texts))
    assert [len(request["input"]) for request in endpoint.requests] == [32, 32, 6]
    assert endpoint.requests[0]["encoding_format"] == "float"
    assert [round(float(v[0] / v[1])) for v in vectors] == [len(text) for text in texts]
    assert all(abs(float(v @ v) - 1) < 1e-5 for v in vectors)


def test_making_an_embedder_asks_nothing_and_its_dimension_is_found_once(endpoint, embedder):
    made = embedder()
    assert endpoint.requests == []
    assert made.dimension == 3
    assert "dimension=3" in made.fingerprint
    assert len(endpoint.requests) == 1


def test_a_busy_endpoint_is_asked_again(endpoint, embedder):
    endpoint.replies = [(503, {"error": {"message": "busy"}}), (429, {"error": {"message": "slow"}})]
    assert embedder(dimension=3).query("text").shape == (3,)
    assert len(endpoint.requests) == 3


def test_a_refusal_is_told_at_once_and_names_the_model(endpoint, embedder):
    endpoint.replies = [(404, {"error": {"message": "no such model"}})]
    with pytest.raises(EmbeddingError, match=r"404 for model 'm'.*Check"):
        embedder("m", "secret").query("text")
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"<html>hello</html>",
        {"data": []},
        {"data": None},
        Endpoint.vectors([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]),
        "no",
        Endpoint.vectors([[0.0, 0.0, 0.0]]),
        Endpoint.vectors([[float("nan"), 0.0, 0.0]]),
        Endpoint.vectors([["a", "b", "c"]]),  # type: ignore[list-item]
    ],
)
def test_what_is_no_vector_is_not_believed(endpoint, embedder, reply):
    endpoint.replies = [(200, reply)]
    with pytest.raises(EmbeddingError, match="no usable vectors"):
        embedder(dimension=3).query("text")


def test_an_endpoint_that_is_not_there_is_said(endpoint, embedder):
    endpoint.server.server_close()
    with pytest.raises(EmbeddingError, match="Start it, or correct its address"):
        embedder().query("text")


def test_a_key_is_never_shown():
    assert "secret" not in repr(OpenAIEmbedder("http://127.0.0.1:1/v1", "m", "secret"))


def test_a_batch_holds_so_many_characters_and_a_longer_text_goes_alone(endpoint, embedder):
    texts = ["a" * 20_000, "b" * 20_000, "c" * 20_000, "d" * 60_000, "e"]
    assert len(list(embedder().documents(texts))) == 5
    assert [len(request["input"]) for request in endpoint.requests] == [2, 1, 1, 1]


def test_dimensions_that_are_asked_for_are_sent_and_part_of_the_fingerprint(endpoint, embedder):
    endpoint.rows = lambda body: [[3.0, 4.0, 5.0][: body["dimensions"]] for _ in body["input"]]
    notices = []
    made = embedder(dimension=2)
    made.tell(notices.append)
    assert "dimension=2" in made.fingerprint
    assert endpoint.requests == []
    assert np.allclose(made.query("text"), [0.6, 0.8])
    assert endpoint.requests[0]["dimensions"] == 2
    assert (made.dimension, notices) == (2, [])


def test_vectors_that_the_endpoint_does_not_cut_are_cut_here_and_that_is_said_once(endpoint, embedder):
    endpoint.rows = lambda body: [[3.0, 4.0, 5.0] for _ in body["input"]]
    notices = []
    made = embedder(dimension=2)
    made.tell(notices.append)
    first, second = made.documents(["one", "two"])
    assert np.allclose(first, [0.6, 0.8])
    assert np.allclose(made.query("three"), second)
    assert len(notices) == 1
    assert "cut here" in notices[0]


def test_an_endpoint_that_refuses_dimensions_is_asked_without_them_from_then_on(endpoint, embedder):
    no = 'Model "m" does not support matryoshka representation'
    endpoint.replies = [(400, {"error": {"message": no}})]
    notices = []
    made = embedder(dimension=2)
    made.tell(notices.append)
    assert made.query("one").shape == made.query("two").shape == (2,)
    assert ["dimensions" in request for request in endpoint.requests] == [True, False, False]
    assert no in notices[0]


def test_more_dimensions_than_there_are_is_an_error_with_its_cure(embedder):
    with pytest.raises(EmbeddingError, match="have 3 dimensions, 9 are asked"):
        embedder(dimension=9).query("text")


@pytest.mark.parametrize(
    "name", ["Qwen/Qwen3-Embedding-0.6B", "qwen3-embedding:4b", "Qwen3-Embedding-0.6B-Q8_0.gguf"]
)
def test_qwen3_embedding_is_told_what_a_query_is_for_and_documents_go_as_they_are(endpoint, embedder, name):
    made = embedder(name)
    made.query("Who?")
    list(made.documents(["A text."]))
    assert [request["input"] for request in endpoint.requests] == [
        [f"Instruct: {QWEN3_TASK}\nQuery:Who?"],
        ["A text."],
    ]
    assert QWEN3_TASK in made.fingerprint


def test_an_instruction_of_ones_own_is_used_and_an_empty_one_switches_it_off(endpoint, embedder):
    own, off, plain = embedder(instruction="Find it"), embedder("qwen3-embedding", instruction=""), embedder()
    for made in (own, off, plain):
        made.query("Who?")
    sent = [request["input"][0] for request in endpoint.requests]
    assert sent == ["Instruct: Find it\nQuery:Who?", "Who?", "Who?"]
    assert len({made.fingerprint for made in (own, off, plain)}) == 3


def test_a_rate_is_kept_with_the_first_request_at_once(endpoint, embedder, time):
    made = embedder(dimension=3, rate=30)
    list(made.documents(["x"] * 70))
    assert len(endpoint.requests) == 3
    assert time.naps == [2.0, 2.0]
    assert made.terms == Terms(32, 48_000, 30, None)


def test_what_the_endpoint_asks_to_wait_is_waited_up_to_20_seconds(endpoint, embedder, time):
    endpoint.headers = {"Retry-After": "7"}
    endpoint.replies = [(429, {"error": {"message": "slow"}})]
    embedder(dimension=3).query("text")
    assert time.naps == [7.0]
    endpoint.headers = {"Retry-After": "60"}
    endpoint.replies = [(429, {"error": {"message": "slow"}})]
    with pytest.raises(EmbeddingError, match=r"busy.*CHATBOT_EMBEDDING_RATE"):
        embedder(dimension=3).query("text")
    assert time.naps == [7.0]


def test_a_quota_that_is_used_up_is_not_asked_again(endpoint, embedder, time):
    endpoint.replies = [(429, {"error": {"message": "no", "code": "insufficient_quota"}})]
    with pytest.raises(EmbeddingError, match=r"quota.*Top it up"):
        list(embedder(dimension=3).documents(["text"]))
    assert (len(endpoint.requests), time.naps) == (1, [])


def test_an_endpoint_that_stays_busy_gets_five_requests_for_documents_and_three_for_a_query(
    endpoint, embedder
):
    endpoint.replies = [(503, {"error": "busy"})] * 20
    with pytest.raises(EmbeddingError, match="what is done stays"):
        list(embedder(dimension=3).documents(["text"]))
    assert len(endpoint.requests) == 5
    with pytest.raises(EmbeddingError):
        embedder(dimension=3).query("text")
    assert len(endpoint.requests) == 8


def test_a_batch_that_is_too_long_is_halved(endpoint, embedder):
    endpoint.longest = 1000
    notices = []
    made = embedder(dimension=3)
    made.tell(notices.append)
    assert len(list(made.documents(["x" * 400] * 4))) == 4
    assert [len(request["input"]) for request in endpoint.requests] == [4, 2, 2]
    assert notices == []


def test_a_text_that_is_too_long_is_cut_and_that_is_said_once(endpoint, embedder):
    endpoint.longest = 1000
    notices = []
    made = embedder(dimension=3)
    made.tell(notices.append)
    vectors = list(made.documents(["x" * 3000, "y" * 1500]))
    assert [round(float(vector[0] / vector[1])) for vector in vectors] == [750, 750]
    assert len(notices) == 1
    assert "only its beginning is embedded" in notices[0]


def test_an_endpoint_that_takes_no_text_at_all_is_told(endpoint, embedder):
    endpoint.longest = 1
    with pytest.raises(EmbeddingError, match=r"does not fit 'm'.*longer context"):
        embedder(dimension=3).query("text " * 100)


def test_a_key_goes_to_its_endpoint_and_is_not_shown_in_what_the_server_says(endpoint, embedder):
    endpoint.replies = [(401, {"error": {"message": "Bad key secret-1."}})]
    with pytest.raises(EmbeddingError, match=r"401 .*\*\*\*"):
        embedder("m", "secret-1").query("text")
