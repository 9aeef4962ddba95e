"""One work from many sources is one paper, and two works are two, through the collection's own door."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.formats import DATA
from store import Collection, HashEmbedder, Record, Source
from store.readers import read
from store.records import Paper
from store.resemblance import resemblance, runs

FIRST = "Large language models have shown impressive abilities in many tasks that need long reasoning."
ONE = (
    f"{FIRST} We introduce Alpha, a benchmark of nine thousand puzzles about gardens, whose answers were "
    "checked by twelve botanists over three summers. Eleven open models fall short of a trained gardener by "
    "forty points, and prompting with seasonal calendars closes a third of the gap. Puzzles, answers and "
    "botanists' notes are released under a free licence."
)
# As a later edition has it: a few words changed.
ONE_AGAIN = ONE.replace("nine thousand", "nearly nine thousand").replace("a free licence", "an open licence")
OTHER = (
    f"{FIRST} This paper asks why they fail at counting sheep. We trace the error to a tokenizer that splits "
    "flocks unevenly, repair it by retraining embeddings for one hour, and report that counting improves "
    "from half to nearly all of four hundred flocks, with no loss on translation or summaries."
)
UNLIKE = (
    "An editor's summary: which open models know their garden? None, say twelve botanists, after summers."
)


def one(abstract: str, name: str, **values: object) -> Record:
    return Record(abstract, Source(name, 1), **values)  # type: ignore[arg-type]


def papers(home: Path, records: Iterable[Record]) -> list[Paper]:
    with Collection.open(home, embedder=HashEmbedder, create=True) as collection:
        for record in records:
            collection.ingest([record])
        assert collection.check() == []
        return collection.papers()


SAME = {
    "an arXiv id, versions folded": (
        one(ONE, "a", arxiv_id="2505.09388v1"),
        one(UNLIKE, "b", arxiv_id="arXiv:2505.09388v3"),
        one(OTHER, "c", arxiv_id="2505.09388"),
    ),
    "an old arXiv id": (
        one(ONE, "a", arxiv_id="math.GT/0506001v2"),
        one(UNLIKE, "b", arxiv_id="math/0506001"),
    ),
    "an arXiv id and arXiv's DOI": (
        one(ONE, "a", arxiv_id="2505.09388"),
        one(UNLIKE, "b", doi="10.48550/arXiv.2505.09388"),
    ),
    "a DOI, however it is written": (
        one(ONE, "a", doi="10.1000/ABC.1"),
        one(UNLIKE, "b", doi="https://doi.org/10.1000/abc.1"),
        one(OTHER, "c", doi="doi:10.1000/Abc.1"),
    ),
    "a nearly identical abstract, where one has no title": (
        one(ONE, "a", title="Alpha"),
        one(ONE.replace("open models", "models"), "b"),
    ),
    "a nearly identical abstract and the title": (
        one(ONE, "a", title="Alpha: Puzzles of Gardens"),
        one(ONE_AGAIN, "b", title="Alpha - puzzles of gardens"),
    ),
    "the abstract in LaTeX and wrapped": (
        one(ONE, "a"),
        one(ONE.replace("Alpha", "\\textsc{Alpha}").replace(". ", ".\n"), "b"),
    ),
    "a record that knows both ids joins those of one each": (
        one(ONE, "a", arxiv_id="2505.09388"),
        one(UNLIKE, "b", doi="10.1000/abc"),
        one(OTHER, "c", arxiv_id="2505.09388", doi="10.1000/abc"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("by", SAME)
def test_the_same_paper_is_one_whatever_the_order_and_nothing_is_lost(tmp_path: Path, by: str) -> None:
    for place, order in enumerate(permutations(SAME[by])):
        (paper,) = papers(tmp_path / str(place), order)
        assert {source.name for source in paper.sources} == {record.source.name for record in order}
        with Collection.open(tmp_path / str(place), embedder=HashEmbedder) as collection:
            said = {
                value
                for each in collection.provenance(paper.id)
                if each.field == "abstract"
                for value in (each.value, *(other.value for other in each.others))
            }
        folded = {" ".join(record.abstract.split()) for record in order}
        assert {" ".join(str(value).split()) for value in said} == folded


DIFFERENT = {
    "a first sentence": (one(ONE, "a"), one(OTHER, "b")),
    "a first sentence, and no titles": (one(FIRST + " It ends here.", "a"), one(FIRST + " It goes on.", "b")),
    "a first sentence and a title": (one(ONE, "a", title="A Survey"), one(OTHER, "b", title="A Survey")),
    "a title": (one(ONE, "a", title="A Survey"), one(UNLIKE, "b", title="A Survey")),
    "a nearly identical abstract, under other titles": (
        one(ONE, "a", title="Gardens, Part I"),
        one(ONE_AGAIN, "b", title="Gardens, Part II"),
    ),
    "the very abstract, under other arXiv ids": (
        one(ONE, "a", arxiv_id="2505.00001"),
        one(ONE, "b", arxiv_id="2505.00002"),
    ),
    "a nearly identical abstract with other numbers, untitled": (
        one(ONE + " This is the report of 2024.", "a"),
        one(ONE + " This is the report of 2025.", "b"),
    ),
}


@pytest.mark.parametrize("shared", DIFFERENT)
def test_two_papers_that_share_that_alone_stay_two(tmp_path: Path, shared: str) -> None:
    for place, order in enumerate(permutations(DIFFERENT[shared])):
        assert len(papers(tmp_path / str(place), order)) == 2


WORDS = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=9), min_size=12, max_size=40, unique=True
)


@settings(max_examples=25, deadline=None)
@given(WORDS, WORDS, st.sampled_from([None, "One title"]))
def test_abstracts_that_begin_with_one_sentence_are_never_merged(
    tmp_path_factory: pytest.TempPathFactory, rest: list[str], other: list[str], title: str | None
) -> None:
    texts = [f"{FIRST} {' '.join(words).capitalize()}." for words in (rest, other)]
    if resemblance(runs(texts[0]), runs(texts[1])) > 0.5 or sorted(rest) == sorted(other):
        return
    records = [one(text, name, title=title) for text, name in zip(texts, "ab", strict=True)]
    assert len(papers(tmp_path_factory.mktemp("home"), records)) == 2


def test_real_exports_of_one_search_are_the_same_papers_and_tell_who_gave_what(tmp_path: Path) -> None:
    names = ("asreview_embase.csv", "asreview_embase.ris")
    files = [DATA / "formats" / name for name in names]
    if not all(file.exists() for file in files):
        pytest.skip(f"there is no {files[0]}: set CHATBOT_DATA to the folder that has formats")
    with Collection.open(tmp_path, embedder=HashEmbedder, create=True) as collection:
        report = collection.ingest(read(files))
        assert (report.new, report.merged, report.papers) == (6, 6, 6)
        for paper in collection.papers():
            assert {Path(source.name).name for source in paper.sources} == set(names)
            given = {each.field: each for each in collection.provenance(paper.id)}
            assert {Path(source.name).name for source in given["abstract"].sources} == set(names)
            for field, each in given.items():
                assert each.value == getattr(paper, field)
                assert all(source in paper.sources for source in each.sources)
        dates = [
            (each.value, [other.value for other in each.others])
            for paper in collection.papers()
            for each in collection.provenance(paper.id)
            if each.field == "created"
        ]
    assert len(dates) == 6
    assert any(others for _, others in dates)  # the table knows the day, RIS the year
