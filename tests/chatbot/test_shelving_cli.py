"""`chatbot collections`, and `--collection NAME` on every command, as people and scripts meet them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from chatbot import assembly, discovery
from chatbot.cli import cli, consent
from store import Collection, HashEmbedder, collections
from store.ownership import Ownership
from store.readers import read_text
from store.records import Record

Run = Callable[..., Result]
HERE = Path(__file__).parent


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of its own: nothing configured, no servers, no local model, an instant embedder."""
    for name in [name for name in os.environ if name.startswith(("CHATBOT_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "discover", list)
    monkeypatch.setattr(assembly, "local_file", lambda settings: None)
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    def run(*arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def filled(run: Run) -> None:
    assert run("ingest", "--demo").exit_code == 0


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits at a terminal; the runner's stdin is what they type."""
    monkeypatch.setattr(consent, "person", lambda: True)


def listed(run: Run) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in json.loads(run("collections", "--json").stdout)}


def test_collections_are_made_filled_listed_renamed_and_deleted(run: Run) -> None:
    assert "There is no collection yet" in run("collections").stdout
    assert run("collections", "create", "mine").exit_code == 0
    assert "39 embedded now" in run("ingest", "--demo", "--collection", "mine").stdout
    text = run("collections", "list", "--collection", "mine").stdout
    assert "* mine  39 papers" in text
    assert "newest of 2025" in text
    assert "embedded by hash-64" in text
    shelf = listed(run)["mine"]
    assert (shelf["papers"], shelf["vectors"], shelf["in_use"], shelf["problem"]) == (39, 39, False, None)
    assert run("collections", "rename", "mine", "yours").exit_code == 0
    assert list(listed(run)) == ["yours"]
    assert run("collections", "delete", "yours", "--yes").exit_code == 0
    assert listed(run) == {}


def test_the_bare_group_lists_and_json_may_stand_behind_either(run: Run, filled: None) -> None:
    assert run("collections").stdout == run("collections", "list").stdout
    assert json.loads(run("collections", "--json").stdout) == json.loads(
        run("collections", "list", "--json").stdout
    )


def test_a_name_that_is_taken_impossible_or_not_there_is_one_sentence(run: Run, filled: None) -> None:
    for arguments, told in (
        (("create", "papers"), "There is a collection 'papers' already."),
        (("create", "Papers"), "not every system tells capitals apart"),
        (("create", "../x"), "can't name a collection"),
        (("delete", "../x", "--yes"), "can't name a collection"),
        (("delete", "Papers", "--yes"), "There is no collection 'Papers' (there is: papers)."),
        (("rename", "papers", "a/b"), "can't name a collection"),
        (("rename", "nothing", "b"), "There is no collection 'nothing'"),
        (("export", "nothing"), "There is no collection 'nothing'"),
        (("reembed", "nothing"), "There is no collection 'nothing'"),
    ):
        result = run("collections", *arguments)
        assert result.exit_code == 4, arguments
        assert told in " ".join(result.stderr.split())
        assert "Traceback" not in result.stderr
    assert list(listed(run)) == ["papers"]


def test_a_damaged_collection_is_listed_as_such_with_its_cure_and_can_be_deleted(
    run: Run, home: Path, filled: None
) -> None:
    run("collections", "create", "whole")
    for left in (home / "collections" / "papers").glob("ledger.sqlite3*"):
        left.write_bytes(b"no database" * 1000)
    result = run("collections")
    assert result.exit_code == 0
    assert "papers  damaged" in result.stdout
    assert "ingest your sources again" in " ".join(result.stdout.split())
    assert "whole  0 papers" in result.stdout
    assert "can't be read" in str(listed(run)["papers"]["problem"])
    assert run("collections", "delete", "papers", "--yes").exit_code == 0
    assert list(listed(run)) == ["whole"]


def test_one_in_use_is_listed_and_left_alone(run: Run, home: Path, filled: None) -> None:
    ownership = Ownership(home / "collections" / "papers")
    assert ownership.take()
    try:
        assert listed(run)["papers"]["papers"] == 39
        for arguments in (("delete", "papers", "--yes"), ("rename", "papers", "x"), ("reembed", "papers")):
            result = run("collections", *arguments)
            assert (result.exit_code, "is using it" in " ".join(result.stderr.split())) == (4, True)
        assert run("collections", "export").exit_code == 0
    finally:
        ownership.release()
    assert run("collections", "delete", "papers", "--yes").exit_code == 0


def test_deleting_asks_and_no_changes_nothing(run: Run, filled: None, person: None) -> None:
    refused = run("collections", "delete", "papers", stdin="n\n")
    assert refused.exit_code == 1
    assert "Delete the collection papers (39 papers," in refused.stderr
    assert "Nothing was changed." in refused.stderr
    assert run("collections", "delete", "papers", stdin="\n").exit_code == 1
    assert "papers" in listed(run)
    assert run("collections", "delete", "papers", stdin="y\n").exit_code == 0
    assert listed(run) == {}


def test_two_names_for_one_collection_are_refused(run: Run, filled: None) -> None:
    result = run("--collection", "other", "collections", "delete", "papers", "--yes")
    assert result.exit_code == 2
    assert "Which one: papers, or other" in result.stderr
    assert "papers" in listed(run)
    assert run("collections", "delete", "papers", "--collection", "papers", "--yes").exit_code == 0


def test_re_embedding_is_what_rebuild_does_and_both_spellings_stay(
    run: Run, filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder(32))
    assert run("search", "GSPO").exit_code == 4
    assert "built again: 39 papers" in run("collections", "reembed", "papers").stdout
    assert listed(run)["papers"]["embedder"] == "hash-32"
    assert run("search", "GSPO").exit_code == 0
    assert "built again: 39 papers" in run("rebuild", "--reembed").stdout


class TestExporting:
    @pytest.mark.parametrize(
        ("file", "begins"), [("x.jsonl", "{"), ("x.bib", "@"), ("x.BibTeX", "@"), ("x.ris", "TY  - ")]
    )
    def test_the_end_of_the_name_tells_the_format(
        self, run: Run, filled: None, file: str, begins: str
    ) -> None:
        result = run("collections", "export", "--out", file)
        assert (result.exit_code, result.stdout) == (0, "")
        assert f"39 papers written to {file}" in result.stderr
        assert Path(file).read_text(encoding="utf-8").startswith(begins)
        assert "39 new" in run("ingest", file, "--collection", "again").stdout

    def test_stdout_gets_jsonl_and_it_agrees_with_what_papers_shows(self, run: Run, filled: None) -> None:
        lines = [json.loads(line) for line in run("collections", "export").stdout.splitlines()]
        shown = json.loads(run("papers", "--json").stdout)
        assert sorted(lines, key=lambda each: each["paper"]) == sorted(shown, key=lambda each: each["paper"])

    def test_a_format_may_be_named_and_filters_hold(self, run: Run, filled: None) -> None:
        text = run("collections", "export", "papers", "--format", "ris", "--since", "2025-10").stdout
        found = [item for item in read_text(text, "x") if isinstance(item, Record)]
        assert len(found) == len(json.loads(run("papers", "--since", "2025-10", "--json").stdout))
        assert run("collections", "export", "--out", "-", "--format", "ris").stdout.startswith("TY  - ")

    def test_what_is_there_is_written_over_only_if_that_is_said(
        self, run: Run, filled: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("x.ris").write_text("mine")
        refused = run("collections", "export", "-o", "x.ris")
        assert refused.exit_code == 2
        assert "say so with --yes" in refused.stderr
        assert Path("x.ris").read_text() == "mine"
        monkeypatch.setattr(consent, "person", lambda: True)
        assert run("collections", "export", "-o", "x.ris", stdin="n\n").exit_code == 1
        assert Path("x.ris").read_text() == "mine"
        assert run("collections", "export", "-o", "x.ris", "--yes").exit_code == 0
        assert Path("x.ris").read_text(encoding="utf-8").startswith("TY  - ")

    def test_a_name_that_tells_no_format_a_filter_that_nothing_passes_and_an_empty_one_write_nothing(
        self, run: Run, filled: None
    ) -> None:
        result = run("collections", "export", "--out", "x.pdf")
        assert (result.exit_code, "give --format" in result.stderr) == (2, True)
        result = run("collections", "export", "--out", "x.ris", "--since", "2100")
        assert (result.exit_code, "nothing is written" in result.stderr) == (0, True)
        run("collections", "create", "empty")
        assert run("collections", "export", "empty", "--out", "x.ris").exit_code == 4
        result = run("collections", "export", "--out", "no/such/x.ris")
        assert (result.exit_code, "can't be written" in result.stderr) == (1, True)
        assert not list(Path().glob("x.*"))


# Every command that touches a collection, and what it needs beside its name.
TOUCHING: dict[str, tuple[str, ...]] = {
    "ask": ("q",),
    "bench answers": ("--questions", "q.jsonl"),
    "bench citations": ("--answers", "report.json"),
    "bench make-questions": (),
    "calibrate": (),
    "census": ("How many papers are there?",),
    "chat": (),
    "collections": (),
    "collections create": ("missing",),
    "collections delete": ("missing", "--yes"),
    "collections export": (),
    "collections list": (),
    "collections reembed": (),
    "collections rename": ("missing", "x"),
    "doctor": (),
    "embed": (),
    "ingest": ("papers.jsonl",),
    "papers": (),
    "papers show": ("x",),
    "rebuild": (),
    "review": ("x",),
    "search": ("x",),
    "verify": ("draft.txt",),
}
# Models of this machine, public data and fixed pairs: no collection of the user's is read.
OTHERS = {"bench", "bench claims", "bench retrieval", "model"}
# These serve or list for all collections, and open none before they are asked: the option alone is held here.
SERVING = {
    "keys create",
    "keys list",
    "keys revoke",
    "mcp",
    "serve",
    "sessions",
    "sessions delete",
    "sessions export",
    "sessions list",
    "sessions rename",
    "sessions search",
    "sessions show",
    "web",
}


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        whole = f"{before} {name}".strip()
        yield whole, command
        if isinstance(command, click.Group):
            yield from commands(command, whole)


def test_no_command_is_forgotten_and_each_takes_a_collection() -> None:
    found = {name: command for name, command in commands(cli) if not name.startswith("model ")}
    assert set(found) == TOUCHING.keys() | OTHERS | SERVING | {"keys"}
    for name in TOUCHING.keys() | SERVING:
        assert "--collection" in [option for each in found[name].params for option in each.opts], name


@pytest.mark.parametrize("name", TOUCHING)
@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
def test_a_collection_is_named_before_a_command_or_behind_it(
    run: Run, home: Path, name: str, before: bool
) -> None:
    abstract = "We study violins and report at length what we have found in all of them."
    for file, text in (
        ("papers.jsonl", json.dumps({"title": "T", "abstract": abstract})),
        ("draft.txt", "It is so."),
        ("report.json", json.dumps({"models": []})),
        ("q.jsonl", json.dumps({"question": "What is studied?", "answerable": True, "paper": "x"})),
    ):
        Path(file).write_text(text)
    flag = ["--collection", "missing"]
    words = [*name.split(), *TOUCHING[name]]
    result = run(*flag, *words) if before else run(*words, *flag)
    if name in ("ingest", "collections create"):
        assert result.exit_code == 0, result.output
        assert collections(home) == ("missing",)
    elif name in ("collections", "collections list"):
        assert result.exit_code == 0
    else:
        assert result.exit_code in (1, 4), result.output
        assert "'missing'" in result.output


# The program with an instant embedder, as a real process.
PROGRAM = """
from chatbot import assembly
from chatbot.cli import main
from store.embedding import HashEmbedder
assembly.embedder = lambda settings: HashEmbedder()
main()
"""


def process(home: Path, *arguments: str, **how: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**os.environ, "CHATBOT_HOME": str(home)},
        text=True,
        encoding="utf-8",
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how},  # type: ignore[call-overload]
    )


def test_without_a_terminal_nothing_is_deleted_unless_it_is_said(home: Path, run: Run, filled: None) -> None:
    started = process(home, "collections", "delete", "papers")
    out, told = started.communicate(timeout=60)
    assert (started.returncode, out) == (2, "")
    assert "There is no terminal to ask at: say so with --yes." in told
    assert "Traceback" not in told
    assert collections(home) == ("papers",)
    started = process(home, "collections", "delete", "papers", "--yes")
    assert "is deleted" in started.communicate(timeout=60)[0]
    assert (started.returncode, collections(home)) == (0, ())


def test_who_leaves_at_the_question_deletes_nothing(home: Path, run: Run, filled: None) -> None:
    keyboard, terminal = pty.openpty()
    started = process(home, "collections", "delete", "papers", stdin=terminal)
    os.write(keyboard, b"\x04")  # Ctrl-D
    told = started.communicate(timeout=60)[1]
    os.close(keyboard)
    os.close(terminal)
    assert started.returncode == 1
    assert "[y/N]" in told
    assert "Traceback" not in told
    assert collections(home) == ("papers",)


def test_an_export_that_nobody_reads_to_its_end_stops_quietly(home: Path, run: Run, filled: None) -> None:
    with Collection.open(home, "papers", HashEmbedder) as collection:
        long = " ".join(f"word{number}" for number in range(2000))
        many = [
            json.dumps({"title": f"T{each}", "abstract": f"We study number{each}. {long}"})
            for each in range(40)
        ]
        collection.ingest(read_text("\n".join(many), "many.jsonl"))
    started = process(home, "collections", "export")
    assert started.stdout is not None
    assert started.stdout.readline().startswith("{")
    started.stdout.close()
    assert started.stderr is not None
    assert started.stderr.read() == ""
    assert started.wait(60) == 1


def test_an_export_is_utf_8_whatever_the_locale(
    home: Path, run: Run, filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    abstract = "Wir untersuchen Geigen – und berichten ausführlich, was wir gefunden haben: 中."
    with Collection.open(home, "papers", HashEmbedder) as collection:
        collection.ingest(read_text(json.dumps({"title": "Über", "abstract": abstract}), "x.jsonl"))
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert abstract in process(home, "collections", "export").communicate(timeout=60)[0]
