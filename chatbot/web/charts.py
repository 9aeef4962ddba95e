"""Small bar charts as inline SVG: no library, no script, and a table beside them says the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatbot.web.markup import EMPTY, Safe, el, join
from chatbot.web.prose import date
from store.plans import Group

_HEIGHT, _BAR, _GAP, _FOOT, _HEAD = 84, 14, 4, 18, 14
_MOST = 120  # bars
_WIDE = 30


def bars(groups: Sequence[Group], label: str) -> Safe:
    """A bar for each month or year, gaps included; empty if there are none."""
    filled = list(without_gaps(groups))[-_MOST:]
    if not filled:
        return EMPTY
    width = _BAR if len(filled) > 12 else _WIDE
    most = max(group.count for group in filled) or 1
    parts: list[Safe] = []
    for place, group in enumerate(filled):
        x = place * (width + _GAP)
        high = round(_HEIGHT * group.count / most, 1) if group.count else 0
        parts.append(
            el(
                "g",
                el("title", f"{date(group.key)}: {group.count:,}"),
                el("rect", class_="hit", x=x, y=0, width=width + _GAP, height=_HEIGHT + _HEAD),
                el(
                    "rect",
                    class_="bar",
                    x=x,
                    y=_HEAD + _HEIGHT - high,
                    width=width,
                    height=max(high, 1),
                    rx=2,
                ),
                _said(group.count, x + width / 2, _HEAD + _HEIGHT - high - 3) if len(filled) <= 24 else None,
                data_key=group.key,
            )
        )
        if _labelled(filled, place, narrow=width < _WIDE):
            parts.append(_axis(group.key, x + width / 2, first=place == 0, narrow=width < _WIDE))
    span = len(filled) * (width + _GAP)
    return el(
        "figure",
        el(
            "svg",
            join(*parts),
            viewBox=f"0 0 {max(span, 60)} {_HEAD + _HEIGHT + _FOOT}",
            role="img",
            aria_label=label,
            style=f"width:{max(span, 60)}px",
        ),
        class_="bars",
    )


def without_gaps(groups: Sequence[Group]) -> Iterator[Group]:
    """Months or years in order, those between them with a count of 0."""
    before: str | None = None
    for group in sorted(groups, key=lambda each: each.key):
        while (
            before is not None and (between := _next(before)) < group.key and len(between) == len(group.key)
        ):
            yield Group(between, 0)
            before = between
        yield group
        before = group.key


def _labelled(groups: Sequence[Group], place: int, *, narrow: bool) -> bool:
    """Every bar has a label if they are wide; else years, and every third month that stands free of them."""
    if not narrow or place == 0:
        return True
    month = groups[place].key.partition("-")[2]
    if not month:
        return place % 3 == 0
    return month == "01" or (month in ("04", "07", "10") and place > 2)


def _next(key: str) -> str:
    year, _, month = key.partition("-")
    if not month:
        return f"{int(year) + 1:04}"
    return f"{int(year) + 1:04}-01" if month >= "12" else f"{year}-{int(month) + 1:02}"


def _said(count: int, x: float, y: float) -> Safe | None:
    return el("text", f"{count:,}", class_="count", x=round(x, 1), y=round(y, 1)) if count else None


def _axis(key: str, x: float, *, first: bool, narrow: bool) -> Safe:
    year, _, month = key.partition("-")
    if not month or (narrow and (first or month == "01")):
        words = year
    else:
        words = date(key).split()[0][: 1 if narrow else 3]
        words = f"{words} {year}" if not narrow and (first or month == "01") else words
    # A year needs more room than its bar: it begins there.
    anchor = "start" if narrow and words == year else None
    at = x - _BAR / 2 if anchor else x
    return el(
        "text",
        words,
        class_="axis",
        x=round(at, 1),
        y=_HEAD + _HEIGHT + 13,
        style=f"text-anchor:{anchor}" if anchor else None,
    )
