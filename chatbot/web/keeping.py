"""An answer as a file to keep: Markdown, BibTeX, JSON, and a census as CSV or JSONL."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from chatbot import listing, shapes
from chatbot.sessions import Saved
from chatbot.values import Answer
from chatbot.web.desk import Desk
from chatbot.web.viewing import View
from store.exporting import bibtex

KINDS = {
    "md": "text/markdown",
    "bib": "application/x-bibtex",
    "json": "application/json",
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "html": "text/html",
}
_FORMATS = {"md": "markdown", "json": "json", "bib": "bibtex", "html": "html"}


def kept(view: View, kind: str, desk: Desk) -> tuple[str, str]:
    """The file's name and its content; both empty where this answer has none of that kind.

    Raises StoreError.
    """
    answer = view.answer
    if answer is None or kind not in KINDS:
        return "", ""
    match kind:
        case "md":
            from chatbot.sessions.export.markdown import answered

            content = answered(answer)
        case "bib":
            content = "".join(bibtex([each.paper for each in answer.citations]))
        case "json":
            content = json.dumps(shapes.answer(answer), ensure_ascii=False, indent=2) + "\n"
        case _:
            content = _listed(answer, kind, desk)
    return (f"{_stem(answer.question)}.{kind}", content) if content else ("", "")


def conversation(saved: Saved, kind: str) -> tuple[str, str]:
    """A whole conversation as a file; both empty for a kind that there is not."""
    from chatbot.sessions import export

    if kind not in _FORMATS:
        return "", ""
    return f"{_stem(saved.session.title)}.{kind}", export.exported(saved, _FORMATS[kind])


def _listed(answer: Answer, kind: str, desk: Desk) -> str:
    """The whole list of a census, also where the page shows its beginning."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"list.{kind}"
        if answer.topic is not None:
            listing.write_topic(answer.topic, target)
        elif answer.census is not None:
            listing.write(desk.collection.census(answer.census.plan, None), target)
        else:
            return ""
        return target.read_text(encoding="utf-8")


def _stem(title: str) -> str:
    words = "".join(each if each.isalnum() and each.isascii() else " " for each in title).split()
    return "-".join(words[:8]).lower()[:60] or "answer"
