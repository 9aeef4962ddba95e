"""Papers that a search found, put in order again by a model that reads query and abstract together.

Off unless one is configured: of the small ones that were measured none helped (bench/results/retrieval.md).
A reranker only orders what was found; it finds nothing, and a search outlives its failure.

    folder      an ONNX cross-encoder with one output, see `crossencoding`
    endpoint    `POST {url}/rerank` with `query`, `documents`, `model`, answered by `results` with `index` and
                `relevance_score`: the shape of Jina and Cohere. llama.cpp and vLLM serve Qwen3-Reranker so
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from store.crossencoding import CrossEncoder
from store.embedding import paper_text
from store.errors import RerankError
from store.latex import readable
from store.posting import Failed, Poster, Unreachable
from store.records import Hit, Paper
from store.retrying import Retries
from store.search import RERANKED


class Reranker(Protocol):
    """A judge of how well passages answer a query. Usable from several threads; cheap to make."""

    @property
    def name(self) -> str: ...

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """A finite score for each passage, in order; higher is better, and only the order means something.

        Raises RerankError.
        """
        ...


class OnnxReranker:
    """The cross-encoder in `folder`; the query is its first text, the passage its second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._encoder = CrossEncoder(folder)
        self.name = self._encoder.name

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """See `Reranker.scores`."""
        return [self._score(query, passage) for passage in passages]

    def _score(self, query: str, passage: str) -> float:
        outputs = self._encoder.outputs(query, passage)
        if len(outputs) != 1 or not math.isfinite(outputs[0]):
            raise RerankError(
                f"The model in {self._folder} gives {len(outputs)} outputs, a reranker one number. "
                "Give the folder of a reranker."
            )
        return outputs[0]


class EndpointReranker:
    """The reranker `model` at `url`: what stands before `/rerank`. `api_key` is sent there or nowhere."""

    def __init__(
        self, url: str, model: str = "", api_key: str | None = None, *, retries: Retries | None = None
    ) -> None:
        # A person waits: two attempts, then the search goes on without.
        self._poster = Poster(url, api_key, retries=retries or Retries(attempts=2, first_wait=0.5))
        self._model = model
        self.name = model or self._poster.address

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """See `Reranker.scores`."""
        if not passages:
            return []
        body: dict[str, object] = {"query": query, "documents": list(passages), "top_n": len(passages)}
        if self._model:
            body["model"] = self._model
        address = self._poster.address
        try:
            reply: Any = self._poster.post("/rerank", body)
        except Unreachable as error:
            raise RerankError(
                f"No reranker answers at {address}/rerank ({error}). Start it, or correct its address."
            ) from error
        except Failed as error:
            raise RerankError(
                f"{address}/rerank does not rerank ({error}). Check the address (it is what stands before "
                "/rerank), the model's name and the key."
            ) from error
        try:
            found = {int(item["index"]): float(item["relevance_score"]) for item in reply["results"]}
            scores = [found[place] for place in range(len(passages))]
        except (KeyError, TypeError, ValueError) as error:
            raise self._strange() from error
        if not all(map(math.isfinite, scores)):
            raise self._strange()
        return scores

    def _strange(self) -> RerankError:
        return RerankError(
            f"{self._poster.address}/rerank does not answer as a reranker does: a number for each passage. "
            "Check the address (it is what stands before /rerank) and the model behind it."
        )


def rerank(reranker: Reranker, query: str, hits: Sequence[Hit], depth: int = RERANKED) -> list[Hit]:
    """The first `depth` hits in the reranker's order, with its scores; equals and the rest stay as they are.

    Raises RerankError.
    """
    first = hits[:depth]
    scores = reranker.scores(readable(query), [_passage(hit.paper) for hit in first])
    scored = [replace(hit, rerank=score) for hit, score in zip(first, scores, strict=True)]
    return [*sorted(scored, key=lambda hit: -(hit.rerank or 0.0)), *hits[depth:]]


def _passage(paper: Paper) -> str:
    return paper_text(paper.title, readable(paper.abstract))
