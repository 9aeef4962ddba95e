"""How often the fast verdict is right, on public sets of claims with evidence that people judged.

    python -m bench.claims --data DIR [--half report|tune] [--cosine]

DIR holds `scifact-train/` (pairs and corpus) and `healthver-dev.jsonl.gz`. Of SciFact, a claim meets the
sentences that prove or refute it, or, where an abstract says nothing of it, the one with most words in
common; of HealthVer, its evidence, sentence by sentence. Supported is told from refuted and neutral.

Claims are halved by a hash of their text, so that one claim is never in both. Rules and thresholds may be
chosen on `tune`; `report` is for reporting, and nothing was fitted on it. Balanced accuracy is the mean of
the shares of supported pairs called supported and of other pairs not called so; AUC is the chance that a
supported pair scores higher than another. A Markdown table goes to standard output.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import platform
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from chatbot.values import Verdict
from chatbot.verifying import Judgement, Passage, judge
from store import BgeSmall
from store.keywords import content_stems
from store.sentences import split

THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True)
class Pair:
    """A claim, the sentences that may bear on it, and what people say: Supports, Refutes or Neutral."""

    claim: str
    evidence: tuple[str, ...]
    label: str


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def scifact(data: Path) -> Iterator[Pair]:
    abstracts = {
        each["doc_id"]: each["abstract"] for each in lines(data / "scifact-train" / "corpus.jsonl.gz")
    }
    labels = {"SUPPORT": "Supports", "CONTRADICT": "Refutes", "NOT_ENOUGH_INFO": "Neutral"}
    for each in lines(data / "scifact-train" / "pairs.jsonl.gz"):
        sentences = abstracts[each["doc_id"]]
        if each["rationales"]:
            chosen = [sentences[number] for number in each["rationales"][0]]
        else:
            wanted = content_stems(each["claim"])
            chosen = [max(sentences, key=lambda sentence: len(wanted & content_stems(sentence)))]
        yield Pair(each["claim"], tuple(chosen), labels[each["label"]])


def healthver(data: Path) -> Iterator[Pair]:
    for each in lines(data / "healthver-dev.jsonl.gz"):
        sentences = tuple(sentence.readable for sentence in split("", each["evidence"]))
        yield Pair(each["claim"], sentences, each["label"])


SETS: dict[str, Callable[[Path], Iterator[Pair]]] = {"SciFact train": scifact, "HealthVer dev": healthver}


def half(pair: Pair) -> str:
    return "tune" if hashlib.sha256(pair.claim.strip().encode()).digest()[0] % 2 else "report"


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


def balanced(called: Sequence[bool], truth: Sequence[bool]) -> tuple[float, float, float]:
    """(balanced accuracy, precision, recall) of a call."""
    hits = sum(a and b for a, b in zip(called, truth, strict=True))
    recall = hits / sum(truth)
    spared = sum(not a and not b for a, b in zip(called, truth, strict=True)) / (len(truth) - sum(truth))
    return (recall + spared) / 2, hits / max(sum(called), 1), recall


def cosines(pairs: Sequence[Pair]) -> list[float]:
    """The cosine of the claim with its nearest sentence."""
    embedder = BgeSmall()
    found = []
    for pair in pairs:
        claim, *sentences = embedder.documents([pair.claim, *pair.evidence])
        found.append(max(float(claim @ sentence) for sentence in sentences))
    return found


def measure(name: str, pairs: Sequence[Pair], cosine: bool, tune: bool) -> None:
    truth = [pair.label == "Supports" for pair in pairs]
    judgements: list[Judgement] = []
    times: list[float] = []
    for pair in pairs:
        started = time.perf_counter()
        judgements.append(judge(pair.claim, [Passage(text) for text in pair.evidence]))
        times.append(1000 * (time.perf_counter() - started))
    times.sort()
    supported = [each.verdict is Verdict.SUPPORTED for each in judgements]
    accuracy, precision, recall = balanced(supported, truth)
    of = {label: [s for s, p in zip(supported, pairs, strict=True) if p.label == label] for label in LABELS}
    signals = {"coverage": [each.coverage for each in judgements]}
    if cosine:
        signals["cosine"] = cosines(pairs)
        both = zip(signals["coverage"], signals["cosine"], strict=True)
        signals["coverage + cosine"] = [c + 2 * v for c, v in both]
    areas = []
    for values in signals.values():
        positive = [value for value, true in zip(values, truth, strict=True) if true]
        negative = [value for value, true in zip(values, truth, strict=True) if not true]
        areas.append(f"{auc(positive, negative):.2f}")
    shares = [f"{sum(each) / len(each):.0%} of {len(each)}" for each in of.values()]
    row = [name, *shares, f"{accuracy:.3f}", f"{precision:.2f}", f"{recall:.2f}", " / ".join(areas)]
    print("|", " | ".join([*row, f"{times[len(times) // 2]:.1f} / {times[int(0.99 * len(times))]:.1f}"]), "|")
    if tune:
        for signal, values in signals.items():
            cuts = THRESHOLDS if signal == "coverage" else sorted(values)[:: max(len(values) // 12, 1)][1:]
            for cut in cuts:
                alone = balanced([value >= cut for value in values], truth)
                both_say = balanced([s and v >= cut for s, v in zip(supported, values, strict=True)], truth)
                print(
                    f"  {signal} >= {cut:.2f}: alone {alone[0]:.3f}, and called supported {both_say[0]:.3f}",
                    file=sys.stderr,
                )


LABELS = ("Supports", "Refutes", "Neutral")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.claims", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--half", choices=["report", "tune"], default="report")
    parser.add_argument("--cosine", action="store_true", help="also the cosine of bge-small-en-v1.5")
    used = parser.parse_args()
    signals = "coverage / cosine / both" if used.cosine else "coverage"
    print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}: ", end="")
    print(f"`python -m bench.claims {shlex.join(sys.argv[1:])}`\n")
    print("| set | supporting pairs called supported | refuting | neutral | balanced accuracy ", end="")
    print(f"| precision | recall | AUC of {signals} | ms a claim, median / p99 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, read in SETS.items():
        pairs = [pair for pair in read(used.data) if pair.evidence and half(pair) == used.half]
        measure(name, pairs, used.cosine, used.half == "tune")


if __name__ == "__main__":
    main()
