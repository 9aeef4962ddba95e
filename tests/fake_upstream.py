"""A real HTTP server that is a model endpoint, good or broken: what the SDK is tested against.

    with FakeUpstream(status(503), say("Hel", "lo.")) as upstream:
        model = OpenAIModel(upstream.base_url, "m")

Each chat request is answered by the next behaviour; the last one stays. `requests` keeps what came in;
`pages` holds JSON for other paths (GET or POST), and `/v1/models` lists `models`.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it arrived; the names of its headers are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: Any


Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One connection. Behaviours use `begin`, `event`, `chunk` and `last`."""

    protocol_version = "HTTP/1.1"
    server: _Server
    body: Any = None

    def do_GET(self) -> None:
        self._page()

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
        if not self.path.endswith("/chat/completions"):
            self._page()
            return
        upstream = self.server.upstream
        upstream.requests.append(Request(self.path, self._names(), self.body))
        behaviour = upstream.behaviours[min(len(upstream.requests), len(upstream.behaviours)) - 1]
        try:
            behaviour(self)
        except (BrokenPipeError, ConnectionResetError):
            upstream.hung_up.set()

    def _page(self) -> None:
        upstream = self.server.upstream
        upstream.asked.append(Request(self.path, self._names(), self.body))
        pages = {"/v1/models": {"data": [{"id": name} for name in upstream.models]}, **upstream.pages}
        if self.path in pages:
            self.whole(200, json.dumps(pages[self.path]), "application/json")
        else:
            self.whole(404, "no such page", "text/plain")

    def _names(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def whole(self, code: int, body: str, kind: str, headers: Mapping[str, str] | None = None) -> None:
        """A reply in one piece."""
        data = body.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def begin(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def raw(self, data: str | bytes) -> None:
        """Bytes of a streamed body, as they are."""
        data = data.encode() if isinstance(data, str) else data
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def event(self, value: object) -> None:
        self.raw(f"data: {json.dumps(value)}\n\n")

    def chunk(self, finish: str | None = None, **delta: object) -> None:
        self.event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def last(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def wait(self) -> None:
        """Until the server closes: a hang."""
        self.server.upstream.closing.wait(30)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


def say(
    *texts: str,
    thoughts: tuple[str, ...] = (),
    field: str = "reasoning_content",
    finish: str | None = "stop",
    usage: Mapping[str, object] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Behaviour:
    """A proper stream. `finish` None ends it without a reason; `extra` goes into the last chunk."""

    def behave(handler: Handler) -> None:
        handler.begin()
        handler.chunk(role="assistant", content="")
        for thought in thoughts:
            handler.chunk(**{field: thought})
        for text in texts:
            handler.chunk(content=text)
        if finish:
            handler.chunk(finish)
        if usage or extra:
            handler.event({"choices": [], "usage": usage, **(extra or {})})
        handler.raw("data: [DONE]\n\n")
        handler.last()

    return behave


def status(
    code: int, message: str = "no", /, *, headers: Mapping[str, str] | None = None, **error: object
) -> Behaviour:
    """An error in OpenAI's shape."""
    body = json.dumps({"error": {"message": message, **error}})
    return lambda handler: handler.whole(code, body, "application/json", headers)


def refuse(name: str, otherwise: Behaviour, code: int = 400) -> Behaviour:
    """Refuses every request that has the field `name`, by its name."""
    no = status(code, f"Unsupported parameter: {name}")
    return lambda handler: (no if name in handler.body else otherwise)(handler)


def body(text: str, kind: str) -> Behaviour:
    """Status 200 and something else than a stream."""
    return lambda handler: handler.whole(200, text, kind)


def events(*lines: str | bytes, end: bool = True) -> Behaviour:
    """These raw pieces as an event stream; without `end` the connection is then reset."""

    def behave(handler: Handler) -> None:
        handler.begin()
        for line in lines:
            handler.raw(line)
        if end:
            handler.last()
        else:
            _reset(handler)

    return behave


def hang(*texts: str, headers: bool = True) -> Behaviour:
    """Says `texts`, then nothing more, without ever ending."""

    def behave(handler: Handler) -> None:
        if headers:
            handler.begin()
            for text in texts:
                handler.chunk(content=text)
        handler.wait()

    return behave


def drip(*texts: str) -> Behaviour:
    """Says `texts`, then keeps the connection lively with comments, for ever."""

    def behave(handler: Handler) -> None:
        handler.begin()
        for text in texts:
            handler.chunk(content=text)
        while not handler.server.upstream.closing.wait(0.01):
            handler.raw(": still here\n\n")

    return behave


def reset(handler: Handler) -> None:
    """Hangs up before any reply."""
    _reset(handler)


def scores(**logprobs: float) -> Behaviour:
    """A reply of one token that tells these log-probabilities."""
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in logprobs.items()]
    content = [{**top[0], "top_logprobs": top}] if top else None
    message = {"role": "assistant", "content": "yes"}
    choice = {"index": 0, "message": message, "finish_reason": "length", "logprobs": {"content": content}}
    return body(json.dumps({"choices": [choice]}), "application/json")


def _reset(handler: Handler) -> None:
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    upstream: FakeUpstream

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news."""


class FakeUpstream:
    """The server; see the module. `hung_up` is set when a client left in the middle of a reply."""

    def __init__(
        self,
        *behaviours: Behaviour,
        models: tuple[str, ...] = ("m",),
        pages: Mapping[str, object] | None = None,
    ) -> None:
        self.behaviours = behaviours
        self.models = models
        self.pages = dict(pages or {})
        self.requests: list[Request] = []
        self.asked: list[Request] = []
        self.closing, self.hung_up = threading.Event(), threading.Event()

    def __enter__(self) -> FakeUpstream:
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.upstream = self
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"
