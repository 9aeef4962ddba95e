"""Servers that already listen on this machine and speak the OpenAI protocol.

Asks `GET /v1/models` on a few well-known ports of the loopback address, all at once, and takes
what answers in time. Asks no other host and no proxy, sends no key, and starts nothing. What is
not such a server (a web page, an error, silence, a trickle) is passed over without a word.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

DEFAULT_PORTS: tuple[tuple[int, str], ...] = (
    (8080, "llama.cpp"),
    (11434, "Ollama"),
    (8000, "vLLM"),
    (1234, "LM Studio"),
)
TIMEOUT = 0.25  # seconds for all ports together

_HOST = "127.0.0.1"
_LARGEST = 1 << 20  # bytes of a list of models
# Servers sign their models with this field, whatever port they were moved to.
_SIGNATURES = {
    "llamacpp": "llama.cpp",
    "library": "Ollama",
    "vllm": "vLLM",
    "organization_owner": "LM Studio",
}
_NO_CHAT = re.compile(r"embed|rerank|\bbge\b|minilm|whisper", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A server that answered. `models` are those that can chat, in the server's order; never empty."""

    kind: str
    base_url: str
    models: tuple[str, ...]


def discover(ports: Sequence[tuple[int, str]] = DEFAULT_PORTS, timeout: float = TIMEOUT) -> list[Found]:
    """The servers on `ports` (port, and what usually listens there) that answer, in that order.

    Takes at most `timeout` seconds in all, whatever listens; a port where nothing listens costs nothing.
    """
    deadline = time.monotonic() + timeout
    probes = [_Probe(port, kind, deadline) for port, kind in ports]
    for probe in probes:
        probe.start()
    for probe in probes:
        probe.join(max(0.0, deadline - time.monotonic()))
    return [found for probe in probes if (found := probe.result()) is not None]


class _Probe(threading.Thread):
    """Asks one port."""

    def __init__(self, port: int, kind: str, deadline: float) -> None:
        super().__init__(name=f"probe-{port}", daemon=True)
        self._port, self._kind = port, kind
        self._connection = http.client.HTTPConnection(_HOST, port, timeout=deadline - time.monotonic())
        self._found: Found | None = None

    def run(self) -> None:
        with suppress(OSError, http.client.HTTPException, ValueError, RecursionError):
            self._found = self._ask()

    def result(self) -> Found | None:
        """What was found, if anything was in time. A server that still trickles is hung up on."""
        open_socket = self._connection.sock
        if self.is_alive() and open_socket is not None:
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        return self._found

    def _ask(self) -> Found | None:
        try:
            self._connection.request("GET", "/v1/models", headers={"Accept": "application/json"})
            reply = self._connection.getresponse()
            body = reply.read(_LARGEST) if reply.status == 200 else b""
        finally:
            self._connection.close()
        entries = _entries(json.loads(body)) if body else []
        models = tuple(name for name, _ in entries if not _NO_CHAT.search(name))
        if not models:
            return None
        kind = _SIGNATURES.get(entries[0][1], self._kind)
        return Found(kind, f"http://{_HOST}:{self._port}/v1", models)


def _entries(listing: object) -> list[tuple[str, str]]:
    """(id, owner) of each model of a `/v1/models` reply; nothing where it has another shape."""
    data = listing.get("data") if isinstance(listing, dict) else None
    if not isinstance(data, list):
        return []
    return [
        (entry["id"], str(entry.get("owned_by", "")))
        for entry in data
        if isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"]
    ]
