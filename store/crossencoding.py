"""A cross-encoder on this machine: two texts read together, the model's outputs out. Says not what they mean.

The folder holds `model.onnx` and `tokenizer.json` of a model of the BERT kind. None travels with the program.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from store.errors import RerankError

# What such models are trained on; the longer of the two texts is cut.
TOKENS = 512


class CrossEncoder:
    """The cross-encoder in `folder`; loaded when it is first asked. Usable from several threads.

    One pair is run at a time: with dynamic int8 an output depends on its batch.
    """

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._folder = folder
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    def outputs(self, first: str, second: str) -> list[float]:
        """The model's raw outputs for a pair of texts, in its order. Raises RerankError."""
        import numpy

        self._load()
        pair = [text.encode("utf-8", "ignore").decode() for text in (first, second)]
        encoding = self._tokenizer.encode(*pair)
        values = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        wanted = [each.name for each in self._session.get_inputs()]
        if strange := set(wanted) - values.keys():
            raise RerankError(
                f"{self._folder} wants the inputs {', '.join(sorted(strange))}, which nobody knows here. "
                "Give a cross-encoder of the BERT kind."
            )
        feed = {name: numpy.array([values[name]], dtype=numpy.int64) for name in wanted}
        return [float(value) for value in numpy.ravel(self._session.run(None, feed)[0])]

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
                raise RerankError(
                    f"{self._folder} holds no cross-encoder that can be loaded ({error}). "
                    "Give the folder of its model.onnx and tokenizer.json."
                ) from error
            tokenizer.enable_truncation(TOKENS)
            # Padded to 512 tokens, as a tokenizer.json may ask, an abstract took four times as long.
            tokenizer.no_padding()
            self._tokenizer, self._session = tokenizer, session
