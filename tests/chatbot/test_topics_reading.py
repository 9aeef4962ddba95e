"""Which questions are ones over a topic, and which are left to the passages or to an exact count."""

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.routing import route
from chatbot.topics.reading import named, read

TOPICS = {
    "How many papers build a new dataset?": 'count where judged to "build a new dataset"',
    "Which papers train with reinforcement learning?": (
        'list where judged to "train with reinforcement learning"'
    ),
    "Which papers train search agents?": 'list where judged to "train search agents"',
    "How many papers of 2025 build a dataset?": 'count where created in 2025 and judged to "build a dataset"',
    "List all papers of May 2025 that use GRPO": 'list where created in 2025-05 and judged to "use GRPO"',
    "Which papers by Bowen Yu study reward models since 2025?": (
        'list where created since 2025 and by "Bowen Yu" and judged to "study reward models"'
    ),
    "Which papers compress contexts in 2025 and have code?": (
        'list where created in 2025 and has code and judged to "compress contexts"'
    ),
    "How many papers are about reward hacking?": 'count where judged to "are about reward hacking"',
    "How many papers are there on GRPO?": 'count where judged to "are about GRPO"',
    "Show me papers about safety published in 2025": (
        'list where created in 2025 and judged to "are about safety"'
    ),
    "List papers building benchmarks": 'list where judged to "build benchmarks"',
    "papers that use GRPO": 'list where judged to "use GRPO"',
    "papers on long context": 'list where judged to "are about long context"',
    "Could you list papers based on Qwen3?": 'list where judged to "are based on Qwen3"',
    # What may belong to the topic does.
    "Which papers use data from 2024?": 'list where judged to "use data from 2024"',
    "Which papers use models released in 2024?": 'list where judged to "use models released in 2024"',
    "Which papers train agents with code?": 'list where judged to "train agents with code"',
}

READ = [
    "Which paper introduces GSPO?",
    "Which papers achieve the best results on GAIA?",
    "Which papers train search agents, and how?",
    "Which papers don't use reinforcement learning?",
    "Which papers evaluate it?",
    "How many papers use these datasets?",
    "How many papers were used to train the classifier?",
    "How many papers are in the SciFact dataset?",
    "How many papers mention that they were trained on GPUs?",
    "Which papers does GSPO build on?",
    "Which papers did the authors review?",
    "Which papers contain errors?",
    "Which papers have better code generation?",
    "How many questions does PLawBench contain?",
    "List the contributions of the newest paper",
    "Summarise the papers on safety",
    "What do papers on safety find?",
    "papers use GRPO",
    "papers",
    "Which papers are about?",
    "How do papers train search agents?",
    "",
]
# These of the public questions ask for a list of papers in as many words.
ASK_FOR_PAPERS = 9


@pytest.mark.parametrize(("asked", "plan"), TOPICS.items())
def test_a_question_over_a_topic_has_its_plan(asked, plan):
    assert route(asked) is None
    assert str(read(asked)) == plan


@pytest.mark.parametrize("asked", READ)
def test_any_other_question_is_left_to_the_passages(asked):
    assert read(asked) is None


@pytest.mark.parametrize(
    "file", ["dev.jsonl", "papers.jsonl", "refusals.jsonl", "comparisons.jsonl", "languages.jsonl"]
)
def test_no_question_of_the_benches_is_one_over_a_topic(file):
    path = Path(__file__).parents[2] / "bench" / "questions" / file
    questions = [json.loads(line)["question"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [asked for asked in questions if read(asked)] == []


def test_of_public_questions_only_those_that_ask_for_papers_are_taken():
    data = Path(os.environ.get("CHATBOT_DATA", Path(__file__).parents[3] / "shared" / "data"))
    files = [*data.glob("retrieval/*/queries.jsonl.gz"), *data.glob("qa/*.jsonl.gz")]
    if not files:
        pytest.skip(f"no public questions in {data}: set CHATBOT_DATA")
    lines = [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    questions = [next(line[key] for key in ("text", "input", "question") if key in line) for line in lines]
    taken = [asked for asked in questions if read(asked)]
    assert len(questions) > 2000
    assert len(taken) == ASK_FOR_PAPERS
    assert all("papers" in asked or "abstracts on" in asked or "articles about" in asked for asked in taken)


def test_a_topic_asks_one_paper_a_question():
    assert read("How many papers build a new dataset?").topic.question == (
        "Does the paper build a new dataset?"
    )
    assert read("List papers building benchmarks").topic.question == "Does the paper build benchmarks?"
    assert named("reward hacking").topic.question == "Is the paper about reward hacking?"
    assert named("papers that use GRPO").topic.question == "Does the paper use GRPO?"
    assert named("?!") is None


@given(st.text(max_size=80))
def test_any_text_is_a_topic_or_none(text):
    read(text)
    read(f"Which papers use {text}")


def test_a_long_text_is_read_in_time():
    assert read("Which papers use " + "code and " * 4000) is None
    read("How many papers in 2025 and since 2024 and " + "in 2025 and " * 8 + "use GRPO?")
