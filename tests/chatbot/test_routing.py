"""Which questions are counted over the whole collection, and which are left to the passages."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.routing import route

COUNTED = {
    "How many papers are there?": "count",
    "how many papers do you have": "count",
    "How many abstracts are in the collection?": "count",
    "What is the total number of papers?": "count",
    "Please count all papers.": "count",
    "Can you tell me how many papers there are?": "count",
    "Which is the newest paper?": "newest",
    "What's the latest paper?": "newest",
    "Which paper is the oldest?": "oldest",
    "What are the 5 newest papers?": "newest 5",
    "Show me the three most recent papers": "newest 3",
    "Which is the oldest paper that mentions GRPO?": 'oldest where mentions "GRPO"',
    "How many papers per month?": "count by month",
    "How many papers are there per year?": "count by year",
    "Number of papers by category": "count by category",
    "Show a histogram of papers per month": "count by month",
    "Papers per venue": "count by venue",
    "How many papers per month since 2025?": "count by month where created since 2025",
    "Which papers mention GRPO?": 'list where mentions "GRPO"',
    'Which papers mention "reward hacking"?': 'list where mentions "reward hacking"',
    "Which papers mention reward hacking?": 'list where mentions "reward hacking"',
    "Which papers mention LLMs?": 'list where mentions "LLM"',
    "How many papers mention GRPO and GSPO?": 'count where mentions "GRPO" and mentions "GSPO"',
    "How many papers mention GRPO and have code?": 'count where mentions "GRPO" and has code',
    "How many papers don't mention LLM?": 'count where does not mention "LLM"',
    "How many papers contain the word penguin?": 'count where mentions "penguin"',
    "List all papers of May 2025": "list where created in 2025-05",
    "List all papers from 2025-05-14": "list where created in 2025-05-14",
    "Which papers were published in May 2025?": "list where created in 2025-05",
    "Which papers are from 14 May 2025?": "list where created in 2025-05-14",
    "Show me all papers written on May 14, 2025.": "list where created in 2025-05-14",
    "How many papers between January 2025 and 2025-03?": "count where created since 2025-01 until 2025-03",
    "How many papers after 2024?": "count where created since 2025-01-01",
    "How many papers were written before March 2024?": "count where created until 2024-02-29",
    "papers since 2025 by Bowen Yu": 'list where created since 2025 and by "Bowen Yu"',
    "How many papers were accepted at ACL?": 'count where accepted at "ACL"',
    "Which papers were accepted to NeurIPS 2025?": 'list where accepted at "NeurIPS 2025"',
    "Which papers were published in Findings of EMNLP 2025?": 'list where accepted at "EMNLP 2025"',
    "Which papers have code?": "list where has code",
    "Which papers have a GitHub link?": "list where has github",
    "How many papers provide their source code?": "count where has code",
    "Which papers have no code?": "list where has no code",
    "How many papers have no date?": "count where has no date",
    "Who has written most papers?": "count by author (10 most)",
    "Which author has the most papers?": "count by author (10 most)",
    "Which month has the most papers?": "count by month",
    "How many papers by Bowen Yu since 2025?": 'count where created since 2025 and by "Bowen Yu"',
    "How many papers are by Ludwig van Beethoven?": 'count where by "Ludwig van Beethoven"',
    "Which papers are in cs.CL?": "list where in category cs.CL",
    "How many papers has Bowen Yu written?": 'count where by "Bowen Yu"',
    "Which papers did Bowen Yu write in 2025?": 'list where created in 2025 and by "Bowen Yu"',
    "Which papers mention chain of thought in 2025?": (
        'list where created in 2025 and mentions "chain of thought"'
    ),
    "Which papers have code on GitHub?": "list where has github",
    "Which papers are undated?": "list where has no date",
    "What are the latest papers?": "newest 10",
    "Which papers are there?": "list",
    "How many papers have GSPO in the title?": 'count where title mentions "GSPO"',
    "How many papers of 2025 have code and were accepted at ACL?": (
        'count where created in 2025 and accepted at "ACL" and has code'
    ),
}

READ = [
    "How many questions does PLawBench contain?",
    "Which papers train with reinforcement learning?",
    "How many papers build a new dataset?",
    "How many papers are about reward hacking?",
    "Which papers use GRPO?",
    "What is the newest model?",
    "What is GSPO?",
    "Which paper introduces GSPO?",
    "Which paper is the best?",
    "What is the latest version of Qwen?",
    "How many papers were used to train the classifier?",
    "How many papers are in the SciFact dataset?",
    "How many abstracts does the benchmark contain?",
    "How many papers mention that they were trained on GPUs?",
    "Which papers mention how they were evaluated?",
    "Which papers mention GRPO or GSPO?",
    "Which papers have code and use reinforcement learning?",
    "Which papers have better code generation?",
    "Which papers have code models?",
    "Which papers propose a method by Google?",
    "Which papers by Alibaba are there?",
    "How many papers by reinforcement learning?",
    "How many languages does Qwen3 support since 2025?",
    "Which papers since 2025 compare models?",
    "Papers",
    "Which papers?",
    "Who are the authors of WebSailor?",
    "Who has written most about reward hacking?",
    "How many authors does WebSailor have?",
    "How many categories are there?",
    "How many tasks per category does LongWeave have?",
    "Which category is the hardest?",
    "Which papers accepted the hypothesis?",
    "How many papers were published in Nature-like journals about it?",
    "What did papers of 2025 find?",
    "Summarise the papers of May 2025",
    "List the contributions of the newest paper",
    "What does the newest paper say?",
    "Explain the oldest paper",
    "How many papers in 2025 show that GRPO fails?",
    "How many parameters does GPT-4o have?",
    "How many of them have code?",
    "List all papers of 2025-13",
    "Which papers have a link to reality?",
    "Which papers contain errors?",
    "How many papers are there on GRPO?",
    "count",
    "",
]


@pytest.mark.parametrize(("asked", "plan"), COUNTED.items())
def test_a_question_to_the_whole_collection_has_its_plan(asked, plan):
    assert str(route(asked)) == plan


@pytest.mark.parametrize("asked", READ)
def test_any_other_question_is_left_to_the_passages(asked):
    assert route(asked) is None


@pytest.mark.parametrize("file", ["dev.jsonl", "papers.jsonl"])
def test_no_question_of_the_benches_is_counted(file):
    path = Path(__file__).parents[2] / "bench" / "questions" / file
    questions = [json.loads(line)["question"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [asked for asked in questions if route(asked)] == []


@given(st.sampled_from(list(COUNTED)), st.sampled_from(["zebras", "about RL", "why"]))
def test_a_word_that_is_not_understood_makes_it_a_passage_question(asked, word):
    changed = route(f"{asked.rstrip('?.')} {word}")
    assert changed is None or word.split()[-1] in str(changed)


@given(st.text(max_size=80))
def test_any_text_has_a_plan_or_none(text):
    route(text)


def test_a_long_text_is_read_in_time():
    assert route("Which papers " + "have code and " * 400 + "x") is None
    assert route("How many papers mention " + "a b, " * 800) is None
