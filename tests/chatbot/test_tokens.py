"""Tokens are counted as the models count them, offline, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.model import Message
from chatbot.tokens import encoding_for

QWEN = encoding_for("qwen2.5")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Qwen2.5-Coder-1.5B-Instruct", "qwen"),
        ("hf.co/Qwen/Qwen3-4B-GGUF:Q4_K_M", "qwen"),
        ("C:\\models\\qwen15.gguf", "qwen"),
        ("qwq:32b", "qwen"),
        ("Qwen/Qwen3.5-27B", "qwen3.5"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-4o-mini", "cl100k_base (approximate)"),
        ("o3-mini", "cl100k_base (approximate)"),
        ("llama3.2:1b", "qwen (approximate)"),
        ("", "qwen (approximate)"),
    ],
)
def test_the_name_says_which_encoding_counts(model: str, name: str) -> None:
    encoding = encoding_for(model)
    assert encoding.name == name
    assert encoding.count("The quick brown fox") == 4


def test_qwen_counts_each_digit() -> None:
    assert QWEN.count("2025") == 4
    assert encoding_for("gpt-4").count("2025") == 2


def test_control_tokens_in_a_text_are_ordinary_characters() -> None:
    assert QWEN.count("<|im_start|>") > 1


def test_a_prompt_counts_as_its_chat_template_does() -> None:
    # 31 is what llama.cpp counts for Qwen2.5, whose template adds the system message if there is none.
    assert QWEN.count_messages([Message("user", "hi there")]) == 31
    system = Message("system", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.")
    assert QWEN.count_messages([system, Message("user", "hi there")]) == 31


@pytest.mark.parametrize("text", [" " * 1_000_000, "a" * 1_000_000, "\n" * 200_000, "中" * 100_000])
def test_long_runs_of_one_character_are_counted_and_cut(text: str) -> None:
    assert QWEN.count(text) > 1000
    assert QWEN.count(QWEN.cut(text, 50)) <= 50


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(0, 40))
def test_a_cut_text_is_a_beginning_that_fits(text: str, limit: int) -> None:
    cut = QWEN.cut(text, limit)
    assert text.startswith(cut)
    assert QWEN.count(cut) <= limit
    if QWEN.count(text) <= limit:
        assert cut == text


def test_nothing_fits_into_no_tokens() -> None:
    assert QWEN.cut("word", 0) == ""
