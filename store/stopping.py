"""Stopping work in another thread, as Ctrl-C stops it in the main one.

    stop = Stop()
    with stop.watching():   # in the thread that works
        ...                 # a silent read, a wait between attempts: Stopped is raised there
    stop.now()              # from any other thread

`Stopped` is no Exception, so that no policy takes it for a failure that may pass: what is open is closed on
its way out. Knows what is waited for, not by whom. Where nobody watches, nothing here costs anything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import ssl

    import httpx2

T = TypeVar("T")

# Seconds that a silent read goes on before it looks whether it is to stop.
_SLICE = 0.2


class Stopped(BaseException):
    """The work is not wanted any more."""


class Stop:
    """A wish that work stops, seen by the thread that watches it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def now(self) -> None:
        """Stop the work, wherever it is. Returns at once."""
        self._event.set()

    @property
    def wanted(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise Stopped if the work is to stop."""
        if self._event.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleep, unless the work is to stop: then Stopped is raised at once."""
        if self._event.wait(seconds):
            raise Stopped

    @contextmanager
    def watching(self) -> Iterator[None]:
        """What happens in here, in this thread, can be stopped."""
        token = _WATCHED.set(self)
        try:
            yield
        finally:
            _WATCHED.reset(token)


_WATCHED: ContextVar[Stop | None] = ContextVar("watched", default=None)


def sleep(seconds: float) -> None:
    """Like `time.sleep`, and stopped by the `Stop` that this thread watches."""
    stop = _WATCHED.get()
    if stop is None:
        time.sleep(seconds)
    else:
        stop.wait(seconds)


def stoppable(client: httpx2.Client) -> httpx2.Client:
    """The client, whose silent reads can be stopped.

    httpx has no way to hand a network backend to its pools, so it is put where they look for it.
    """
    for transport in (client._transport, *client._mounts.values()):
        pool: Any = getattr(transport, "_pool", None)
        if hasattr(pool, "_network_backend"):
            pool._network_backend = _Backend(pool._network_backend)
    return client


class _Backend:
    """A network backend of httpcore's whose streams are ours."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> _Stream:
        return _Stream(self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> _Stream:
        return _Stream(self._inner.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        sleep(seconds)


class _Stream:
    """A connection, read a slice of time at once where somebody may want to stop it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        stop = _WATCHED.get()
        if stop is None:
            data: bytes = self._inner.read(max_bytes, timeout)
        else:
            data = _sliced(stop, timeout, lambda seconds: self._inner.read(max_bytes, seconds))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _sliced(stop: Stop, timeout: float | None, read: Callable[[float], T]) -> T:
    """`read` in slices of time until one of them brings something, or `timeout` seconds are over."""
    import httpcore2

    until = None if timeout is None else time.monotonic() + timeout
    while True:
        stop.check()
        left = _SLICE if until is None else until - time.monotonic()
        try:
            return read(max(0.001, min(_SLICE, left)))
        except httpcore2.ReadTimeout:
            if until is not None and time.monotonic() >= until:
                raise
