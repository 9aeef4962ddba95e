"""Questions that are counted, through the loop and the command line, over the seeds."""

import csv
import json

import pytest
from click.testing import CliRunner

from chatbot import assembly, discovery, listing
from chatbot.answering import Chat
from chatbot.censusing import sentence, untold
from chatbot.cli import cli
from chatbot.model.scripted import ScriptedModel
from chatbot.settings import Settings
from chatbot.values import Delta, Notice, Question, Status, Turn
from store.embedding import HashEmbedder
from store.errors import FilterError
from store.plans import By, Census, Do, Entry, Group, Plan
from store.records import Filter


@pytest.fixture
def chat(seeded, tmp_path):
    """No model may be asked: none of its replies is scripted."""
    return Chat(
        seeded, ScriptedModel([]), settings=Settings(home=tmp_path, cache=tmp_path), clock=lambda: 0.0
    )


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "discover", list)
    monkeypatch.setattr(assembly, "local_file", lambda settings: None)
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    assert CliRunner().invoke(cli, ["ingest", "--demo"]).exit_code == 0
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_a_counted_answer_is_computed_by_no_model(chat, seeded):
    delta, finished = chat.stream(Question("How many papers mention GRPO?"))
    assert delta == Delta("1 of 39 papers mentions “GRPO”.")
    answer = finished.answer
    assert (answer.status, answer.model, answer.claims) == (Status.CENSUS, None, ())
    assert answer.text == "1 of 39 papers mentions “GRPO”. [1]"
    assert [entry.id for entry in answer.census.papers] == [answer.citations[0].paper.id]
    assert "GRPO" in answer.citations[0].paper.abstract


def test_filters_in_the_words_and_of_the_question_hold_together(chat, seeded):
    asked = Question("Which papers have code? since:2025", filter=Filter(until="2025-05"))
    notice, _, finished = chat.stream(asked)
    assert notice == Notice("Only papers: created since 2025.")
    assert finished.answer.filter == Filter("2025", "2025-05")
    assert finished.answer.question == "Which papers have code?"
    expected = [
        paper.id for paper in seeded.papers(Filter("2025", "2025-05")) if "github.com/" in paper.abstract
    ]
    assert [entry.id for entry in finished.answer.census.papers] == expected != []


def test_a_plan_calls_papers_by_names_that_lead_to_them(chat, seeded):
    paper = seeded.paper("GSPO")
    plan = chat.ask(Question("How many papers are there?", filter=Filter(ids=(paper.id,)))).census.plan
    assert str(plan) == "count where is GSPO"
    assert [entry.id for entry in seeded.census(plan).papers] == [paper.id]


def test_filters_alone_ask_for_the_papers_that_pass(chat):
    answer = chat.ask(Question("date:2025-05 has:code"))
    assert str(answer.census.plan) == "list where created in 2025-05 and has code"
    assert answer.question == "date:2025-05 has:code"


def test_a_passage_question_is_asked_of_the_papers_that_pass(seeded, tmp_path):
    chat = Chat(seeded, None, settings=Settings(home=tmp_path, cache=tmp_path))
    answer = chat.ask(Question("How does DeepMiner train its agent? date:2025-10"))
    assert answer.status is Status.EXTRACT
    assert answer.filter == Filter("2025-10", "2025-10")
    assert answer.question == "How does DeepMiner train its agent?"
    assert all((citation.paper.created or "").startswith("2025-10") for citation in answer.citations)


def test_an_id_that_nobody_has_is_said(chat):
    with pytest.raises(FilterError, match=r"no paper 'nope'.*chatbot papers"):
        chat.ask(Question("What is GSPO? id:nope"))
    with pytest.raises(FilterError, match="no paper"):
        chat.ask(Question("What is GSPO?", filter=Filter(without=("nope",))))


def test_a_paper_keeps_its_number_and_a_later_question_finds_it(chat, seeded):
    newest = chat.ask(Question("Which is the newest paper?", numbers=(("p0", 4),)))
    (citation,) = newest.citations
    assert citation.number == 5
    turn = Turn("Which is the newest paper?", newest.text, (citation.paper.id,))
    later = Question("How does it work?", (turn,), numbers=((citation.paper.id, 5),))
    answer = Chat(seeded, None, settings=chat._settings).ask(later)
    assert citation.paper.label in answer.standalone_question


def entry(**fields: str) -> Entry:
    given = {"id": "p1", "label": "GSPO", "created": "2025-07-24"} | fields
    names = ("title", "arxiv_id", "doi", "url", "comment", "venue")
    return Entry(**{**dict.fromkeys(names), **given}, authors=(), categories=())  # type: ignore[arg-type]


MAY = Filter("2025-05", "2025-05")


