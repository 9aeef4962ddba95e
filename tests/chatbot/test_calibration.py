"""Thresholds: kept by model and collection, and measured from examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prompts
from chatbot.benching.calibrating import Example, best, calibration, measured
from chatbot.calibration import DEFAULT, FILE, Calibration, Calibrations
from chatbot.errors import CalibrationError


def test_a_model_that_nobody_measured_has_the_defaults(tmp_path: Path) -> None:
    assert Calibrations(tmp_path).of("qwen") == DEFAULT
    assert Calibrations().of("qwen") == DEFAULT


def test_what_was_measured_is_kept_by_model(tmp_path: Path) -> None:
    kept = Calibrations(tmp_path)
    file = kept.keep("qwen", Calibration(1.5, 0.25), {"date": "2026-01-01"})
    kept.keep("llama", Calibration(9.0, 9.0), {})
    kept.keep("qwen", Calibration(2.5, 0.5), {"date": "2026-01-02"})
    assert Calibrations(tmp_path).of("qwen") == Calibration(2.5, 0.5, str(file))
    assert Calibrations(tmp_path).of("llama").supports == 9.0
    assert len(json.loads(file.read_text())["entries"]) == 2
    assert kept.forget("qwen")
    assert not kept.forget("qwen")
    assert kept.of("qwen") == DEFAULT


def test_other_prompts_need_other_thresholds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Calibrations(tmp_path).keep("qwen", Calibration(2.5, 0.5), {})
    changed = prompts.Template("judge", "Another wording.")
    real = prompts.load
    monkeypatch.setattr("prompts.load", lambda name: changed if name == "judge" else real(name))
    assert Calibrations(tmp_path).of("qwen") == DEFAULT


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"entries": [{}]}', '{"entries": 3}', "no"])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(CalibrationError, match="Remove it"):
        Calibrations(tmp_path).of("qwen")


def test_without_a_collection_nothing_is_kept() -> None:
    with pytest.raises(CalibrationError, match="chatbot ingest"):
        Calibrations().keep("qwen", DEFAULT, {})


def examples(good: list[float], bad: list[float]) -> list[Example]:
    pairs = [*((score, True) for score in good), *((score, False) for score in bad)]
    return [Example(score, kind, f"p{place:03}") for place, (score, kind) in enumerate(sorted(pairs))]


def test_a_threshold_lies_in_the_middle_of_the_gap() -> None:
    assert best(examples([2.0, 3.0, 4.0], [-1.0, 0.0, 1.0])) == pytest.approx(1.5)


def test_what_is_told_apart_wholly_is_worth_everything() -> None:
    found = measured(examples([2.0 + n / 10 for n in range(10)], [-n / 10 for n in range(10)]))
    assert (found.right, found.precision, found.recall) == (1.0, 1.0, 1.0)
    assert 0 < found.threshold < 2
    assert (found.good, found.bad) == (10, 10)


def test_too_few_examples_are_no_measure() -> None:
    with pytest.raises(CalibrationError, match="--papers"):
        measured(examples([1.0] * 10, [0.0] * 3))


_SCORES = st.lists(st.floats(-20, 20), min_size=8, max_size=30)


@given(_SCORES, _SCORES)
def test_no_threshold_is_better_than_the_one_chosen(good: list[float], bad: list[float]) -> None:
    def worth(cut: float) -> float:
        kept = sum(score >= cut for score in good) / len(good)
        return kept + sum(score < cut for score in bad) / len(bad)

    chosen = worth(best(examples(good, bad)))
    assert all(chosen >= worth(cut) - 1e-9 for cut in [*good, *bad, 21.0])


def test_what_was_not_measured_keeps_its_default() -> None:
    found = measured(examples([2.0 + n / 10 for n in range(10)], [-n / 10 for n in range(10)]))
    assert calibration(None, found, "x").refuse_below == DEFAULT.refuse_below
    assert calibration(found, None, "x").supports == DEFAULT.supports
