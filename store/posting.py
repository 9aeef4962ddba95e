"""JSON to an HTTP endpoint of the user's and back: one address, its key or none, patient but not stubborn.

What may pass by itself (a full queue, a lost connection) is tried again by the one policy of `retrying`, and
a rate is kept where one is set. What is left is one of three failures; whoever asked says in its own words
what that means and what to do. What a server says is data: it is shown shortened, on one line, without the
key.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING

from store.addresses import is_loopback, shown
from store.retrying import Again, Retries
from store.stopping import stoppable

if TYPE_CHECKING:
    import httpx2

# What a request needs. The OpenAI SDK, which sends through such a client too, would add what OPENAI_ORG_ID,
# OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS hold, to whatever endpoint, and a description of this machine.
_HEADERS = frozenset(
    ("host", "accept", "accept-encoding", "connection", "content-type", "content-length", "transfer-encoding")
)
# As OpenAI, vLLM, llama.cpp, text-embeddings-inference, Ollama and Mistral say it.
_TOO_LONG = re.compile(
    r"too (?:long|large)|exceed|context (?:length|size|window)|maximum.{0,30}(?:length|tokens)"
    r"|less than \d+ tokens",
    re.IGNORECASE,
)
_SAID = 200  # characters of a server's words


class Failed(Exception):
    """A request that got no answer to work with; `str()` says why, for a sentence of the caller's."""


class Unreachable(Failed):
    """Nothing answers there, or not in time."""


class Garbled(Failed):
    """The answer is not JSON."""


class Rejected(Failed):
    """The server said no, with this status. `words` are its own; `quota`: there is nothing left to spend;
    `too_long`: what was sent does not fit."""

    def __init__(self, status: int, words: str, *, quota: bool = False) -> None:
        super().__init__(f"{status}: {words}" if words else str(status))
        self.status = status
        self.words = words
        self.quota = quota

    @property
    def too_long(self) -> bool:
        return self.status == 413 or (self.status in (400, 422, 500) and bool(_TOO_LONG.search(self.words)))


class Pace:
    """At most `rate` turns a minute, evenly; None: as fast as they come. Usable from several threads."""

    def __init__(
        self, rate: float | None, sleep: Callable[[float], None], clock: Callable[[], float]
    ) -> None:
        self._gap = 60.0 / rate if rate else 0.0
        self._sleep = sleep
        self._clock = clock
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        if not self._gap:
            return
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._sleep(turn - now)


class Poster:
    """Posts JSON below `base_url`. `timeout`: seconds of silence that are borne; `deadline`: seconds for an
    answer, attempts and waits included. Connects when it is first asked."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        rate: float | None = None,
        retries: Retries | None = None,
        timeout: float = 60.0,
        deadline: float = 180.0,
    ) -> None:
        self.address = shown(base_url)
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key or None
        self._retries = retries or Retries()
        self._timeout = timeout
        self._deadline = deadline
        self._pace = Pace(rate, self._retries.sleep, self._retries.clock)
        self._lock = threading.Lock()
        self._http: httpx2.Client | None = None

    def post(self, path: str, body: Mapping[str, object], retries: Retries | None = None) -> object:
        """What the endpoint answers to `body`, parsed; by another policy than its own if one is given.

        Raises Failed.
        """
        policy = retries or self._retries
        return policy.run(partial(self._attempt, path, body), until=policy.clock() + self._deadline)

    def _attempt(self, path: str, body: Mapping[str, object]) -> object:
        import httpx2

        self._pace.wait()
        try:
            reply = self._client().post(
                f"{self._base_url}{path}",
                json=body,
                timeout=httpx2.Timeout(self._timeout, connect=min(10.0, self._timeout)),
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Again(Unreachable(reason(error))) from error
        try:
            parsed: object = json.loads(reply.content)
        except (ValueError, RecursionError) as error:
            if reply.status_code == 200:
                raise Garbled("it is no JSON") from error
            parsed = reply.text
        if reply.status_code == 200:
            return parsed
        failed = self._rejected(reply.status_code, parsed)
        if failed.quota or failed.too_long:
            raise failed
        if failed.status in (408, 409, 429) or failed.status >= 500:
            raise Again(failed, retry_after(reply.headers.get("retry-after", "")))
        raise failed

    def _rejected(self, status: int, body: object) -> Rejected:
        if 300 <= status < 400:
            return Rejected(status, "it redirects elsewhere, which is not followed")
        error = body.get("error") if isinstance(body, dict) else None
        kinds = (error.get("code"), error.get("type")) if isinstance(error, dict) else ()
        words = plain(body, self._api_key)
        return Rejected(status, words, quota="insufficient_quota" in kinds)

    def _client(self) -> httpx2.Client:
        with self._lock:
            if self._http is None:
                self._http = make_http(self._base_url, self._api_key)
            return self._http


def make_http(base_url: str, api_key: str | None) -> httpx2.Client:
    """An HTTP client for the endpoint: sends its key or none, follows no redirect, and asks no proxy for
    this machine."""
    import httpx2

    def strip(request: httpx2.Request) -> None:
        for name in [name for name in request.headers if name.lower() not in _HEADERS]:
            del request.headers[name]
        request.headers["user-agent"] = "proven-chatbot"
        if api_key:
            request.headers["authorization"] = f"Bearer {api_key}"

    local = is_loopback(base_url)
    # To load the certificates takes 30 ms, and plain http on this machine needs none: trust nobody there.
    unused = local and base_url.lower().startswith("http:")
    client = httpx2.Client(
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if unused else True,
        trust_env=not local,
        follow_redirects=False,
        # How much is asked at once is bounded by whoever asks; a hundred by default would fail the others.
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
        event_hooks={"request": [strip]},
    )
    return stoppable(client)


def plain(body: object, secret: str | None = None) -> str:
    """What a server said, fit to be shown: one line, at most 200 characters, without the secret."""
    for _ in range(3):
        if not isinstance(body, dict):
            break
        body = body.get("message") or body.get("detail") or body.get("error") or str(body)
    text = re.sub(r"<[^>]{0,200}>", " ", str(body or ""))
    if secret:
        text = text.replace(secret, "***")
    text = " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split()).rstrip(".")
    return text if len(text) <= _SAID else text[: _SAID - 1] + "…"


def retry_after(value: str) -> float | None:
    """The seconds that a server asks to wait: `Retry-After` as a number or a date."""
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def reason(error: Exception) -> str:
    """The innermost cause, in the system's words: "Connection refused"."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return re.sub(r"^\[Errno -?\d+\] ", "", str(cause)) or type(cause).__name__
