"""A census on a screen: its plan, what the papers don't tell, and a list or bars of groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from chatbot.censusing import untold
from chatbot.terminal.pages import name
from chatbot.terminal.screen import Screen
from chatbot.terminal.text import line
from store.plans import By, Census, Group
from store.records import Paper

_PAPERS = 20
_GROUPS = 25
_MONTHS = 36  # gaps between months and years are filled up to so many bars


def show(
    screen: Screen,
    census: Census,
    cited: Sequence[tuple[int, Paper]] = (),
    *,
    everything: bool = False,
    by: str | None = None,
) -> None:
    """All but the sentence. `cited` are the numbers that papers bear in a conversation; `by` is the model
    that made the plan, None if rules did."""
    made = f" (made by {line(by)}, not by rules)" if by else ""
    screen.print(Text(f"plan{made}: {line(str(census.plan))}", "dim"), hang=6)
    for text in untold(census):
        screen.print(text, style="yellow", hang=2)
    if census.plan.by is not None:
        _groups(screen, census, everything)
    elif not (census.plan.filter.empty and census.count == census.total) or everything:
        _papers(screen, census, {paper.id: number for number, paper in cited}, everything)


def _papers(screen: Screen, census: Census, numbers: dict[str, int], everything: bool) -> None:
    if census.papers:
        screen.print()
    shown = census.papers if everything else census.papers[:_PAPERS]
    for entry in shown:
        lead = f"[{numbers[entry.id]}] " if entry.id in numbers else f"{line(entry.id)}  "
        text = Text.assemble((lead, "cyan"), name(entry, screen))
        told = entry.venue or entry.comment
        if census.plan.filter.venues and told:
            text.append(f" {screen.signs.dot} {line(told)}", "dim")
        screen.print(text, hang=2)
    _more(screen, census.count - len(shown), "")


def _groups(screen: Screen, census: Census, everything: bool) -> None:
    groups = list(census.groups)
    if census.plan.by in (By.MONTH, By.YEAR):
        groups = list(_without_gaps(groups))
    shown = groups if everything or census.plan.by in (By.MONTH, By.YEAR) else groups[:_GROUPS]
    if shown:
        screen.print()
    keys = [line(group.key) for group in shown]
    wide = min(max(map(cell_len, keys), default=0), screen.width // 2)
    digits = max((len(f"{group.count:,}") for group in shown), default=1)
    most = max((group.count for group in shown), default=1) or 1
    room = max(screen.width - wide - digits - 3, 10)
    for key, group in zip(keys, shown, strict=True):
        bar = screen.signs.bar * max(round(group.count * room / most), 1 if group.count else 0)
        label = Text(key)
        label.truncate(wide, overflow="ellipsis", pad=True)
        screen.print(Text.assemble(label, f" {group.count:>{digits},} ", (bar, "cyan")))
    _more(screen, len(groups) - len(shown) + census.more_groups, " groups")


def _more(screen: Screen, count: int, what: str) -> None:
    if count > 0:
        screen.print(
            f"… and {count:,} more{what}: `chatbot census` with --all, --json or --out FILE.", style="dim"
        )


def _without_gaps(groups: Sequence[Group]) -> Iterator[Group]:
    """Months and years in which nothing was created stand between those in which something was."""
    counts = {group.key: group.count for group in groups}
    keys = list(counts)
    between = list(_between(keys[0], keys[-1])) if keys else []
    wanted = sorted({*keys, *between}) if len(between) <= _MONTHS else keys
    for key in wanted:
        yield Group(key, counts.get(key, 0))


def _between(first: str, last: str) -> Iterator[str]:
    """The years or months from one to another, as ISO 8601."""
    if len(first) != len(last):
        return
    if len(first) == 4:
        for year in range(int(first), int(last) + 1):
            yield f"{year:04}"
        return
    start, end = (int(key[:4]) * 12 + int(key[5:7]) - 1 for key in (first, last))
    for month in range(start, end + 1):
        yield f"{month // 12:04}-{month % 12 + 1:02}"
