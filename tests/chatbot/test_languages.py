"""Which language a text is in: never another for an English question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.languages import language

QUESTIONS = Path(__file__).parents[2] / "bench" / "questions"


def questions(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (QUESTIONS / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("asked", questions("languages.jsonl"), ids=lambda asked: asked["note"])
def test_a_question_of_another_language_is_known(asked: dict[str, str]) -> None:
    assert language(asked["question"]) == asked["note"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Was ist GSPO?", "German"),
        ("Qu’est-ce que GSPO ?", "French"),
        ("Che cos'è GSPO?", "Italian"),
        ("GSPO nedir ve nasıl çalışır?", "Turkish"),
        ("Яка різниця між GSPO і GRPO?", "Ukrainian"),
        ("GSPO क्या है?", "Hindi"),
        ("reward model 是什么", "Chinese"),
        ("论文《Attention Is All You Need》提出了什么方法？", "Chinese"),
    ],
)
def test_short_questions_and_foreign_names_in_them_are_known(text: str, expected: str) -> None:
    assert language(text) == expected


@pytest.mark.parametrize("name", ["dev.jsonl", "papers.jsonl", "refusals.jsonl", "comparisons.jsonl"])
def test_no_english_question_of_the_bench_is_taken_for_another_language(name: str) -> None:
    assert [each["question"] for each in questions(name) if language(each["question"])] == []


@pytest.mark.parametrize(
    "text",
    [
        "What does ¿ mean?",
        "What is 注意力机制?",
        "α-divergence",
        "β, γ and δ in the loss",
        "Which papers cite de la Torre and van den Oord?",
        "de la Cruz method",
        "Was WebSailor trained with RL?",
        "AI in 3D",
        "in vivo and de novo protein design et al.",
        "E-Commerce AI agents",
        "GSPO?",
        "",
        "¿",
    ],
)
def test_names_symbols_and_borrowed_phrases_make_no_other_language(text: str) -> None:
    assert language(text) is None


@given(st.text())
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert language(text) is None or language(text).istitle()  # type: ignore[union-attr]
