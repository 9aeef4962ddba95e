"""The command line: thin faces over the rooms that do the work.

    options     the options that commands share
    outcome     exit codes, and one sentence for every error
    collecting  ingest, rebuild, papers, search
    embedding   embed; what a stop leaves behind
    shelving    collections
    consent     asking a person; output: where an export goes
    forecasting what a large embedding job takes, told before it; asked for where it costs money
    asking      ask, chat; talking hands the conversation what its commands use
    recalling   sessions
    counting    census
    reviewing   review
    verifying   verify
    page        web
    checking    doctor
    calibrating calibrate
    serving     serve, mcp, keys
    models      model list, use, path, remove, serve
    benching    bench retrieval, claims, answers, make-questions, citations

Nothing heavy is imported before a command runs: `chatbot --help` takes a tenth of a second.
"""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper

import click

from chatbot.cli import (
    asking,
    benching,
    calibrating,
    checking,
    collecting,
    counting,
    embedding,
    models,
    options,
    page,
    recalling,
    reviewing,
    serving,
    shelving,
    verifying,
)
from chatbot.cli.outcome import Group

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"chatbot {version('proven-chatbot')}")
        ctx.exit()


@click.group(cls=Group, context_settings=_CONTEXT)
@options.place
@options.endpoint
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Say it.")
def cli() -> None:
    """Ask a pile of paper abstracts anything; every sentence of the answer is proven by one of theirs.

    \b
    chatbot ingest --demo                      fill the collection with the demo's papers
    chatbot ask "What does GSPO change?"       ask one question
    chatbot chat                               have a conversation
    chatbot web                                the same, and more, on a page in the browser
    chatbot doctor                             what is missing, and the cure
    """


for command in (
    collecting.ingest,
    asking.ask,
    asking.chat,
    page.web,
    counting.census,
    reviewing.review,
    collecting.papers,
    collecting.search,
    verifying.verify,
    checking.examine,
    calibrating.calibrate,
    embedding.embed,
    collecting.rebuild,
    shelving.collections,
    serving.serve,
    serving.tools,
    serving.keys,
    recalling.sessions,
    models.model,
    benching.bench,
):
    cli.add_command(command)


def main() -> None:
    """The entry point `chatbot`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a letter gets "?" for it, not a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    # Half a million objects come in with the libraries and stay: to look through them every 700 new ones, as
    # is the default, finds nothing and takes a tenth of the start.
    gc.set_threshold(50_000)
    cli.main(prog_name="chatbot")


__all__ = ["cli", "main"]
