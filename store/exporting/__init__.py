"""Papers as others keep them: JSONL, BibTeX, RIS. One module a format; each yields text paper by paper.

    jsonl     everything, to the letter
    bibtex    entries with unique citation keys; escaping makes text safe there and reads it again
    ris       references, one line a field; name_order turns names
    citekeys  who wrote it, when, about what

Our own readers make the same papers of what stands there (docs/formats.md says what a format can't hold).
Nothing here holds more than one paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from store.errors import StoreError
from store.exporting.bibtex import bibtex
from store.exporting.jsonl import jsonl
from store.exporting.ris import ris
from store.records import Paper
from store.whole_files import whole

__all__ = ["ENDINGS", "FORMATS", "ExportError", "bibtex", "jsonl", "ris", "write"]

FORMATS: Mapping[str, Callable[[Iterable[Paper]], Iterator[str]]] = {
    "jsonl": jsonl,
    "bibtex": bibtex,
    "ris": ris,
}
"""A format's name, and what makes text of papers."""

ENDINGS: Mapping[str, str] = {".jsonl": "jsonl", ".bib": "bibtex", ".bibtex": "bibtex", ".ris": "ris"}
"""The format that the end of a file's name tells."""


class ExportError(StoreError):
    """The papers can't be written where they should go."""


def write(papers: Iterable[Paper], format: str, file: Path) -> int:
    """Write papers to a file, whole or not at all (`whole_files`). How many there are.

    Raises ExportError, and whatever the papers raise.
    """
    count = 0

    def counted() -> Iterator[Paper]:
        nonlocal count
        for paper in papers:
            count += 1
            yield paper

    try:
        with whole(file) as stream:
            stream.writelines(FORMATS[format](counted()))
    except IsADirectoryError as error:
        raise ExportError(f"{file} is a folder. Name a file in it.") from error
    except OSError as error:
        raise ExportError(
            f"{file} can't be written ({error.strerror}). Choose a file in a folder that is there and yours, "
            "on a disk with room."
        ) from error
    return count
