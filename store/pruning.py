"""What a collection still holds of sources that no longer have it, and taking that away.

Only sources that this ingest was asked to read are looked at: a file that was named, and what lies below a
folder or in an archive that was; never stdin or arXiv. Where reading broke, or did not happen, nothing is
known to be gone, and everything stays. Taking away is one transaction: a paper is made again from the records
that remain, and one without any goes, with its sentences, words and vectors; the vector index hears of it as
of any other change.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

from store.ledger import Ledger
from store.records import Record, Reject

STDIN = "stdin"
"""What stdin is called as a source; see `store.readers.files`."""

_URL = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Departed:
    """A paper that went, as it was."""

    id: str
    label: str
    title: str | None

    @property
    def name(self) -> str:
        return self.title or self.label


@dataclass(frozen=True, slots=True)
class Retained:
    """Records that stay although this ingest did not find them in their source, and why."""

    source: str
    records: int
    reason: str


@dataclass(frozen=True, slots=True)
class Loss:
    """What would go: `records`, and with them `papers` of the `total` that the collection has."""

    records: int
    papers: int
    total: int

    @property
    def great(self) -> bool:
        """More than half of the collection."""
        return 2 * self.papers > self.total


@dataclass(frozen=True, slots=True)
class Pruning:
    """What an ingest is to do about records that are gone from their sources.

    `sources` are the paths that it reads, as the user named them. Without `remove` the records are counted
    alone. `agree` is asked before a great loss: False keeps everything; it may raise.
    """

    sources: tuple[str, ...]
    remove: bool = False
    agree: Callable[[Loss], bool] = lambda loss: True


@dataclass(frozen=True, slots=True)
class Pruned:
    """What came of it. `gone` records are still there though their sources no longer have them; `removed`
    records went, and with them the `departed`.
    """

    gone: int = 0
    removed: int = 0
    departed: tuple[Departed, ...] = ()
    retained: tuple[Retained, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Files, folders and archives, by the names that sources have: `papers`, `papers/a.zip/b.bib`."""

    names: frozenset[str]

    @classmethod
    def of(cls, paths: Iterable[str | Path]) -> Names:
        """The names of what the user named; of what stdin and arXiv give none."""
        given = [str(path) for path in paths]
        return cls(frozenset(Path(path).as_posix() for path in given if _is_path(path)))

    def holder(self, source: str) -> str | None:
        """Which of them is the source, or the nearest above it; None if none is."""
        if source.startswith(_URL) or source.split("/", 1)[0] == STDIN:
            return None
        path = PurePosixPath(source)
        above = [source, *(parent.as_posix() for parent in path.parents)]
        if path.parts[:1] == ("..",):
            above.remove(".")  # which is above what lies in it, and not above its own parent
        return next((name for name in above if name in self.names), None)


def _is_path(source: str) -> bool:
    """Whether it is no stdin and nothing of arXiv's. Raises SourceError for what is neither."""
    from store.readers import online  # it loads all formats, which only an ingest needs

    return source != "-" and bool(source.strip()) and online.request(source) is None


@dataclass(slots=True)
class Watch:
    """What an ingest meets on its way: which sources it has read, and where reading broke."""

    met: set[str] = field(default_factory=set)
    spoken: set[str] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)

    def over(self, items: Iterable[Record | Reject]) -> Iterator[Record | Reject]:
        for item in items:
            name = item.source.name
            if isinstance(item, Record):
                self.spoken.add(name)
            elif item.broken:
                self.broken.setdefault(name, item.reason)
            self.met.add(name)
            yield item


def settle(
    ledger: Ledger, pruning: Pruning, watch: Watch, seen: set[int], remake: Callable[[list[int]], None]
) -> Pruned:
    """Find what is gone, and take it away if that is wanted and agreed to.

    `seen` are the rows of the records that this ingest found in their sources; `remake` makes the papers of
    these rows again from the records that they have left.
    """
    gone, retained = _gone(ledger, Names.of(pruning.sources), watch, seen)
    if not gone:
        return Pruned(retained=retained)
    if not pruning.remove:
        return Pruned(len(gone), retained=retained)
    papers = Concerned.by(ledger, gone)
    loss = Loss(len(gone), len(papers.emptied), ledger.count())
    if loss.great and not pruning.agree(loss):
        return Pruned(len(gone), retained=retained)
    return Pruned(0, len(gone), take_away(ledger, gone, papers, remake), retained)


