"""A map of the collection: papers that say alike things lie near each other, coloured by theme.

Two principal components of the papers' vectors, by numpy; themes are `reviewing.themes`'. Some thousands of
points at most: of a larger collection the newest. The drawing is SVG, a shape and a colour for each theme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatbot.reviewing import themes
from chatbot.web.desk import Desk
from chatbot.web.markup import Safe, el, join
from chatbot.web.prose import counted, date
from store.latex import readable
from store.plans import Do, Plan
from store.records import Filter, Paper

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

MOST = 2_000
"""Points of a map."""
_WIDTH, _HEIGHT, _EDGE = 960, 600, 28
_NAMED = 60  # points that bear their label
# Told apart without colour too: eight shapes in a square of 2.
_SHAPES = (
    "M0-1A1 1 0 1 1 0 1 1 1 0 1 1 0-1Z",
    "M-.85-.85H.85V.85H-.85Z",
    "M0-1.1 1.05.8H-1.05Z",
    "M0-1.2 1.2 0 0 1.2-1.2 0Z",
    "M0 1.1-1.05-.8H1.05Z",
    "M-.4-1.1H.4V-.4H1.1V.4H.4V1.1H-.4V.4H-1.1V-.4H-.4Z",
    "M-.6-1H.6L1.15 0 .6 1H-.6L-1.15 0Z",
    "M0-1.2.35-.35 1.2 0 .35.35 0 1.2-.35.35-1.2 0-.35-.35Z",
)


@dataclass(frozen=True, slots=True)
class Point:
    """A paper on the map: `x` and `y` in [0, 1], `theme` its place among the themes."""

    paper: Paper
    x: float
    y: float
    theme: int


@dataclass(frozen=True, slots=True)
class Map:
    """The points, the themes' names, and how many papers there are in all."""

    points: tuple[Point, ...]
    themes: tuple[str, ...]
    total: int


def charted(desk: Desk, filter: Filter = Filter()) -> Map:
    """The map of the papers that pass. Raises StoreError."""
    total = desk.count(filter)
    papers = _papers(desk, filter, total)
    if not papers:
        return Map((), (), total)
    vectors = themes.vectors(papers, desk.collection)
    groups = themes.grouped(vectors)
    names = themes.terms([[papers[row] for row in group] for group in groups], "")
    own = {row: place for place, group in enumerate(groups) for row in group}
    spots = flat(vectors)
    points = tuple(
        Point(paper, float(spots[row, 0]), float(spots[row, 1]), own.get(row, 0))
        for row, paper in enumerate(papers)
    )
    return Map(points, tuple(names), total)


def flat(vectors: NDArray[numpy.float32]) -> NDArray[numpy.float64]:
    """Vectors on their two principal components, each scaled to [0, 1]; shape (papers, 2).

    The same vectors always give the same picture: each axis points to where its largest weight is.
    """
    import numpy

    count = len(vectors)
    if count < 2:
        return numpy.full((count, 2), 0.5)
    centred = vectors.astype(numpy.float64) - vectors.mean(axis=0)
    _, _, axes = numpy.linalg.svd(centred, full_matrices=False)
    axes = axes[:2]
    if len(axes) < 2:
        axes = numpy.vstack([axes, numpy.zeros_like(axes[:1])])
    signs = numpy.sign(axes[numpy.arange(2), numpy.abs(axes).argmax(axis=1)])
    spots = centred @ (axes * numpy.where(signs == 0, 1, signs)[:, None]).T
    low, high = spots.min(axis=0), spots.max(axis=0)
    span = numpy.where(high - low > 1e-9, high - low, 1)
    return numpy.asarray((spots - low) / span)


def drawn(found: Map) -> Safe:
    """The map as SVG with its legend; each point is a button for mouse and keyboard."""
    if not found.points:
        return el("p", "There is no paper to draw.", class_="hint")
    size = 8 if len(found.points) <= 200 else 4 if len(found.points) <= 800 else 3
    named = _labels(found.points) if len(found.points) <= 400 else {}
    marks = [_mark(point, found, size) for point in found.points]
    texts = [
        el("text", label, x=x, y=y, class_="name", text_anchor=anchor, aria_hidden="true")
        for label, x, y, anchor in named.values()
    ]
    legend = [
        el(
            "li",
            el("svg", el("path", d=_SHAPES[at % len(_SHAPES)]), viewBox="-1.5 -1.5 3 3", aria_hidden="true"),
            el("button", title, type="button", data_do="theme-of", data_theme=at, aria_pressed="false"),
            class_=f"theme-{at % len(_SHAPES)}",
        )
        for at, title in enumerate(found.themes)
    ]
    more = found.total - len(found.points)
    return join(
        el(
            "p",
            "Papers that say alike things lie near each other; shapes and colours are themes.",
            f" The newest {len(found.points):,} of {counted(found.total, 'paper')}." if more > 0 else "",
            class_="note",
        ),
        el(
            "div",
            el(
                "svg",
                join(*marks),
                join(*texts),
                viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
                class_="map",
                role="group",
                aria_label=f"Map of {counted(len(found.points), 'paper')}",
            ),
            class_="map-frame",
        ),
        el("ul", legend, class_="legend", aria_label="Themes"),
    )


def _mark(point: Point, found: Map, size: float) -> Safe:
    x, y = _place(point)
    theme = found.themes[point.theme] if point.theme < len(found.themes) else ""
    said = " · ".join(filter(None, (readable(point.paper.name), date(point.paper.created), theme)))
    return el(
        "g",
        el("title", said),
        el("path", d=_SHAPES[point.theme % len(_SHAPES)]),
        transform=f"translate({x:.1f} {y:.1f}) scale({size})",
        class_=f"point theme-{point.theme % len(_SHAPES)}",
        data_do="paper",
        data_paper=point.paper.id,
        data_theme=point.theme,
        role="button",
        tabindex=0,
        aria_label=said,
    )


def _place(point: Point) -> tuple[float, float]:
    return _EDGE + point.x * (_WIDTH - 2 * _EDGE), _EDGE + (1 - point.y) * (_HEIGHT - 2 * _EDGE)


def _labels(points: Sequence[Point]) -> dict[str, tuple[str, float, float, str]]:
    """Short labels beside points, as far as they stand free of each other."""
    taken: list[tuple[float, float, float, float]] = []
    found: dict[str, tuple[str, float, float, str]] = {}
    for point in points:
        if len(found) >= _NAMED:
            break
        label = readable(point.paper.label)[:28]
        x, y = _place(point)
        width = 8.2 * len(label)
        right = x + 12 + width < _WIDTH
        left = x + 12 if right else x - 12 - width
        area = (left, y - 10, left + width, y + 10)
        if all(area[2] < a or area[0] > c or area[3] < b or area[1] > d for a, b, c, d in taken):
            taken.append(area)
            found[point.paper.id] = (
                label,
                round(x + (12 if right else -12), 1),
                round(y + 5, 1),
                "start" if right else "end",
            )
    return found


def _papers(desk: Desk, filter: Filter, total: int) -> list[Paper]:
    if total <= MOST:
        return desk.collection.papers(filter)
    entries = desk.collection.census(Plan(Do.NEWEST, filter, most=MOST), MOST).papers
    found = (desk.collection.paper(entry.id) for entry in entries)
    return [paper for paper in found if paper is not None]
