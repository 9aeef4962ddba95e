"""`chatbot census`: a question to the whole collection, counted and not read for; its list as a file."""

from __future__ import annotations

from pathlib import Path

import click

from chatbot.cli import options
from chatbot.cli.outcome import print_json


@click.command()
@click.argument("question", nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the list to a file: .csv or .jsonl.",
)
@click.option("--all", "everything", is_flag=True, help="Show every paper, not only the first ones.")
@options.filters
@options.json_output
@options.place
def census(question: tuple[str, ...], out: Path | None, everything: bool) -> None:
    """Count papers, exactly and with no model: "How many papers per month?", "Which papers have code?"

    Without a QUESTION: the papers that pass the filters.
    """
    from chatbot import assembly, censusing, filtering, listing, shapes
    from chatbot.errors import QuestionError
    from chatbot.terminal import census as page
    from chatbot.values import Question

    if out is not None and out.suffix.lower() not in listing.KINDS:
        raise click.UsageError(
            f"{out} can't be written: give a name that ends in {' or '.join(listing.KINDS)}."
        )
    screen = options.screen()
    understood = filtering.read(" ".join(question))
    with assembly.filled(options.settings(), notice=screen.notice) as collection:
        filter = filtering.both(options.chosen_for(collection), understood.filter)
        filtering.known(understood.filter, collection.paper)
        plan = censusing.planned(Question(understood.question, filter=filter))
        if plan is None:
            raise QuestionError(
                'This is not understood as a question to the whole collection. Ask, for example, "How many '
                'papers per month?" or "Which papers mention GRPO?"; or ask it with `chatbot ask`.'
            )
        whole = options.wants_json() or out is not None or everything
        found = collection.census(plan, None) if whole else collection.census(plan)
    text = censusing.sentence(found)
    if out is not None:
        rows = listing.write(found, out)
        screen.notice(f"{rows:,} rows written to {out}.")
    if options.wants_json():
        print_json(shapes.counted(found, text))
    else:
        screen.print(text)
        page.show(screen, found, everything=everything)