@dataclass(frozen=True, slots=True)
class Concerned:
    """The rows of the papers of some records: of those that have no other records, and of the rest."""

    emptied: tuple[int, ...]
    kept: frozenset[int]

    @classmethod
    def by(cls, ledger: Ledger, records: list[int]) -> Concerned:
        papers = Counter(ledger.papers_of(records))
        emptied = sorted(row for row, lost in papers.items() if lost == ledger.count_records(row))
        return cls(tuple(emptied), frozenset(papers.keys() - set(emptied)))


def take_away(
    ledger: Ledger,
    records: list[int],
    papers: Concerned,
    remake: Callable[[list[int]], None],
    changed: Iterable[int] = (),
) -> tuple[Departed, ...]:
    """Forget records, in one transaction, and with them the papers that have no other; these are returned.

    `papers` are those of the records. The others are made again, and the `changed` ones.
    """
    going = map(ledger.paper_at, papers.emptied)
    departed = tuple(Departed(paper.id, paper.label, paper.title) for paper in going)
    with ledger.transaction():
        ledger.drop_records(records)
        for row in papers.emptied:
            ledger.drop_paper(row)
        remake(sorted((papers.kept | set(changed)) - set(papers.emptied)))
    return departed


def _gone(
    ledger: Ledger, covered: Names, watch: Watch, seen: set[int]
) -> tuple[list[int], tuple[Retained, ...]]:
    """The rows of the records that are gone from their sources, and what is not known to be."""
    here = _here()
    ledger.note_places([name for name in watch.spoken if not PurePath(name).is_absolute()], here)
    broken = Names(frozenset(watch.broken))
    met = watch.met.union(*(map(str, PurePosixPath(name).parents) for name in watch.met))
    gone: list[int] = []
    kept: Counter[tuple[str, str]] = Counter()
    for source in ledger.sources():
        if covered.holder(source) is None:
            continue
        missing = [row for row in ledger.records_from(source) if row not in seen]
        if not missing:
            continue
        elsewhere = [place for place in ledger.places(source) if place != here]
        if (holder := broken.holder(source)) is not None:
            kept[holder, watch.broken[holder]] += len(missing)
        elif elsewhere:
            kept[source, f"a file of this name was read in {elsewhere[0]} too"] += len(missing)
        elif (unread := _unread(source, met)) is not None:
            kept[unread, "it is there, but nothing was read from it under this name"] += len(missing)
        else:
            gone += missing
    return gone, tuple(Retained(name, count, why) for (name, why), count in kept.items())


def _unread(source: str, met: set[str]) -> str | None:
    """The file that holds a source, if it is there and not among those that were read or hold what was."""
    path = PurePosixPath(source)
    for place in (path, *path.parents):
        name = place.as_posix()
        try:
            if Path(name).is_dir():
                return None
            if not os.path.lexists(name):
                continue
        except PermissionError:
            return name
        except (OSError, ValueError):
            continue
        return None if name in met else name
    return None


def _here() -> str:
    """The folder that relative names begin at; empty if it is gone."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def present(paths: Sequence[str | Path]) -> tuple[list[str | Path], list[str]]:
    """The paths without those that are there no more but lie below a folder that is among them; and these."""
    folders = [path for path in paths if _is_folder(path)]
    below = Names.of(folders)
    lost = [
        str(path)
        for path in paths
        if _is_path(str(path)) and not os.path.lexists(path) and below.holder(Path(path).as_posix())
    ]
    return [path for path in paths if str(path) not in lost], lost


def _is_folder(path: str | Path) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:
        return False
