"""Runs of the bench of verdicts over several sets, as a page of tables and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.assembly import Judging
from chatbot.benching import claim_sets, tables
from chatbot.benching.claim_sets import Label, Pair
from chatbot.benching.claims import Scores, Verifier, ablation, scores
from chatbot.errors import BenchError
from chatbot.values import Verdict
from chatbot.verifying import Layer
from store.embedding import Embedder

# Pairs a set, if nobody says how many: a model on this machine takes a second or two for each.
ASKED = 120
_VERDICTS = (Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNSUPPORTED)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pairs of a set, and whether each layer is switched off in turn."""

    half: str = "all"
    sample: int | None = None
    seed: int = 0
    ablation: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """One set: by the rules, by the judge too (None: there is none), and without each layer."""

    name: str
    rules: Scores
    judge: str | None
    judged: Scores | None
    without: dict[Layer, Scores]


def run(
    paths: Sequence[Path],
    embedder: Embedder,
    judge: Judging | None,
    choice: Choice,
    progress: Callable[[str, int, int], None],
) -> list[Run]:
    """Raises BenchError for a set that can't be used, and what the judge raises."""
    sets = [(_name(path), _chosen(path, choice, judge is not None)) for path in paths]
    found = []
    for name, pairs in sets:
        rules = Verifier(embedder)
        outcomes = []
        for done, pair in enumerate(pairs, start=1):
            outcomes.append(rules.judge(pair))
            progress(f"{name}: rules", done, len(pairs))
        without: dict[Layer, Scores] = {}
        if choice.ablation:
            runs = ablation(pairs, rules.omitting)
            without = {layer: each for layer, each in runs.items() if layer is not None}
        judged = None
        if judge is not None:
            asked = Verifier(embedder, judge.odds, judge.supports)
            again = []
            for done, pair in enumerate(pairs, start=1):
                again.append(asked.judge(pair))
                progress(f"{name}: {judge.name}", done, len(pairs))
            judged = scores(again)
        found.append(Run(name, scores(outcomes), judge.name if judge else None, judged, without))
    return found


def page(found: Sequence[Run], command: str) -> str:
    """The tables, with date, machine and command."""
    header = [
        "set", "verdicts by", "pairs", "supporting", "balanced accuracy", "supported or partial", "AUC",
        *(f"{verdict.value}: precision / recall" for verdict in _VERDICTS), "ms, median / p99",
    ]  # fmt: skip
    rows = []
    for each in found:
        rows.append(_row(each.name, "rules", each.rules, each.rules.fast))
        if each.judged is not None:
            by = f"rules and {each.judge}"
            rows.append(_row(each.name, by, each.judged, each.judged.slow or (0.0, 0.0)))
    parts = [f"{tables.stamp()}: `{command}`", tables.table(header, rows)]
    if any(each.without for each in found):
        parts.append("Balanced accuracy of the rules, and its change without each layer:")
        cells = [
            [each.name, f"{each.rules.balanced:.3f}"]
            + [f"{scored.balanced - each.rules.balanced:+.3f}" for scored in each.without.values()]
            for each in found
        ]
        parts.append(tables.table(["set", "all layers", *(layer.value for layer in Layer)], cells))
    return "\n\n".join(parts)


def shape(found: Sequence[Run], command: str) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "version": 1,
        "command": command,
        "machine": tables.stamp(),
        "sets": [
            {
                "set": each.name,
                "rules": _shape(each.rules),
                "judge": each.judge,
                "judged": None if each.judged is None else _shape(each.judged),
                "without": {layer.value: _shape(scored) for layer, scored in each.without.items()},
            }
            for each in found
        ],
    }


def _chosen(path: Path, choice: Choice, asked: bool) -> list[Pair]:
    pairs = [pair for pair in claim_sets.read(path) if pair.sentences]
    if choice.half != "all":
        pairs = [pair for pair in pairs if claim_sets.half(pair) == choice.half]
    most = choice.sample or (ASKED if asked else len(pairs))
    pairs = claim_sets.sample(pairs, most, choice.seed)
    supporting = sum(pair.label is Label.SUPPORTS for pair in pairs)
    if not 0 < supporting < len(pairs):
        raise BenchError(
            f"{path} needs claims that are supported and claims that are not. It has one kind alone."
        )
    return pairs


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".jsonl")


def _row(name: str, by: str, scored: Scores, milliseconds: tuple[float, float]) -> list[str]:
    shares = [f"{scored.precision[each]:.2f} / {scored.recall[each]:.2f}" for each in _VERDICTS]
    return [
        name,
        by,
        str(scored.pairs),
        str(scored.supporting),
        f"{scored.balanced:.3f}",
        f"{scored.balanced_partial:.3f}",
        f"{scored.auc:.3f}",
        *shares,
        f"{milliseconds[0]:.0f} / {milliseconds[1]:.0f}",
    ]


def _shape(scored: Scores) -> dict[str, Any]:
    return {
        "pairs": scored.pairs,
        "supporting": scored.supporting,
        "balanced_accuracy": scored.balanced,
        "balanced_accuracy_of_supported_or_partial": scored.balanced_partial,
        "auc": scored.auc,
        "precision": {verdict.value: value for verdict, value in scored.precision.items()},
        "recall": {verdict.value: value for verdict, value in scored.recall.items()},
        "rules_ms": list(scored.fast),
        "judge_ms": None if scored.slow is None else list(scored.slow),
    }
