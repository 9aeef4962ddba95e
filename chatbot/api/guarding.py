"""Who may ask: an ASGI middleware around the whole application, the page included.

In this order: the Host header (a name that was rebound to this machine by somebody's DNS is refused), the
Origin (another site's page in a person's browser is refused), the key, its rate and how much it does at once,
the size of the body and the time that it takes to arrive. Each request gets an id, which goes back to the
client, into the log and into errors. Never logs a header, a body or a query.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from chatbot.api.failing import AUTH, DENIED, LIMIT, Failure, failure
from chatbot.api.keys import Key, Keys
from chatbot.errors import SettingsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN = ("/healthz", "/readyz")
"""What anybody may ask: they tell nothing but that the server lives."""

HEADERS = 32 * 2**10
"""Bytes of a request's headers at most; OpenAI's clients send one kilobyte."""

_OURS = ("/v1/", "/metrics", "/openapi.json", "/mcp")
_WRITES = re.compile(r"/v1/(?:papers|ingest)(?:/|$)")
_UPLOADS = re.compile(r"/v1/ingest/?$")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LOCAL = "local"
# Wrong keys from one address: enough for a mistake, too few to guess.
_WRONG = "30/minute"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed. `hosts` None: any Host header. `rate` is of the `limits` library: "600/minute"."""

    keys: bool = False
    hosts: tuple[str, ...] | None = ("127.0.0.1", "localhost", "::1")
    origins: tuple[str, ...] = ()
    rate: str | None = "600/minute"
    at_once: int = 16
    body: int = 2**20
    upload: int = 64 * 2**20
    body_seconds: float = 30.0
    upload_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Done:
    """A request that is over, for the log and the numbers."""

    id: str
    method: str
    path: str
    status: int
    seconds: float
    key: str


