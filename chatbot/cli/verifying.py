"""`chatbot verify`: any text against the collection."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chatbot.cli import options
from chatbot.cli.assembling import assembled
from chatbot.cli.outcome import Exit, print_json


@click.command()
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, allow_dash=True), metavar="[FILE|-]", default="-"
)
@options.verifier
@options.filters
@options.json_output
@options.place
@options.endpoint
@click.pass_context
def verify(ctx: click.Context, file: Path) -> None:
    """Check a text against the papers: each sentence with its best evidence and a verdict.

    For a paragraph of a draft, or another chatbot's answer. FILE is plain text; "-" is stdin. Where the
    rules leave a verdict open, the model is asked for one token (not with --verifier fast or --no-model).
    Ends with 0 if every sentence is supported, else with 3.
    """
    from chatbot import shapes
    from chatbot.terminal import pages
    from chatbot.values import Verdict

    text = _text(file)
    screen = options.screen()
    claims, cited = [], {}
    with assembled(screen) as assembly:
        for claim in assembly.checker().check(text, options.chosen_for(assembly.collection)):
            claims.append(claim)
            for evidence in claim.evidence:
                if (paper := assembly.collection.paper(evidence.paper)) is not None:
                    cited[paper.id] = paper
            if not options.wants_json():
                pages.checked(screen, claim, cited)
    if options.wants_json():
        print_json(shapes.checked(claims, cited.values()))
    else:
        pages.tally(screen, claims)
    proven = all(claim.verdict is Verdict.SUPPORTED for claim in claims)
    ctx.exit(Exit.DONE if proven else Exit.REFUSED)


def _text(file: Path) -> str:
    """The text of a file or of stdin. Raises UsageError, or SourceError where it can't be read."""
    from store.errors import SourceError
    from store.readers.decoding import decode

    if str(file) == "-" and sys.stdin.isatty():
        raise click.UsageError("There is no text. Name a file, or pipe a text into `chatbot verify`.")
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file} can't be read ({error.strerror}). Name a file of plain text.") from error
    text = decode(content)
    if text is None:
        raise SourceError(f"{file} is no text. Save it as plain text first.")
    if not text.strip():
        raise click.UsageError("There is no text in it. Give a paragraph or more.")
    return text
