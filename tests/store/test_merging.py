"""The same paper is known again; different papers stay apart; the order of reading does not matter."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.merging import FIELDS, keys, merge, new_id, provenance
from store.readers import read
from store.records import Provenance, Record, Saying, Source

SEEDS = Path(__file__).parents[2] / "seeds"
TEXT = "We introduce Alpha, a method. It is on Hub and on Scope, with 7\\% fewer errors. It works well."


def record(abstract: str = TEXT, line: int = 1, **values: str) -> Record:
    return Record(abstract, Source("a.txt", line), **values)  # type: ignore[arg-type]


def groups(records: list[Record]) -> list[list[Record]]:
    """The connected components under shared keys."""
    found: list[tuple[set[str], list[Record]]] = []
    for item in records:
        own = set(keys(item))
        same = [group for group in found if group[0] & own]
        found = [group for group in found if not group[0] & own]
        found.append((own.union(*(group[0] for group in same)), [item, *(r for g in same for r in g[1])]))
    return [members for _, members in found]


def test_the_seeds_are_thirty_nine_papers_and_twenty_know_their_id() -> None:
    records = [item for item in read([SEEDS]) if isinstance(item, Record)]
    papers = [merge(new_id(members[0]), members) for members in groups(records)]
    assert len(papers) == len({paper.id for paper in papers}) == 39
    assert sum(1 for paper in papers if paper.arxiv_id and paper.created) == 20
    assert sum(len(paper.sources) for paper in papers) == 50
    qwen3 = next(paper for paper in papers if paper.arxiv_id == "2505.09388")
    assert (qwen3.label, qwen3.label_derived, len(qwen3.sources)) == ("Qwen3", True, 3)


@pytest.mark.parametrize(
    "variant",
    [
        TEXT.upper(),
        TEXT.replace(" ", "\n "),
        TEXT.replace("7\\%", "7%"),
        TEXT.replace("Alpha", "\\textbf{Alpha}"),
        TEXT.replace("Hub ", "Hub1 ").replace("Scope,", "Scope2,"),
    ],
)
def test_an_abstract_is_known_again_in_another_dress(variant: str) -> None:
    assert keys(record(variant)) == keys(record())
    assert new_id(record(variant)) == new_id(record())


@pytest.mark.parametrize(
    "variant", [TEXT + " Really.", TEXT.replace("7", "8"), TEXT.replace("Alpha", "Alpha2")]
)
def test_a_shared_beginning_makes_no_paper_the_same(variant: str) -> None:
    assert not set(keys(record(variant))) & set(keys(record()))


def test_ids_are_keys_in_one_spelling() -> None:
    assert (
        keys(record(arxiv_id="2505.09388v2"))[0]
        == keys(record(arxiv_id="arXiv:2505.09388"))[0]
        == "arxiv:2505.09388"
    )
    assert keys(record(doi="https://doi.org/10.1000/ABC"))[0] == "doi:10.1000/abc"
    assert keys(record(doi="10.48550/arXiv.2505.09388"))[0] == "arxiv:2505.09388"


def test_fields_come_from_whoever_has_them_and_all_sources_stay() -> None:
    old = record(line=3, created="2025-05", comment="12 pages")
    new = record(
        TEXT + " Better.",
        line=2,
        arxiv_id="2505.09388",
        created="2025-05-14",
        updated="2025-06-01",
        title="Alpha: A Method",
    )
    paper = merge("p1", [old, new, old])
    assert paper.abstract == new.abstract
    assert (paper.title, paper.label, paper.label_derived) == ("Alpha: A Method", "Alpha", False)
    assert (paper.created, paper.updated, paper.comment) == ("2025-05-14", "2025-06-01", "12 pages")
    assert paper.sources == (Source("a.txt", 2), Source("a.txt", 3))


def test_every_field_tells_which_record_it_was_taken_from_and_what_the_others_say() -> None:
    arxiv = Record(
        TEXT,
        Source("atom.xml", 7),
        title="Alpha",
        arxiv_id="2505.09388v2",
        created="2025-05-14",
        authors=("A",),
    )
    ris = Record(
        TEXT.replace(" ", "  "), Source("scopus.ris", 20), title="ALPHA", doi="https://doi.org/10.1000/X",
        created="2025", venue="ACL", authors=("A", "B"),
    )  # fmt: skip
    pasted = Record(TEXT + " More.", Source("a.txt", 3), created="2025-05", doi="10.48550/arXiv.2505.09388")
    found = {each.field: each for each in provenance([ris, pasted, arxiv])}
    assert list(found) == [
        "abstract", "title", "arxiv_id", "doi", "authors", "created", "venue"
    ]  # fmt: skip
    assert found["abstract"] == Provenance(
        "abstract", TEXT, (arxiv.source, ris.source), (Saying(TEXT + " More.", (pasted.source,)),)
    )
    assert found["title"] == Provenance("title", "Alpha", (arxiv.source,), (Saying("ALPHA", (ris.source,)),))
    assert found["arxiv_id"] == Provenance("arxiv_id", "2505.09388", (arxiv.source, pasted.source))
    assert found["doi"].others == (Saying("10.1000/x", (ris.source,)),)
    assert found["authors"].others == (Saying(("A", "B"), (ris.source,)),)
    assert [saying.value for saying in found["created"].others] == ["2025-05", "2025"]
    assert found["venue"] == Provenance("venue", "ACL", (ris.source,))


@given(
    st.lists(
        st.builds(
            replace,
            st.builds(record, st.sampled_from([TEXT, TEXT + " A.", TEXT + " B."]), st.integers(1, 5)),
            created=st.sampled_from([None, "2025", "2025-05", "2024-01-01"]),
            comment=st.sampled_from([None, "a", "b"]),
            arxiv_id=st.sampled_from([None, "2505.00001", "2505.00002"]),
        ),
        min_size=1,
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_records_does_not_matter(records: list[Record], chance: random.Random) -> None:
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert merge("p", shuffled) == merge("p", records)
    paper = merge("p", records)
    assert set(paper.sources) == {item.source for item in records}
    for each in provenance(records):
        assert each.value == getattr(paper, each.field)
    told = {each.field for each in provenance(records)}
    assert all(not getattr(paper, field) for field in set(FIELDS) - told)
