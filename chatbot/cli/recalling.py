"""`chatbot sessions`: the saved conversations. The work is done in chatbot.sessions."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli import options, output
from chatbot.cli.consent import agreed, sure
from chatbot.cli.outcome import print_json
from chatbot.cli.talking import kept

if TYPE_CHECKING:
    from chatbot.sessions import Sessions

_FORMATS = ("markdown", "json", "bibtex", "html")
_most = click.option("--most", metavar="N", type=click.IntRange(min=1), help="At most so many.")


@click.group(invoke_without_command=True)
@options.json_output
@options.place
@click.pass_context
def sessions(ctx: click.Context) -> None:
    """List the saved conversations, the last one first."""
    if not ctx.invoked_subcommand:
        _list("", None)


@sessions.command("list")
@_most
@options.json_output
@options.place
def list_sessions(most: int | None) -> None:
    """List the saved conversations: id, title, questions, last change. --collection: those about it."""
    _list("", most)


@sessions.command()
@click.argument("words", nargs=-1, required=True)
@_most
@options.json_output
@options.place
def search(words: tuple[str, ...], most: int | None) -> None:
    """List the conversations in which a title, or a question with its answer, contains all WORDS."""
    _list(" ".join(words), most)


@sessions.command()
@click.argument("id")
@options.json_output
@options.place
def show(id: str) -> None:
    """Show a conversation: every question, every answer with its proof."""
    from chatbot import shapes
    from chatbot.terminal import sessions as pages

    screen = options.screen()
    with _kept() as talks:
        saved = talks.load(id)
    if options.wants_json():
        print_json(shapes.saved(saved))
        return
    pages.heading(screen, saved.session)
    for turn in saved.turns:
        screen.print()
        pages.turn(screen, turn)


@sessions.command()
@click.argument("id")
@click.argument("title", nargs=-1)
@options.place
def rename(id: str, title: tuple[str, ...]) -> None:
    """Give a conversation the TITLE; without one, its first question is the title again."""
    from chatbot.terminal.text import line

    with _kept() as talks:
        session = talks.get(id)
        talks.rename(session.id, " ".join(title))
        named = line(talks.get(session.id).title)
    options.screen().print(f"The conversation {session.id} is called “{named}” now.")


@sessions.command()
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@sure
@options.place
def delete(ids: tuple[str, ...], yes: bool) -> None:
    """Delete conversations for ever."""
    from chatbot.terminal.text import line

    screen = options.screen()
    with _kept() as talks:
        for session in [talks.get(id) for id in ids]:
            what = f"“{line(session.title)}” ({_questions(session.turns)})"
            agreed(f"Delete the conversation {session.id} {what} for ever?", yes)
            talks.delete(session.id)
            screen.print(f"The conversation {session.id} is deleted.")


@sessions.command()
@click.argument("id")
@output.export_options(_FORMATS, "markdown")
@sure
@options.place
def export(id: str, format: str | None, out: Path | None, yes: bool) -> None:
    """Write a conversation: Markdown, JSON with claims and evidence, BibTeX of what is cited, or HTML."""
    from chatbot.sessions import export as exporting

    out, format = output.settled(out, format, exporting.ENDINGS, "markdown")
    screen = options.screen()
    with _kept() as talks:
        saved = talks.load(id)
    if out is not None:
        if out.is_file():
            agreed(f"Write over {out}?", yes)
        exporting.write(saved, format, out)
        screen.notice(f"{_questions(len(saved.turns))} written to {out} ({format}).")
        return
    output.put([exporting.exported(saved, format)])


def _kept() -> AbstractContextManager[Sessions]:
    """The saved conversations under the home, whether new ones are to be saved or not."""
    return kept(options.settings(), options.screen())


def _list(search: str, most: int | None) -> None:
    from chatbot import shapes
    from chatbot.terminal import sessions as pages

    asked = options.given("collection")
    with _kept() as talks:
        found = talks.list(collection=None if asked is None else str(asked), search=search, most=most)
    if options.wants_json():
        print_json(shapes.sessions(found))
        return
    screen = options.screen()
    pages.listed(screen, found)
    if not found:
        what = "contains that" if search else "is saved yet. Begin one: chatbot chat"
        screen.print(f"No conversation {what}{'.' if search else ''}")


def _questions(count: int) -> str:
    return f"{count} question{'' if count == 1 else 's'}"
