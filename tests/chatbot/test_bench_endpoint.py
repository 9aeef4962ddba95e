"""`chatbot bench` against an endpoint: the real command line, real HTTP, a model that does as it is told."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fake_upstream import Behaviour, FakeUpstream, Handler, hang, say, scores, status

from chatbot import assembly, discovery
from chatbot.calibration import DEFAULT
from chatbot.cli import cli
from store.embedding import HashEmbedder

Run = Callable[..., Result]
GSPO = "What does GSPO base its importance ratio on?"
PLAWBENCH = "How many questions does PLawBench contain?"
QUESTIONS = [
    {"question": PLAWBENCH, "facts": ["850"], "paper": "introduce PLawBench"},
    {"question": GSPO, "facts": ["sequence"], "answer": "The importance ratio is that of whole sequences."},
    {"question": "How many questions does PLawBench contain in Latin?", "answerable": False},
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API_KEY", "CHATBOT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "discover", list)
    monkeypatch.setattr(assembly, "local_file", lambda settings: None)
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    assert run("ingest", "--demo").exit_code == 0
    return run


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in QUESTIONS))
    return file


def asked(handler: Handler) -> str:
    """What the last message of a request says."""
    return str(handler.body["messages"][-1]["content"])


def shown(prompt: str, words: str) -> str:
    """The key under which a prompt shows the sentence that holds `words`."""
    found = re.search(rf"^(\d+\.\d+) .*{words}", prompt, re.MULTILINE)
    return found[1] if found else "1.1"


def scholar(handler: Handler) -> None:
    """A model that knows two papers, says that the rest is not there, and agrees with every reference."""
    prompt = asked(handler)
    if "logprobs" in handler.body:
        sure = "in Latin" not in prompt
        behave = scores(yes=-0.1, no=-4.0) if sure else scores(no=-0.01, yes=-6.0)
    elif "PLawBench contain" in prompt:
        said = "PLawBench comprises 850 questions across 13 practical legal scenarios."
        behave = say(json.dumps({"claims": [{"from": [shown(prompt, "850 questions")], "say": said}]}))
    else:
        said = "GSPO defines the importance ratio based on sequence likelihood."
        behave = say(json.dumps({"claims": [{"from": [shown(prompt, "sequence likelihood")], "say": said}]}))
    behave(handler)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Each request of another kind than for log-probabilities gets the next; those are told yes."""
    left = list(behaviours)

    def behave(handler: Handler) -> None:
        if "logprobs" in handler.body:
            scores(yes=-0.1, no=-4.0)(handler)
        else:
            (left.pop(0) if len(left) > 1 else left[0])(handler)

    return behave


