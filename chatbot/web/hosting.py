"""Serving the page on an address until it is interrupted."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chatbot import listening
from chatbot.web import serving

if TYPE_CHECKING:
    import socket

    from chatbot.web.desk import Parts

# What a browser on this machine may call it.
_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
_LOCAL = ("127.0.0.1", "localhost", "[::1]", "::1")


def address(host: str, port: int) -> str:
    """Where the page is for a browser on this machine."""
    return listening.address(_ALL.get(host, host), port)


def serve(
    assembly: Parts,
    *,
    host: str,
    port: int,
    auth: Sequence[tuple[str, str]] = (),
    share: bool = False,
    opened: bool = False,
    notice: Callable[[str], None],
    started: Callable[[Any, int], None] = lambda server, port: None,
) -> None:
    """Serve until Ctrl-C. `started` is told the server and its port once it listens.

    Raises SettingsError where the address can't be taken.
    """
    import uvicorn

    listener = listening.listener(host, port)
    port = listener.getsockname()[1]
    hosts = () if share or not listening.private(host) else _LOCAL
    app = serving.application(assembly, auth=auth, hosts=hosts)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            notice(f"The page is at {address(host, port)}. Ctrl-C ends it.")
            if share:
                _share(host, port, notice)
            if opened:
                webbrowser.open(address(host, port))
            started(self, port)

    config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=2)
    with listener:
        try:
            Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            notice("The page is closed.")


def _share(host: str, port: int, notice: Callable[[str], None]) -> None:
    """A public address through Gradio's relay; asked for by name, so this may reach out."""
    import secrets

    from gradio.networking import setup_tunnel

    try:
        public = setup_tunnel(
            local_host=_ALL.get(host, host),
            local_port=port,
            share_token=secrets.token_urlsafe(32),
            share_server_address=None,
            share_server_tls_certificate=None,
        )
    except Exception as error:  # whatever the relay's client raises: the page itself stays
        notice(f"There is no public address: {error}. The page is still at {address(host, port)}.")
    else:
        notice(f"For everyone with the password: {public}")
