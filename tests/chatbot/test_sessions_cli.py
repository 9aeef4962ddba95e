"""`chatbot sessions`, as people and scripts meet it."""

import json
import os

import pytest
import scripted_events as script
from click.testing import CliRunner

from chatbot.cli import cli, recalling
from chatbot.sessions import FILE, Recorder, Sessions
from chatbot.values import Question


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("CHATBOT_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def run(home):
    return lambda *arguments, stdin=None: CliRunner().invoke(cli, ["sessions", *arguments], input=stdin)


@pytest.fixture
def talk(home):
    """A conversation of two turns."""
    recorder = Recorder(Sessions(home / FILE), "papers")
    for reply in (script.answered, script.refused):
        list(recorder.record(Question("What is GSPO?"), reply()))
    return recorder.id


def test_they_are_listed_and_searched(run, talk):
    listed = run("list")
    assert listed.output.startswith(f"{talk}  What is GSPO?\n              2 questions · papers · 20")
    assert run("search", "CLIPS", "critic").output == listed.output == run().output
    assert run("search", "walrus").output == "No conversation contains that.\n"
    assert run("--collection", "others").output.startswith("No conversation is saved yet.")
    [found] = json.loads(run("list", "--json").output)
    assert (found["session"], found["turns"], found["title"]) == (talk, 2, "What is GSPO?")


def test_nothing_is_made_to_find_nothing(run, home):
    assert json.loads(run("--json").output) == []
    assert not home.exists()


def test_one_is_shown_as_it_was(run, talk):
    shown = run("show", talk[:6]).output
    assert f"What is GSPO?\n{talk} · papers · begun 20" in shown
    assert (
        "> What is GSPO?\nGSPO clips whole sequences. [1] It is 30 times faster. [1] ◐ It needs no" in shown
    )
    assert "    ◐ partial: “It is 21.59× faster.”" in shown
    assert "Nearest papers\nPLawBench" in shown
    assert [turn["state"] for turn in json.loads(run("show", talk, "--json").output)["turns"]] == [
        "finished",
        "finished",
    ]


def test_it_is_renamed(run, talk):
    assert "called “All of GSPO” now" in run("rename", talk, "All", "of", "GSPO").output
    assert "All of GSPO" in run("list").output
    assert "“What is GSPO?”" in run("rename", talk).output


def test_nothing_is_deleted_without_a_yes(run, talk, monkeypatch):
    refused = run("delete", talk)
    assert refused.exit_code == 2
    assert "say so with --yes" in refused.output
    monkeypatch.setattr(recalling, "_person", lambda: True)
    assert run("delete", talk, stdin="n\n").exit_code == 1
    assert talk in run("list").output
    assert "is deleted" in run("delete", talk, stdin="y\n").output
    assert talk not in run("list").output


def test_it_is_exported_to_files_and_to_stdout(run, talk, tmp_path):
    assert run("export", talk).output.startswith("# What is GSPO?\n")
    assert run("export", talk, "--format", "bibtex").output.startswith("@misc{")
    for name in ("a.md", "a.json", "a.bib", "a.html"):
        assert run("export", talk, "--out", name).exit_code == 0
        assert (tmp_path / name).stat().st_size
    assert run("export", talk, "--out", "a.md").exit_code == 2
    assert run("export", talk, "--out", "a.md", "--yes").exit_code == 0
    assert "tells no format" in run("export", talk, "--out", "a.txt").output


def test_an_id_that_is_not_there_is_one_sentence(run, talk):
    for command in (["show", "zz"], ["rename", "zz"], ["delete", "zz", "-y"], ["export", "zz"]):
        failed = run(*command)
        assert failed.exit_code == 1
        assert failed.output.count("\n") == 1
        assert "chatbot sessions list" in failed.output
    assert json.loads(CliRunner().invoke(cli, ["sessions", "show", "zz", "--json"]).stdout)["error"][
        "type"
    ] == ("NoSession")
