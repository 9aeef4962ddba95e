"""`chatbot calibrate` from questions to a kept file, with a scripted model over the demo's papers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatbot import assembly
from chatbot.calibration import Calibrations
from chatbot.cli import cli
from chatbot.model import FirstToken
from chatbot.model.scripted import Call, ScriptedModel
from chatbot.values import Usage


class Calibrated(ScriptedModel):
    """Asks about a sentence, repeats it in other words, and says yes where the sentence is before it."""

    def __init__(self) -> None:
        super().__init__([self._written] * 500, name="calibrated", local=True)
        self._sentence = ""

    def _written(self, call: Call) -> str:
        asked = call.messages[-1].content
        self._sentence = asked.split("Sentence: ")[1].split("\n")[0]
        words = self._sentence.split()
        if "other words" in asked:
            return f"They say that {self._sentence}"
        return f"What is told about {' '.join(words[1:9])}?"

    def first_token(self, messages, top=20):  # type: ignore[no-untyped-def]
        held = self._sentence[:40] in messages[-1].content.split("Statement: ")[0]
        scores = {"yes": -0.05, "no": -3.0} if held else {"yes": -4.0, "no": -0.02}
        return FirstToken(scores, Usage(9, 1))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(assembly, "choose_model", lambda settings, **told: Calibrated())

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    assert run("ingest", "--demo").exit_code == 0
    return run


def test_thresholds_are_measured_kept_used_and_forgotten(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "collections" / "papers"
    result = run("calibrate", "--papers", 20, "--json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout)
    assert value["model"] == "calibrated"
    assert value["verdicts"]["right"] > 0.9
    assert value["verdicts"]["good"] >= 8
    assert value["refusals"]["recall"] > 0.5
    kept = Calibrations(folder).of("calibrated")
    assert (kept.supports, kept.refuse_below) == (value["supports"], value["refuse_below"])
    assert run("calibrate", "--forget").exit_code == 0
    assert Calibrations(folder).of("calibrated").origin == "default"


def test_a_dry_run_tells_and_keeps_nothing(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = run("calibrate", "--papers", 20, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "told rightly" in result.stdout
    assert "Nothing was kept" in result.stdout
    assert not (tmp_path / "collections" / "papers" / "calibration.json").exists()


def test_verdicts_may_be_measured_on_labelled_claims(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "claims.jsonl"
    pairs = [
        {"claim": f"Claim {n}.", "evidence": f"Sentence {n}.", "label": "supports" if n % 2 else "neutral"}
        for n in range(40)
    ]
    file.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    result = run("calibrate", "--papers", 20, "--claims", file, "--dry-run", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["verdicts"]["good"] == 20


def test_too_few_papers_are_told(run) -> None:  # type: ignore[no-untyped-def]
    result = run("calibrate", "--papers", 4)
    assert result.exit_code == 1
    assert "Take more papers" in " ".join(result.stderr.split())
