"""From any text to a safe query of the keyword index."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.keywords import TOKENIZER, content_stems, match_query, stems


@pytest.fixture(scope="module")
def index():
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE VIRTUAL TABLE words USING fts5(text, tokenize='{TOKENIZER}')")
    db.execute("INSERT INTO words VALUES ('Qwen2.5-1M is 3x faster; GSPO, état, 长上下文 模型')")
    yield db
    db.close()


SYNTAX = st.sampled_from(
    ['"', "'", "*", "(", ")", "NEAR(", " OR ", "AND", "NOT ", "^", ":", "-", "+", "{", "}", "\0"]
)


@given(st.one_of(st.text(), st.lists(st.one_of(SYNTAX, st.text(max_size=5))).map("".join)))
def test_any_string_is_a_safe_query(index, text):
    query = match_query(text)
    if query is not None:
        index.execute("SELECT rowid FROM words WHERE words MATCH ?", (query,)).fetchall()


@given(st.lists(st.text(st.characters(), max_size=30), max_size=5))
def test_any_text_has_stems_lone_surrogates_included(texts):
    assert len(stems([*texts, "\ud800 word"])) == len(texts) + 1


@pytest.mark.parametrize(
    "query",
    ["gspo", "Qwen2.5-1M", "What is 3x?", "Qwen2.5-1M's", "etat", "长上下文", "GSPO’s", '"GSPO" AND ('],
)
def test_names_numbers_and_other_scripts_are_found(index, query):
    assert index.execute("SELECT rowid FROM words WHERE words MATCH ?", (match_query(query),)).fetchall()


def test_a_name_with_a_digit_is_a_phrase_and_a_compound_is_its_parts():
    assert match_query("Qwen2.5-1M") == '"Qwen2.5-1M" OR "Qwen2" OR "1M"'
    assert match_query("state-of-the-art") == '"state" OR "art"'


def test_function_words_ask_for_nothing():
    assert match_query("What is it, and how does it do that?") is None
    assert match_query("") is None


def test_a_word_counts_once():
    assert match_query("GSPO gspo Gspo") == '"GSPO"'


def test_a_very_long_question_is_cut():
    query = match_query(" ".join(f"word{number}" for number in range(20_000)))
    assert query is not None
    assert query.count(" OR ") == 127


def test_stems_are_those_of_the_index():
    assert stems(["scaling scaled scales"]) == [frozenset({"scale"})]
    assert content_stems("How are the models scaled?") == {"model", "scale"}
