"""A label is the name a paper gives its own work, and never the name of something it only mentions."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.labels import derive, label
from store.latex import readable


@pytest.mark.parametrize(
    ("abstract", "name"),
    [
        ("Reading is hard. We introduce ReadFast, a method that reads. ReadFast is quick.", "ReadFast"),
        ("This paper introduces Group Reading Policy (GRP), a stable algorithm.", "GRP"),
        ("In this paper, we propose a novel Shuffle-Aware Reader (SHAR) for papers.", "SHAR"),
        ("We propose parallel reading (ParRead), which scales.", "ParRead"),
        ("We present a framework called Self-Read that reads by itself.", "Self-Read"),
        ("To this end, we propose a new benchmark, PaperBench-2, with 40 tasks.", "PaperBench-2"),
        ("In this report, we present the Reader3 Embedding series, built upon Reader3.", "Reader3 Embedding"),
        ("We present ReadVL-Embed and ReadVL-Rank, two model series.", "ReadVL-Embed"),
        ("We introduce \\textbf{LongRead}, which balances speed and care.", "LongRead"),
        ("In this work, we introduce Reader, the first of our readers.", "Reader"),
        ("Existing readers, such as GPT-4, forget. Here we present DeepRead.", "DeepRead"),
        ("We build a dataset. Finally, we propose a method dubbed “ReadNet” on top.", "ReadNet"),
    ],
)
def test_the_name_of_the_contribution_is_found(abstract: str, name: str) -> None:
    assert derive(abstract) == name


@pytest.mark.parametrize(
    "abstract",
    [
        "We evaluate GPT-4 and Qwen3 on MMLU and find that they forget.",
        "We propose a simple method to improve the reading of LLMs on GSM8K.",
        "We present an approach for large language models (LLMs) that read.",
        "Built on CLIP, our study shows that ResNet-50 is enough.",
        "We propose LLM-based reading and compare it with BERT.",
        "Graph readers have emerged, namely Graph Neural Networks.",
        "",
        "?",
    ],
)
def test_a_paper_that_names_nothing_of_its_own_has_no_name(abstract: str) -> None:
    assert derive(abstract) is None


def test_without_a_name_the_first_words_are_the_label() -> None:
    abstract = "Training language models with rationales has been shown to be beneficial in many works."
    assert label(abstract) == "Training language models with rationales has been shown…"
    assert label("Short and plain.") == "Short and plain."
    assert len(label("x" * 500)) <= 73


@given(st.text(max_size=300) | st.text(alphabet="We propose a X(yZ)1-, called.:\n", max_size=200))
def test_a_derived_name_stands_in_the_readable_abstract(abstract: str) -> None:
    name = derive(abstract)
    assert name is None or name in readable(abstract) or "-" in name
    assert isinstance(label(abstract), str)


@pytest.mark.parametrize(
    "unit", ["A", "we ", "we propose ", "X-", "(", "A (A) ", "called ", "A B ", "We a, "]
)
def test_twenty_kilobytes_of_one_phrase_are_labelled_in_a_moment(unit: str) -> None:
    started = time.perf_counter()
    label(unit * (20_000 // len(unit)))
    assert time.perf_counter() - started < 3
