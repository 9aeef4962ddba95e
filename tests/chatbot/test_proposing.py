"""A plan by the model: asked for only where papers are plainly counted, believed only if it is all said."""

import gzip
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from chatbot import assembly, discovery
from chatbot.answering import Chat
from chatbot.cli import cli
from chatbot.errors import ModelUnreachable
from chatbot.model.scripted import ScriptedModel
from chatbot.proposing import SCHEMA, checked, may_be, proposed
from chatbot.routing import route
from chatbot.settings import Settings
from chatbot.topics.reading import read
from chatbot.values import PlannedBy, Question, Status
from store.embedding import HashEmbedder
from store.plans import By, Do, Plan
from store.records import Filter

EMPTY = {
    **dict.fromkeys(("since", "until", "author", "category", "venue", "title", "mentions"), ""),
    **dict.fromkeys(("by", "has", "lacks"), "none"),
    "top": 0,
}


def filled(do, **fields):
    return {"do": do, **EMPTY, **fields}


GOOD = {
    "In what month did most of the articles come out?": (filled("count", by="month"), "count by month"),
    "Number of stored publications authored by Bowen Yu": (
        filled("count", author="Bowen Yu"),
        'count where by "Bowen Yu"',
    ),
    "I need a list of available abstracts from 2025 onwards": (
        filled("list", since="2025"),
        "list where created since 2025",
    ),
    "Enumerate papers published in May 2025": (
        filled("list", since="2025-05", until="2025-05"),
        "list where created in 2025-05",
    ),
    "What is the tally of papers that came after 2024?": (
        filled("count", since="2025-01-01"),
        "count where created since 2025-01-01",
    ),
    "Count of papers without an open source repository": (
        filled("count", lacks="code"),
        "count where has no code",
    ),
    "Which authors have published the highest number of papers, the top 3?": (
        filled("count", by="author", top=3),
        "count by author (3 most)",
    ),
}
BAD = [
    # A word, number, name or date of its own.
    ("How many papers are on file?", filled("count", author="Bowen Yu")),
    ("How many papers are on file?", filled("count", mentions="GRPO")),
    ("How many papers are on file?", filled("count", since="2025")),
    ("How many papers are on file?", filled("count", has="code")),
    ("How many papers are on file?", filled("count", by="month")),
    ("Count of papers from 2025", filled("count", since="2025")),
    ("Count of papers by Bowen Yu", filled("count", author="Bowen Yang")),
    ("Count of papers from 2024", filled("count", since="2025")),
    ("Count of papers after 2024", filled("count", since="2024")),
    ("Count of papers before 2024", filled("count", since="2024")),
    ("List the newest papers", filled("newest", top=5)),
    # A word left out.
    ("How many papers beat GPT-4?", filled("count")),
    ("How many papers from 2025 explain hallucinations?", filled("count", since="2025")),
    ("How many papers have more than 3 authors?", filled("count", by="author")),
    ("Count of papers by Bowen Yu", filled("count")),
    ("Count of papers without code", filled("count", has="code")),
    ("Count of papers with code", filled("count", lacks="code")),
    ("Count of papers with code", filled("count")),
    ("List the newest papers", filled("list")),
    ("Who wrote most papers?", filled("count")),
    ("Which year saw the fewest papers?", filled("count", by="year")),
    ("Count of papers by Bowen Yu or Fei Huang", filled("count", author="Bowen Yu")),
    # Not of the schema.
    ("How many papers are on file?", filled("none")),
    ("How many papers are on file?", filled("drop table papers")),
    ("How many papers are on file?", filled("list", by="month")),
    ("How many papers are on file?", filled("count", by="size")),
    ("How many papers are on file?", filled("count", has="cheese")),
    ("How many papers in 2025-13?", filled("count", since="2025-13", until="2025-13")),
    ("How many papers are on file?", {}),
    ("How many papers are on file?", {"do": ["count"], "since": 5}),
]


@pytest.mark.parametrize(("asked", "wanted"), GOOD.items())
def test_a_plan_that_the_question_says_is_taken(asked, wanted):
    fields, plan = wanted
    assert may_be(asked)
    assert route(asked) is None
    assert read(asked) is None
    assert str(checked(asked, fields)) == plan


@pytest.mark.parametrize(("asked", "fields"), BAD)
def test_a_plan_that_adds_changes_or_forgets_anything_is_dropped(asked, fields):
    assert checked(asked, fields) is None


def test_the_schema_allows_nothing_but_a_plan():
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"])
    assert SCHEMA["properties"]["do"]["enum"] == [*Do, "none"]
    assert SCHEMA["properties"]["by"]["enum"] == [*By, "none"]


