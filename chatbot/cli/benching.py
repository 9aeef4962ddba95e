"""`chatbot bench`: measurements. The work is done in chatbot.benching.

Another measurement is one more command that is registered at the end of this module.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli import options
from chatbot.cli.outcome import print_json

if TYPE_CHECKING:
    from chatbot.model import ChatModel
    from chatbot.settings import Settings

_MODES = ("keyword", "vector", "hybrid")


@click.group()
@options.place
def bench() -> None:
    """Measure retrieval and answers, on your papers or on public data.

    Tables go to stdout as Markdown, or all numbers as JSON. docs/bench.md says what each of them means.
    """


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A set in BEIR's layout, or a folder of sets.",
)
@click.option("--set", "wanted", multiple=True, metavar="NAME", help="Only this set; may be repeated.")
@click.option(
    "--mode",
    "modes",
    multiple=True,
    type=click.Choice([*_MODES, "reranked"]),
    help="Only this mode; may be repeated. `reranked` takes the reranker that is configured.",
)
@click.option(
    "--half",
    type=click.Choice(["all", "tune", "report"]),
    default="all",
    show_default=True,
    help="Our own split, by a hash of the query's id.",
)
@click.option(
    "--sweep", is_flag=True, help="Try ways to fuse on the tune half, report the best on the other."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N queries of a set.")
@options.json_output
@options.place
def retrieval(
    data: Path,
    wanted: tuple[str, ...],
    modes: tuple[str, ...],
    half: str,
    sweep: bool,
    limit: int | None,
) -> None:
    """How well and how fast papers are found that people judged relevant.

    Each set is ingested once into a collection under CHATBOT_HOME/bench, embedding included; then only
    searches are measured.
    """
    from chatbot import assembly
    from chatbot.benching import fusing, judged
    from chatbot.benching import retrieval as room
    from chatbot.terminal.progress import Meter

    if sweep and (modes or limit or half != "all"):
        raise click.UsageError(
            "--sweep takes all queries, in ways of its own: leave --mode, --half, --limit out."
        )
    screen, settings = options.screen(), options.settings()
    sets = judged.sets(data, wanted)
    embedder, reranker = assembly.embedder(settings), assembly.reranker(settings)
    if sweep:
        with Meter(screen, "texts") as meter:
            tried = fusing.run(
                sets, settings.home / "bench", embedder, notice=screen.notice, progress=meter.update
            )
        if options.wants_json():
            print_json(fusing.shape(tried, embedder.name, _command()))
        else:
            click.echo(fusing.page(tried, embedder.name, _command()))
        return
    with Meter(screen, "texts") as meter:
        found = room.run(
            sets,
            modes or (_MODES if reranker is None else (*_MODES, room.RERANKED)),
            settings.home / "bench",
            embedder,
            reranker=reranker,
            depth=settings.rerank_depth,
            half=half,
            limit=limit,
            notice=screen.notice,
            progress=meter.update,
        )
    if options.wants_json():
        print_json(room.shape(found, embedder.name, _command()))
    else:
        click.echo(room.page(found, embedder.name, _command()))


@click.command()
@click.option(
    "--questions",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON lines (docs/bench.md); else what make-questions wrote for the collection.",
)
@click.option("--model", "models", multiple=True, metavar="NAME", help="A model; repeat it to compare some.")
@click.option(
    "--judge",
    is_flag=False,
    flag_value="",
    metavar="[NAME]",
    help="Let a model compare answers with the reference; the first --model, if no name is given.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N questions.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where answers and reports are kept; CHATBOT_HOME/bench/answers, if not given.",
)
@options.setting(
    "--packing", type=click.Choice(["auto", "packed", "whole"]), help="What the model is shown of the papers."
)
@options.verifier
@options.json_output
@options.place
@options.address
def answers(
    file: Path | None, models: tuple[str, ...], judge: str | None, limit: int | None, out: Path | None
) -> None:
    """Ask models a file of questions: facts, papers, citations, refusals, seconds.

    Every answer is kept as it comes: after Ctrl-C, the same command asks only what is left. DIR gets
    report.md and report.json, with every answer.
    """
    from chatbot.benching import comparing, questions
    from chatbot.terminal.progress import Meter

    screen, settings = options.screen(), options.settings()
    file = file or _questions(settings)
    out = out or settings.home / "bench" / "answers"
    asked = questions.read(file)[:limit]
    with Meter(screen, "B") as prepared, Meter(screen, "answers") as meter:
        compared = comparing.compare(
            asked,
            settings,
            models or (settings.model,),
            out,
            comparing.Watch(
                screen.notice,
                lambda model, done, total: meter.update(model or "model", done, total),
                lambda done, total: prepared.update("preparing the model", done, total),
            ),
            judge=judge,
            with_model=not options.without_model(),
        )
    value = comparing.report(compared, str(file), _command(), out)
    if options.wants_json():
        print_json(value)
    else:
        click.echo(comparing.summary(compared))
    screen.notice(f"Every answer stands in {out / 'report.md'} and report.json beside it.")


@click.command("make-questions")
@click.option(
    "--papers",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="From so many papers.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws others.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CHATBOT_HOME/bench/questions/COLLECTION.jsonl, if not given.",
)
@options.json_output
@options.place
@options.endpoint
def make_questions(papers: int, seed: int, out: Path | None) -> None:
    """Write a question set about the collection, made and checked by the model.

    Up to three questions a paper: one that its sentence answers, one for a number or name, and one that
    nothing answers once the paper is hidden. After Ctrl-C, the same command goes on.
    """
    from chatbot.benching import drafts, making
    from chatbot.cli.assembling import assembled
    from chatbot.errors import BenchError
    from chatbot.terminal.progress import Meter

    screen, settings = options.screen(), options.settings()
    file = out or _questions(settings)
    with assembled(screen) as assembly, drafts.Draft(file) as draft, Meter(screen, "papers") as meter:
        model = assembly.model()
        if model is None:
            raise BenchError("Questions are written by a model. Configure one; `chatbot doctor` says how.")
        maker = making.Maker(assembly.collection, model, draft.journal, settings=settings, seed=seed)
        made = maker.run(papers, lambda done, total: meter.update("asking", done, total))
        draft.write(making.kept(made))
    kinds, thrown = making.kinds(made), making.thrown(made)
    if options.wants_json():
        print_json({"version": 1, "file": str(file), "questions": kinds, "thrown_away": thrown})
        return
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    screen.print(f"{sum(kinds.values())} questions in {file}: {told}.")
    if thrown:
        screen.print(f"{thrown.total()} thrown away:")
    for why, count in thrown.most_common():
        screen.print(f"{count:>4}  {why}", hang=6)


@click.command()
@click.option(
    "--answers",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="answers.jsonl or report.json of `bench answers`; its last report, if not given.",
)
@click.option("--judge", is_flag=True, help="Let the configured model check the citations, not the rules.")
@options.json_output
@options.place
@options.endpoint
def citations(file: Path | None, judge: bool) -> None:
    """Citation recall and precision of answers, as ALCE defines them."""
    from chatbot.benching import answers as room
    from chatbot.benching import citations as alce
    from chatbot.benching.judging import Judge, Rules
    from chatbot.cli.assembling import assembled
    from chatbot.errors import BenchError
    from chatbot.terminal.progress import Meter

    screen, settings = options.screen(), options.settings()
    file = file or settings.home / "bench" / "answers" / "report.json"
    found = room.load(file)
    with assembled(screen, with_model=judge) as assembly, Meter(screen, "answers") as meter:
        model = assembly.model()
        if judge and model is None:
            raise BenchError("There is no model that could judge. Configure one, or leave --judge out.")
        says = Judge(model, assembly.calibrations.of(model.name).supports) if model else Rules()
        results = alce.measured(found, assembly.collection, says, meter.update)
    if options.wants_json():
        print_json(alce.shape(results, says, str(file)))
    else:
        click.echo(alce.page(results, says))


@click.command()
@click.option(
    "--data",
    "paths",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON lines of claims with evidence and label, or a folder in SciFact's layout; may be repeated.",
)
@click.option(
    "--half",
    type=click.Choice(["all", "tune", "report"]),
    default="all",
    show_default=True,
    help="Our own split, by a hash of the claim; what was chosen on one half is reported on the other.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=2),
    metavar="N",
    help="At most N pairs a set; 120, if a model is asked.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws others.")
@click.option("--ablation/--no-ablation", default=True, help="Also each layer of the rules switched off.")
@options.verifier
@options.json_output
@options.place
@options.endpoint
def claims(paths: tuple[Path, ...], half: str, sample: int | None, seed: int, ablation: bool) -> None:
    """How often verdicts are right, on claims with evidence that people judged.

    The rules alone, then with the model where they leave a verdict open (not with --verifier fast or
    --no-model), then each layer of the rules switched off in turn.
    """
    from chatbot import assembly
    from chatbot.benching import claim_report
    from chatbot.calibration import Calibrations
    from chatbot.terminal.progress import Meter

    screen, settings = options.screen(), options.settings()
    with Meter(screen, "B") as prepared, Meter(screen, "claims") as meter:

        def model() -> ChatModel | None:
            if options.without_model():
                return None
            return assembly.choose_model(
                settings,
                notice=screen.notice,
                progress=lambda done, total: prepared.update("preparing the model", done, total),
            )

        calibrations = Calibrations(settings.home / "collections" / settings.collection)
        judge = assembly.judge(settings, calibrations, model)
        found = claim_report.run(
            paths,
            assembly.embedder(settings),
            judge,
            claim_report.Choice(half, sample, seed, ablation),
            progress=meter.update,
        )
    if options.wants_json():
        print_json(claim_report.shape(found, _command()))
    else:
        click.echo(claim_report.page(found, _command()))


for command in (retrieval, claims, answers, make_questions, citations):
    bench.add_command(command)


def _questions(settings: Settings) -> Path:
    """Where the questions about a collection are, if nobody says otherwise."""
    return settings.home / "bench" / "questions" / f"{settings.collection}.jsonl"


def _command() -> str:
    """The command line, for whoever wants to run it again; without key or password."""
    words = shlex.join(["chatbot", *sys.argv[1:]])
    return re.sub(r"(--api-key[ =])(?:'[^']*'|\S+)", r"\1***", re.sub(r"//[^/@\s']*@", "//", words))
