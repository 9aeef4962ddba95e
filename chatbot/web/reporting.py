"""An upload as HTML: how far it is, what came of it, and what was no paper."""

from __future__ import annotations

from chatbot.web.markup import EMPTY, Safe, el
from chatbot.web.prose import counted
from chatbot.web.taking_in import Upload
from store.ingesting import IngestReport
from store.undoing import Undone

_REJECTS = 200


def upload(state: Upload) -> Safe:
    """Its progress, or its report."""
    names = ", ".join(state.names[:3]) + (f" and {len(state.names) - 3} more" if len(state.names) > 3 else "")
    if state.error and state.report is not None:
        return el("div", el("p", state.error, class_="failure", role="alert"), _undo(), class_="upload")
    if state.error:
        return el(
            "div",
            el("p", state.error, class_="failure", role="alert"),
            el(
                "p",
                f"{names} was not taken in whole. What was read stays; try again when that is mended.",
                class_="note",
            ),
            class_="upload",
        )
    if state.undone is not None:
        return el("div", _undone(state.undone, names), class_="upload")
    if state.report is not None:
        return el(
            "div",
            _report(state.report, names),
            _undo() if state.undoable else None,
            [el("p", each, class_="note") for each in state.notices],
            class_="upload",
        )
    step = state.progress
    if step is None:
        words, done, total = f"Reading {names}", None, None
    elif step.phase == "reading":
        words, done, total = f"{counted(step.done, 'record')} read from {names}", None, None
    else:
        words, done, total = (
            f"Made findable: {step.done:,} of {step.total or step.done:,}",
            step.done,
            step.total,
        )
    return el(
        "div",
        el("p", words, class_="note", role="status"),
        el("progress", value=done, max=total, aria_label=words),
        class_="upload",
    )


def _report(report: IngestReport, names: str) -> Safe:
    counts = [
        f"{count:,} {word}"
        for count, word in (
            (report.new, "new"),
            (report.updated, "updated"),
            (report.merged, "known from elsewhere too"),
            (report.unchanged, "known already"),
        )
        if count
    ]
    said = f"{names}: {', '.join(counts) or 'no paper'}."
    return el(
        "div",
        el("p", el("b", said), f" The collection has {counted(report.papers, 'paper')}."),
        _rejects(report),
        class_="report",
    )


def _undo() -> Safe:
    return el("button", "Undo this upload", type="button", class_="action", data_do="undo")


def _undone(undone: Undone, names: str) -> Safe:
    went = f"{counted(len(undone.departed), 'paper')} went" if undone.departed else "no paper went"
    again = "; what others said of papers before stands again" if undone.restored else ""
    return el(
        "div", el("p", el("b", f"{names}. "), f"Undone: {went}{again}.", role="status"), class_="report"
    )


def _rejects(report: IngestReport) -> Safe:
    if not report.rejects:
        return EMPTY
    items = [
        el(
            "li",
            el("code", str(each.source)),
            f" {each.reason} ",
            el("q", each.excerpt) if each.excerpt else None,
        )
        for each in report.rejects[:_REJECTS]
    ]
    more = len(report.rejects) - _REJECTS
    return el(
        "details",
        el(
            "summary",
            f"{counted(len(report.rejects), 'piece')} of text {'is' if len(report.rejects) == 1 else 'are'} "
            "no paper",
        ),
        el("ul", items, el("li", f"… and {more:,} more.") if more > 0 else None),
        class_="rejects",
        open=len(report.rejects) <= 3,
    )
