"""Follow-ups made to stand alone, without a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.conversation import remembered, standalone
from chatbot.values import Answer, Citation, Question, Status, Turn
from store.records import Paper

GSPO = Paper("p1", "", "GSPO", True)
LAW = Paper("p2", "", "PLawBench", True, title="A Practical Law Benchmark")
CITED = {1: GSPO, 3: LAW}
NUMBERS = (("p1", 1), ("p2", 3))
BEFORE = Turn("What is GSPO?", "An algorithm. [1]", ("p1",))
NAMELESS = Turn("Which paper is about law?", "This one. [3]", ("p2",))


def asked(text: str, *history: Turn) -> str:
    return standalone(Question(text, history, numbers=NUMBERS), CITED)


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("What does it clip?", "What does GSPO clip?"),
        ("And on which data was it trained?", "On which data was GSPO trained?"),
        ("What are its merits?", "What are GSPO's merits?"),
        ("Does this method need a critic?", "Does GSPO need a critic?"),
        ("And its speed?", "GSPO's speed?"),
        ("And the cost?", "The cost (GSPO)?"),
        ("Why?", "Why (GSPO)?"),
    ],
)
def test_what_points_back_gets_the_last_subject(text: str, alone: str) -> None:
    assert asked(text, BEFORE) == alone


@pytest.mark.parametrize(
    "text",
    [
        "What is PLawBench?",
        "How many questions does PLawBench contain?",
        "Which of the papers speak about safety in long conversations?",
    ],
)
def test_what_stands_alone_is_left_alone(text: str) -> None:
    assert asked(text, BEFORE) == text


def test_the_first_question_is_left_alone() -> None:
    assert asked("What does it clip?") == "What does it clip?"


def test_a_turn_without_a_name_is_about_the_paper_it_cited() -> None:
    assert asked("How large is it?", NAMELESS) == "How large is A Practical Law Benchmark?"


def test_a_number_in_brackets_is_the_paper_of_that_number() -> None:
    assert asked("What does [3] say?") == "What does A Practical Law Benchmark say?"
    assert asked("What does [9] say?") == "What does [9] say?"


def test_a_turn_remembers_what_was_cited() -> None:
    answer = Answer("Q?", "Q?", Status.ANSWERED, "A. [3]", citations=(Citation(3, LAW),))
    assert remembered(Question("Q?"), answer) == Turn("Q?", "A. [3]", ("p2",))


@given(st.text(max_size=60))
def test_no_question_makes_it_raise_or_vanish(text: str) -> None:
    alone = asked(text, BEFORE)
    assert not any(character.isalnum() for character in text) or any(c.isalnum() for c in alone)
