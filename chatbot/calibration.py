"""Where a model's odds begin to count: for a verdict, and for a refusal.

The defaults were measured with the built-in Qwen. `chatbot calibrate` measures them for another model, on the
collection itself, and keeps them in `calibration.json` in the collection's folder. An entry holds for one
model and one wording of the prompts; under any other the defaults are in force.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import prompts
from chatbot.errors import CalibrationError

FILE = "calibration.json"
# The prompts whose wording the odds depend on.
_ASKING = ("answer_markers", "answer_schema", "judge", "question", "statement", "task_answerable")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Two thresholds, in natural log-odds of "yes".

    From `supports` on a model's yes makes a sentence supported that the rules left open
    (`chatbot.verifying.asking`). A question whose score is under `refuse_below` is refused
    (`chatbot.answerability`). `origin` says for people where they come from.
    """

    supports: float
    refuse_below: float
    origin: str = "default"


# `supports`: of 420 pairs of the tuning halves of SciFact, HealthVer and AttributionBench, 3 %, 3 % and 37 %
# of what is not supported pass so, and 46 %, 37 % and 71 % of what is; at 0 it would be 10 %, 13 % and 53 %.
# `refuse_below`: the middle between the two kinds of questions of bench/questions/dev.jsonl. Both with
# Qwen2.5-Coder-1.5B-Instruct, Q4_K_M.
DEFAULT = Calibration(supports=0.6, refuse_below=0.85)
# A cross-encoder was made to tell what follows: even odds.
ENTAILMENT = Calibration(supports=0.0, refuse_below=DEFAULT.refuse_below)


class Calibrations:
    """The entries of one collection; `folder` None: the defaults alone."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = None if folder is None else folder / FILE

    def of(self, model: str, default: Calibration = DEFAULT) -> Calibration:
        """The thresholds for `model`, `default` where none were measured.

        Raises CalibrationError where the file can't be used.
        """
        for entry in self._entries():
            if entry["model"] == model and entry["prompts"] == wording():
                return Calibration(float(entry["supports"]), float(entry["refuse_below"]), str(self._file))
        return default

    def keep(self, model: str, calibration: Calibration, measured: dict[str, Any]) -> Path:
        """Write the entry of `model` in place of the one it had; `measured` says for people how it was got.

        Raises CalibrationError where there is no folder or it can't be written.
        """
        if self._file is None:
            raise CalibrationError(
                "There is no collection to keep a calibration in. Make one: chatbot ingest."
            )
        others = [each for each in self._entries() if each["model"] != model]
        entry = {"model": model, "prompts": wording(), **asdict(replace(calibration, origin="")), **measured}
        del entry["origin"]
        self._write(self._file, [*others, entry])
        return self._file

    def forget(self, model: str) -> bool:
        """Take the entry of `model` away. Whether there was one."""
        entries = self._entries()
        others = [each for each in entries if each["model"] != model]
        if self._file is not None and len(others) < len(entries):
            self._write(self._file, others)
        return len(others) < len(entries)

    def _write(self, file: Path, entries: list[dict[str, Any]]) -> None:
        """The whole file, or the old one stays. Raises CalibrationError."""
        text = json.dumps({"version": 1, "entries": entries}, indent=2, ensure_ascii=False)
        beside = file.with_suffix(".new")
        try:
            beside.write_text(f"{text}\n", encoding="utf-8")
            beside.replace(file)
        except OSError as error:
            raise CalibrationError(f"{file} can't be written: {error.strerror}.") from error

    def _entries(self) -> list[dict[str, Any]]:
        try:
            text = self._file.read_text(encoding="utf-8") if self._file else '{"entries": []}'
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise CalibrationError(
                f"{self._file} can't be read ({error}). Remove it, then calibrate again."
            ) from error
        try:
            entries = json.loads(text)["entries"]
            for entry in entries:
                (
                    float(entry["supports"]),
                    float(entry["refuse_below"]),
                    str(entry["model"]),
                    str(entry["prompts"]),
                )
        except (ValueError, TypeError, KeyError) as error:
            raise CalibrationError(f"{self._file} is damaged. Remove it, then calibrate again.") from error
        return list(entries)


def wording() -> str:
    """A fingerprint of the prompts that the odds depend on."""
    return prompts.fingerprint(" ".join(prompts.load(name).fingerprint for name in _ASKING))
