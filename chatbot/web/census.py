"""A census on the page: one sentence, a small chart where it counts by time, and a table to sort and keep."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.censusing import untold
from chatbot.values import JudgedBy, TopicCensus, TopicPaper
from chatbot.web.charts import bars, without_gaps
from chatbot.web.markup import EMPTY, Child, Safe, el, join, link
from chatbot.web.prose import counted, date, sentence
from store.plans import By, Census, Entry
from store.records import Paper

_SHOWN = 200


def census(found: Census) -> Safe:
    """Everything but the sentence."""
    plan = found.plan
    parts: list[Safe] = [el("p", f"Counted: {plan}", class_="plan")]
    parts += [el("p", each, class_="note") for each in untold(found)]
    if plan.by is not None:
        in_time = plan.by in (By.MONTH, By.YEAR)
        groups = list(without_gaps(found.groups)) if in_time else list(found.groups)
        if in_time:
            parts.append(bars(found.groups, f"Papers by {plan.by.value}"))
        rows = [(date(group.key) if in_time else group.key, group.count) for group in groups[:_SHOWN]]
        keys = [group.key for group in groups[:_SHOWN]]
        parts.append(_groups(plan.by.value, rows, keys))
        parts.append(_more(len(groups) - len(rows) + found.more_groups, "group"))
    elif found.papers and not (plan.filter.empty and found.count == found.total):
        parts.append(_papers(found.papers[:_SHOWN]))
        parts.append(_more(found.count - len(found.papers[:_SHOWN]), "paper"))
    return el("div", *parts, _download(found.plan.by is not None or bool(found.papers)), class_="census")


def topic(found: TopicCensus) -> Safe:
    """Papers that belong to a topic and those that may, each with the sentence that says it."""
    parts: list[Safe] = [el("p", f"Judged: {found.plan}", class_="plan")]
    for heading, papers in (("Sure", found.sure), ("Not certain", found.uncertain)):
        if papers:
            parts.append(el("h3", f"{heading} ({len(papers):,})"))
            parts.append(_judged(papers[:_SHOWN]))
            parts.append(_more(len(papers) - _SHOWN, "paper"))
    return el("div", *parts, _download(bool(found.sure or found.uncertain)), class_="census")


def table(
    heads: Sequence[str], rows: Sequence[Sequence[tuple[Child, str]]], label: str, numeric: int = -1
) -> Safe:
    """A table whose heads are buttons that sort. A cell is what is shown and what it is sorted by."""
    head = [
        el(
            "th",
            el(
                "button", title, el("span", class_="arrow", aria_hidden="true"), type="button", data_do="sort"
            ),
            scope="col",
            class_="number" if at == numeric else None,
        )
        for at, title in enumerate(heads)
    ]
    body = [
        el(
            "tr",
            [
                el("td", shown, data_key=key, class_="number" if at == numeric else None)
                for at, (shown, key) in enumerate(row)
            ],
        )
        for row in rows
    ]
    return el(
        "div",
        el("table", el("caption", label, class_="unseen"), el("thead", el("tr", head)), el("tbody", body)),
        class_="table",
        tabindex=0,
        role="region",
        aria_label=label,
    )


def _groups(by: str, rows: Sequence[tuple[str, int]], keys: Sequence[str]) -> Safe:
    cells = [((key, sort), (f"{count:,}", str(count))) for (key, count), sort in zip(rows, keys, strict=True)]
    return table((by.capitalize(), "Papers"), cells, f"Papers by {by}", numeric=1)


def _papers(papers: Sequence[Entry]) -> Safe:
    rows = [
        (
            (_opened(paper), paper.name),
            (
                el("time", date(paper.created), datetime=paper.created) if paper.created else "",
                paper.created or "",
            ),
            (
                link(paper.link, paper.arxiv_id or paper.doi or "link") if paper.link else "",
                paper.arxiv_id or "",
            ),
        )
        for paper in papers
    ]
    return table(("Paper", "Date", "Full text"), rows, "Papers that count")


def _judged(papers: Sequence[TopicPaper]) -> Safe:
    rows = [
        (
            (
                join(
                    _opened(each.paper),
                    el("q", sentence(each.evidence.text, numbers=True)),
                    el("small", "a model says" if each.judged_by is JudgedBy.MODEL else "by rules"),
                ),
                each.paper.name,
            ),
            (date(each.paper.created), each.paper.created or ""),
        )
        for each in papers
    ]
    return table(("Paper", "Date"), rows, "Papers of the topic")


def _opened(paper: Entry | Paper) -> Safe:
    return el(
        "button", sentence(paper.name), type="button", class_="open", data_do="paper", data_paper=paper.id
    )


def _more(count: int, what: str) -> Safe:
    return (
        el("p", f"… and {counted(count, what)} more: the download has all.", class_="note")
        if count > 0
        else EMPTY
    )


def _download(wanted: bool) -> Safe:
    if not wanted:
        return EMPTY
    return el(
        "p",
        [
            el(
                "button",
                f"Download {kind.upper()}",
                type="button",
                class_="action",
                data_do="download",
                data_kind=kind,
            )
            for kind in ("csv", "jsonl")
        ],
        class_="actions",
    )
