"""Papers first, vectors behind, as a person meets them: real processes, an embedder that waits for a byte."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PROGRAM = """
import sys
sys.path[:0] = {paths!r}
from chatbot import assembly, discovery
from chatbot.cli import main
from slow_embedder import Piped
from store.embedding import HashEmbedder
discovery.discover = list
assembly.local_file = lambda settings: None
pipe = {pipe!r}
assembly.embedder = lambda settings: Piped(pipe, {log!r}, 650) if pipe else HashEmbedder()
main()
"""
KNOWS_NONE = "Meaning-search knows none of 39 papers so far; keywords know all."


@pytest.fixture
def pipe(tmp_path):
    """A pipe that an embedder in a child waits at, a byte a text."""
    os.mkfifo(tmp_path / "pipe")
    end = os.open(tmp_path / "pipe", os.O_RDWR)
    yield end
    os.close(end)


@pytest.fixture
def start(tmp_path):
    """Start the program; it is ended whatever happens."""
    started = []

    def start(*arguments, slow=False, **how):
        program = PROGRAM.format(
            paths=[str(TESTS.parent), str(TESTS)],
            pipe=str(tmp_path / "pipe") if slow else "",
            log=str(tmp_path / "log"),
        )
        variables = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
        variables |= {"CHATBOT_HOME": str(tmp_path / "home"), "COLUMNS": "200"}
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        command = [sys.executable, "-c", program, *map(str, arguments)]
        process = subprocess.Popen(
            command, env=variables, cwd=tmp_path, text=True, encoding="utf-8", **streams
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def run(start):
    """What the program prints, to stdout and stderr, on one line each."""

    def run(*arguments):
        out, err = start(*arguments).communicate(timeout=60)
        assert "Traceback" not in err, err
        return out, " ".join(err.split())

    return run


def test_papers_come_first_and_every_way_to_ask_says_what_is_missing(run):
    out, _ = run("ingest", "--demo", "--later")
    assert "0 embedded now" in out
    assert "39 of them have no vectors yet and are found by keywords alone. `chatbot embed` makes" in out
    out, err = run("search", "GSPO", "--json")
    assert json.loads(out)[0]["label"] == "GSPO"
    assert json.loads(out)[0]["vectors"] == {"papers": 39, "made": 0}
    assert f"{KNOWS_NONE} `chatbot embed` makes the others." in err
    out, err = run("ask", "What does GSPO clip?", "--no-model", "--json")
    answer = json.loads(out)
    assert answer["vectors"] == {"papers": 39, "made": 0}
    assert answer["dropped"][0] == KNOWS_NONE
    assert answer["citations"][0]["label"] == "GSPO"
    assert err.count(KNOWS_NONE) == 1
    out, err = run("ask", "What does GSPO clip?", "--no-model")
    assert (out.count(KNOWS_NONE), err.count(KNOWS_NONE)) == (0, 1)
    assert "no vectors yet: found by keywords alone; `chatbot embed` makes them" in run("collections")[0]
    assert f"{KNOWS_NONE} `chatbot embed` makes the 39 vectors" in " ".join(run("doctor")[0].split())
    out, _ = run("ask", "How many papers are there?", "--json")
    assert json.loads(out)["vectors"] is None  # a count needs none
    assert json.loads(run("embed", "--json")[0]) == {
        "version": 1,
        "embedded": 39,
        "papers": 39,
        "vectors_missing": 0,
    }
    assert run("embed") == ("0 embedded now. Meaning-search knows all 39 papers.\n", "")
    out, err = run("search", "GSPO", "--json")
    assert json.loads(out)[0]["vectors"] is None
    assert err == ""


def test_ctrl_c_says_what_is_in_what_is_missing_and_how_to_go_on(start, run, pipe, tmp_path):
    process = start("ingest", "--demo", slow=True)
    made(process, pipe, tmp_path, 10)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    # Ten texts were embedded; whether the last of them was handed on when Ctrl-C came is a matter of luck.
    missing = re.search(
        r"39 papers are in and found by keywords; (29|30) of them have no vectors yet. `chatbot embed`", err
    )
    assert missing is not None
    assert err.endswith("\nStopped.\n")
    assert run("embed")[0].startswith(f"{missing[1]} embedded now. ")


def test_a_killed_ingest_is_gone_on_with_by_embed(start, run, pipe, tmp_path):
    process = start("ingest", "--demo", slow=True)
    made(process, pipe, tmp_path, 10)
    process.kill()
    process.communicate(timeout=30)
    assert json.loads(run("search", "GSPO", "--json")[0])[0]["label"] == "GSPO"
    assert run("embed")[0].startswith("39 embedded now. ")


def test_a_question_is_answered_beside_a_process_that_embeds(start, run, pipe, tmp_path):
    process = start("ingest", "--demo", slow=True)
    made(process, pipe, tmp_path, 10)
    out, err = run("ask", "What does GSPO clip?", "--no-model", "--json")
    assert json.loads(out)["citations"][0]["label"] == "GSPO"
    assert f"{KNOWS_NONE} The others come from process {process.pid} or, when it has ended," in err
    assert f"process {process.pid} is using it" in run("embed")[1]
    os.write(pipe, b"." * 29)
    assert process.wait(30) == 0
    assert json.loads(run("search", "GSPO", "--json")[0])[0]["vectors"] is None


def test_an_open_conversation_makes_the_vectors_behind_and_answers_meanwhile(start, run, pipe, tmp_path):
    run("ingest", "--demo", "--later")
    process = start("chat", "--no-model", slow=True, stdin=subprocess.PIPE)
    ask(process, "What does GSPO clip?")
    made(process, pipe, tmp_path, 32)
    for _ in range(2):
        ask(process, "What does GSPO clip?")
    made(process, pipe, tmp_path, 39)
    process.stdin.close()
    err = " ".join(process.stderr.read().split())
    assert process.wait(30) == 0
    assert err.count("so far; keywords know all. The others follow while this is open.") in (1, 2)
    assert run("embed")[0] == "0 embedded now. Meaning-search knows all 39 papers.\n"


def test_leaving_a_conversation_stops_at_once_and_keeps_what_was_made(start, run, pipe, tmp_path):
    run("ingest", "--demo", "--later")
    process = start("chat", "--no-model", slow=True, stdin=subprocess.PIPE)
    made(process, pipe, tmp_path, 10)
    process.stdin.close()
    os.write(pipe, b".")  # the text that it is at
    assert process.wait(30) == 0
    # 39: on a busy machine the text it is at takes longer than leaving waits: its batch is made again.
    assert run("embed")[0].split()[0] in ("28", "29", "39")


def ask(process, question: str) -> None:
    """Ask in a pipe, and return when the answer is there."""
    process.stdin.write(f"{question}\n")
    process.stdin.flush()
    for text in process.stdout:
        if "extracts, written by no model" in text:
            return
    raise AssertionError(process.stderr.read())


def made(process, pipe: int, tmp_path: Path, count: int) -> None:
    """Let texts be made, and return when that many are in the log."""
    log = tmp_path / "log"
    before = len(log.read_text().splitlines()) if log.exists() else 0
    os.write(pipe, b"." * (count - before))
    while len(log.read_text().splitlines() if log.exists() else []) < count:
        assert process.poll() is None, process.communicate()
        os.sched_yield()
