"""`chatbot ingest`, `rebuild`, `papers` and `search`: the collection itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli import options
from chatbot.cli.embedding import told_when_stopped
from chatbot.cli.forecasting import forecast
from chatbot.cli.outcome import JSON, Exit, print_json
from chatbot.cli.pruning import pruned, still_there
from store.records import Record, Reject

if TYPE_CHECKING:
    from chatbot.settings import Settings
    from chatbot.terminal.progress import Meter
    from chatbot.terminal.screen import Screen
    from store.ingesting import Progress

_SHOWN_REJECTS = 20


def _mapping(_: click.Context, param: click.Parameter, given: tuple[str, ...]) -> Mapping[str, str]:
    """`--map FIELD=NAME …` as a mapping."""
    from store.readers import FIELDS

    found: dict[str, str] = {}
    for item in given:
        field, equals, name = (part.strip() for part in item.partition("="))
        if not equals or not name or field not in FIELDS:
            raise click.BadParameter(f"{item!r}: write FIELD=NAME, FIELD being one of {', '.join(FIELDS)}.")
        found[field] = name
    return found


@click.command()
@click.argument("sources", nargs=-1, type=click.Path(path_type=str), metavar="SOURCE...")
@click.option("--demo", is_flag=True, help="Take the demo's papers, which came with the program.")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="FIELD=NAME",
    callback=_mapping,
    help="Take a field from this column of tables or key of JSON (title=Titel); may be given several times.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Remove what these files and folders no longer have; asks if that is more than half of the papers.",
)
@click.option(
    "--later", is_flag=True, help="Don't wait for the vectors: `embed` makes them, or an open `chat`."
)
@click.option("--rejects", "all_rejects", is_flag=True, help="Show everything that was no paper.")
@options.yes
@options.json_output
@options.place
def ingest(
    sources: tuple[str, ...],
    demo: bool,
    mapping: Mapping[str, str],
    prune: bool,
    later: bool,
    all_rejects: bool,
    yes: bool,
) -> None:
    """Fill the collection with the papers of files and folders, of stdin (-), or of arXiv.

    Any usual export is read, packed or not: arXiv, BibTeX, RIS, CSV, JSON, PubMed, pasted text. Of arXiv
    itself: arxiv:2505.09388 or arxiv-search:QUERY.

    May be run again at any time, also after it was killed: what is known stays, what is new is added.
    """
    from chatbot import assembly, shapes
    from chatbot.terminal import pages
    from chatbot.terminal.progress import Meter
    from store import readers
    from store.collection import collections
    from store.errors import SourceError

    if not sources and not demo:
        raise click.UsageError("There is nothing to take in. Give files or folders, or --demo.")
    if "-" in sources and sys.stdin.isatty():
        raise click.UsageError("There is nothing on stdin. Pipe a file into `chatbot ingest -`.")
    screen, settings = options.screen(), options.settings()
    wanted: tuple[str | Path, ...] = (*sources, *(assembly.seeds() if demo else ()))
    if prune:
        wanted = still_there(screen, wanted)
    items = readers.read(wanted, mapping=mapping, notice=screen.notice)
    before: list[Record | Reject] = []  # whatever comes before the first paper
    for item in items:
        before.append(item)
        if isinstance(item, Record):
            break
    else:  # said before an empty collection is made
        if not (prune and settings.collection in collections(settings.home)):
            raise SourceError(_nothing(wanted, before))
    with (
        Meter(screen, "records") as meter,
        assembly.opened(settings, notice=screen.notice, create=True) as collection,
    ):
        pruning = pruned(screen, meter, wanted, remove=prune, yes=yes)
        agreed = forecast(screen, meter, yes=yes)
        with told_when_stopped(screen, meter, collection):
            report = collection.ingest(
                chain(before, items), _told(meter), agreed, pruning=pruning, later=later
            )
    if options.wants_json():
        print_json(shapes.ingested(report))
    else:
        shown = None if all_rejects else _SHOWN_REJECTS
        pages.ingested(screen, report, settings.collection, shown)


@click.command()
@click.option(
    "--reembed", is_flag=True, help="Make all vectors again with the embedder that is configured now."
)
@options.yes
@options.place
def rebuild(reembed: bool, yes: bool) -> None:
    """Make the search indexes again from the ledger, which holds everything."""
    built_again(options.screen(), options.settings(), reembed=reembed, yes=yes)


def built_again(screen: Screen, settings: Settings, *, reembed: bool, yes: bool) -> None:
    """Make the search indexes of the collection that is configured again, with new vectors if `reembed`."""
    from chatbot import assembly
    from chatbot.terminal.progress import Meter

    with Meter(screen, "papers") as meter, assembly.opened(settings, notice=screen.notice) as collection:
        if reembed:
            collection.reembed(_told(meter), forecast(screen, meter, yes=yes))
        else:
            collection.rebuild(_told(meter))
        count = collection.count()
    screen.print(f"The collection {settings.collection} is built again: {count} papers.")


@click.group(invoke_without_command=True)
@options.filters
@options.json_output
@options.place
@click.pass_context
def papers(ctx: click.Context) -> None:
    """List the papers of the collection, newest first."""
    from chatbot import assembly, shapes
    from chatbot.terminal import pages

    if ctx.invoked_subcommand:
        return
    screen = options.screen()
    with assembly.opened(options.settings(), notice=screen.notice) as collection:
        found = collection.papers(options.chosen_for(collection))
    if options.wants_json():
        print_json(shapes.papers(found))
    else:
        pages.papers(screen, found)


@papers.command("show")
@click.argument("ref", metavar="ID")
@options.json_output
@options.place
@click.pass_context
def show(ctx: click.Context, ref: str) -> None:
    """Show one paper, and which source gave what: by its id, arXiv id, DOI or label."""
    from chatbot import assembly, shapes
    from chatbot.terminal import pages

    screen = options.screen()
    with assembly.opened(options.settings(), notice=screen.notice) as collection:
        found = collection.paper(ref)
        given = collection.provenance(found.id) if found is not None else ()
    if found is None:
        message = f"There is no paper {ref!r}. `chatbot papers` lists their ids."
        if ctx.meta.get(JSON):
            print_json(shapes.error("NoPaper", message))
        click.echo(f"Error: {message}", err=True)
        ctx.exit(Exit.FAILED)
    elif options.wants_json():
        print_json(shapes.shown(found, given))
    else:
        pages.paper(screen, found)
        pages.provenance(screen, given)


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option(
    "--limit", "-n", type=click.IntRange(1, 100), default=10, show_default=True, help="At most so many."
)
@options.filters
@options.json_output
@options.place
def search(query: tuple[str, ...], limit: int) -> None:
    """Show what would be retrieved for a QUERY, with scores. It may hold filters: author:Yu has:code."""
    from chatbot import assembly, filtering, shapes
    from chatbot.terminal import pages

    screen = options.screen()
    asked = filtering.read(" ".join(query))
    wanted = asked.question or " ".join((*asked.filter.phrases, *asked.filter.titles))
    if not wanted:
        raise click.UsageError("There is nothing to search for but filters. `chatbot papers` lists papers.")
    with assembly.filled(options.settings(), notice=screen.notice) as collection:
        filter = filtering.both(
            options.chosen_for(collection), filtering.known(asked.filter, collection.paper)
        )
        if asked.words:
            screen.notice(filtering.told(asked.filter))
        coverage = collection.coverage
        found = collection.search(wanted, limit, filter)
    if options.wants_json():
        print_json(shapes.hits(found, None if coverage.complete else coverage))
    else:
        pages.hits(screen, found)


def _nothing(wanted: Iterable[str | Path], found: Sequence[Record | Reject]) -> str:
    """The sentence for sources without a paper: the first reason, and how many more there are."""
    names = ", ".join(map(str, wanted))
    rejects = [item for item in found if isinstance(item, Reject)]
    reason = f" ({rejects[0].source}: {rejects[0].reason})" if rejects else ""
    more = f", and {len(rejects) - 1} more pieces of text are none" if len(rejects) > 1 else ""
    return f"There is no paper in {names}{reason}{more}. Give files or folders of abstracts, or --demo."


def _told(meter: Meter) -> Callable[[Progress], None]:
    return lambda progress: meter.update(progress.phase, progress.done, progress.total)
