"""`chatbot review`: a short literature review of everything on a topic, as Markdown and BibTeX."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import click

from chatbot.cli import options
from chatbot.cli.assembling import assembled
from chatbot.cli.outcome import Exit, print_json


@click.command()
@click.argument("topic", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.md",
    help="Write it to a file, and what it cites to FILE.bib beside it.",
)
@click.option("--uncertain", is_flag=True, help="Write of the papers that may belong, too.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@options.filters
@options.verifier
@options.json_output
@options.place
@options.endpoint
@click.pass_context
def review(
    ctx: click.Context, topic: tuple[str, ...], out: Path | None, uncertain: bool, force: bool
) -> None:
    """Review the papers on a TOPIC ("reward hacking"), by theme, every sentence proven.

    Each paper is judged for the topic, by the model or, with --no-model, by rules; what was judged is kept.
    """
    from chatbot import filtering, shapes
    from chatbot.errors import QuestionError
    from chatbot.reviewing.page import markdown
    from chatbot.reviewing.writing import written
    from chatbot.terminal.reviewing import last
    from chatbot.terminal.text import clean
    from chatbot.topics import reading
    from store.exporting import bibtex
    from store.whole_files import whole

    if out is not None and out.suffix.lower() != ".md":
        raise click.UsageError(f"{out} can't be written: give a name that ends in .md.")
    beside = out.with_suffix(".bib") if out is not None else None
    for file in (out, beside):
        if file is not None and file.exists() and not force:
            raise click.UsageError(
                f"{file} is there already. Give another name, or --force to write over it."
            )
    screen = options.screen()
    understood = filtering.read(" ".join(topic))
    plan = reading.named(understood.question)
    if plan is None:
        raise QuestionError('There is no topic. Give one, for example: chatbot review "reward hacking".')
    with assembled(screen) as assembly:
        collection = assembly.collection
        filter = filtering.both(options.chosen_for(collection), understood.filter)
        filtering.known(understood.filter, collection.paper)
        plan = replace(plan, filter=filtering.both(filter, plan.filter))
        settings = assembly.settings
        events = written(plan, collection, assembly.writer(), settings, time.monotonic, uncertain=uncertain)
        found = last(events, screen)
    page = markdown(found)
    if out is not None and beside is not None:
        with whole(out) as stream:
            stream.write(page)
        with whole(beside) as stream:
            stream.writelines(bibtex(citation.paper for citation in found.citations))
        screen.notice(f"Written to {out}, with {len(found.citations)} references in {beside}.")
    if options.wants_json():
        print_json(shapes.review(found, page))
    elif out is None:
        click.echo(clean(page), nl=False)
    ctx.exit(Exit.DONE if found.themes else Exit.REFUSED)
