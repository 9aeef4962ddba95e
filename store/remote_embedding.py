"""Embeddings from any OpenAI-compatible endpoint. What it answers is checked before it is believed.

The one endpoint that is configured is the only one ever called, and not before the first text. Requests hold
so many texts and characters at most, keep a rate where one is set, and are tried again by the one policy.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from store.errors import EmbeddingError
from store.estimating import Terms
from store.posting import Failed, Poster, Rejected, Unreachable
from store.retrying import Retries

if TYPE_CHECKING:
    from store.embedding import Vector

# Qwen3-Embedding is trained to be told what a query is for, and documents as they are; without it its card
# reports 1 to 5 % less. https://huggingface.co/Qwen/Qwen3-Embedding-0.6B
QWEN3_TASK = "Given a question or statement, retrieve abstracts of scientific papers that answer or prove it"
_QWEN3 = re.compile(r"qwen-?3[\w.]*-(?:vl-)?embedding", re.IGNORECASE)
# Below this a text that is still too long is no abstract any more: the server means something else.
_SHORTEST = 200


class OpenAIEmbedder:
    """`model` at `base_url` (`…/v1`), vectors normalised here.

    `dimension`: that many are asked for (Matryoshka models), and cut here where the endpoint does not; None:
    the model's own, found with one request when it is first needed. `instruction`: what a query is for, put
    before queries as `Instruct: …`, documents go as they are; None: what the model is known to want, "":
    nothing. `rate`: requests a minute. `price`: of a million tokens, for estimates. `api_key` may be empty.
    """

    # text-embeddings-inference takes 32 texts and 16,384 tokens a request; OpenAI and vLLM take more.
    BATCH = 32
    CHARACTERS = 48_000

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str = "",
        dimension: int | None = None,
        *,
        instruction: str | None = None,
        rate: float | None = None,
        price: float | None = None,
        retries: Retries | None = None,
    ) -> None:
        # A job that makes thousands of requests meets full queues: it waits up to 15 s in all for each.
        patient = retries or Retries(attempts=5)
        self._quick = replace(patient, attempts=3, first_wait=0.5)  # a person waits for a query
        self._poster = Poster(base_url, api_key, rate=rate, retries=patient)
        self._asked = dimension
        self._found: int | None = None
        self._sends_dimension = dimension is not None
        known = QWEN3_TASK if _QWEN3.search(model) else ""
        self._instruction = known if instruction is None else instruction
        self._lock = threading.Lock()
        self._notice: Callable[[str], None] = lambda notice: None
        self._said: set[str] = set()
        self.name = model
        self.terms = Terms(self.BATCH, self.CHARACTERS, rate, price)

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self._poster.address!r}, {self.name!r})"

    def tell(self, notice: Callable[[str], None]) -> None:
        """Whom to tell, in a sentence and once, what a person should know: that texts or vectors were cut."""
        self._notice = notice

    @property
    def dimension(self) -> int:
        if self._found is None:
            self._request(["dimension"], self._quick)
        return self._asked or self._found or 0

    @property
    def fingerprint(self) -> str:
        query = f"; query={self._prefix!r}" if self._instruction else ""
        # What was asked for is what comes, or an error: no request is needed to say it.
        return f"openai {self.name}; dimension={self._asked or self.dimension}; normalised{query}"

    def documents(self, texts: Sequence[str]) -> Iterator[Vector]:
        for batch in _batches(texts, self.BATCH, self.CHARACTERS):
            yield from self._fitting(batch)

    def query(self, text: str) -> Vector:
        return self._fitting([f"{self._prefix}{text}"], self._quick)[0]

    @property
    def _prefix(self) -> str:
        return f"Instruct: {self._instruction}\nQuery:" if self._instruction else ""

    def _fitting(self, texts: list[str], retries: Retries | None = None) -> list[Vector]:
        """The vectors of texts that may be too long: the batch is halved, then the text, till it fits."""
        try:
            return self._request(texts, retries)
        except _TooLong as error:
            if len(texts) > 1:
                half = len(texts) // 2
                return [*self._fitting(texts[:half], retries), *self._fitting(texts[half:], retries)]
            shorter = texts[0][: len(texts[0]) // 2]
            if len(shorter) < _SHORTEST:
                raise
            self._say_once(
                "text",
                f"A text is too long for {self.name} ({error.words}): only its beginning is embedded. Words "
                "behind it are found by keywords alone; serve the model with a longer context to mend it.",
            )
            return self._fitting([shorter], retries)

    def _request(self, texts: list[str], retries: Retries | None = None) -> list[Vector]:
        # float: some servers refuse the base64 that OpenAI's own client asks for.
        body: dict[str, Any] = {"model": self.name, "input": texts, "encoding_format": "float"}
        if self._sends_dimension:
            body["dimensions"] = self._asked
        try:
            reply = self._poster.post("/embeddings", body, retries)
        except Rejected as error:
            if self._sends_dimension and self._refuses_dimension(error):
                self._sends_dimension = False
                return self._request(texts, retries)
            raise self._told(error) from error
        except Failed as error:
            raise self._told(error) from error
        return self._vectors(reply, len(texts))

    def _refuses_dimension(self, error: Rejected) -> bool:
        if error.status not in (400, 422) or not re.search(
            "dimension|matryoshka", error.words, re.IGNORECASE
        ):
            return False
        self._say_cut(error.words)
        return True

    def _told(self, error: Failed) -> EmbeddingError:
        at = self._poster.address
        if isinstance(error, Unreachable):
            return EmbeddingError(
                f"No embeddings endpoint answers at {at} ({error}). Start it, or correct its address "
                "(CHATBOT_EMBEDDING_BASE_URL)."
            )
        if not isinstance(error, Rejected):
            return self._garbled(str(error))
        if error.too_long:
            return _TooLong(
                f"A text does not fit {self.name!r} at {at} ({error}). Serve it with a longer "
                "context or batch.",
                error.words,
            )
        if error.quota:
            return EmbeddingError(f"The quota at {at} is used up ({error}). Top it up, and run it again.")
        if error.status in (408, 409, 429) or error.status >= 500:
            return EmbeddingError(
                f"The embeddings endpoint {at} is busy or failing ({error}). Run it again later: what is "
                "done stays. CHATBOT_EMBEDDING_RATE sets how many requests a minute it gets."
            )
        return EmbeddingError(
            f"The embeddings endpoint {at} answered {error.status} for model {self.name!r} ({error.words}). "
            "Check the model's name and the key."
        )

    def _vectors(self, reply: object, count: int) -> list[Vector]:
        import numpy

        try:
            items: Any = reply["data"]  # type: ignore[index]
            items = sorted(items, key=lambda item: int(item["index"]))
            array = numpy.array([item["embedding"] for item in items], dtype=numpy.float32)
        except (KeyError, TypeError, ValueError) as error:
            raise self._garbled("no list of vectors") from error
        if array.ndim != 2 or len(array) != count:
            raise self._garbled(f"shape {array.shape} for {count} texts")
        if self._asked is not None:
            if array.shape[1] < self._asked:
                raise EmbeddingError(
                    f"The vectors of {self.name!r} have {array.shape[1]} dimensions, {self._asked} are asked "
                    f"for. Set CHATBOT_EMBEDDING_DIMENSIONS to {array.shape[1]} at most."
                )
            if array.shape[1] > self._asked:
                self._say_cut(f"it sent {array.shape[1]} dimensions")
            array = array[:, : self._asked]
        with self._lock:
            if self._found is None:
                self._found = array.shape[1]
        if array.shape[1] != self._found:
            raise self._garbled(f"{array.shape[1]} dimensions where {self._found} were expected")
        norms = numpy.linalg.norm(array, axis=1, keepdims=True)
        if not numpy.isfinite(array).all() or not (norms > 0).all():
            raise self._garbled("a vector that is zero or not finite")
        return list(array / norms)

    def _garbled(self, what: str) -> EmbeddingError:
        return EmbeddingError(
            f"The embeddings endpoint {self._poster.address} sent no usable vectors ({what[:200]}). "
            f"Check that {self.name!r} is an embedding model and the address ends in /v1."
        )

    def _say_cut(self, why: str) -> None:
        self._say_once(
            "vectors",
            f"{self._poster.address} does not cut the vectors of {self.name} itself ({why}): they are cut "
            "here. Only Matryoshka models bear that well.",
        )

    def _say_once(self, about: str, text: str) -> None:
        with self._lock:
            if about in self._said:
                return
            self._said.add(about)
        self._notice(text)


class _TooLong(EmbeddingError):
    """What was sent does not fit; `words` are the server's."""

    def __init__(self, message: str, words: str) -> None:
        super().__init__(message)
        self.words = words


def _batches(texts: Iterable[str], most: int, characters: int) -> Iterator[list[str]]:
    """The texts in order, in lists of `most` and `characters` at most; a longer text goes alone."""
    batch: list[str] = []
    held = 0
    for text in texts:
        if batch and (len(batch) == most or held + len(text) > characters):
            yield batch
            batch, held = [], 0
        batch.append(text)
        held += len(text)
    if batch:
        yield batch
