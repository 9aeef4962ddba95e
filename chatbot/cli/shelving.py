"""`chatbot collections`: the collections as wholes. The work is done in store.shelves and store.exporting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli import options, output
from chatbot.cli.collecting import built_again
from chatbot.cli.consent import agreed, sure
from chatbot.cli.outcome import print_json

if TYPE_CHECKING:
    from chatbot.settings import Settings
    from chatbot.terminal.screen import Screen
    from store.shelves import Shelf

_FORMATS = ("jsonl", "bibtex", "ris")


@click.group(invoke_without_command=True)
@options.json_output
@options.place
@click.pass_context
def collections(ctx: click.Context) -> None:
    """List the collections under the home; * marks the one in use."""
    if not ctx.invoked_subcommand:
        _list()


@collections.command("list")
@options.json_output
@options.place
def list_collections() -> None:
    """List the collections: papers, vectors, embedder, size, newest paper, last change."""
    _list()


@collections.command()
@click.argument("name")
@options.place
def create(name: str) -> None:
    """Make an empty collection."""
    from chatbot import assembly
    from store import shelves

    screen, settings = options.screen(), _settings(name)
    shelves.sweep(settings.home)
    shelves.check_new(settings.home, name)
    with assembly.opened(settings, notice=screen.notice, create=True):
        screen.print(f"The collection {name} is made. Fill it: chatbot ingest --collection {name} FILE…")


@collections.command()
@click.argument("name")
@sure
@options.place
def delete(name: str, yes: bool) -> None:
    """Delete a collection: papers, vectors, calibrations. The files that it was read from stay."""
    from rich.filesize import decimal

    from chatbot import assembly
    from chatbot.terminal.text import line
    from store import shelves

    screen, settings = options.screen(), _settings(name)
    shelf = shelves.describe(settings.home, name)
    what = "damaged" if shelf.problem else _papers(shelf.papers)
    agreed(f"Delete the collection {name} ({what}, {decimal(shelf.size)}) for ever?", yes)
    left = shelves.delete(settings.home, name, assembly.chroma_server(settings))
    if left:
        screen.notice(line(left))
    screen.print(f"The collection {name} is deleted.")


@collections.command()
@click.argument("old")
@click.argument("new")
@options.place
def rename(old: str, new: str) -> None:
    """Give the collection OLD the name NEW."""
    from store import shelves

    screen, settings = options.screen(), _settings(old)
    shelves.rename(settings.home, old, new)
    screen.print(f"The collection {old} is called {new} now.")
    if options.settings().collection == old:
        screen.notice(f'Ask it with --collection {new}, or set collection = "{new}" in chatbot.toml.')


@collections.command()
@click.argument("name", required=False)
@options.yes
@options.place
def reembed(name: str | None, yes: bool) -> None:
    """Make all vectors of a collection again with the embedder that is configured now."""
    built_again(options.screen(), _settings(name), reembed=True, yes=yes)


@collections.command()
@click.argument("name", required=False)
@output.export_options(_FORMATS, "jsonl")
@sure
@options.filters
@options.place
def export(name: str | None, format: str | None, out: Path | None, yes: bool) -> None:
    """Write the papers of a collection, or those that pass the filters, as JSONL, BibTeX or RIS.

    `chatbot ingest` makes the same papers of it again. docs/formats.md says what a format can't hold.
    """
    from chatbot import assembly
    from store import exporting

    out, format = output.settled(out, format, exporting.ENDINGS, "jsonl")
    screen, settings = options.screen(), _settings(name)
    with assembly.filled(settings, notice=screen.notice) as collection:
        filter = options.chosen_for(collection)
        if not collection.count(filter):
            screen.notice("No paper passes the filters: nothing is written.")
        elif out is None:
            output.put(exporting.FORMATS[format](collection.each(filter)))
        else:
            if out.is_file():
                agreed(f"Write over {out}?", yes)
            count = exporting.write(collection.each(filter), format, out)
            screen.notice(f"{_papers(count)} written to {out} ({format}).")


def _settings(name: str | None) -> Settings:
    """The settings with the collection of that name, if one is given."""
    found = options.settings()
    if name is None:
        return found
    given = options.given("collection")
    if given not in (None, name):
        raise click.UsageError(f"Which one: {name}, or {given} as --collection says? Give one of them.")
    return replace(found, collection=name)


def _list() -> None:
    from chatbot import shapes
    from store import shelves

    screen, settings = options.screen(), options.settings()
    shelves.sweep(settings.home)
    found = shelves.shelves(settings.home)
    if options.wants_json():
        print_json(shapes.collections(found, settings.collection))
        return
    for shelf in found:
        _show(screen, shelf, in_use=shelf.name == settings.collection)
    if not found:
        screen.print("There is no collection yet. Fill one: chatbot ingest FILE…, or chatbot ingest --demo")


def _show(screen: Screen, shelf: Shelf, *, in_use: bool) -> None:
    from rich.filesize import decimal
    from rich.text import Text

    from chatbot.terminal.text import line

    parts = [_papers(shelf.papers), decimal(shelf.size)]
    if shelf.newest:
        parts.append(f"newest of {line(shelf.newest)}")
    if shelf.changed:
        parts.append(f"changed {shelf.changed[:16].replace('T', ' ')} UTC")
    dot = f" {screen.signs.dot} "
    head = dot.join(parts) if shelf.problem is None else f"damaged{dot}{decimal(shelf.size)}"
    screen.print(Text.assemble("* " if in_use else "  ", (shelf.name, "bold"), "  ", head), hang=4)
    if shelf.problem is not None:
        screen.print(line(shelf.problem), style="red", indent=4)
    elif shelf.papers:
        screen.print(_vectors(shelf), style="dim", indent=4)


def _vectors(shelf: Shelf) -> str:
    from chatbot.terminal.text import line

    if shelf.embedder is None:
        return "no vectors yet: found by keywords alone; `chatbot embed` makes them"
    if shelf.complete:
        return f"embedded by {line(shelf.embedder)}"
    return (
        f"{shelf.vectors:,} of {shelf.papers:,} embedded by {line(shelf.embedder)}: "
        "`chatbot embed` makes the others"
    )


def _papers(count: int) -> str:
    return f"{count:,} paper{'' if count == 1 else 's'}"
