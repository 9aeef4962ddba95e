"""`chatbot bench` and `chatbot calibrate` as commands: the real embedder, no model or a fake endpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_upstream import FakeUpstream, scores
from test_benching import beir
from test_entailment import packaged

from chatbot.cli import cli

QUESTIONS = [
    {
        "question": "How many questions does PLawBench contain?",
        "facts": ["850"],
        "paper": "introduce PLawBench",
    },
    {"question": "What is the boiling point of water?", "answerable": False},
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object):  # type: ignore[no-untyped-def]
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    return run


def written(tmp_path: Path, *items: object) -> Path:
    file = tmp_path / "items.jsonl"
    file.write_text("".join(json.dumps(item) + "\n" for item in items))
    return file


def test_answers_are_asked_once_reported_and_checked_for_citations(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert run("ingest", "--demo").exit_code == 0
    file = written(tmp_path, *QUESTIONS)
    command = ("bench", "answers", "--questions", file, "--no-model", "--out", tmp_path / "out", "--json")
    first = run(*command)
    assert first.exit_code == 0, first.output
    value = json.loads(first.stdout)
    [model] = value["models"]
    assert model["score"]["questions"] == 2
    assert [each["right"] for each in model["answers"]] == [True, True]
    state = (tmp_path / "out" / "answers.jsonl").read_text()
    again = run(*command)
    assert json.loads(again.stdout)["models"][0]["answers"] == model["answers"]
    assert (tmp_path / "out" / "answers.jsonl").read_text() == state
    assert "PLawBench" in (tmp_path / "out" / "report.md").read_text()
    cited = run("bench", "citations", "--answers", tmp_path / "out" / "report.json")
    assert cited.exit_code == 0, cited.output
    assert "rules" in cited.stdout
    assert "1.000" in cited.stdout


def test_claims_are_judged_by_rules_and_each_layer_is_left_out(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    said = "Alpha-7 cuts memory by 41% on all tasks."
    file = written(
        tmp_path,
        {"claim": "Alpha-7 cuts memory by 41%.", "evidence": said, "label": "supports"},
        {"claim": "Alpha-7 cuts memory by 12%.", "evidence": said, "label": "refutes"},
    )
    result = run("bench", "claims", "--data", file, "--verifier", "fast")
    assert result.exit_code == 0, result.output
    assert "| items | rules | 2 | 1 | 1.000 |" in result.stdout
    assert "overlap" in result.stdout
    value = json.loads(run("bench", "claims", "--data", file, "--no-model", "--json").stdout)
    assert value["sets"][0]["rules"]["balanced_accuracy"] == 1.0
    assert value["sets"][0]["judged"] is None


def test_claims_are_put_to_a_model_where_the_rules_leave_them_open(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    said = "Alpha-7 cuts memory by 41% on all tasks."
    file = written(
        tmp_path,
        {"claim": "The approach shrinks what has to be stored.", "evidence": said, "label": "supports"},
        {"claim": "Alpha-7 cuts memory by 12%.", "evidence": said, "label": "refutes"},
    )
    with FakeUpstream(scores(yes=-0.1, no=-4.0)) as upstream:
        result = run(
            "bench", "claims", "--data", file, "--base-url", upstream.base_url, "--model", "m", "--json",
            "--no-ablation",
        )  # fmt: skip
    assert result.exit_code == 0, result.output
    [found] = json.loads(result.stdout)["sets"]
    assert found["judge"] == "m"
    assert found["rules"]["balanced_accuracy"] == 0.5
    assert found["judged"]["balanced_accuracy"] == 1.0


def test_retrieval_is_measured_on_a_set(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = run("bench", "retrieval", "--data", beir(tmp_path / "tiny"))
    assert result.exit_code == 0, result.output
    for side in ("keyword", "vector", "hybrid"):
        assert side in result.stdout


def test_a_reranker_that_is_configured_is_a_mode_of_its_own(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = beir(tmp_path / "tiny")
    lacking = run("bench", "retrieval", "--data", data, "--mode", "reranked")
    assert lacking.exit_code == 1
    assert "CHATBOT_RERANK_PATH" in lacking.stderr
    monkeypatch.setenv("CHATBOT_RERANK_PATH", str(packaged("reranker_en")))
    value = json.loads(run("bench", "retrieval", "--data", data, "--json").stdout)
    text = json.dumps(value)
    assert '"reranked"' in text
    assert '"hybrid"' in text


def test_a_reranker_that_fails_is_not_measured_as_if_it_had_reranked(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATBOT_RERANK_PATH", str(tmp_path / "gone"))
    result = run("bench", "retrieval", "--data", beir(tmp_path / "tiny"), "--mode", "reranked")
    assert result.exit_code == 1
    assert "nothing is measured" in " ".join(result.stderr.split())


def test_ways_to_fuse_are_tried_on_one_half_and_reported_on_the_other(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data = beir(tmp_path / "tiny")
    value = json.loads(run("bench", "retrieval", "--data", data, "--sweep", "--json").stdout)
    tune, report = value["tune"], value["report"]
    assert value["now"] in {row["way"] for row in tune}
    assert [row["nDCG@10"] for row in tune] == sorted((row["nDCG@10"] for row in tune), reverse=True)
    assert {"keyword only", "vector only", value["now"]} <= {row["way"] for row in report}
    page = run("bench", "retrieval", "--data", data, "--sweep")
    assert page.exit_code == 0, page.output
    assert value["now"] in page.stdout
    assert run("bench", "retrieval", "--data", data, "--sweep", "--half", "tune").exit_code == 2


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("bench", "answers"), "no file of questions"),
        (("bench", "claims", "--data", "gone.jsonl", "--no-model"), "no file of claims"),
        (("bench", "retrieval", "--data", "gone"), "no folder"),
        (("bench", "citations"), "no answers"),
        (("bench", "make-questions", "--no-model"), "written by a model"),
        (("calibrate", "--no-model"), "no model to calibrate"),
    ],
)
def test_what_is_missing_is_one_sentence_with_its_cure(run, command: tuple[str, ...], said: str) -> None:  # type: ignore[no-untyped-def]
    assert run("ingest", "--demo").exit_code == 0
    result = run(*command)
    assert result.exit_code != 0
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_an_endpoint_without_log_probabilities_can_t_be_calibrated(run) -> None:  # type: ignore[no-untyped-def]
    from fake_upstream import say

    assert run("ingest", "--demo").exit_code == 0
    with FakeUpstream(say("What does the method of GSPO change in training?")) as upstream:
        result = run("calibrate", "--papers", 4, "--base-url", upstream.base_url, "--model", "m")
    assert result.exit_code != 0
    assert "Traceback" not in result.output
