from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chatbot.discovery import Found, discover

Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts little HTTP servers that answer every GET the same way; gives their ports."""
    servers: list[ThreadingHTTPServer] = []

    def start(body: bytes, status: int = 200) -> int:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/v1/models" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def trickling() -> Iterator[int]:
    """A port that sends a header a byte at a time, for ever."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not over.wait(0.01):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        thread.join(5)


def listing(*names: str, owner: str = "") -> bytes:
    return json.dumps(
        {"object": "list", "data": [{"id": name, "owned_by": owner} for name in names]}
    ).encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_servers_are_found_in_the_order_asked_for(serve: Serve) -> None:
    first, second = serve(listing("qwen3")), serve(listing("a", "b"))
    assert discover(((first, "one"), (free_port(), "none"), (second, "two")), timeout=5) == [
        Found("one", f"http://127.0.0.1:{first}/v1", ("qwen3",)),
        Found("two", f"http://127.0.0.1:{second}/v1", ("a", "b")),
    ]


def test_a_server_that_signs_its_models_is_known_on_any_port(serve: Serve) -> None:
    port = serve(listing("x", owner="llamacpp"))
    assert discover(((port, "vLLM"),), timeout=5)[0].kind == "llama.cpp"


def test_models_that_can_not_chat_are_not_offered(serve: Serve) -> None:
    port = serve(listing("nomic-embed-text", "bge-m3", "qwen3-reranker", "qwen3:4b"))
    assert discover(((port, "Ollama"),), timeout=5)[0].models == ("qwen3:4b",)


def test_a_server_with_nothing_that_chats_is_ignored(serve: Serve) -> None:
    ports = [(serve(listing(*names)), "x") for names in ((), ("text-embedding-3",))]
    assert discover(ports, timeout=5) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>hello</html>", 200),
        (b"", 200),
        (b"\xff\xfe\x00", 200),
        (b"[]", 200),
        (b'{"data": 3}', 200),
        (b'{"data": [1, {"id": 2}, {"id": ""}, null]}', 200),
        (b"[" * 100_000, 200),
        (listing("x"), 404),
        (listing("x"), 401),
        (listing("x"), 302),
    ],
)
def test_what_is_no_such_server_is_ignored(serve: Serve, body: bytes, status: int) -> None:
    assert discover(((serve(body, status), "x"),), timeout=5) == []


def test_silence_and_a_trickle_cost_no_more_than_the_timeout(
    serve: Serve, silent: int, trickling: int
) -> None:
    good = serve(listing("qwen3"))
    begun = time.monotonic()
    found = discover(((silent, "x"), (trickling, "x"), (good, "good")), timeout=0.5)
    assert time.monotonic() - begun < 1.5
    assert [server.kind for server in found] == ["good"]


def test_a_proxy_of_the_environment_is_not_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    port = serve(listing("qwen3"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert len(discover(((port, "x"),), timeout=5)) == 1
