"""The bench of verdicts: sets in any layout, and scores against what is counted by hand."""

from __future__ import annotations

import gzip
import json
import os
from functools import partial
from pathlib import Path

import pytest

from chatbot.benching import claim_sets
from chatbot.benching.claim_sets import Label, Pair
from chatbot.benching.claims import Outcome, Verifier, ablation, auc, balanced, scores
from chatbot.errors import BenchError
from chatbot.model.scripted import ScriptedModel
from chatbot.values import Verdict
from chatbot.verifying import Layer, ask
from store import HashEmbedder

DATA = Path(os.environ.get("CHATBOT_DATA", Path(__file__).parents[3] / "shared" / "data")) / "claims"


def written(tmp_path: Path, *items: object, name: str = "set.jsonl") -> Path:
    file = tmp_path / name
    text = "".join(json.dumps(item) + "\n" for item in items)
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


@pytest.mark.parametrize("name", ["set.jsonl", "set.jsonl.gz"])
def test_usual_names_and_labels_are_understood(tmp_path: Path, name: str) -> None:
    file = written(
        tmp_path,
        {"claim": "A.", "evidence": "One. Two.", "label": "Supports"},
        {"statement": "B.", "references": ["One.", "Two."], "attribution_label": "not attributable"},
        {"hypothesis": "C.", "premise": "One.", "label": "contradiction", "title": "T"},
        {"claim": "D.", "evidence": [{"title": "T", "text": "One."}], "label": "NOT_ENOUGH_INFO"},
        name=name,
    )
    pairs = claim_sets.read(file)
    assert [pair.label for pair in pairs] == [
        Label.SUPPORTS,
        Label.NEITHER,
        Label.REFUTES,
        Label.NEITHER,
    ]
    assert pairs[0].sentences == pairs[1].sentences == ("One.", "Two.")
    assert pairs[2].title == "T"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"evidence": "x", "label": "yes"}, "claim"),
        ({"claim": "x", "evidence": "y", "label": "perhaps"}, "'perhaps'"),
        ([1], "no JSON object"),
    ],
)
def test_what_can_t_be_used_is_named_with_its_line(tmp_path: Path, item: object, said: str) -> None:
    file = written(tmp_path, {"claim": "A.", "evidence": "B.", "label": "yes"}, item)
    with pytest.raises(BenchError, match=said) as error:
        claim_sets.read(file)
    assert ":2" in str(error.value)


def test_what_is_no_set_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.jsonl", tmp_path):
        with pytest.raises(BenchError, match="no file of claims"):
            claim_sets.read(path)
    (tmp_path / "bad.jsonl").write_text("{no\n")
    with pytest.raises(BenchError, match="no JSON"):
        claim_sets.read(tmp_path / "bad.jsonl")
    (tmp_path / "bad.jsonl.gz").write_text("not gzip")
    with pytest.raises(BenchError, match="can't be read"):
        claim_sets.read(tmp_path / "bad.jsonl.gz")


def test_halves_are_fixed_and_samples_are_even() -> None:
    pairs = [Pair(f"Claim {n}.", ("x",), Label.SUPPORTS if n % 4 == 0 else Label.NEITHER) for n in range(400)]
    halves = [claim_sets.half(pair) for pair in pairs]
    assert halves == [claim_sets.half(pair) for pair in pairs]
    assert 0.4 < halves.count("tune") / 400 < 0.6
    drawn = claim_sets.sample(pairs, 60, seed=1)
    assert drawn == claim_sets.sample(pairs, 60, seed=1)
    assert sum(pair.label is Label.SUPPORTS for pair in drawn) == 30
    assert len(claim_sets.sample(pairs, 1000)) == 400


def test_the_public_sets_are_read_whole() -> None:
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not here: set CHATBOT_DATA to the folder of the shared data")
    counts = {
        name: len(claim_sets.read(DATA / name))
        for name in (
            "scifact-train",
            "healthver-dev.jsonl.gz",
            "wice-dev.jsonl.gz",
            "attributionbench-dev.jsonl.gz",
        )
    }
    assert list(counts.values()) == [919, 1917, 349, 1198]


