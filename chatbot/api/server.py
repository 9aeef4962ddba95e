"""uvicorn around the application: where it listens, what it bears, and how it ends.

Listens on this machine unless told otherwise; on any other address it demands keys. It ends as it should: no
new requests, streams go on to their end for a while, then what still runs is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chatbot.api.app import Mount, make
from chatbot.api.context import Context
from chatbot.api.guarding import HEADERS, Guard, Rules
from chatbot.api.keys import Keys
from chatbot.api.pumping import Pump
from chatbot.api.telling import Log
from chatbot.api.tracing import configured
from chatbot.errors import SettingsError
from chatbot.listening import address, listener, private
from chatbot.serving import Served

if TYPE_CHECKING:
    import socket

    import uvicorn

    from chatbot.settings import Settings

# Connections beside those that are answered: health checks, idle ones, those that are told to wait.
_CONNECTIONS = 200


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve. `threads`: questions answered at once; `grace`: seconds for streams at the end."""

    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 256
    grace: int = 30
    header_seconds: float = 15.0
    log_text: bool = False
    log_requests: bool = True
    demand_keys: bool = False
    allow_hosts: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)


def rules(options: Options, keys: Keys) -> Rules:
    """The rules for where it listens. Raises SettingsError where keys are demanded and there is none."""
    local = private(options.host)
    demanded = options.demand_keys or not local
    if demanded and not keys.all():
        where = "with --keys" if local else f"on {options.host}, which others can reach,"
        raise SettingsError(
            f"To listen {where} needs a key, and there is none. Make one: `chatbot keys create NAME`. Or "
            "listen on 127.0.0.1."
        )
    hosts = (*Rules().hosts, *options.allow_hosts) if local else (options.allow_hosts or None)  # type: ignore[misc]
    return replace(options.rules, keys=demanded, hosts=hosts)


def mcp(
    settings: Settings,
    options: Options | None,
    *,
    with_model: bool = True,
    notice: Callable[[str], None] = lambda _: None,
) -> None:
    """An MCP server: over HTTP where there are options, else over stdin and stdout, until that ends."""
    from chatbot.api.tools import made

    keys = Keys(settings.home)
    with Served(settings, notice=notice, progress=lambda done, total: None, with_model=with_model) as served:
        pump = Pump(options.threads if options else 8)
        log = Log(text=False, requests=bool(options and options.log_requests))
        server = made(Context(served, pump, log=log))
        try:
            if options is None:
                server.run("stdio")
                return
            found = rules(options, keys)
            from mcp.server.transport_security import TransportSecuritySettings

            # The guard around it looks at hosts and origins, for all faces alike.
            trusting = TransportSecuritySettings(enable_dns_rebinding_protection=False)
            app = server.streamable_http_app(transport_security=trusting)
            guard = Guard(app, found, keys, lambda done, route: log.request(done))
            with contextlib.closing(listener(options.host, options.port)) as taken:
                notice(f"Serving MCP at {address(options.host, taken.getsockname()[1])}/mcp")
                _run(guard, options, taken)
        finally:
            pump.close()


def serve(
    settings: Settings,
    options: Options,
    *,
    with_model: bool = True,
    mounts: Iterable[Mount] = (),
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C. `ready` is told the address. Raises SettingsError."""
    keys = Keys(settings.home)
    found = rules(options, keys)
    log = Log(text=options.log_text, requests=options.log_requests)
    tracer, missing = configured()
    if missing:
        log.notice(missing)
    with (
        Served(
            settings, notice=log.notice, progress=lambda done, total: None, with_model=with_model
        ) as served,
        contextlib.closing(listener(options.host, options.port)) as taken,
    ):
        pump = Pump(options.threads)
        here = Context(served, pump, log=log, tracer=tracer, alone=not found.keys)
        app = make(here, found, keys, mounts)
        ready(address(options.host, taken.getsockname()[1]))
        _run(app, options, taken)


def _run(app: object, options: Options, taken: socket.socket) -> None:
    import uvicorn

    uvicorn.Server(configuration(app, options)).run(sockets=[taken])


def configuration(app: object, options: Options) -> uvicorn.Config:
    """What uvicorn is told."""
    import uvicorn

    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        http=_protocol(options.header_seconds),
        ws="none",
        lifespan="on",
        h11_max_incomplete_event_size=HEADERS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=options.grace,
        limit_concurrency=options.threads + _CONNECTIONS,
        backlog=512,
    )


def _protocol(seconds: float) -> type[asyncio.Protocol]:
    """HTTP/1.1 as uvicorn speaks it, to whoever sends a request's head in so many seconds."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Patient(H11Protocol):
        _waited: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)  # type: ignore[arg-type]
            self._waited = self.loop.call_later(seconds, self._give_up)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._waited is not None:
                self._waited.cancel()
            super().connection_lost(exc)

        def _give_up(self) -> None:
            if self.cycle is None:  # not one request's head was whole by now
                self.transport.abort()

    return Patient
