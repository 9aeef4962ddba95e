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
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from chatbot.endpoint import shown
from chatbot.errors import EntailmentError
from chatbot.verifying import Passage, passage_text

_TOKENS = 512
_SECONDS = 60.0
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
        self.name = folder.name
        self._folder = folder
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None
        self._entails: int | None = None

    def odds(self, claim: str, passages: Sequence[Passage]) -> float | None:
        """See `Entailment.odds`. The passages are the premise, the claim is the hypothesis."""
        import numpy

        self._load()
        encoding = self._tokenizer.encode(passage_text(passages), claim)
        values = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        wanted = [each.name for each in self._session.get_inputs()]
        if strange := set(wanted) - values.keys():
            raise EntailmentError(
                f"{self._folder} wants the inputs {', '.join(sorted(strange))}, which nobody knows here. "
                "Give a cross-encoder of the BERT kind."
            )
        feed = {name: numpy.array([values[name]], dtype=numpy.int64) for name in wanted}
        logits = [float(value) for value in numpy.ravel(self._session.run(None, feed)[0])]
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

    def _load(self) -> None:
        with self._lock:
            if self._session is not None:
                return
            # Its wheels send telemetry unless this stands before the import.
            os.environ["ORT_DISABLE_TELEMETRY"] = "1"
            import onnxruntime
            import tokenizers

            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            try:
                tokenizer = tokenizers.Tokenizer.from_file(str(self._folder / "tokenizer.json"))
                session = onnxruntime.InferenceSession(
                    str(self._folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # both libraries raise bare Exceptions of their own
                raise EntailmentError(
                    f"{self._folder} holds no cross-encoder that can be loaded ({error}). "
                    "Give the folder of its model.onnx and tokenizer.json."
                ) from error
            tokenizer.enable_truncation(_TOKENS)
            self._entails = _entailing(self._folder / "config.json")
            self._tokenizer, self._session = tokenizer, session


class RerankEntailment:
    """The `/rerank` endpoint at `url`; its score is a probability, or log-odds where it is beyond [0, 1]."""

    def __init__(self, url: str, model: str = "", api_key: str | None = None) -> None:
        self.name = model or shown(url)
        self._url = url
        self._model = model
        self._api_key = api_key
        self._lock = threading.Lock()
        self._http: Any = None

    def odds(self, claim: str, passages: Sequence[Passage]) -> float | None:
        """See `Entailment.odds`. The claim is the query, the passages together are the one document."""
        body = {"query": claim, "documents": [passage_text(passages)], "top_n": 1}
        if self._model:
            body["model"] = self._model
        reply = self._ask(f"{self._url}/rerank", body)
        try:
            score = float(reply["results"][0]["relevance_score"])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise EntailmentError(
                f"{shown(self._url)}/rerank does not answer as a reranker does. Check CHATBOT_NLI_URL: it is "
                "what stands before /rerank."
            ) from error
        if not math.isfinite(score):
            return None
        if not 0 <= score <= 1:
            return score
        probability = min(max(score, _EDGE), 1 - _EDGE)
        return math.log(probability / (1 - probability))

    def _ask(self, url: str, body: object) -> Any:
        from chatbot.model.client import make_http
        from chatbot.model.window import ask_json

        with self._lock:
            if self._http is None:
                self._http = make_http(self._url, self._api_key)
        if (reply := ask_json(self._http, url, body, _SECONDS)) is None:
            raise EntailmentError(
                f"No reranker answers at {shown(url)}. Start it, or correct CHATBOT_NLI_URL."
            )
        return reply


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