def value(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_model_is_scored_as_by_hand(run: Run, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with FakeUpstream(scholar) as upstream:
        command = (
            "bench",
            "answers",
            "--questions",
            questions,
            "--out",
            out,
            "--base-url",
            upstream.base_url,
        )
        found = value(run(*command, "--model", "m", "--json"))
        before = len(upstream.requests)
        table = run(*command, "--model", "m").stdout
        assert len(upstream.requests) == before  # nothing is asked twice
    [model] = found["models"]
    score = model["score"]
    assert [each["right"] for each in model["answers"]] == [True, True, True]
    assert score["facts_right"] == {"value": 1.0, "part": 2, "whole": 2}
    assert score["paper_right"] == {"value": 1.0, "part": 1, "whole": 1}
    assert score["citation_recall"] == score["citation_precision"] == 1.0
    assert score["own_markers"] == {"value": 1.0, "part": 2, "whole": 2}
    assert score["lost_markers"] == 0
    assert score["refusal_precision"] == score["refusal_recall"] == {"value": 1.0, "part": 1, "whole": 1}
    assert score["verdicts"]["supported"] == 2
    assert score["first_token_seconds"] > 0
    assert model["settings"]["base_url"].startswith("http://127.0.0.1")
    assert "| m | 3 | 2/2 | 1/1 | 1.000 | 1.000 | 2/2 | 0 | 1/1 | 1/1 | 2/0/0/0/0 |" in table
    assert f"| {PLAWBENCH} | yes | yes | supported |" in (out / "report.md").read_text()


def test_each_model_is_a_row_and_is_asked_by_its_name(run: Run, questions: Path) -> None:
    with FakeUpstream(scholar) as upstream:
        found = value(
            run(
                "bench", "answers", "--questions", questions, "--limit", 1, "--json",
                "--base-url", upstream.base_url, "--model", "one", "--model", "two",
            )
        )  # fmt: skip
        assert {request.body["model"] for request in upstream.requests} == {"one", "two"}
    assert [model["model"] for model in found["models"]] == ["one", "two"]


def test_markers_that_point_at_nothing_are_counted(run: Run, questions: Path) -> None:
    said = say("PLawBench comprises 850 questions across 13 practical legal scenarios. [9.7][8.8]")
    with FakeUpstream(in_turn(said)) as upstream:
        command = ("bench", "answers", "--questions", questions, "--limit", 1, "--json")
        found = value(run(*command, "--base-url", upstream.base_url, "--model", "m"))
    score = found["models"][0]["score"]
    assert score["lost_markers"] == 2
    assert score["own_markers"]["part"] == 0


def test_a_judge_compares_with_the_reference_and_is_named_and_asked_once(run: Run, questions: Path) -> None:
    with FakeUpstream(scholar) as upstream:
        command = (
            "bench", "answers", "--questions", questions, "--json", "--base-url", upstream.base_url,
            "--model", "m", "--judge", "wise",
        )  # fmt: skip
        found = value(run(*command))
        judged = [request for request in upstream.requests if request.body["model"] == "wise"]
        assert len(judged) == 1
        assert "Reference: The importance ratio" in judged[0].body["messages"][-1]["content"]
        run(*command)
        assert sum(request.body["model"] == "wise" for request in upstream.requests) == 1
    assert found["references_compared_by"] == "wise"
    assert found["models"][0]["answers"][1]["right"] is True


def test_an_endpoint_that_fails_ends_the_run_keeps_what_it_said_and_is_asked_only_for_the_rest(
    run: Run, questions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ("bench", "answers", "--questions", questions, "--out", out, "--json", "--model", "m")
    known = "PLawBench comprises 850 questions across 13 practical legal scenarios."
    with FakeUpstream(in_turn(say(known), status(401, "bad key"))) as upstream:
        broken = run(*command, "--base-url", upstream.base_url)
    assert broken.exit_code == 5
    assert "1 of 3 answers are kept" in " ".join(broken.stderr.split())
    assert "Traceback" not in broken.output
    kept = (out / "answers.jsonl").read_text().splitlines()
    assert len(kept) == 1
    with (out / "answers.jsonl").open("a") as torn:
        torn.write('{"key": "answer:12')
    # Another server has another address, which is another fingerprint: all is asked again.
    with FakeUpstream(scholar) as upstream:
        run(*command, "--base-url", upstream.base_url)
    lines = (out / "answers.jsonl").read_text().splitlines()
    assert lines[0] == kept[0]
    assert [json.loads(line)["asked"]["question"] for line in lines[1:]] == [
        each["question"] for each in QUESTIONS
    ]


def test_citations_are_checked_by_the_rules_or_by_the_model_that_is_named(
    run: Run, questions: Path, tmp_path: Path
) -> None:
    with FakeUpstream(scholar) as upstream:
        at = ("--base-url", upstream.base_url, "--model", "m")
        assert run("bench", "answers", "--questions", questions, *at).exit_code == 0
        rules = value(run("bench", "citations", "--json"))
        judged = value(run("bench", "citations", "--json", "--judge", *at))
        state = tmp_path / "home" / "bench" / "answers" / "answers.jsonl"
        assert value(run("bench", "citations", "--json", "--answers", state))["models"] == rules["models"]
    assert rules["checked_by"] == "rules"
    assert judged["checked_by"] == f"m, log-odds from {DEFAULT.supports:g}"
    for found in (rules, judged):
        [model] = found["models"]
        assert (model["answers"], model["sentences"]["part"], model["citations"]["part"]) == (2, 2, 2)


def test_a_judge_without_log_probabilities_is_refused_with_the_way_out(run: Run, questions: Path) -> None:
    with FakeUpstream(scholar) as upstream:
        at = ("--base-url", upstream.base_url, "--model", "m")
        assert run("bench", "answers", "--questions", questions, *at).exit_code == 0
    with FakeUpstream(scores()) as upstream:
        result = run("bench", "citations", "--judge", "--base-url", upstream.base_url, "--model", "m")
    assert result.exit_code == 1
    assert "Leave --judge out" in result.stderr


def maker(handler: Handler) -> None:
    """Questioner, responder and verifier: asks for what stands before it, answers with the best sentence."""
    prompt = asked(handler)
    if "logprobs" in handler.body:
        behave = scores(yes=-0.1, no=-4.0)
    elif "Write the question" in prompt:
        sentence = prompt.split("Sentence: ")[1].split("\n")[0]
        words = re.findall(r"[a-z]{5,}", sentence)[:6]
        behave = say(f"Question: Which method is about {' '.join(words)}?")
    elif not re.search(r"^\d+\.\d+ ", prompt, re.MULTILINE):
        behave = say("It has no parts.")  # asked for the parts of a question, without evidence
    else:
        words = re.findall(r"[a-z]{5,}", prompt.rpartition("Question: ")[2].split("\n")[0])
        lines = [line for line in prompt.splitlines() if re.match(r"\d+\.\d+ ", line)]
        best = max(lines, key=lambda line: sum(word in line for word in words))
        enough = sum(word in best for word in words) > 5
        key, _, text = best.partition(" ")
        behave = say(f"{text} [{key}]" if enough else "The papers don't say.")
    behave(handler)


def test_questions_are_made_checked_written_and_can_be_asked(run: Run, tmp_path: Path) -> None:
    with FakeUpstream(maker) as upstream:
        at = ("--base-url", upstream.base_url, "--model", "m")
        made = value(run("bench", "make-questions", "--papers", 8, "--json", *at))
        before = len(upstream.requests)
        assert value(run("bench", "make-questions", "--papers", 8, "--json", *at)) == made
        assert len(upstream.requests) == before
        told = run("bench", "make-questions", "--papers", 8, *at).stdout
        result = run("bench", "answers", "--json", *at)
    assert made["questions"]["plain"] + made["questions"]["fact"] > 0
    assert made["questions"]["unanswerable"] > 0
    assert "questions in" in told
    assert all(each.startswith(("plain: ", "fact: ", "unanswerable: ")) for each in made["thrown_away"])
    lines = [json.loads(line) for line in Path(made["file"]).read_text().splitlines()]
    assert len(lines) == sum(made["questions"].values())
    assert len(value(result)["models"][0]["answers"]) == len(lines)
    for line in lines:
        assert line["answerable"] is not bool(line.get("hide"))
        assert not line["question"].startswith("Question:")


def test_a_file_of_questions_that_was_changed_is_not_written_over(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    command = ("bench", "make-questions", "--papers", 1, "--out", file, "--model", "m")
    with FakeUpstream(maker) as upstream:
        assert run(*command, "--base-url", upstream.base_url).exit_code == 0
        assert run(*command, "--base-url", upstream.base_url).exit_code == 0
        file.write_text('{"question": "My own?", "answerable": false}\n')
        result = run(*command, "--base-url", upstream.base_url)
    assert result.exit_code == 1
    assert "Move it away" in " ".join(result.stderr.split())
    assert "My own?" in file.read_text()


PROGRAM = """
from chatbot import assembly, discovery
from chatbot.cli import main
from store.embedding import HashEmbedder
discovery.discover = list
assembly.embedder = lambda settings: HashEmbedder()
main()
"""


def test_after_ctrl_c_the_same_command_asks_only_what_is_left(
    run: Run, questions: Path, tmp_path: Path
) -> None:
    """A real process, interrupted while the endpoint is silent; the endpoint keeps its address."""
    known = "PLawBench comprises 850 questions across 13 practical legal scenarios."
    patient: list[Behaviour] = [in_turn(say(known), hang("GSPO "))]
    with FakeUpstream(lambda handler: patient[0](handler)) as upstream:
        arguments = ["bench", "answers", "--questions", str(questions), "--json", "--model", "m"]
        command = [sys.executable, "-c", PROGRAM, *arguments, "--base-url", upstream.base_url]
        state = tmp_path / "home" / "bench" / "answers" / "answers.jsonl"
        process = subprocess.Popen(
            command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        until = time.monotonic() + 60
        while len(upstream.requests) < 4 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130, told
        assert "1 of 3 answers are kept" in " ".join(told.split())
        assert len(state.read_text().splitlines()) == 1
        patient[0] = scholar
        before = len(upstream.requests)
        done = subprocess.run(
            command, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=True
        )
        later = [request.body["messages"][-1]["content"] for request in upstream.requests[before:]]
    assert not any(PLAWBENCH in prompt for prompt in later)
    assert len(json.loads(done.stdout)["models"][0]["answers"]) == 3
