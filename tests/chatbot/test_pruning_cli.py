"""`chatbot ingest --prune` as users and scripts meet it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from chatbot import assembly, discovery
from chatbot.cli import cli, consent
from store.embedding import HashEmbedder


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "discover", list)
    monkeypatch.setattr(assembly, "local_file", lambda settings: None)
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    (tmp_path / "papers").mkdir()


@pytest.fixture
def run():
    def run(*arguments, stdin=None):
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def put(tmp_path):
    def put(name, *numbers):
        lines = [
            {"title": f"Paper {n}", "abstract": f"We study topic{n} with method{n}. It improves data{n}."}
            for n in numbers
        ]
        (tmp_path / "papers" / name).write_text("\n".join(map(json.dumps, lines)))

    return put


def squeezed(text):
    return " ".join(text.split())


def test_what_went_is_named_and_without_prune_it_is_offered(run, put):
    put("a.jsonl", 1, 2, 3)
    run("ingest", "papers")
    put("a.jsonl", 1, 2)
    offered = run("ingest", "papers")
    assert "1 record is no longer in the source; use --prune to remove it." in squeezed(offered.stdout)
    done = run("ingest", "papers", "--prune")
    assert done.exit_code == 0
    assert "1 record removed that the source no longer has; with them went 1 paper:" in squeezed(done.stdout)
    assert "Paper 3" in done.stdout
    assert "2 papers" in run("papers").stdout


def test_json_names_what_went_and_what_was_kept(run, put, tmp_path):
    put("a.jsonl", 1, 2, 3)
    put("b.jsonl", 4)
    run("ingest", "papers")
    put("a.jsonl", 1, 2)
    (tmp_path / "papers" / "b.jsonl").write_bytes(b"\x1f\x8b broken")
    shape = json.loads(run("ingest", "papers", "--prune", "--json").stdout)
    assert (shape["gone"], shape["removed"], shape["papers"]) == (0, 1, 3)
    assert [paper["title"] for paper in shape["removed_papers"]] == ["Paper 3"]
    assert [(kept["name"], kept["records"]) for kept in shape["retained"]] == [("papers/b.jsonl", 1)]
    assert "1 record kept" in squeezed(run("ingest", "papers").stdout)


def test_a_great_loss_needs_a_yes(run, put, monkeypatch):
    put("a.jsonl", 1, 2, 3)
    run("ingest", "papers")
    put("a.jsonl", 4)
    refused = run("ingest", "papers", "--prune")
    assert refused.exit_code == 1
    assert "--prune removes 3 of the collection's 4 papers" in squeezed(refused.stderr)
    assert "--yes" in refused.stderr
    assert json.loads(run("ingest", "papers", "--prune", "--json").stdout)["error"]["type"] == "NotWanted"
    assert "4 papers" in run("papers").stdout
    monkeypatch.setattr(consent, "watching", lambda: True)
    assert run("ingest", "papers", "--prune", stdin="").exit_code == 1
    assert "4 papers" in run("papers").stdout
    no = run("ingest", "papers", "--prune", stdin="n\n")
    assert no.exit_code == 0
    assert "3 records are no longer in the source" in squeezed(no.stdout)
    assert "3 records removed" in squeezed(run("ingest", "papers", "--prune", stdin="y\n").stdout)


def test_ctrl_c_at_the_question_stops_and_removes_nothing(run, put, monkeypatch):
    put("a.jsonl", 1, 2)
    run("ingest", "papers")
    put("a.jsonl", 3)
    monkeypatch.setattr(consent, "watching", lambda: True)

    def stop(prompt):
        raise KeyboardInterrupt

    monkeypatch.setattr("click.termui.visible_prompt_func", stop)
    # A CliRunner puts its own prompt in that place, so the command is called without one.
    with pytest.raises(SystemExit) as ended:
        cli.main(["ingest", "papers", "--prune"])
    assert ended.value.code == 130
    assert "3 papers" in run("papers").stdout


def test_yes_goes_on_unasked(run, put):
    put("a.jsonl", 1)
    put("b.jsonl", 2)
    run("ingest", "papers")
    put("a.jsonl", 3)
    put("b.jsonl", 4)
    assert run("ingest", "papers", "--prune", "--yes").exit_code == 0
    assert "2 papers" in run("papers").stdout


def test_a_folder_that_holds_no_paper_any_more_can_be_pruned(run, put, tmp_path):
    put("a.jsonl", 1)
    assert run("ingest", "papers", "--prune").exit_code == 0
    (tmp_path / "papers" / "a.jsonl").unlink()
    assert run("ingest", "papers").exit_code == 1
    done = run("ingest", "papers", "--prune", "--yes")
    assert done.exit_code == 0
    assert "has 0 papers" in squeezed(done.stdout)
    assert run("ingest", "papers", "--prune", "--collection", "other").exit_code == 1


def test_a_file_that_is_named_and_gone_is_an_error_unless_its_folder_is_read(run, put, tmp_path):
    put("a.jsonl", 1, 2, 3)
    put("b.jsonl", 4)
    run("ingest", "papers")
    (tmp_path / "papers" / "b.jsonl").unlink()
    for arguments in (("papers/b.jsonl", "--prune"), ("papers", "papers/b.jsonl")):
        lost = run("ingest", *arguments)
        assert lost.exit_code == 1
        assert "There is no file or folder papers/b.jsonl" in squeezed(lost.stderr)
    done = run("ingest", "papers", "papers/b.jsonl", "--prune")
    assert done.exit_code == 0
    assert "papers/b.jsonl is no longer in the folder" in squeezed(done.stderr)
    assert "Paper 4" in done.stdout


def test_arxiv_and_stdin_are_no_lost_files(run, put):
    put("a.jsonl", 1)
    wrong = run("ingest", ".", "arxiv:hello", "--prune")
    assert "is no arXiv id" in squeezed(wrong.stderr)
    text = json.dumps({"title": "Paper 9", "abstract": "We study topic9 with method9. It improves data9."})
    assert run("ingest", "-", stdin=text).exit_code == 0
    assert run("ingest", "-", "--prune", stdin=text).exit_code == 2
    assert run("ingest", ".", "--prune").exit_code == 0
    assert "2 papers" in run("papers").stdout
