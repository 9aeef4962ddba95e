"""Fusing two rankings, scoring sentences, and the whole of it with the real embedder."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Collection, HashEmbedder, Record, Source, readers
from store.search import fuse, lexical_scores

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
IDS = st.sampled_from("abcdefgh")


@given(
    st.dictionaries(IDS, st.floats(1e-6, 50)),
    st.dictionaries(IDS, st.floats(-1, 1)),
    st.integers(1, 10),
)
def test_fused_scores_are_in_order_in_range_and_complete(keyword, vector, limit):
    found = fuse(keyword, vector, limit)
    assert len(found) == min(limit, len(keyword.keys() | vector.keys()))
    assert [(-each.score, each.id) for each in found] == sorted((-each.score, each.id) for each in found)
    assert all(0 <= each.score <= 1 for each in found)
    assert all(each.keyword == keyword.get(each.id) for each in found)
    assert all((each.vector is None) == (each.id not in vector) for each in found)


def test_the_best_of_both_sides_scores_one_and_a_missing_side_counts_nothing():
    found = fuse({"a": 8.0, "b": 4.0}, {"a": 1.0, "c": 0.5, "d": 0.75}, 10)
    assert [(each.id, each.score) for each in found] == [("a", 1.0), ("b", 0.25), ("d", 0.25), ("c", 0.0)]


def test_a_rare_word_weighs_more_than_a_common_one_and_an_unknown_one_most():
    frequencies = {"gspo": 1, "model": 90, "zebra": 0}
    rare, common, neither = lexical_scores(
        "GSPO models zebra", ["It is GSPO.", "Models are large.", "Nothing."], frequencies, 100
    )
    assert 0.5 > rare > common > neither == 0


def test_a_question_without_content_words_scores_nothing():
    assert lexical_scores("What is it?", ["It is."], {}, 10) == [0.0]


def test_threads_may_search_while_another_ingests(tmp_path):
    records = [Record(f"Paper number{n} is about topic{n}.", Source("a.txt", n + 1)) for n in range(200)]
    notices: list[str] = []
    with Collection.open(tmp_path, embedder=HashEmbedder, create=True, notice=notices.append) as collection:
        collection.ingest(records[:20])
        collection.search("the first question is answered without Chroma")
        with ThreadPoolExecutor(5) as pool:
            ingesting = pool.submit(collection.ingest, records)
            searches = [pool.submit(collection.search, f"number{n % 20}") for n in range(60)]
            assert ingesting.result().papers == 200
            for n, search in enumerate(searches):
                assert search.result()[0].paper.abstract == records[n % 20].abstract
        assert collection.check() == []
    assert all(notice.startswith("Meaning-search knows") for notice in notices)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does GSPO change compared with GRPO?", "GSPO"),
        ("Which safety guardrail moderates the output while it streams?", "Qwen3Guard"),
        ("compressing very long inputs guided by natural language instructions", "QwenLong-CPRS"),
    ],
)
def test_the_seeds_answer_with_the_real_embedder(seeds, question, expected):
    assert seeds.search(question)[0].paper.label == expected


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    with Collection.open(tmp_path_factory.mktemp("home"), create=True) as collection:
        report = collection.ingest(readers.read([SEEDS]))
        assert (report.read, report.papers, report.embedded) == (50, 39, 39)
        assert counts_of(collection.ingest(readers.read([SEEDS]))) == (0, 0, 0, 50)
        yield collection


def counts_of(report) -> tuple[int, int, int, int]:
    return report.new, report.updated, report.merged, report.unchanged


@pytest.mark.slow
def test_the_sentence_that_answers_scores_best_with_the_real_embedder(seeds):
    paper = seeds.search("GSPO compared with GRPO")[0].paper
    sentences = seeds.sentences(paper.id)
    question = "Which importance ratio does GSPO use instead of token-level ones?"
    scores = seeds.score_sentences(question, sentences)
    best = max(zip(scores, sentences, strict=True), key=lambda pair: pair[0].lexical + pair[0].vector)[1]
    assert "sequence likelihood" in best.text
    assert seeds.check() == []