def test_metrics_are_those_counted_by_hand() -> None:
    assert balanced([True, True, False, False], [True, False, False, True]) == 0.5
    assert balanced([True, False, False], [True, False, False]) == 1.0
    assert auc([3.0, 1.0, 2.0, 0.0], [True, True, False, False]) == 0.75
    assert auc([1.0, 1.0], [True, False]) == 0.5


def test_scores_are_those_counted_by_hand() -> None:
    def of(label: Label, verdict: Verdict) -> Outcome:
        return Outcome(label, verdict, None, 0.5, 2.0)

    found = scores(
        [
            of(Label.SUPPORTS, Verdict.SUPPORTED),
            of(Label.SUPPORTS, Verdict.PARTIAL),
            of(Label.REFUTES, Verdict.CONTRADICTED),
            of(Label.NEITHER, Verdict.SUPPORTED),
            of(Label.NEITHER, Verdict.UNSUPPORTED),
        ]
    )
    assert found.balanced == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found.balanced_partial == pytest.approx((1 + 2 / 3) / 2)
    assert found.precision[Verdict.SUPPORTED] == 0.5
    assert found.recall[Verdict.CONTRADICTED] == 1.0
    assert found.recall[Verdict.UNSUPPORTED] == pytest.approx(1 / 3)
    assert (found.fast, found.slow) == ((2.0, 2.0), None)


PAIRS = [
    Pair("Alpha-7 cuts memory by 41%.", ("Alpha-7 cuts memory by 41% on all tasks.",), Label.SUPPORTS),
    Pair("Alpha-7 cuts memory by 12%.", ("Alpha-7 cuts memory by 41% on all tasks.",), Label.REFUTES),
    Pair("Zebras sleep standing.", ("Alpha-7 cuts memory by 41% on all tasks.",), Label.NEITHER),
]


def test_a_layer_that_is_switched_off_no_longer_counts() -> None:
    runs = ablation(PAIRS, lambda without: Verifier(HashEmbedder(), without=without))
    assert set(runs) == {None, *Layer}
    assert runs[None].balanced == 1.0
    assert runs[Layer.OVERLAP].balanced < 1.0
    found = [runs[layer].recall[Verdict.CONTRADICTED] for layer in (None, Layer.NUMBERS)]
    assert found == [1.0, 0.0]
    assert runs[Layer.ORDER].balanced == 1.0


def test_a_model_is_asked_where_the_rules_leave_it_open_and_is_timed() -> None:
    yes, no = {"yes": -0.01, "no": -5.0}, {"yes": -5.0, "no": -0.01}
    loose = Pair("The approach shrinks what it stores.", PAIRS[0].sentences, Label.SUPPORTS)
    verifier = Verifier(HashEmbedder(), partial(ask, ScriptedModel(logprobs=[yes, no])), supports=0.0)
    first, second = verifier.judge(loose), verifier.judge(loose)
    assert (first.verdict, second.verdict) == (Verdict.SUPPORTED, Verdict.UNSUPPORTED)
    assert first.odds is not None
    assert first.odds > 0 > (second.odds or 0)
    assert first.score > second.score
    settled = verifier.judge(PAIRS[1])
    assert (settled.odds, settled.slow) == (None, 0.0)


def test_of_a_long_document_the_best_sentences_are_looked_at() -> None:
    noise = tuple(f"Sentence {number} speaks of zebras." for number in range(200))
    pair = Pair(PAIRS[0].claim, (*noise, PAIRS[0].sentences[0]), Label.SUPPORTS)
    assert Verifier(HashEmbedder()).judge(pair).verdict is Verdict.SUPPORTED
    assert Verifier(None).judge(pair).verdict is Verdict.SUPPORTED
