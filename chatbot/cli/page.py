"""`chatbot web`: the page, on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import click

from chatbot.cli import options
from chatbot.cli.assembling import assembled

AUTH = "CHATBOT_WEB_AUTH"
HOST, PORT = "127.0.0.1", 7860


@click.command()
@click.option("--host", default=HOST, show_default=True, metavar="ADDRESS", help="The address to listen on.")
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--auth",
    metavar="USER:PASSWORD",
    help=f"Who may see the page; @FILE has one a line. Better in {AUTH}: others can read command lines.",
)
@click.option(
    "--share",
    is_flag=True,
    help="Make a public address through Gradio's relay. Needs --auth; off by default.",
)
@click.option("--open", "opened", is_flag=True, help="Open the page in the browser.")
@options.verifier
@options.place
@options.endpoint
def web(host: str, port: int, auth: str | None, share: bool, opened: bool) -> None:
    """Show the page: a chat whose answers can be checked, the papers, a map of them.

    Only this machine can see it unless --host says otherwise. Ctrl-C ends it.
    """
    from chatbot import listening
    from chatbot.web import hosting

    names = _auth(auth)
    if share and not names:
        raise click.UsageError(f"A public page needs a password: give --auth USER:PASSWORD, or set {AUTH}.")
    screen = options.screen()
    if not names and not listening.private(host):
        screen.notice(
            f"Everyone who reaches {host} can read your papers and ask your model. --auth asks who it is."
        )
    with assembled(screen, empty=True) as assembly:
        assembly.collection.fill()
        hosting.serve(
            assembly, host=host, port=port, auth=names, share=share, opened=opened, notice=screen.notice
        )


def _auth(given: str | None) -> list[tuple[str, str]]:
    """The (name, password) pairs of --auth or of the environment. Raises UsageError."""
    value = given or os.environ.get(AUTH) or ""
    lines = [value] if value else []
    if value.startswith("@"):
        try:
            lines = Path(value[1:]).expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(
                f"{value[1:]} can't be read: {error}. Give a file of USER:PASSWORD lines."
            ) from error
    pairs = []
    for line in filter(None, map(str.strip, lines)):
        name, colon, password = line.partition(":")
        if not (name and colon and password):
            raise click.UsageError("--auth takes USER:PASSWORD, or @FILE with one such pair a line.")
        pairs.append((name, password))
    if value and not pairs:
        raise click.UsageError(f"{value[1:]} names nobody. Write one USER:PASSWORD a line.")
    return pairs
