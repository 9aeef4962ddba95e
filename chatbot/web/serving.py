"""The page in a web application: mounted beside other routes, or served alone on an address.

    app = FastAPI()
    mount(app, assembly, path="/")

What protects the reader is here: a Content-Security-Policy under which only the page's own scripts run and
nothing is loaded from or sent to elsewhere, whatever a paper or a model says; a check of the Host header
where only this machine may look; no analytics, no fonts and no scripts of others.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.web.desk import Desk, Parts

if TYPE_CHECKING:
    from fastapi import FastAPI

ASSETS = Path(__file__).parent / "assets"
LARGEST_UPLOAD = "200mb"
Auth = Sequence[tuple[str, str]]
Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[Message]]
_Send = Callable[[Message], Awaitable[None]]
_App = Callable[[Message, _Receive, _Send], Awaitable[None]]


def mount(
    app: FastAPI, assembly: Parts, path: str = "/", *, auth: Auth | None = None, apart: bool = False
) -> FastAPI:
    """Put the page at `path` of an application. `auth` are the (name, password) pairs that may see it;
    `apart` keeps the conversations of each browser to itself where there are none.

    Routes of the application that were added before stay in front of it.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio

    from chatbot.web.layout import blocks, theme

    page = blocks(Desk(assembly, apart=apart))
    own = f"{path.rstrip('/')}/page-assets"
    from starlette.staticfiles import StaticFiles

    app.mount(own, StaticFiles(directory=ASSETS), name="page-assets")
    app.add_middleware(Guard, path=path, assets=own)
    gradio.mount_gradio_app(
        app,
        page,
        path=path,
        auth=list(auth) if auth else None,
        theme=theme(),
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        max_file_size=LARGEST_UPLOAD,
        enable_monitoring=False,
        mcp_server=False,
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
    )
    return app


def application(assembly: Parts, *, auth: Auth | None = None, hosts: Sequence[str] = ()) -> FastAPI:
    """The page alone. `hosts` are the names under which it may be asked for; none: any, and then visitors are
    strangers to each other."""
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mount(app, assembly, auth=auth, apart=not hosts)
    if hosts:
        # Else a page elsewhere could have its own name resolve to this machine, and read along.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    return app


class Guard:
    """Gives every HTML page below `path` its policy, its nonce and the page's own script and style."""

    def __init__(self, app: _App, *, path: str, assets: str) -> None:
        self._app = app
        self._path = path.rstrip("/")
        self._assets = assets

    async def __call__(self, scope: Message, receive: _Receive, send: _Send) -> None:
        inside = scope["type"] == "http" and str(scope.get("path", "")).startswith(self._path or "/")
        if not inside:
            await self._app(scope, receive, send)
            return
        accepts = next((value for key, value in scope["headers"] if key == b"accept"), b"")
        if b"text/html" in accepts:  # to be read here, so not compressed
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != b"accept-encoding"]}
        start: Message | None = None
        body = b""

        async def guarded(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                kind = next((value for key, value in message["headers"] if key == b"content-type"), b"")
                if kind.startswith(b"text/html"):
                    start = message
                    return
                message["headers"] = [*message["headers"], *_QUIET]
            elif message["type"] == "http.response.body" and start is not None:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                nonce = secrets.token_urlsafe(16)
                page = body if scope["method"] == "HEAD" else self._page(body, nonce)
                kept = [each for each in start["headers"] if each[0] != b"content-length"]
                length = (b"content-length", str(len(page)).encode())
                policy = (b"content-security-policy", _policy(nonce).encode())
                start["headers"] = [*kept, *_QUIET, length, policy]
                await send(start)
                await send({"type": "http.response.body", "body": page})
                return
            await send(message)

        await self._app(scope, receive, guarded)

    def _page(self, body: bytes, nonce: str) -> bytes:
        own = (
            f'<link rel="stylesheet" href="{self._assets}/fonts.css?{_version("fonts.css")}">'
            f'<link rel="stylesheet" href="{self._assets}/page.css?{_version("page.css")}">'
            f"{_katex(self._path)}"
            f'<script type="module" src="{self._assets}/page.js?{_version("page.js")}"></script></head>'
        )
        page = body.decode("utf-8", "replace").replace("</head>", own, 1)
        return page.replace("<script", f'<script nonce="{nonce}"').encode()


def _policy(nonce: str) -> str:
    # Gradio makes functions of its own templates ('unsafe-eval') and sets styles; no inline script runs
    # without the nonce, which is new for every page, and no address but this one is reached.
    return (
        "default-src 'self'; "
        f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-src 'none'; frame-ancestors 'self'"
    )


_QUIET = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


@cache
def _katex(path: str) -> str:
    """Where Gradio keeps the KaTeX that it ships, for the page's script; nothing if it does not."""
    import gradio

    assets = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
    script = next(iter(sorted(assets.glob("katex-*.js"))), None)
    style = next(iter(sorted(assets.glob("katex-*.css"))), None)
    if script is None or style is None:
        return ""
    return (
        f'<link rel="stylesheet" href="{path}/assets/{style.name}">'
        f'<meta name="katex" content="{path}/assets/{script.name}">'
    )


@cache
def _version(name: str) -> str:
    return hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:12]
