"""A collection, through its one door: real SQLite, real Chroma on disk, a fake embedder."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from store import Collection, Filter, HashEmbedder, Record, Reject, Side, Source, collections
from store.errors import (
    CollectionBusy,
    CollectionError,
    EmbedderMismatch,
    EmbeddingError,
    FilterError,
    NoCollection,
)

TOPICS = ("penguins", "glaciers", "compilers", "violins", "volcanoes", "markets", "enzymes", "galaxies")


def record(number: int, *, source: str = "a.txt", line: int | None = None, **fields: object) -> Record:
    topic = TOPICS[number % len(TOPICS)]
    abstract = f"We study {topic} number{number}. Our method for {topic} improves results by {number} %."
    place = Source(source, line or number * 10 + 1)
    return Record(**{"abstract": abstract, "source": place, "arxiv_id": f"2505.{number:05}", **fields})  # type: ignore[arg-type]


RECORDS = [record(number) for number in range(20)]


class CountingEmbedder(HashEmbedder):
    """Knows how many documents it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded = 0

    def documents(self, texts):
        for vector in super().documents(texts):
            self.embedded += 1
            yield vector


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def opening(tmp_path, notices):
    """Opens collections under one home, and closes them in the end."""
    opened: list[Collection] = []

    def make(embedder=HashEmbedder, **options) -> Collection:
        options = {"create": True, "notice": notices.append, **options}
        opened.append(Collection.open(tmp_path, embedder=embedder, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def collection(opening) -> Collection:
    made = opening()
    made.ingest(RECORDS)
    return made


def counts(report) -> tuple[int, int, int, int]:
    return report.new, report.updated, report.merged, report.unchanged


def test_what_is_ingested_is_found_by_words_and_by_vectors(collection):
    best = collection.search("volcanoes number4")[0]
    assert best.paper.arxiv_id == "2505.00004"
    assert best.score == pytest.approx(1.0)
    assert best.keyword is not None
    assert best.keyword > 0
    assert best.vector is not None
    assert -1 <= best.vector <= 1


def test_one_side_of_a_search_can_be_asked_alone(collection):
    keyword = collection.search("volcanoes number4", 40, side=Side.KEYWORD)
    vector = collection.search("volcanoes number4", 40, side=Side.VECTOR)
    assert all(hit.vector is None and hit.keyword is not None for hit in keyword)
    assert all(hit.keyword is None and hit.vector is not None for hit in vector)
    assert [hit.keyword for hit in keyword] == sorted((hit.keyword for hit in keyword), reverse=True)
    assert [hit.vector for hit in vector] == sorted((hit.vector for hit in vector), reverse=True)
    both = collection.search("volcanoes number4", 40)
    assert {hit.paper.id for hit in both} == {hit.paper.id for hit in [*keyword, *vector]}


def test_searching_by_keywords_alone_embeds_no_query(opening, monkeypatch):
    made = opening()
    made.ingest(RECORDS)
    monkeypatch.setattr(made, "query_vector", None)
    assert made.search("volcanoes", side=Side.KEYWORD)


def test_ingesting_twice_changes_nothing_and_embeds_nothing(opening):
    embedder = CountingEmbedder()
    collection = opening(embedder)
    first = collection.ingest(RECORDS)
    papers = collection.papers()
    again = collection.ingest(RECORDS)
    assert counts(first) == (20, 0, 0, 0)
    assert counts(again) == (0, 0, 0, 20)
    assert (first.embedded, again.embedded, embedder.embedded) == (20, 0, 20)
    assert collection.papers() == papers


def test_a_repeat_in_the_same_file_is_merged_and_stays_so(opening):
    collection = opening()
    twice = [record(1, line=1), record(1, line=50)]
    assert counts(collection.ingest(twice)) == (1, 0, 1, 0)
    assert counts(collection.ingest(twice)) == (0, 0, 0, 2)
    assert [source.line for source in collection.papers()[0].sources] == [1, 50]


def test_lines_that_move_are_no_change_but_are_known(opening):
    collection = opening()
    collection.ingest([record(1, line=1), record(1, line=50)])
    assert counts(collection.ingest([record(1, line=6), record(1, line=55)])) == (0, 0, 0, 2)
    assert [source.line for source in collection.papers()[0].sources] == [6, 55]


def test_a_changed_abstract_makes_sentences_keywords_and_vectors_again(collection):
    paper = collection.paper("2505.00003")
    changed = record(3, abstract="Everything about umbrellas. Nothing else.")
    assert counts(collection.ingest([changed])) == (0, 1, 0, 0)
    now = collection.paper("2505.00003")
    assert now.id == paper.id
    assert [each.text for each in collection.sentences(now.id)] == [
        "Everything about umbrellas.",
        "Nothing else.",
    ]
    assert collection.search("umbrellas")[0].paper.id == now.id
    assert collection.vectors_missing == 0
    assert collection.check() == []
    assert counts(collection.ingest([changed])) == (0, 0, 0, 1)


def test_a_further_source_is_merged_and_adds_what_it_knows(collection):
    report = collection.ingest([record(5, source="b.csv", title="On Markets", created="2025-05-14")])
    assert counts(report) == (0, 0, 1, 0)
    paper = collection.paper("2505.00005")
    assert (paper.title, paper.created) == ("On Markets", "2025-05-14")
    assert [source.name for source in paper.sources] == ["a.txt", "b.csv"]


def test_a_record_that_bridges_two_papers_makes_them_one(opening):
    collection = opening()
    text = record(1, arxiv_id=None, source="text.txt")
    known = record(1, abstract="Another wording of it. Quite another.", source="id.txt")
    collection.ingest([text])
    collection.ingest([known])
    older, younger = collection.search("study penguins glaciers")[0].paper, collection.paper("2505.00001")
    assert older.id != younger.id
    collection.ingest([record(1, source="both.txt")])
    assert collection.count() == 1
    (paper,) = collection.papers()
    assert paper.id == older.id
    assert collection.paper(younger.id) == paper
    assert collection.sentences(younger.id) == collection.sentences(older.id)
    assert {source.name for source in paper.sources} == {"text.txt", "id.txt", "both.txt"}
    assert collection.search("glaciers", filter=Filter(ids=(younger.id,)))[0].paper == paper
    assert collection.check() == []


def test_papers_that_only_begin_alike_stay_apart(opening):
    collection = opening()
    start = "Large language models have changed the field."
    for number, end in enumerate(("We study penguins.", "We study violins.")):
        collection.ingest([Record(f"{start} {end}", Source("a.txt", number + 1))])
    assert collection.count() == 2


def test_the_same_text_under_two_arxiv_ids_is_two_papers(opening):
    collection = opening()
    collection.ingest([record(1), record(1, arxiv_id="2506.99999")])
    assert collection.count() == 2
    assert collection.paper("2505.00001").id != collection.paper("2506.99999").id


def test_rejects_are_handed_on(opening):
    reject = Reject(Source("a.txt", 3), "no abstract")
    report = opening().ingest([reject, record(1), record(2, abstract="Half a character \ud800 in it.")])
    assert report.papers == 1
    assert report.rejects[0] == reject
    assert "surrogate" in report.rejects[1].reason


@pytest.mark.parametrize(
    "ref",
    [
        "2505.00007",
        "arXiv:2505.00007",
        "2505.00007v3",
        "https://arxiv.org/abs/2505.00007v2",
        " GALAXIES-1 ",
        "10.1/x.Y",
    ],
)
def test_a_paper_is_found_by_whatever_names_it(opening, ref):
    collection = opening()
    collection.ingest([record(6), record(7, title="Galaxies-1", doi="10.1000/x.y")])
    ref = ref.replace("10.1/", "https://doi.org/10.1000/")
    assert collection.paper(ref).arxiv_id == "2505.00007"


def test_a_name_that_nobody_or_more_than_one_has_finds_nothing(opening):
    collection = opening()
    collection.ingest([record(6, title="Same"), record(7, title="Same")])
    assert collection.paper("Same") is None
    assert collection.paper("2501.99999") is None
    assert collection.paper("") is None


def test_sentences_stand_at_their_addresses(collection):
    for paper in collection.papers():
        for sentence in collection.sentences(paper.id):
            assert paper.abstract[sentence.start : sentence.end] == sentence.text


@pytest.mark.parametrize(
    "query", ["penguins", "the of and", "", "   ", '"; DROP TABLE papers; --', "\0", "x" * 100_000]
)
def test_any_query_is_answered(collection, query):
    assert len(collection.search(query, limit=3)) <= 3


def test_a_filter_holds_for_every_hit(opening):
    collection = opening()
    collection.ingest([record(n, created=f"2025-{n % 12 + 1:02}-01") for n in range(20)])
    hits = collection.search(
        "our method for penguins", limit=20, filter=Filter(since="2025-03", until="2025-04")
    )
    assert {hit.paper.created for hit in hits} == {"2025-03-01", "2025-04-01"}
    hits = collection.search("our method", limit=20, filter=Filter(text="PENGUINS"))
    assert len(hits) == 3
    with pytest.raises(FilterError, match="2025-13"):
        collection.search("penguins", filter=Filter(since="2025-13"))
    with pytest.raises(FilterError, match="Exchange"):
        collection.papers(Filter(since="2025-05", until="2025-04"))


def test_a_first_question_does_not_wait_for_chroma_and_agrees_with_it(collection):
    home = collection.folder.parent.parent
    collection.close()
    code = (
        "import sys; from pathlib import Path; from store import Collection, HashEmbedder\n"
        f"c = Collection.open(Path({str(home)!r}), embedder=HashEmbedder)\n"
        "def ask(): return [h.paper.id for h in c.search('method for violins')], 'chromadb' in sys.modules\n"
        "first, second = ask(), ask()\n"
        "print(first[0] == second[0], first[1], second[1])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "False", "True"]


def test_filtered_and_unfiltered_search_agree(collection):
    collection.search("the first question is answered without Chroma")
    everything = Filter(ids=tuple(paper.id for paper in collection.papers()))
    plain, filtered = (
        collection.search("method for violins", limit=20, filter=each) for each in (Filter(), everything)
    )
    assert [hit.paper.id for hit in plain] == [hit.paper.id for hit in filtered]
    assert [hit.score for hit in plain] == pytest.approx([hit.score for hit in filtered], abs=1e-4)


def test_papers_may_be_left_out_by_their_ids(collection):
    first, *others = (hit.paper.id for hit in collection.search("method for violins", limit=20))
    hidden = Filter(without=(first,))
    assert [hit.paper.id for hit in collection.search("method for violins", 20, hidden)] == others
    assert first not in [paper.id for paper in collection.papers(hidden)]
    assert collection.count(hidden) == collection.count() - 1
    assert not hidden.empty


def test_equal_scores_are_ordered_by_id(opening):
    collection = opening()
    collection.ingest([record(1, arxiv_id=f"2505.1000{number}", line=number + 1) for number in range(5)])
    ids = [hit.paper.id for hit in collection.search("glaciers")]
    assert ids == sorted(ids)


def test_sentences_are_scored_by_words_and_vectors_and_their_vectors_kept(opening):
    embedder = CountingEmbedder()
    collection = opening(embedder)
    collection.ingest(RECORDS)
    sentences = collection.sentences(collection.paper("2505.00004").id)
    first = collection.score_sentences("What do they study about volcanoes number4?", sentences)
    made = embedder.embedded
    assert collection.score_sentences("What do they study about volcanoes number4?", sentences) == first
    assert embedder.embedded == made
    assert first[0].lexical > first[1].lexical > 0
    assert first[0].lexical == pytest.approx(1)
    assert first[0].vector > first[1].vector
    collection.close()
    reopened = CountingEmbedder()
    assert opening(reopened).sentence_vectors(sentences).shape == (2, 64)
    assert reopened.embedded == 0


def test_no_sentences_have_no_scores(collection):
    assert collection.score_sentences("penguins", []) == []
    assert collection.sentence_vectors([]).shape == (0, 64)


def test_progress_counts_up_to_the_total(opening):
    seen = []
    opening().ingest(RECORDS, seen.append)
    embedding = [each for each in seen if each.phase == "embedding"]
    assert [(each.done, each.total) for each in embedding] == [(n, 20) for n in range(1, 21)]
    assert [each.done for each in seen if each.phase == "reading"] == [20]


def test_a_source_that_fails_half_way_keeps_what_was_committed(opening):
    def failing():
        yield from (record(number) for number in range(250))
        raise OSError("unplugged")

    collection = opening()
    with pytest.raises(OSError, match="unplugged"):
        collection.ingest(failing())
    assert collection.count() == 200
    assert counts(collection.ingest([record(number) for number in range(250)])) == (50, 0, 0, 200)
    assert collection.check() == []


def test_without_an_embedder_search_is_by_keywords_and_says_so(opening, notices):
    def missing():
        raise EmbeddingError("The model is missing. Install it.")

    opening().ingest(RECORDS[:3])
    collection = opening(missing)
    (hit,) = collection.search("glaciers")
    assert (hit.vector, hit.paper.arxiv_id) == (None, "2505.00001")
    assert [each.vector for each in collection.score_sentences("x", collection.sentences(hit.paper.id))] == [
        None,
        None,
    ]
    assert any("keywords alone" in notice and "Install it" in notice for notice in notices)


def test_records_stay_when_embedding_fails_and_the_next_run_finishes(opening, notices):
    class Failing(HashEmbedder):
        def documents(self, texts):
            yield self.query(texts[0])
            raise EmbeddingError("The endpoint has gone. Start it.")

    collection = opening(Failing())
    with pytest.raises(EmbeddingError):
        collection.ingest(RECORDS)
    assert collection.vectors_missing == 20
    assert collection.search("penguins")
    assert notices == [
        "Meaning-search knows none of 20 papers so far; keywords know all. `chatbot embed` makes the others."
    ]
    collection.close()
    assert opening().ingest(()).embedded == 20


def test_another_embedder_is_refused_with_both_names_until_it_re_embeds(collection, opening):
    collection.close()
    other = opening(HashEmbedder(32))
    assert len(other.papers()) == 20
    with pytest.raises(EmbedderMismatch, match=r"hash-64.*hash-32.*chatbot rebuild --reembed"):
        other.search("penguins")
    with pytest.raises(EmbedderMismatch):
        other.ingest(())
    assert any("hash-64" in problem for problem in other.check())
    other.reembed()
    assert other.search("volcanoes number4")[0].vector is not None
    assert other.embedded_by == "hash-32"
    assert other.check() == []


def test_a_second_owner_is_told_and_may_read(collection, opening, notices):
    second = opening()
    hits = second.search("volcanoes number4")
    assert [hit.paper.id for hit in hits] == [hit.paper.id for hit in collection.search("volcanoes number4")]
    assert any("reading only" in notice for notice in notices)
    with pytest.raises(CollectionBusy, match=r"process \d+"):
        second.ingest(RECORDS)
    collection.ingest([record(30)])
    assert second.search("number30")[0].paper.arxiv_id == "2505.00030"


def test_another_process_reads_while_this_one_owns(collection):
    home = collection.folder.parent.parent
    code = (
        "import sys; from pathlib import Path; from store import Collection, HashEmbedder\n"
        f"c = Collection.open(Path({str(home)!r}), embedder=HashEmbedder, notice=print)\n"
        "print(c.search('volcanoes number4')[0].paper.arxiv_id, 'chromadb' in sys.modules)\n"
        "try: c.ingest(())\n"
        "except Exception as e: print(type(e).__name__, e)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told, found, refused = run.stdout.splitlines()
    assert "reading only" in told
    assert found == "2505.00004 False"
    assert refused.startswith("CollectionBusy")


def test_listing_loads_no_heavy_library_and_takes_no_lock(collection):
    home = collection.folder.parent.parent
    collection.close()
    code = (
        "import sys; from pathlib import Path; from store import Collection\n"
        f"c = Collection.open(Path({str(home)!r})); assert len(c.papers()) == 20; c.paper('2505.00001')\n"
        "print([m for m in ('numpy', 'chromadb', 'onnxruntime', 'openai', 'filelock') if m in sys.modules])\n"
        "print(c._ownership.held)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[]", "False"]


def test_a_collection_that_is_not_there_names_the_cure(tmp_path):
    with pytest.raises(NoCollection, match="chatbot ingest --demo"):
        Collection.open(tmp_path, "nothing", HashEmbedder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "../x", ".hidden", "a\0b", "x" * 65, "a b", "naïve"])
def test_a_name_is_never_a_path(tmp_path, name):
    with pytest.raises(CollectionError, match="can't name a collection"):
        Collection.open(tmp_path, name, HashEmbedder, create=True)


def test_collections_are_listed_by_name(tmp_path):
    assert collections(tmp_path) == ()
    for name in ("b", "a-1"):
        Collection.open(tmp_path, name, HashEmbedder, create=True).close()
    (tmp_path / "collections" / "empty").mkdir()
    assert collections(tmp_path) == ("a-1", "b")


def test_closing_twice_is_fine_and_frees_the_files(collection, opening):
    collection.close()
    collection.close()
    assert opening().ingest(()).papers == 20


def test_a_home_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CollectionError, match="can't be made"):
        Collection.open(Path(tmp_path / "file"), embedder=HashEmbedder, create=True)


def test_records_keep_all_their_fields(opening):
    collection = opening()
    full = record(
        1, title="T", doi="10.1000/1", url="https://x.example", authors=("A", "B"), categories=("cs.CL",),
        created="2025-01", updated="2025-02", comment="10 pages", venue="ACL",
        id="p0123456789",
    )  # fmt: skip
    collection.ingest([full])
    (paper,) = collection.papers()
    for field in dataclasses.fields(full):
        if field.name != "source":
            assert getattr(paper, field.name) == getattr(full, field.name)


def test_papers_without_vectors_are_said(collection, opening, notices):
    collection._ledger._do("DELETE FROM vectors WHERE paper > 15")
    assert collection.vectors_missing == 5
    assert collection.search("volcanoes number4")
    assert notices == [
        "Meaning-search knows 15 of 20 papers so far; keywords know all. `chatbot embed` makes the others."
    ]