class Guard:
    """Around `app`. `done` is told of each request that is over."""

    def __init__(
        self, app: ASGIApp, rules: Rules, keys: Keys, done: Callable[[Done, Any], None] = lambda *_: None
    ) -> None:
        from limits import parse, storage, strategies

        self._app = app
        self._rules = rules
        self._keys = keys
        self._done = done
        self._window = strategies.MovingWindowRateLimiter(storage.MemoryStorage())
        self._rate = parse(rules.rate) if rules.rate else None
        self._wrong = parse(_WRONG)
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:  # nothing here speaks WebSocket
            await send({"type": "websocket.close", "code": 1008})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        headers = _headers(scope)
        given = headers.get("x-request-id", "")
        id = given if _ID.fullmatch(given) else uuid4().hex
        scope["state"] = {**scope.get("state", {}), "request_id": id}
        sending = _Sending(send, id, ours=scope["path"].startswith(_OURS) or scope["path"] in OPEN)
        who, running = "", False
        try:
            if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS:
                raise Failure(431, "The headers are too large.", code="headers_too_large")
            self._known_host(headers)
            self._known_origin(headers, scope)
            key = self._known_key(headers, scope)
            who = key.id if key else _LOCAL
            scope["state"]["key"] = key
            if scope["path"] not in OPEN and (key is not None or self._rules.keys):
                sending.headers += self._paced(who)
                running = self._begun(who, scope)
            await self._app(scope, await self._bounded(scope, headers, receive), sending)
        except Failure as refused:
            await _refuse(refused, scope, receive, sending)
        except SettingsError as error:  # the file of keys
            await _refuse(failure(error), scope, receive, sending)
        except Exception:  # the application has told the client, and the log
            if not sending.status:
                raise
        finally:
            if running:
                self._running[who] -= 1
            seconds = time.monotonic() - started
            done = Done(id, scope["method"], scope["path"], sending.status or 499, seconds, who)
            self._done(done, scope.get("route"))

    def _known_host(self, headers: Mapping[str, str]) -> None:
        allowed = self._rules.hosts
        if allowed is not None and _hostname(headers.get("host", "")) not in allowed:
            raise Failure(
                403,
                "This server does not answer to the name in the Host header. Ask it by its own, or start it "
                "with --allow-host NAME.",
                DENIED,
                "host_not_allowed",
            )

    def _known_origin(self, headers: Mapping[str, str], scope: Scope) -> None:
        origin = headers.get("origin")
        if origin is not None:
            same = urlsplit(origin).netloc.lower() == headers.get("host", "").lower() and origin != "null"
            if not same and origin not in self._rules.origins:
                raise Failure(
                    403,
                    "Pages of other sites may not ask here. Allow one with --cors-origin.",
                    DENIED,
                    "origin_not_allowed",
                )
        elif scope["method"] not in ("GET", "HEAD", "OPTIONS") and headers.get(
            "sec-fetch-site", "none"
        ) not in ("none", "same-origin"):
            raise Failure(403, "Pages of other sites may not ask here.", DENIED, "origin_not_allowed")

    def _known_key(self, headers: Mapping[str, str], scope: Scope) -> Key | None:
        text = _bearer(headers.get("authorization", ""))
        preflight = scope["method"] == "OPTIONS" and "origin" in headers
        if scope["path"] in OPEN or preflight:
            return None
        key = self._keys.known(text) if text else None
        if key is None and self._rules.keys:
            where = str((scope.get("client") or ("?",))[0])
            if not self._window.test(self._wrong, "wrong", where):
                raise self._later(
                    "Too many wrong keys. Wait, then use the right one.", self._wrong, "wrong", where
                )
            if text:
                self._window.hit(self._wrong, "wrong", where)
            basic = not scope["path"].startswith(_OURS)
            raise Failure(
                401,
                "A key is needed: Authorization: Bearer KEY. `chatbot keys create NAME` makes one.",
                AUTH,
                "invalid_api_key",
                headers={"WWW-Authenticate": 'Basic realm="chatbot"' if basic else "Bearer"},
            )
        writes = scope["method"] not in ("GET", "HEAD", "OPTIONS") and _WRITES.match(scope["path"])
        if key is not None and writes and not key.write:
            raise Failure(
                403,
                "This key may ask, and not change what is there. Make another with "
                "`chatbot keys create NAME --write`.",
                DENIED,
                "key_may_not_write",
            )
        return key

    def _paced(self, who: str) -> list[tuple[bytes, bytes]]:
        if self._rate is None:
            return []
        if not self._window.hit(self._rate, "rate", who):
            raise self._later(f"Too many requests: {self._rules.rate} at most.", self._rate, "rate", who)
        left = self._window.get_window_stats(self._rate, "rate", who).remaining
        return [
            (b"x-ratelimit-limit-requests", str(self._rate.amount).encode()),
            (b"x-ratelimit-remaining-requests", str(left).encode()),
        ]

    def _later(self, message: str, rate: Any, *whose: str) -> Failure:
        wait = max(1, round(self._window.get_window_stats(rate, *whose).reset_time - time.time() + 0.5))
        return Failure(
            429,
            f"{message} Ask again in {wait} s.",
            LIMIT,
            "rate_limit_exceeded",
            headers={"Retry-After": str(wait)},
        )

    def _begun(self, who: str, scope: Scope) -> bool:
        """Count a request that works; what is only looked up is not counted."""
        if scope["method"] != "POST":
            return False
        if self._running[who] >= self._rules.at_once:
            raise Failure(
                429,
                f"This key asks {self._rules.at_once} things at once already. Wait for one of them.",
                LIMIT,
                "concurrency_limit_exceeded",
                headers={"Retry-After": "1"},
            )
        self._running[who] += 1
        return True

    async def _bounded(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> Receive:
        """The body, whole and bounded, before anything works on it; an upload's as it comes, counted."""
        path = scope["path"]
        # The page's own uploads, too: whatever is not of this API.
        upload = scope["method"] == "POST" and bool(_UPLOADS.match(path) or not path.startswith(_OURS))
        most = self._rules.upload if upload else self._rules.body
        seconds = self._rules.upload_seconds if upload else self._rules.body_seconds
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            raise _too_large(most)
        until = time.monotonic() + seconds
        counted = _Counted(receive, most, until)
        if upload:
            return counted
        if (
            scope["method"] in ("GET", "HEAD", "OPTIONS")
            and length == "0"
            and "transfer-encoding" not in headers
        ):
            return receive
        body = bytearray()
        while True:
            message = await counted()
            if message["type"] != "http.request":
                return _replayed([message], receive)
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        return _replayed([{"type": "http.request", "body": bytes(body), "more_body": False}], receive)


class _Counted:
    """Receives a body of at most `most` bytes before `until`. Raises Failure."""

    def __init__(self, receive: Receive, most: int, until: float) -> None:
        self._receive = receive
        self._most = most
        self._until = until
        self._got = 0
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout(max(0.0, self._until - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            raise Failure(408, "The request did not arrive in time.", code="request_timeout") from None
        self._got += len(message.get("body", b""))
        self._whole = not message.get("more_body")
        if self._got > self._most:
            raise _too_large(self._most)
        return message


class _Sending:
    """Sends, with the request's id; knows the status that was sent."""

    def __init__(self, send: Send, id: str, *, ours: bool) -> None:
        self._send = send
        self.status = 0
        self.headers = [(b"x-request-id", id.encode()), (b"x-content-type-options", b"nosniff")]
        if ours:
            self.headers.append((b"cache-control", b"no-store"))

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            taken = {name for name, _ in self.headers}
            kept = [each for each in message.get("headers", []) if each[0].lower() not in taken]
            message = {**message, "headers": [*kept, *self.headers]}
        await self._send(message)


async def _refuse(refused: Failure, scope: Scope, receive: Receive, send: _Sending) -> None:
    if send.status:  # too late: a part was sent
        raise refused
    body = json.dumps(refused.body, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in refused.headers.items()),
    ]
    if refused.status in (408, 413):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    waiting = list(messages)

    async def replay() -> Message:
        return waiting.pop(0) if waiting else await receive()

    return replay


def _too_large(most: int) -> Failure:
    return Failure(413, f"The request is too large: {most:,} bytes at most.", code="request_too_large")


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _hostname(host: str) -> str:
    """The name in a Host header, without its port and an IPv6 address's brackets."""
    name = re.sub(r":\d{1,5}$", "", host.strip().lower())
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _bearer(header: str) -> str:
    """The key of an Authorization header: a bearer's, or the password that a browser asked for."""
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
