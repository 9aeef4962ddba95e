"""Embeddings from any OpenAI-compatible endpoint. What it answers is checked before it is believed.

The one endpoint that is configured is the only one ever called, and not before the first text.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from store.errors import EmbeddingError

if TYPE_CHECKING:
    from store.embedding import Vector


class OpenAIEmbedder:
    """`model` at `base_url` (`…/v1`), vectors normalised here. No prefix is added to queries or documents.

    Without `dimension` the model's own is found with one request when it is first needed; with it, the
    endpoint is asked for that many (Matryoshka models). `api_key` may be empty for local servers.
    """

    BATCH = 32
    ATTEMPTS = 3
    WAIT = 0.5  # seconds, doubled and jittered with each attempt
    TIMEOUT = 60.0  # seconds a request

    def __init__(self, base_url: str, model: str, api_key: str = "", dimension: int | None = None) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._asked = dimension
        self._found = dimension
        self._client: Any = None
        self._lock = threading.Lock()
        self.name = model

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self._base_url!r}, {self.name!r})"

    @property
    def dimension(self) -> int:
        if self._found is None:
            self._found = len(self._request(["dimension"])[0])
        return self._found

    @property
    def fingerprint(self) -> str:
        return f"openai {self.name}; dimension={self.dimension}; normalised"

    def documents(self, texts: Sequence[str]) -> Iterator[Vector]:
        for start in range(0, len(texts), self.BATCH):
            yield from self._request(list(texts[start : start + self.BATCH]))

    def query(self, text: str) -> Vector:
        return self._request([text])[0]

    def _request(self, texts: list[str]) -> list[Vector]:
        import openai
        import tenacity

        client = self._connect()
        options: dict[str, Any] = {} if self._asked is None else {"dimensions": self._asked}
        passing = (
            openai.APIConnectionError,  # timeouts too
            openai.RateLimitError,
            openai.InternalServerError,
            openai.ConflictError,
        )
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(passing),
            stop=tenacity.stop_after_attempt(self.ATTEMPTS),
            wait=tenacity.wait_random_exponential(multiplier=self.WAIT, max=8),
            reraise=True,
        )
        try:
            reply = retrying(
                client.embeddings.create,
                model=self.name,
                input=texts,
                encoding_format="float",  # some servers refuse the SDK's base64
                **options,
            )
        except openai.APIConnectionError as error:
            raise EmbeddingError(
                f"No embeddings endpoint answers at {self._base_url}. Start it, or correct its address."
            ) from error
        except openai.APIStatusError as error:
            raise EmbeddingError(
                f"The embeddings endpoint {self._base_url} answered {error.status_code} for model "
                f"{self.name!r}. Check the model's name and the key."
            ) from error
        except (openai.OpenAIError, ValueError) as error:
            raise self._garbled(str(error)) from error
        return self._vectors(reply, len(texts))

    def _vectors(self, reply: Any, count: int) -> list[Vector]:
        import numpy

        try:
            items = sorted(reply.data, key=lambda item: item.index)
            array = numpy.array([item.embedding for item in items], dtype=numpy.float32)
        except (AttributeError, TypeError, ValueError) as error:
            raise self._garbled("no list of vectors") from error
        if array.ndim != 2 or len(array) != count:
            raise self._garbled(f"shape {array.shape} for {count} texts")
        if self._found is not None and array.shape[1] != self._found:
            raise self._garbled(f"{array.shape[1]} dimensions where {self._found} were expected")
        norms = numpy.linalg.norm(array, axis=1, keepdims=True)
        if not numpy.isfinite(array).all() or not (norms > 0).all():
            raise self._garbled("a vector that is zero or not finite")
        return list(array / norms)

    def _garbled(self, what: str) -> EmbeddingError:
        return EmbeddingError(
            f"The embeddings endpoint {self._base_url} sent no usable vectors ({what[:200]}). "
            f"Check that {self.name!r} is an embedding model and the address ends in /v1."
        )

    def _connect(self) -> Any:
        with self._lock:
            if self._client is None:
                import openai

                self._client = openai.OpenAI(
                    base_url=self._base_url,
                    api_key=self._api_key or "none",  # the SDK refuses an empty one, local servers ignore it
                    max_retries=0,
                    timeout=self.TIMEOUT,
                )
            return self._client
