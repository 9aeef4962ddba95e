"""`chatbot calibrate`: where the model's odds begin to count, measured on the collection."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from chatbot.cli import options
from chatbot.cli.assembling import assembled
from chatbot.cli.outcome import print_json


@click.command()
@click.option(
    "--papers", type=click.IntRange(min=4), default=24, show_default=True, metavar="N", help="Papers to draw."
)
@click.option(
    "--claims",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Measure verdicts on claims that people labelled (docs/bench.md), not on paraphrases.",
)
@click.option("--pairs", type=click.IntRange(min=16), default=120, show_default=True, help="At most so many.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draw others with another one.")
@click.option("--dry-run", is_flag=True, help="Measure and tell, keep nothing.")
@click.option("--forget", is_flag=True, help="Go back to the defaults for the model.")
@options.json_output
@options.place
@options.endpoint
def calibrate(papers: int, file: Path | None, pairs: int, seed: int, dry_run: bool, forget: bool) -> None:
    """Measure the model's thresholds on your papers: when to refuse, and when its yes proves a sentence.

    Questions are made from sentences and asked with and without their paper; sentences are said in other
    words and held against the right ones and the nearest wrong ones. Takes some minutes with a local model.
    """
    from chatbot import shapes
    from chatbot.benching import calibrating, claim_sets
    from chatbot.benching.roles import Roles
    from chatbot.calibration import Calibration
    from chatbot.errors import CalibrationError
    from chatbot.terminal.progress import Meter
    from chatbot.verifying import ask

    screen = options.screen()
    labelled = claim_sets.sample(claim_sets.read(file), pairs, seed) if file else None
    with assembled(screen) as assembly, Meter(screen, "papers") as meter:
        chat = assembly.chat()
        model = chat.model
        if model is None:
            raise CalibrationError(
                "There is no model to calibrate. Give one with --base-url, or install one."
            )
        if forget:
            known = assembly.calibrations.forget(model.name)
            screen.print(f"{model.name}: {'forgotten; the defaults are in force.' if known else 'had none.'}")
            return
        roles = Roles(assembly.collection, model, assembly.settings)
        drawn = calibrating.drawn(assembly.collection, papers, seed)

        def told(what: str, total: int) -> calibrating.Told:
            return lambda done: meter.update(what, done, total)

        examples = calibrating.questions(
            drawn, assembly.collection, chat, roles, told("questions", len(drawn)), seed
        )
        refusals = calibrating.measured(examples)

        def judge(claim: str, passages: calibrating.Passages) -> float | None:
            return ask(model, claim, passages)

        if labelled is None:
            watch = told("statements", len(drawn))
            examples = calibrating.statements(drawn, assembly.collection, judge, roles, watch, seed)
        else:
            examples = calibrating.labelled(labelled, judge, told("claims", len(labelled)))
        verdicts = calibrating.measured(examples)
        found: Calibration = calibrating.calibration(refusals, verdicts, "measured")
        before = assembly.calibrations.of(model.name)
        measured = {
            "date": datetime.date.today().isoformat(),
            "refusals": shapes.measured(refusals),
            "verdicts": shapes.measured(verdicts),
        }
        kept = None if dry_run else assembly.calibrations.keep(model.name, found, measured)
    if options.wants_json():
        print_json(shapes.calibrated(model.name, found, before, measured, kept))
        return
    for name, each, was, now in (
        ("refusals", refusals, before.refuse_below, found.refuse_below),
        ("verdicts", verdicts, before.supports, found.supports),
    ):
        screen.print(
            f"{name}: threshold {now:.2f} (was {was:.2f}). Of {each.good} that ought to pass and {each.bad} "
            f"that ought not to, {each.right:.0%} told rightly; of those held back {each.precision:.0%} "
            f"rightly, and {each.recall:.0%} of those that ought to be.",
            hang=2,
        )
    screen.print(f"Kept in {kept}." if kept else "Nothing was kept.", style="dim")
