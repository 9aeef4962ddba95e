"""The word scores of large collections are FTS5's own."""

from __future__ import annotations

import random
from pathlib import Path

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import bm25
from store.bm25 import Bm25, best
from store.keywords import match_query
from store.ledger import Ledger
from store.records import Filter, Paper

WORDS = [
    "model", "models", "reward", "hacking", "Qwen2.5-1M", "naïve", "naive", "模型", "长上下文", "3x", "état",
    "long-context", "GRPO", "O'Brien", "1,024", "scaling", "scaled", "ﬁne", "ß", "x²",
]  # fmt: skip


def paper(number: int, chance: random.Random) -> Paper:
    # Some words stand in nearly every paper, some in a few, texts have all lengths.
    rare = [word for place, word in enumerate(WORDS) if chance.random() < 1 / (place + 1)]
    text = " ".join(chance.choices([*rare, "we", "study"], k=chance.choice((3, 9, 40, 300))))
    return Paper(f"p{number}", f"{text}.", f"label{number}", True, title=chance.choice((None, rare[0])))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    opened = Ledger(tmp_path_factory.mktemp("bm25") / "ledger.sqlite3", create=True)
    chance = random.Random(7)
    with opened.transaction():
        for number in range(800):
            opened.put_paper(paper(number, chance), ())
    yield opened
    opened.close()


def by_fts(ledger: Ledger, text: str) -> dict[str, float]:
    match = match_query(text)
    return dict(ledger.keyword(match, Filter(), 10_000)) if match else {}


def ours(scorer: Bm25, ledger: Ledger, text: str, limit: int = 10_000) -> dict[str, float]:
    rows, scores = scorer.scores(text)
    places = best(scores, limit)
    ids = ledger.ids_at(rows[places].tolist())
    return {ids[int(rows[place])]: float(scores[place]) for place in places}


def agree(found: dict[str, float], expected: dict[str, float]) -> None:
    # FTS5 gives a word that most papers have a weight of a millionth: here it has none beside others.
    weighty = {id: score for id, score in expected.items() if score > 1e-3}
    assert {id: score for id, score in found.items() if score > 1e-3} == pytest.approx(weighty, abs=1e-4)
    assert found.keys() <= expected.keys()


@settings(max_examples=80)
@given(st.lists(st.sampled_from([*WORDS, "unknown", "label7"]), max_size=6), st.text(max_size=8))
def test_scores_are_those_of_fts5(ledger, words, odd):
    scorer = Bm25(ledger)
    text = " ".join([*words, odd])
    for _ in range(2):  # the second time from memory
        agree(ours(scorer, ledger, text), by_fts(ledger, text))


def test_a_word_that_most_papers_have_is_found_where_it_stands_alone(ledger):
    found = ours(Bm25(ledger), ledger, "study")
    assert len(found) > 400
    assert found == pytest.approx(by_fts(ledger, "study"), abs=1e-6)


def test_common_words_that_were_prepared_have_the_same_scores(ledger):
    scorer = Bm25(ledger)
    for text in ("hacking", "hacking"):  # who asks twice asks again
        ours(scorer, ledger, text)
    scorer._thread.join()
    ready = set(scorer._words)
    assert {"reward", "grpo", "模型"} <= ready
    for text in ("reward models", "GRPO scaling 模型", "naïve état"):
        agree(ours(scorer, ledger, text), by_fts(ledger, text))
    scorer.close()


def test_little_memory_changes_nothing(ledger, monkeypatch):
    monkeypatch.setattr(bm25, "_REMEMBERED", 10)
    scorer = Bm25(ledger)
    for text in ("reward hacking GRPO", "scaling reward", "reward hacking GRPO"):
        agree(ours(scorer, ledger, text), by_fts(ledger, text))


def test_what_another_process_writes_is_seen_at_once(tmp_path: Path):
    path = tmp_path / "ledger.sqlite3"
    chance = random.Random(1)
    reader, writer = Ledger(path, create=True), Ledger(path)
    scorer = Bm25(reader)
    assert ours(scorer, reader, "GRPO") == {}
    for number in range(5):
        writer.put_paper(paper(number, chance), ())
        writer.put_paper(Paper(f"g{number}", "GRPO is studied. " * (number + 1), "G", True), ())
        agree(ours(scorer, reader, "GRPO reward"), by_fts(reader, "GRPO reward"))
    writer.put_paper(Paper("g1", "Nothing of it.", "G", True), (), reader.resolve("g1"))
    agree(ours(scorer, reader, "GRPO reward"), by_fts(reader, "GRPO reward"))
    assert "g1" not in ours(scorer, reader, "GRPO")
    reader.close()
    writer.close()


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), max_size=40), st.integers(1, 10), st.randoms())
def test_the_best_are_those_of_a_full_sort(values, limit, chance):
    scores = numpy.array(values)
    mask = numpy.array([chance.random() < 0.6 for _ in values], dtype=bool)
    for passing in (None, mask):
        every = [
            place for place in range(len(values)) if values[place] > 0 and (passing is None or passing[place])
        ]
        every.sort(key=lambda place: -values[place])
        assert best(scores, limit, passing).tolist() == every[:limit]
