"""Sentences are spans that cover the abstract, and end where a reader would end them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.sentences import split

PROSE = st.text(alphabet="aB1 .?!,;:()[]$\\\n\"'eg–é日😀", max_size=200)


def texts(abstract: str) -> list[str]:
    return [sentence.text for sentence in split("p", abstract)]


@pytest.mark.parametrize(
    "sentence",
    [
        "It helps in many tasks, e.g. search, i.e. finding, as Smith et al. 2020 show.",
        "Fig. 2 shows 3.5 vs. 4.2 points, approx. twice as much.",
        "We train Qwen2.5-1M, GPT-4.1 and v1.0 models on 1.5 million pages.",
        "There are three parts: (1) a reader; (2) a writer; and (3) Lateral Units that join them.",
        "It does so: 1) Rationales can help, 2) They can hurt, and 3) nothing is free.",
        "The gain is $x. Y$ over $\\mathcal{O}(n. m)$ in all cases.",
        "The code is at https://github.com/a/b.c/D.Html?x=1.Y for everyone.",
        "Hints (e.g., ``Wait. Maybe use Python.'') are inserted.",
        "The (see Fig. 1) model and its $\\{0, 1\\}$ code work.",
    ],
)
def test_one_sentence_stays_whole_and_the_next_one_begins(sentence: str) -> None:
    following = "We also release the data."
    assert texts(f"{sentence} {following}") == [sentence, following]


@pytest.mark.parametrize(
    "first",
    [
        "The code is at https://github.com/a/b.",
        "It covers search, ranking, etc.",
        "All is released under Apache 2.0.",
        "The error is below 3 mm.",
        "Is it (see Figure 1)?",
        "A bracket (that nobody closes is here.",
        "It names two things: (1) the first and (2) the second.",
        "It rises by 7\\%.",
        "The answer is no.",
    ],
)
def test_a_sentence_ends_where_it_ends(first: str) -> None:
    assert texts(f"{first} However, there is more.") == [first, "However, there is more."]


def test_sentences_are_numbered_addressed_and_readable() -> None:
    abstract = " It rises by 7\\%.\n  We\n stop. "
    first, second = split("p1", abstract)
    assert (first.paper, first.number, first.start, first.end) == ("p1", 1, 1, 17)
    assert first.readable == "It rises by 7%."
    assert (second.number, second.text, second.readable) == (2, "We\n stop.", "We stop.")


@given(PROSE | st.text(max_size=200))
def test_every_character_but_white_space_lies_in_exactly_one_span(abstract: str) -> None:
    sentences = split("p", abstract)
    end = 0
    for number, sentence in enumerate(sentences, start=1):
        assert sentence.number == number
        assert end <= sentence.start < sentence.end
        assert abstract[sentence.start : sentence.end] == sentence.text == sentence.text.strip()
        assert not abstract[end : sentence.start].strip()
        end = sentence.end
    assert not abstract[end:].strip()


@pytest.mark.parametrize(
    "unit", ["(", ")", "$a$ ", ". ", "a. ", "A b.", " ", "(1) ", "\n", '"', "https://", "…"]
)
def test_fifty_kilobytes_of_one_mark_are_cut_in_a_moment(unit: str) -> None:
    started = time.perf_counter()
    split("p", unit * (50_000 // len(unit)))
    assert time.perf_counter() - started < 5
