"""`chatbot model`: the Qwen on this machine. The work is done in chatbot.local."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chatbot.cli import options
from chatbot.cli.outcome import print_json

if TYPE_CHECKING:
    from chatbot.local.server import LocalServer
    from chatbot.local.weights import LocalModel


@click.group()
def model() -> None:
    """The model on this machine: which there are, which is used."""


@model.command("list")
@options.json_output
@options.place
def list_models() -> None:
    """List the models of this machine; * marks the one in use."""
    from rich.filesize import decimal
    from rich.text import Text

    from chatbot.local import weights
    from chatbot.terminal.text import line

    screen = options.screen()
    models = weights.models(options.settings().cache)
    if options.wants_json():
        print_json([_shape(found) for found in models])
        return
    for found in models:
        details = f"{decimal(found.size)}, {found.state.value}, {found.licence or 'licence not known'}"
        mark = "* " if found.in_use else "  "
        screen.print(Text.assemble(mark, (line(found.name), "bold"), "  ", line(details)), hang=4)
        screen.print(line(str(found.path or f"from {found.source}")), style="dim", indent=4)


@model.command()
@click.argument("ref", metavar="NAME|FILE|HUB-ID")
@options.place
def use(ref: str) -> None:
    """Use another model: a name of the list, a GGUF file, or a hub id (downloaded now)."""
    from chatbot.local import weights
    from chatbot.terminal.progress import Meter

    screen = options.screen()
    with Meter(screen, "B") as meter:
        found = weights.use(
            options.settings().cache, ref, lambda done, total: meter.update("fetching", done, total)
        )
    screen.print(f"In use now: {found.name}")


@model.command()
@click.argument("name", required=False)
@options.place
def path(name: str | None) -> None:
    """Print where a model's file is (the one in use if no NAME is given)."""
    from chatbot.local import weights

    click.echo(weights.path(options.settings().cache, name))


@model.command()
@click.argument("name")
@options.place
def remove(name: str) -> None:
    """Forget a model, and delete what was made or downloaded of it; never a file of yours."""
    from rich.filesize import decimal

    from chatbot.local import weights

    freed = weights.remove(options.settings().cache, name)
    options.screen().print(f"Removed {name}: {decimal(freed)} freed.")


@model.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: a free one.")
@click.option("--context", type=click.IntRange(min=256), help="Tokens that prompt and answer share.")
@click.option("--key", help="The key that is asked for; random if none is given.")
@options.place
def serve(port: int, context: int | None, key: str | None) -> None:
    """Serve the model in use on this machine's loopback address until Ctrl-C."""
    from chatbot.local import server, weights
    from chatbot.terminal.progress import Meter

    screen, settings = options.screen(), options.settings()

    def announce(running: LocalServer) -> None:
        click.echo(f"CHATBOT_BASE_URL={running.base_url}")
        click.echo(f"CHATBOT_MODEL={running.model}")
        click.echo(f"CHATBOT_API_KEY={running.api_key}")
        screen.notice("Serving. Set these where you ask from; Ctrl-C ends it.")

    with Meter(screen, "B") as meter:
        file = weights.prepare(
            settings.cache, lambda done, total: meter.update("preparing the model", done, total)
        )
    server.serve_foreground(file, port=port, context=context or settings.context, key=key, announce=announce)


def _shape(found: LocalModel) -> dict[str, object]:
    return {
        "name": found.name,
        "path": str(found.path) if found.path else None,
        "size": found.size,
        "state": found.state.value,
        "in_use": found.in_use,
        "source": found.source,
        "licence": found.licence,
    }
