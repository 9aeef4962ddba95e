"""`chatbot ingest --prune`: what it reads, and asking a person before much is lost.

Where nobody can be asked, more than half of a collection goes only with `--yes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.cli import consent

if TYPE_CHECKING:
    from chatbot.terminal.progress import Meter
    from chatbot.terminal.screen import Screen
    from store.pruning import Loss, Pruning


def still_there(screen: Screen, sources: Sequence[str | Path]) -> tuple[str | Path, ...]:
    """The sources without those that are gone from a folder that is read, too; they are told."""
    from store.pruning import Names, present

    if sources and not Names.of(sources).names:
        raise click.UsageError("--prune looks at files and folders, and none is given. Leave it away.")
    found, lost = present(sources)
    for name in lost:
        screen.notice(f"{name} is no longer in the folder that is read.")
    return tuple(found)


def pruned(
    screen: Screen, meter: Meter, sources: Sequence[str | Path], *, remove: bool, yes: bool
) -> Pruning:
    """What an ingest of these sources is to do about what they no longer have.

    Before a great loss a person is asked; NotWanted is raised where there is none, and no `yes`.
    """
    from store.pruning import Pruning

    def agree(loss: Loss) -> bool:
        if yes:
            return True
        meter.pause()
        what = f"--prune removes {loss.papers} of the collection's {loss.total} papers"
        if not consent.watching():
            raise consent.NotWanted(
                f"{what}, which is more than half, and nobody can be asked. Nothing was removed; what was "
                "read is kept. Give --yes too if it is meant, or leave --prune away."
            )
        screen.notice(f"{what}: their sources no longer have them.")
        return click.confirm("Remove them?", default=False, err=True)

    return Pruning(tuple(map(str, sources)), remove, agree)
