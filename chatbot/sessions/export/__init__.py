"""A conversation for others: one module a format; each makes text of a `Saved`.

    markdown  questions, answers with their markers and verdicts, the references
    page      HTML that stands alone: no script, nothing from elsewhere, every sentence with its proof
    laying    an answer's text in pieces: its sentences, and what stands between them
    citing    a paper as a reference

JSON is `shapes.saved`, BibTeX the store's. What anybody wrote is text here: nothing in it marks anything up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from chatbot import shapes
from chatbot.errors import SessionError
from chatbot.sessions.export.markdown import markdown
from chatbot.sessions.export.page import page
from chatbot.sessions.values import Saved
from store.whole_files import whole

__all__ = ["ENDINGS", "FORMATS", "exported", "markdown", "named", "page", "write"]


def _json(saved: Saved) -> str:
    return shapes.dumps(shapes.saved(saved)) + "\n"


def _bibtex(saved: Saved) -> str:
    from store.exporting import bibtex

    return "".join(bibtex(citation.paper for citation in saved.citations))


FORMATS: Mapping[str, Callable[[Saved], str]] = {
    "markdown": markdown,
    "json": _json,
    "bibtex": _bibtex,
    "html": page,
}
"""A format's name, and what makes text of a conversation."""

ENDINGS: Mapping[str, str] = {
    ".md": "markdown",
    ".json": "json",
    ".bib": "bibtex",
    ".html": "html",
    ".htm": "html",
}
"""The format that the end of a file's name tells."""


def named(file: Path) -> str | None:
    """The format that the end of the file's name tells, if it does."""
    return ENDINGS.get(file.suffix.lower())


def write(saved: Saved, format: str, file: Path) -> None:
    """Write the conversation to a file, whole or not at all; only its owner may read a new one.

    Raises SessionError where it can't be written.
    """
    text = exported(saved, format)
    try:
        with whole(file, private=True) as stream:
            stream.write(text)
    except OSError as error:
        raise SessionError(
            f"{file} can't be written ({error.strerror}). Choose a file in a folder that is there and yours."
        ) from error


def exported(saved: Saved, format: str) -> str:
    """The text of the conversation in that format; half surrogate pairs, which no file holds, are marked."""
    return FORMATS[format](saved).encode("utf-8", "replace").decode("utf-8")
