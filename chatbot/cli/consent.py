"""Asking a person before something is done that costs money or can't be undone.

Where nobody can be asked, each command says what it takes instead: `--yes`.
"""

from __future__ import annotations

import sys

import click

from chatbot.errors import ChatbotError

sure = click.option("--yes", "-y", is_flag=True, help="Don't ask.")
"""--yes"""


class NotWanted(ChatbotError):
    """A person said no to a job."""


def agreed(question: str, yes: bool) -> None:
    """Go on if a person says so. Raises NotWanted, UsageError where nobody can be asked."""
    if yes:
        return
    if not person():
        raise click.UsageError(f"{question} There is no terminal to ask at: say so with --yes.")
    if not click.confirm(question, default=False, err=True):
        raise NotWanted("Nothing was changed.")


def person() -> bool:
    """Somebody sits there who can be asked."""
    return sys.stdin.isatty()


def watching() -> bool:
    """Somebody sits there who sees what is told, too, and may want to step in."""
    return sys.stdin.isatty() and sys.stderr.isatty()
