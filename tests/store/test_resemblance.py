"""Another edition of an abstract is the same paper; a report of another year is not."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from store.collection import Collection
from store.embedding import HashEmbedder
from store.records import Record, Source
from store.resemblance import NO_TITLE, SAME_TITLE, resemblance, runs, sketch

WORDS = [
    f"{a}{b}"
    for a, b in itertools.product(("bor", "cal", "dun", "fep", "gim"), ("ta", "ko", "ri", "su", "le"))
]
TEXT = " ".join(WORDS) + ". " + " ".join(reversed(WORDS)) + "."
EDITED = TEXT.replace("borta", "changed", 1)


def record(abstract: str, name: str, **values: str) -> Record:
    return Record(abstract, Source(name, 1), **values)  # type: ignore[arg-type]


def taken(home: Path, *records: Record) -> list[tuple[str, ...]]:
    """The sources of each paper that the records make, in order."""
    with Collection.open(home, embedder=HashEmbedder(), create=True) as collection:
        collection.ingest(records)
        return sorted(tuple(source.name for source in paper.sources) for paper in collection.papers())


def test_a_copy_resembles_wholly_and_another_text_not_at_all() -> None:
    assert resemblance(runs(TEXT), runs(TEXT)) == 1
    assert resemblance(runs(TEXT), runs(" ".join(f"other{number}" for number in range(60)))) == 0
    assert NO_TITLE < resemblance(runs(TEXT), runs(EDITED)) < 1
    assert len(set(sketch(runs(TEXT))) & set(sketch(runs(EDITED)))) >= 2


def test_what_is_too_short_resembles_nothing() -> None:
    assert runs("We thank everybody who helped with this work.") == frozenset()


def test_another_edition_is_merged_whatever_the_order(tmp_path: Path) -> None:
    editions = [
        record(TEXT, "a"),
        record(EDITED, "b", arxiv_id="2505.00001", title="Alpha"),
        record(EDITED + " End.", "c"),
    ]
    for place, order in enumerate(itertools.permutations(editions)):
        assert taken(tmp_path / str(place), *order) == [("a", "b", "c")]


def test_one_title_forgives_more(tmp_path: Path) -> None:
    other = TEXT
    for word in WORDS[:12:4]:
        other = other.replace(word, "changed", 1)
    assert SAME_TITLE < resemblance(runs(TEXT), runs(other)) < NO_TITLE
    assert (
        len(
            taken(
                tmp_path / "1", record(TEXT, "a", title="Alpha: it"), record(other, "b", title="Alpha -- It")
            )
        )
        == 1
    )
    assert len(taken(tmp_path / "2", record(TEXT, "a"), record(other, "b"))) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"title": "Alpha, Part I"}, {"title": "Alpha, Part II"}),
        ({"arxiv_id": "2505.00001"}, {"arxiv_id": "2505.00002"}),
    ],
)
def test_other_titles_and_other_ids_are_other_papers(
    tmp_path: Path, first: dict[str, str], second: dict[str, str]
) -> None:
    assert len(taken(tmp_path, record(TEXT, "a", **first), record(EDITED, "b", **second))) == 2


def test_untitled_reports_of_two_years_stay_apart(tmp_path: Path) -> None:
    assert len(taken(tmp_path, record(f"{TEXT} In 2024.", "a"), record(f"{TEXT} In 2025.", "b"))) == 2


def test_papers_of_an_older_collection_are_known_again(tmp_path: Path) -> None:
    assert len(taken(tmp_path, record(TEXT, "a"))) == 1
    with Collection.open(tmp_path, embedder=HashEmbedder()) as collection, collection._ledger.transaction():
        collection._ledger._do("DROP TABLE sketches")
    assert taken(tmp_path, record(EDITED, "b")) == [("a", "b")]
