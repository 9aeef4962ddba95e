"""A cross-encoder of the user's as judge of sentences: an ONNX model in a folder, or a `/rerank` endpoint.

It stands where a language model would be asked for one token: given a claim and the passages, it tells the
log-odds that they say it. None travels with the program.

    folder      `model.onnx`, `tokenizer.json`, and a `config.json` whose `id2label` names entailment (a model
                with one output needs none: that is the log-odds already)
    endpoint    `POST {url}/rerank` with `query`, `documents`, `model`, answered by `results` with
                `relevance_score`: the shape of Jina and Cohere, which llama.cpp and vLLM serve too
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from chatbot.errors import EntailmentError
from chatbot.verifying import Passage, passage_text
from store.crossencoding import CrossEncoder
from store.errors import RerankError
from store.reranking import EndpointReranker

# A probability of 0 or 1 is none: odds stay finite.
_EDGE = 1e-6


class Entailment(Protocol):
    """A judge of sentences. Usable from several threads."""

    @property
    def name(self) -> str:
        """What a calibration is kept under."""
        ...

    def odds(self, claim: str, passages: Sequence[Passage]) -> float | None:
        """Log-odds that the passages say the claim. Raises EntailmentError."""
        ...


class OnnxEntailment:
    """The cross-encoder in `folder`; loaded when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._encoder = CrossEncoder(folder)
        self.name = self._encoder.name

    def odds(self, claim: str, passages: Sequence[Passage]) -> float | None:
        """See `Entailment.odds`. The passages are the premise, the claim is the hypothesis."""
        try:
            logits = self._encoder.outputs(passage_text(passages), claim)
        except RerankError as error:
            raise EntailmentError(str(error)) from error
        if len(logits) == 1:
            return logits[0]
        if self._entails is None or self._entails >= len(logits):
            raise EntailmentError(
                f"{self._folder / 'config.json'} does not tell which of {len(logits)} outputs is entailment. "
                'Add "id2label": {"0": "entailment", …}.'
            )
        others = [value for place, value in enumerate(logits) if place != self._entails]
        highest = max(others)
        return logits[self._entails] - highest - math.log(sum(math.exp(each - highest) for each in others))

    @cached_property
    def _entails(self) -> int | None:
        return _entailing(self._folder / "config.json")


class RerankEntailment:
    """The `/rerank` endpoint at `url`; its score is a probability, or log-odds where it is beyond [0, 1]."""

    def __init__(self, url: str, model: str = "", api_key: str | None = None) -> None:
        self._reranker = EndpointReranker(url, model, api_key)
        self.name = self._reranker.name

    def odds(self, claim: str, passages: Sequence[Passage]) -> float | None:
        """See `Entailment.odds`. The claim is the query, the passages together are the one document."""
        try:
            [score] = self._reranker.scores(claim, [passage_text(passages)])
        except RerankError as error:
            raise EntailmentError(f"{error} CHATBOT_NLI_URL says where it is.") from error
        if not 0 <= score <= 1:
            return score
        probability = min(max(score, _EDGE), 1 - _EDGE)
        return math.log(probability / (1 - probability))


def _entailing(config: Path) -> int | None:
    """The output that means entailment, as far as `config.json` tells."""
    try:
        labels = json.loads(config.read_text(encoding="utf-8"))["id2label"]
        found = [
            int(place) for place, label in labels.items() if str(label).lower() in ("entailment", "entails")
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found[0] if len(found) == 1 else None
