"""`chatbot sessions`, as people and scripts meet it."""

import json
import os
import sqlite3

import pytest
import scripted_events as script
from click.testing import CliRunner

from chatbot import assembly, discovery
from chatbot.cli import cli, consent
from chatbot.sessions import FILE, Recorder, Sessions
from chatbot.values import Question
from store import HashEmbedder


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
    monkeypatch.setattr(consent, "person", lambda: True)
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


# In a conversation


@pytest.fixture
def chat(home, monkeypatch):
    """`chatbot chat` with the demo's papers and scripted answers; a pipe is its stdin, or a person."""
    monkeypatch.setattr(discovery, "discover", list)
    monkeypatch.setattr(assembly, "local_file", lambda settings: None)
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    assert CliRunner().invoke(cli, ["ingest", "--demo"]).exit_code == 0

    def chat(*arguments, stdin="What is GSPO?\n", replies=(script.answered,)):
        asked = script.FakeChat(*replies)
        monkeypatch.setattr(assembly.Assembly, "chat", lambda self: asked)
        done = CliRunner().invoke(cli, ["chat", *arguments], input=stdin)
        return done, asked

    return chat


def kept(run):
    return json.loads(run("--json").output)


def test_a_pipe_is_saved_only_if_it_is_asked_for(chat, run):
    done, _ = chat()
    assert "--resume" not in done.stderr
    assert kept(run) == []
    done, _ = chat("--save-sessions")
    [session] = kept(run)
    assert f"chatbot chat --resume {session['session']}" in done.stderr
    assert session["turns"] == 1


def test_a_saved_conversation_goes_on_by_id_or_as_the_last(chat, run):
    chat("--save-sessions")
    [session] = kept(run)
    for arguments in (["--resume", session["session"][:6]], ["--resume"]):
        done, asked = chat(*arguments, stdin="And?\n", replies=(script.refused,))
        assert done.exit_code == 0
        assert "> What is GSPO?\nGSPO clips whole sequences. [1]" in done.stdout
        assert asked.questions[0].numbers == (("p1", 1),)
    assert [each["turns"] for each in kept(run)] == [3]


def test_what_cannot_be_resumed_is_one_sentence(chat):
    for arguments in (["--resume"], ["--resume", "zz"]):
        done, _ = chat(*arguments)
        assert done.exit_code == 1
        assert "chatbot" in done.stderr.splitlines()[-1]


def test_saving_that_is_switched_off_keeps_nothing(chat, run, monkeypatch):
    chat("--save-sessions")
    monkeypatch.setenv("CHATBOT_SAVE_SESSIONS", "false")
    chat("--resume", kept(run)[0]["session"])
    assert [each["turns"] for each in kept(run)] == [1]


def test_a_file_of_a_newer_version_is_said_and_the_conversation_goes_on(chat, home):
    with sqlite3.connect(home / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    done, _ = chat("--save-sessions")
    assert done.exit_code == 0
    assert "not saved" in " ".join(done.stderr.split())
    assert "1 of 3 sentences proven" in done.stdout
