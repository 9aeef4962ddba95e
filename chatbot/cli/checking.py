"""`chatbot doctor`."""

from __future__ import annotations

import click

from chatbot.cli import options
from chatbot.cli.outcome import Exit, print_json


@click.command("doctor")
@options.json_output
@options.place
@options.endpoint
@click.pass_context
def examine(ctx: click.Context) -> None:
    """Tell what is configured, what answers, what is missing, and the cure.

    Exit code 0: a question can be asked.
    """
    from chatbot import doctor as room
    from chatbot.terminal import health

    screen, settings = options.screen(), options.settings()
    findings = room.examine(settings, with_model=not options.without_model())
    if options.wants_json():
        print_json(room.shape(settings, findings))
    else:
        health.show(screen, settings, findings)
    ctx.exit(Exit.DONE if room.ready(findings) else Exit.FAILED)
