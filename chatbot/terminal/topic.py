"""A census over a topic on a screen: its plan, the papers that are sure, and apart those that are not."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from chatbot.terminal.pages import name
from chatbot.terminal.screen import Screen
from chatbot.terminal.text import line, readable
from chatbot.values import JudgedBy, TopicCensus, TopicPaper
from store.records import Paper

_PAPERS = 20


def show(
    screen: Screen, found: TopicCensus, cited: Sequence[tuple[int, Paper]] = (), *, everything: bool = False
) -> None:
    """All but the sentence. `cited` are the numbers that papers bear in a conversation."""
    screen.print(Text(f"plan: {line(str(found.plan))}", "dim"), hang=6)
    numbers = {paper.id: number for number, paper in cited}
    for heading, papers in (("Sure", found.sure), ("Not certain", found.uncertain)):
        if papers:
            screen.print()
            screen.print(heading, style="bold")
            _papers(screen, papers, numbers, everything)


def _papers(screen: Screen, papers: Sequence[TopicPaper], numbers: dict[str, int], everything: bool) -> None:
    shown = papers if everything else papers[:_PAPERS]
    for each in shown:
        paper = each.paper
        lead = f"[{numbers[paper.id]}] " if paper.id in numbers else f"{line(paper.id)}  "
        screen.print(Text.assemble((lead, "cyan"), name(paper, screen)), hang=2)
        by = "a model says" if each.judged_by is JudgedBy.MODEL else "by rules"
        quoted = screen.signs.quoted(readable(each.evidence.text))
        screen.print(Text(f"{by}: {quoted}", "dim"), indent=4)
    if len(papers) > len(shown):
        more = len(papers) - len(shown)
        screen.print(f"… and {more:,} more: `chatbot census` with --all, --json or --out FILE.", style="dim")
