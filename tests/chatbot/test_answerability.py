"""Whether the papers say anything: what retrieval and a model's first token tell."""

from __future__ import annotations

import math

import pytest

from chatbot.answerability import Signals, hopeless, off_topic, signals, unlikely
from chatbot.evidence import candidates
from chatbot.verifying import yes_odds
from store import Collection


def told(collection: Collection, asked: str) -> Signals:
    ranked = candidates(asked, collection.search(asked, 8), collection)
    return signals(asked, ranked, collection.rarities(asked))


@pytest.mark.parametrize("asked", ["How many questions does PLawBench contain?", "What does GSPO clip?"])
def test_a_question_about_a_paper_is_on_topic(seeded: Collection, asked: str) -> None:
    found = told(seeded, asked)
    assert not off_topic(found)
    assert found.strangers == ()


@pytest.mark.parametrize(
    "asked", ["What is the boiling point of water?", "Zebras eat bananas?", "xyzzy plugh"]
)
def test_a_question_about_something_else_is_off_topic(seeded: Collection, asked: str) -> None:
    assert off_topic(told(seeded, asked))


def test_names_that_no_paper_has_are_strangers(seeded: Collection) -> None:
    found = told(seeded, "How does PLawBench compare to ZebraBench-9?")
    assert "ZebraBench-9" in found.strangers
    assert hopeless(found)


def test_two_papers_together_may_know_the_names_of_a_comparison(seeded: Collection) -> None:
    assert told(seeded, "How do PLawBench and SPELL differ?").strangers == ()


def test_nothing_found_is_off_topic() -> None:
    assert off_topic(signals("What is GSPO?", [], {}))


def test_odds_are_read_from_any_spelling_of_yes_and_no() -> None:
    first = {"Yes": math.log(0.3), " yes": math.log(0.3), "no": math.log(0.2), "the": math.log(0.2)}
    assert yes_odds(first) == pytest.approx(math.log(3), abs=1e-4)
    assert yes_odds({"yes": 0.0}) > 5  # type: ignore[operator]
    assert yes_odds({"the": 0.0}) is None
    assert yes_odds({}) is None


def test_a_model_that_says_no_makes_an_answer_unlikely() -> None:
    doubts, believes, silent = (Signals(0.5, 0.6, (), 1.0, odds) for odds in (-3.0, 3.0, None))
    assert unlikely(doubts, 0.85)
    assert not unlikely(believes, 0.85)
    assert not unlikely(silent, 0.85)
