"""An undone ingest leaves the collection as it was, whatever it added, replaced or joined."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Collection, HashEmbedder
from store.records import Paper, Record, Source


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection.open(tmp_path, embedder=HashEmbedder(), create=True) as opened:
        yield opened


def record(number: int, source: str = "a.bib", line: int = 1, **more: object) -> Record:
    text = f"We study topic{number} with method{number}. The results on data{number} improve by {number} %."
    return Record(text, Source(source, line), title=f"Paper {number}", **more)  # type: ignore[arg-type]


def seen(collection: Collection) -> dict[str, tuple[Paper, object, list[str]]]:
    """All that can be known of the papers."""
    return {
        paper.id: (
            paper,
            {(each.name, each.line) for each in paper.sources},
            [hit.paper.id for hit in collection.search(paper.abstract, 3)],
        )
        for paper in collection.papers()
    }


def test_what_was_added_goes(collection: Collection) -> None:
    collection.ingest([record(1)])
    before = seen(collection)
    report = collection.ingest([record(2, "b.bib"), record(3, "b.bib", 2)])
    undone = collection.undo(report.undo)
    assert (undone.removed, undone.restored, len(undone.departed)) == (2, 0, 2)
    assert seen(collection) == before
    assert not collection.check()
    assert not collection.search("topic3 method3") or collection.search("topic3")[0].paper.title == "Paper 1"


def test_what_was_replaced_comes_back(collection: Collection) -> None:
    collection.ingest([record(1, arxiv_id="2501.00001", venue="Old Days")])
    before = seen(collection)
    report = collection.ingest([record(7, arxiv_id="2501.00001", venue="New Days")])
    assert report.updated == 1
    assert [paper.venue for paper in collection.papers()] == ["New Days"]
    undone = collection.undo(report.undo)
    assert (undone.removed, undone.restored, undone.departed) == (1, 1, ())
    assert seen(collection) == before
    assert collection.coverage.complete
    assert not collection.check()


def test_papers_that_it_joined_part_again(collection: Collection) -> None:
    collection.ingest([record(1, arxiv_id="2501.00001"), record(2, "c.bib", doi="10.1000/x")])
    before = seen(collection)
    report = collection.ingest([record(3, "b.bib", arxiv_id="2501.00001", doi="10.1000/x")])
    assert collection.count() == 1
    collection.undo(report.undo)
    assert seen(collection) == before
    assert not collection.check()


def test_what_another_ingest_did_since_stays(collection: Collection) -> None:
    collection.ingest([record(1, arxiv_id="2501.00001", venue="First")])
    report = collection.ingest([record(1, arxiv_id="2501.00001", venue="Second"), record(2, line=2)])
    collection.ingest([record(1, arxiv_id="2501.00001", venue="Third")])
    collection.undo(report.undo)
    assert [(paper.title, paper.venue) for paper in collection.papers()] == [("Paper 1", "Third")]


def test_what_came_back_does_not_come_back_twice(collection: Collection) -> None:
    collection.ingest([record(1), record(1, line=2, arxiv_id="2501.00001")])
    report = collection.ingest([record(1)])  # the source no longer has the other
    assert collection.undo(report.undo).restored == 1
    before = seen(collection)
    assert collection.undo(report.undo).restored == 0
    assert seen(collection) == before


def test_to_undo_twice_does_nothing_more(collection: Collection) -> None:
    report = collection.ingest([record(1)])
    assert collection.undo(report.undo).removed == 1
    assert collection.undo(report.undo).removed == 0
    assert collection.count() == 0


_records = st.lists(
    st.builds(
        record,
        st.integers(1, 4),
        st.sampled_from(["a.bib", "b.bib"]),
        st.integers(1, 3),
        arxiv_id=st.sampled_from([None, "2501.00001", "2501.00002"]),
        doi=st.sampled_from([None, "10.1000/x", "10.1000/y"]),
        venue=st.sampled_from([None, "Here", "There"]),
    ),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(_records, _records)
def test_undone_is_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, old: list[Record], new: list[Record]
) -> None:
    home = tmp_path_factory.mktemp("undo")
    with Collection.open(home, embedder=HashEmbedder(), create=True) as collection:
        collection.ingest(old)
        before = {
            (paper.title, paper.abstract, paper.arxiv_id, paper.doi, paper.venue)
            for paper in collection.papers()
        }
        report = collection.ingest(new)
        collection.undo(report.undo)
        after = {
            (paper.title, paper.abstract, paper.arxiv_id, paper.doi, paper.venue)
            for paper in collection.papers()
        }
        assert after == before
        assert not collection.check()
