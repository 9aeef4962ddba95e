"""`chatbot serve`, `chatbot mcp` and `chatbot keys`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from chatbot.cli import options
from chatbot.cli.outcome import print_json
from store.errors import StoreError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from chatbot.api.app import Mount
    from chatbot.api.context import Context

_ENV = "CHATBOT_SERVE_"


def _option(*names: str, **how: Any) -> Callable[[Any], Any]:
    """An option that a variable can set, too: `--host` is CHATBOT_SERVE_HOST."""
    variable = _ENV + names[0].split("/")[0].strip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_default="default" in how, **how)


@click.command()
@_option(
    "--host", default="127.0.0.1", metavar="ADDRESS", help="Where to listen; elsewhere keys are demanded."
)
@_option("--port", default=8000, type=click.IntRange(0, 65535), metavar="N", help="0: any that is free.")
@_option("--web/--no-web", default=True, help="Show the page, too.")
@_option("--keys", "demand_keys", is_flag=True, help="Demand keys on this machine, too.")
@_option("--allow-host", multiple=True, metavar="NAME", help="Answer to this name in the Host header, too.")
@_option("--cors-origin", multiple=True, metavar="URL", help="Pages from there may ask.")
@_option("--rate", default="600/minute", metavar="N/TIME", help="Requests of a key at most.")
@_option("--at-once", default=16, type=click.IntRange(min=1), metavar="N", help="Requests of a key at once.")
@_option("--threads", default=256, type=click.IntRange(min=1), metavar="N", help="Questions at once, of all.")
@_option("--upload", default=64, type=click.IntRange(1, 8192), metavar="MB", help="An upload at most.")
@_option("--grace", default=30, type=click.IntRange(0, 3600), metavar="S", help="For streams when it ends.")
@_option("--log-text", is_flag=True, help="Log questions, too.")
@_option("--quiet", is_flag=True, help="Don't log requests.")
@options.place
@options.endpoint
@options.verifier
def serve(
    host: str,
    port: int,
    web: bool,
    demand_keys: bool,
    allow_host: tuple[str, ...],
    cors_origin: tuple[str, ...],
    rate: str,
    at_once: int,
    threads: int,
    upload: int,
    grace: int,
    log_text: bool,
    quiet: bool,
) -> None:
    """Serve the collections to any OpenAI client, and the program's own API (docs/api.md).

    Listens on this machine alone unless --host says otherwise; then clients need keys.
    """
    from chatbot.api.guarding import Rules
    from chatbot.api.server import Options
    from chatbot.api.server import serve as serving

    screen, settings = options.screen(), options.settings()
    serving(
        settings,
        Options(
            host=host,
            port=port,
            threads=threads,
            grace=grace,
            log_text=log_text,
            log_requests=not quiet,
            demand_keys=demand_keys,
            allow_hosts=tuple(name.lower() for name in allow_host),
            rules=Rules(
                origins=tuple(origin.rstrip("/") for origin in cors_origin),
                rate=_rate(rate),
                at_once=at_once,
                upload=upload * 2**20,
            ),
        ),
        with_model=not options.without_model(),
        mounts=_page() if web else (),
        ready=lambda address: screen.notice(f"Serving at {address}/v1 – stop with Ctrl-C."),
    )


@click.command("mcp")
@click.option("--http", "by_http", is_flag=True, help="Over HTTP, at /mcp, instead of stdin and stdout.")
@_option(
    "--host", default="127.0.0.1", metavar="ADDRESS", help="Where to listen; elsewhere keys are demanded."
)
@_option("--port", default=8001, type=click.IntRange(0, 65535), metavar="N", help="0: any that is free.")
@options.place
@options.endpoint
@options.verifier
def tools(by_http: bool, host: str, port: int) -> None:
    """Serve the collections to MCP clients: search, ask, verify, get_paper, census.

    Over stdin and stdout, as clients start it themselves, or with --http.
    """
    from chatbot.api.server import Options, mcp

    screen, settings = options.screen(), options.settings()
    mcp(
        settings,
        Options(host=host, port=port) if by_http else None,
        with_model=not options.without_model(),
        notice=screen.notice,
    )


def _rate(text: str) -> str:
    from limits import parse

    try:
        parse(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r}: write 600/minute, or 10 per second.", param_hint="--rate"
        ) from error
    return text


def _page() -> tuple[Mount, ...]:
    """The page of the configured collection, beside the API."""

    def mount(app: FastAPI, here: Context) -> None:
        from chatbot import web

        try:
            parts = here.served.parts()
        except StoreError as error:
            here.log.notice(f"The page is not shown. {error}")
            return
        web.mount(app, parts, "/", apart=not here.alone)

    return (mount,)


@click.group()
def keys() -> None:
    """Make, list and revoke the keys that clients of `chatbot serve` need on other addresses."""


@keys.command("create")
@click.argument("name")
@click.option("--write", is_flag=True, help="It may add and remove papers, too.")
@options.json_output
@options.place
def create(name: str, write: bool) -> None:
    """Make a key. It is shown once; kept is only its hash."""
    from chatbot.api.keys import Keys

    key, text = Keys(options.settings().home).create(name, write=write)
    if options.wants_json():
        print_json(
            {"id": key.id, "name": key.name, "created": key.created, "write": key.write, "key": str(text)}
        )
        return
    click.echo(str(text))
    options.screen().notice(f"The key {key.id} of {key.name!r}. It can't be shown again.")


@keys.command("list")
@options.json_output
@options.place
def listed() -> None:
    """Show whose keys there are; the keys themselves are not kept."""
    from chatbot.api.keys import Keys

    found = Keys(options.settings().home).all()
    if options.wants_json():
        shapes = [{"id": k.id, "name": k.name, "created": k.created, "write": k.write} for k in found]
        print_json(shapes)
        return
    for key in found:
        click.echo(f"{key.id}  {key.created}  {'write' if key.write else 'ask  '}  {key.name}")
    if not found:
        options.screen().notice("There are no keys. `chatbot keys create NAME` makes one.")


@keys.command("revoke")
@click.argument("key", metavar="ID|NAME")
@options.place
def revoke(key: str) -> None:
    """Forget a key at once, also in servers that run."""
    from chatbot.api.keys import Keys

    for gone in Keys(options.settings().home).revoke(key):
        options.screen().notice(f"The key {gone.id} of {gone.name!r} is revoked.")
