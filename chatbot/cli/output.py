"""Where an export goes and in which format: a file, whose name may tell the format, or stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def export_options(formats: Sequence[str], usual: str) -> Callable[[Command], Command]:
    """--format and --out; `usual` is the format if neither tells one."""

    def added(command: Command) -> Command:
        command = click.option(
            "--out",
            "-o",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Where to; stdout if not given.",
        )(command)
        return click.option(
            "--format",
            "format",
            type=click.Choice(formats),
            help=f"If not given, what the end of FILE tells, else {usual}.",
        )(command)

    return added


def settled(
    out: Path | None, format: str | None, endings: Mapping[str, str], usual: str
) -> tuple[Path | None, str]:
    """The file, None for stdout, and the format. Raises UsageError where the file's name tells none."""
    if out is None or str(out) == "-":
        return None, format or usual
    found = format or endings.get(out.suffix.lower())
    if found is None:
        ends = ", ".join(endings)
        raise click.UsageError(f"{out} tells no format: give --format, or a name that ends in {ends}.")
    return out, found


def put(text: Iterable[str]) -> None:
    """To stdout as UTF-8, whatever the locale; what a terminal would obey goes where it is one."""
    from chatbot.terminal.text import clean

    shown = (clean(piece) for piece in text) if sys.stdout.isatty() else text
    stream = sys.stdout.buffer
    for piece in shown:
        stream.write(piece.encode("utf-8", "replace"))
    stream.flush()
