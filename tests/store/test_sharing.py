"""The same answers from files and from a real Chroma server; one collection, two real processes."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import store.collection
from store import Collection, Filter, HashEmbedder, Record, Side, Source, shelves
from store.chroma import Server
from store.errors import CollectionBusy

pytestmark = pytest.mark.slow

WORDS = ("penguins", "glaciers", "violins", "volcanoes", "markets", "enzymes", "galaxies", "rewards")
FILTERS = (
    Filter(),
    Filter(categories=("cs.CL",)),
    Filter(since="2025-06"),
    Filter(phrases=("violins",)),
    Filter(exclude=("violins",)),
    Filter(authors=("Ada Yu",)),
    Filter(ids=("p7", "p9")),
    Filter(authors=("Nobody",)),
)


def records(count: int = 400) -> list[Record]:
    chance = random.Random(11)
    return [
        Record(
            f"We study {' '.join(chance.sample(WORDS, 3))} and report number{number}.",
            Source("a.txt", number + 1),
            id=f"p{number}",
            arxiv_id=f"2501.{number:05}",
            authors=("Ada Yu",) if number % 9 == 0 else ("Bo Li",),
            categories=(chance.choice(("cs.CL", "cs.LG", "math.PR")),),
            created=f"2025-{number % 12 + 1:02}",
        )
        for number in range(count)
    ]


@pytest.fixture
def large(monkeypatch) -> None:
    """Every collection counts as large, so that the index is asked and not all vectors are compared."""
    monkeypatch.setattr(store.collection, "_EXACT", 0)
    monkeypatch.setattr(store.collection, "_EXACT_FIRST", 0)
    monkeypatch.setattr(store.collection, "SMALL", 0)


def found(collection: Collection) -> list[list[tuple[str, float]]]:
    """What every filter lets through for some questions, with its cosine."""
    questions = ("violins and glaciers", "what do they report on markets?", "number7 rewards")
    return [
        [
            (hit.paper.id, round(hit.vector or 0, 4))
            for hit in collection.search(question, 8, filter, Side.VECTOR)
        ]
        for filter in FILTERS
        for question in questions
    ]


def alike(one: list[list[tuple[str, float]]], other: list[list[tuple[str, float]]]) -> None:
    """The same cosines; of papers that are equally near either may stand."""
    assert [[cosine for _, cosine in each] for each in one] == [
        pytest.approx([cosine for _, cosine in each], abs=2e-4) for each in other
    ]


def test_a_server_gives_what_files_give(server: str, tmp_path: Path, large: None) -> None:
    changed = replace(records()[3], abstract="Now it is about umbrellas and nothing else, said at length.")
    both = [
        Collection.open(tmp_path / name, "same", HashEmbedder, create=True, chroma_url=url)
        for name, url in (("files", None), ("server", server))
    ]
    for collection in both:
        collection.ingest(records())
    alike(*map(found, both))
    for collection in both:
        collection.ingest([changed])  # one vector goes, another comes
        assert collection.search(changed.abstract, 1, side=Side.VECTOR)[0].paper.id == "p3"
        assert collection.check() == []
    alike(*map(found, both))
    for collection in both:
        before = found(collection)
        collection.rebuild()
        alike(found(collection), before)
        assert collection.check() == []
        collection.close()
    shelves.delete(tmp_path / "server", "same", Server(server))


_CHILD = """
import sys
from pathlib import Path
import store.collection
from store import Collection, HashEmbedder, Record, Source
store.collection._EXACT = store.collection._EXACT_FIRST = store.collection.SMALL = 0
url = sys.argv[2] or None
with Collection.open(Path(sys.argv[1]), "shared", HashEmbedder, create=True, chroma_url=url) as collection:
    for line in sys.stdin:
        what, _, text = line.strip().partition(" ")
        if what == "ingest":
            collection.ingest([Record(text, Source(text, 1))])
        print(*(hit.paper.abstract for hit in collection.search(text, 1)), flush=True)
"""


class Other:
    """A process that has the collection open and does what it is told, one line each."""

    def __init__(self, home: Path, url: str | None) -> None:
        command = [sys.executable, "-c", _CHILD, str(home), url or ""]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def __call__(self, what: str, text: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(what, text, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()


@contextmanager
def other(home: Path, url: str | None) -> Iterator[Other]:
    made = Other(home, url)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


@pytest.mark.parametrize("place", ["files", "server"])
def test_two_processes_share_a_collection(
    place: str, request: pytest.FixtureRequest, tmp_path: Path, large: None
) -> None:
    url = request.getfixturevalue("server") if place == "server" else None
    with Collection.open(tmp_path, "shared", HashEmbedder, create=True, chroma_url=url) as first:
        first.ingest(records(60))
    notices: list[str] = []
    with other(tmp_path, url) as owner:
        news = "We study umbrellas and lighthouses at length, and nothing that others study."
        assert owner("ingest", news) == news
        with Collection.open(
            tmp_path, "shared", HashEmbedder, chroma_url=url, notice=notices.append
        ) as reader:
            for filter in (Filter(), Filter(exclude=("volcanoes",))):
                hit = reader.search("umbrellas and lighthouses", 1, filter)[0]
                assert (hit.paper.abstract, hit.vector is not None) == (news, True)
            more = "We study saxophones and snowstorms at length, and nothing that others study."
            assert owner("ingest", more) == more
            assert reader.search("saxophones snowstorms", 1)[0].paper.abstract == more
            with pytest.raises(CollectionBusy, match=r"process \d+ is using it"):
                reader.ingest(records(5))
            with pytest.raises(CollectionBusy, match="is using it"):
                reader.rebuild()
            owner.process.kill()
            owner.process.wait()
            assert reader.ingest(records(60)).unchanged == 60
            assert reader.search("saxophones snowstorms", 1)[0].paper.abstract == more
            assert reader.check() == []
    assert [each for each in notices if "reading only" not in each] == []
    assert bool(notices) is (place == "files")
    if url:
        shelves.delete(tmp_path, "shared", Server(url))