@pytest.mark.parametrize("said", ["", "No.", "[]", '{"do": "count"', "{" * 500, '{"do": null}'])
def test_what_is_no_plan_is_none(said):
    plan = proposed("How many papers are on file?", ScriptedModel([said or "."]), 64)
    assert plan is None


@given(
    st.text(max_size=60),
    st.dictionaries(st.sampled_from(sorted(EMPTY)), st.text(max_size=12) | st.integers()),
)
def test_no_fields_break_it(asked, fields):
    checked(asked, {**filled("count"), **fields})


@pytest.mark.parametrize("file", ["dev.jsonl", "papers.jsonl", "refusals.jsonl", "comparisons.jsonl"])
def test_no_question_of_the_benches_costs_a_call(file):
    path = Path(__file__).parents[2] / "bench" / "questions" / file
    questions = [json.loads(line)["question"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [asked for asked in questions if may_be(asked)] == []


def test_hardly_any_public_question_costs_a_call():
    data = Path(os.environ.get("CHATBOT_DATA", Path(__file__).parents[3] / "shared" / "data"))
    files = [*data.glob("retrieval/*/queries.jsonl.gz"), *data.glob("qa/*.jsonl.gz")]
    if not files:
        pytest.skip(f"no public questions in {data}: set CHATBOT_DATA")
    lines = [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    questions = [next(line[key] for key in ("text", "input", "question") if key in line) for line in lines]
    assert sum(map(may_be, questions)) <= 2


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, cache=tmp_path)


ASKED = "In what month did most of the articles come out?"


def test_the_answer_is_counted_and_says_who_made_the_plan(seeded, settings):
    model = ScriptedModel([json.dumps(GOOD[ASKED][0])])
    answer = Chat(seeded, model, settings=settings).ask(Question(ASKED))
    assert (answer.status, answer.model, answer.census_by) == (Status.CENSUS, "scripted", PlannedBy.MODEL)
    assert answer.census == seeded.census(Plan(Do.COUNT, by=By.MONTH))
    assert answer.usage.prompt_tokens > 0
    assert len(model.calls) == 1


def test_a_filter_of_the_question_holds_for_the_models_plan_too(seeded, settings):
    model = ScriptedModel([json.dumps(GOOD[ASKED][0])])
    answer = Chat(seeded, model, settings=settings).ask(Question(f"{ASKED} since:2025"))
    assert answer.census.plan.filter == Filter(since="2025")


def test_a_dropped_plan_leaves_an_ordinary_question(seeded, settings):
    asked = "How many papers from 2025 explain hallucinations?"
    model = ScriptedModel([json.dumps(filled("count", since="2025")), '{"claims": []}'])
    answer = Chat(seeded, model, settings=settings).ask(Question(asked))
    assert answer.status is not Status.CENSUS
    assert answer.census is None


@pytest.mark.parametrize(
    "asked", ["How many papers per month?", "What is GSPO?", "How many papers use GRPO?"]
)
def test_no_plan_is_asked_for_where_a_grammar_reads_one_or_nothing_is_counted(seeded, settings, asked):
    calls = []

    def reply(call):
        calls.append(call)
        return '{"claims": []}'

    model = ScriptedModel([reply] * 120)
    Chat(seeded, model, settings=settings).ask(Question(asked))
    assert not any("plans for counting" in call.messages[0].content for call in calls)


def test_a_model_that_does_not_answer_leaves_an_ordinary_question(seeded, settings):
    model = ScriptedModel([ModelUnreachable("Nothing answers. Start it.")] * 5)
    answer = Chat(seeded, model, settings=settings).ask(Question(ASKED))
    assert answer.status in (Status.EXTRACT, Status.REFUSED)


def test_the_command_shows_that_a_model_made_the_plan(tmp_path, monkeypatch):
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "discover", list)
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    replies = [json.dumps(GOOD[ASKED][0])] * 3
    monkeypatch.setattr(assembly, "choose_model", lambda settings, **how: ScriptedModel(replies))
    assert CliRunner().invoke(cli, ["ingest", "--demo"]).exit_code == 0
    shown = CliRunner().invoke(cli, ["census", ASKED])
    assert "plan (made by scripted, not by rules): count by month" in shown.stdout
    shape = json.loads(CliRunner().invoke(cli, ["census", "--json", ASKED]).stdout)
    assert shape["made_by"] == "model"
    asked = CliRunner().invoke(cli, ["ask", ASKED])
    assert "plan (made by scripted, not by rules): count by month" in asked.stdout
    assert CliRunner().invoke(cli, ["census", "--no-model", ASKED]).exit_code == 2