@pytest.mark.parametrize(
    ("census", "said"),
    [
        (Census(Plan(Do.COUNT), 1, 1), "The collection holds 1 paper."),
        (Census(Plan(Do.COUNT), 105_227, 105_227), "The collection holds 105,227 papers."),
        (Census(Plan(Do.COUNT, MAY), 39, 1), "1 of 39 papers was created in 2025-05."),
        (Census(Plan(Do.LIST, Filter(has=("code",), lacks=("doi",), exclude=("x",))), 9, 2),
         "2 of 9 papers do not mention “x”, have a link to code and have no DOI."),
        (Census(Plan(Do.COUNT, Filter(venues=("ACL",), authors=("Yu",))), 9, 1),
         "1 of 9 papers is by “Yu” and names “ACL” as its venue."),
        (Census(Plan(Do.NEWEST), 9, 1, (entry(),)), "The newest paper is GSPO (2025-07-24)."),
        (Census(Plan(Do.OLDEST, MAY), 9, 2, (entry(), entry())),
         "The oldest papers that were created in 2025-05 are 2 of 2025-07-24."),
        (Census(Plan(Do.NEWEST, most=5), 9, 7, (entry(),)),
         "These are the 7 newest papers, 5 and those of the same date."),
        (Census(Plan(Do.NEWEST, MAY), 9, 0),
         "None of 9 papers has a date and was created in 2025-05."),
        (Census(Plan(Do.COUNT, by=By.MONTH), 9, 9, (), (Group("2025-01", 2), Group("2025-02", 5))),
         "9 papers: 2 months, most of them (5) in 2025-02."),
        (Census(Plan(Do.COUNT, by=By.AUTHOR, most=1), 9, 9, (), (Group("A", 2), Group("B", 2)), 7),
         "9 papers: 9 authors, most of them (2 each) by A and 1 more."),
        (Census(Plan(Do.COUNT, by=By.CATEGORY), 9, 9), "None of the 9 papers tells its category."),
    ],
)  # fmt: skip
def test_what_was_counted_is_said_in_a_sentence(census, said):
    assert sentence(census) == said


def test_what_papers_do_not_tell_is_said():
    census = Census(Plan(Do.COUNT), 9, 1, untold=(("date", 1), ("authors", 2), ("venue or comment", 3)))
    assert untold(census) == (
        "1 paper tells no date, or too coarse a one: not counted here.",
        "2 papers tell no authors: not counted here.",
        "3 papers have neither venue nor comment: not counted here.",
    )


def test_the_terminal_shows_sentence_plan_and_list(run):
    result = run("census", "Which papers were accepted at ACL?")
    assert result.exit_code == 0
    assert result.stdout == (
        "1 of 39 papers names “ACL” as its venue.\n"
        'plan: list where accepted at "ACL"\n'
        "32 papers have neither venue nor comment: not counted here.\n"
        "\n"
        "p5bf57d6022  Mutual-Taught · arXiv:2506.06292 · 2025-05-17 · Accepted to ACL\n"
        "  2025 (Main Conference)\n"
    )


def test_a_histogram_has_a_bar_for_every_month_and_room_for_the_longest(run):
    lines = run("census", "How many papers per month since 2025?").stdout.splitlines()
    bars = {line[:7]: line for line in lines if line.startswith("2025-")}
    assert list(bars) == [f"2025-{month:02}" for month in range(1, 11)]
    assert bars["2025-02"].split() == ["2025-02", "0"]
    assert bars["2025-05"].count("█") > bars["2025-10"].count("█") > bars["2025-01"].count("█") > 0
    assert max(map(len, lines)) <= 80


def test_json_lists_every_paper_that_counts(run):
    shape = json.loads(run("census", "Which papers have code?", "--json").stdout)
    assert shape["count"] == len(shape["papers"]) == 7
    assert (shape["more_papers"], shape["plan"]) == (0, "list where has code")
    asked = json.loads(run("ask", "--no-model", "--json", "Which papers have code?").stdout)
    assert (asked["status"], asked["census"]["papers"]) == ("census", shape["papers"])


def test_the_list_is_saved_as_csv_and_jsonl(run, tmp_path):
    for kind in ("csv", "jsonl"):
        assert run("census", "--has", "code", "--out", tmp_path / f"list.{kind}").exit_code == 0
    with (tmp_path / "list.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "list.jsonl").read_text("utf-8").splitlines()]
    assert [row["paper"] for row in rows] == [line["paper"] for line in lines]
    assert len(rows) == 7
    assert sorted(path.name for path in tmp_path.glob("list*")) == ["list.csv", "list.jsonl"]
    run("census", "How many papers per year?", "--out", tmp_path / "years.csv")
    assert (tmp_path / "years.csv").read_text("utf-8").split() == ["key,count", "2024,5", "2025,15"]
    result = run("census", "--out", tmp_path / "list.xlsx")
    assert result.exit_code == 2
    assert ".csv or .jsonl" in result.stderr


def test_a_title_is_never_a_formula_in_a_spreadsheet(tmp_path):
    census = Census(Plan(Do.LIST), 1, 1, (entry(title='=HYPERLINK("x")', comment="-2+3"),))
    listing.write(census, tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["title"], row["comment"]) == ('\'=HYPERLINK("x")', "'-2+3")
    listing.write(census, tmp_path / "list.jsonl")
    assert json.loads((tmp_path / "list.jsonl").read_text("utf-8"))["title"] == '=HYPERLINK("x")'


def test_what_is_no_question_to_the_whole_collection_is_said(run):
    result = run("census", "What", "is", "GSPO?")
    assert result.exit_code == 2
    assert "chatbot ask" in result.stderr


def test_flags_and_words_filter_alike_everywhere(run):
    flags = ("--since", "2025-05", "--until", "2025-05", "--exclude", "qwen2.5", "--has", "arxiv")
    words = "date:2025-05 has:arxiv -qwen2.5"
    listed = [paper["paper"] for paper in json.loads(run("papers", *flags, "--json").stdout)]
    counted = json.loads(run("census", words, "--json").stdout)
    assert [paper["paper"] for paper in counted["papers"]] == listed
    assert 0 < len(listed) < 6
    by_flags = run("search", "long context", *flags, "--json").stdout
    by_words = run("search", f"long context {words}", "--json").stdout
    assert by_flags == by_words
    assert {hit["paper"] for hit in json.loads(by_words)} <= set(listed)
    for wrong in ("--has=cheese", "--since=soon", "--id=nope", "--author=?"):
        assert run("papers", wrong).exit_code == 2
    assert run("search", "has:code").exit_code == 2
