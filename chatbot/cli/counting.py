"""`chatbot census`: a question to the whole collection, counted or judged; its list as a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli import options
from chatbot.cli.assembling import assembled
from chatbot.cli.outcome import print_json

if TYPE_CHECKING:
    from chatbot.assembly import Assembly
    from chatbot.terminal.screen import Screen
    from chatbot.values import Question
    from store.plans import Plan


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
@options.verifier
@options.json_output
@options.place
@options.endpoint
def census(question: tuple[str, ...], out: Path | None, everything: bool) -> None:
    """Count papers, exactly and with no model: "How many papers per month?", "Which papers have code?"

    A question over a topic ("Which papers build a new dataset?") is put to each paper, by the model or, with
    --no-model, by rules. Without a QUESTION: the papers that pass the filters.
    """
    from chatbot import censusing, filtering, listing, shapes
    from chatbot.terminal import census as page
    from chatbot.topics import reading
    from chatbot.values import PlannedBy, Question

    if out is not None and out.suffix.lower() not in listing.KINDS:
        raise click.UsageError(
            f"{out} can't be written: give a name that ends in {' or '.join(listing.KINDS)}."
        )
    screen = options.screen()
    understood = filtering.read(" ".join(question))
    with assembled(screen) as assembly:
        collection = assembly.collection
        filter = filtering.both(options.chosen_for(collection), understood.filter)
        filtering.known(understood.filter, collection.paper)
        asked = Question(understood.question, filter=filter)
        plan = censusing.planned(asked)
        by = None
        if plan is None and reading.read(asked.text) is not None:
            _over_a_topic(asked, assembly, screen, out, everything)
            return
        if plan is None:
            plan, by = _proposed(asked, assembly)
        whole = options.wants_json() or out is not None or everything
        found = collection.census(plan, None) if whole else collection.census(plan)
    text = censusing.sentence(found)
    if out is not None:
        rows = listing.write(found, out)
        screen.notice(f"{rows:,} rows written to {out}.")
    if options.wants_json():
        print_json(shapes.counted(found, text, PlannedBy.MODEL if by else PlannedBy.RULES))
    else:
        screen.print(text)
        page.show(screen, found, everything=everything, by=by)


def _proposed(asked: Question, assembly: Assembly) -> tuple[Plan, str]:
    """The plan that a model makes, and the model's name. Raises QuestionError where there is none."""
    from chatbot import filtering, proposing
    from chatbot.errors import QuestionError

    if proposing.may_be(asked.text) and (model := assembly.model()) is not None:
        plan = proposing.proposed(asked.text, model, assembly.settings.max_tokens)
        if plan is not None:
            return replace(plan, filter=filtering.both(asked.filter, plan.filter)), model.name
    raise QuestionError(
        'This is not understood as a question to the whole collection. Ask, for example, "How many '
        'papers per month?", "Which papers mention GRPO?" or "How many papers build a new dataset?"; or '
        "ask it with `chatbot ask`."
    )


def _over_a_topic(
    asked: Question, assembly: Assembly, screen: Screen, out: Path | None, everything: bool
) -> None:
    """The model is chosen here and no sooner: what is counted needs none."""
    from chatbot import listing, shapes
    from chatbot.terminal import topic as page
    from chatbot.terminal.answering import counted
    from chatbot.topics import telling

    answer = counted(assembly.chat().stream(asked), screen)
    if (found := answer.topic) is None:
        raise RuntimeError("a question over a topic ended without one")
    if out is not None:
        rows = listing.write_topic(found, out)
        screen.notice(f"{rows:,} rows written to {out}.")
    text = telling.sentence(found)
    if options.wants_json():
        print_json(shapes.judged(found, text, answer.model, answer.dropped))
        return
    screen.print(text)
    page.show(screen, found, everything=everything)
    for reason in answer.dropped:
        screen.print(reason, style="dim", hang=2)
