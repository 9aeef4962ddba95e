"""The answer as it streams: text to show, and statements as they end.

A model that follows the schema sends `{"claims":[{"from":["1.2"],"say":"…"}]}`; others send prose with
markers. Which one it is shows in the first character. Chunk borders never change the result, and the
time is linear in the text's length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatbot.citing.jsonstream import JsonStream
from chatbot.citing.markers import MarkerStream
from chatbot.citing.pieces import Piece, Statement

__all__ = ["AnswerReader", "Piece", "Statement", "answer_schema"]

_FENCE = "```json"
# Three sentences answer most questions; a schema without a bound invites a small model to go on for ever.
MAX_CLAIMS = 4


def answer_schema(keys: Sequence[str], least: int = 1, most: int = MAX_CLAIMS) -> dict[str, object]:
    """The JSON schema of an answer of `least` to `most` claims that may cite exactly `keys`.

    Evidence comes first, then the sentence: a small model that has to look first is right more often.
    """
    claim = {
        "type": "object",
        "properties": {
            "from": {"type": "array", "items": {"enum": list(keys)}, "minItems": 1, "maxItems": 3},
            "say": {"type": "string"},
        },
        "required": ["from", "say"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"claims": {"type": "array", "items": claim, "minItems": least, "maxItems": most}},
        "required": ["claims"],
        "additionalProperties": False,
    }


class AnswerReader:
    """Feed it the text as it comes; it gives `Piece`s to show and `Statement`s as their sentences end."""

    def __init__(self) -> None:
        self._held = ""
        self._stream: JsonStream | MarkerStream | None = None

    @property
    def by_schema(self) -> bool:
        """Whether the model answered in JSON."""
        return isinstance(self._stream, JsonStream)

    def feed(self, text: str) -> Iterator[Piece | Statement]:
        """What became known with this piece of text."""
        if self._stream is None:
            self._held = (self._held + text).lstrip()
            # A fence around what ought to be bare is passed over; anything else that starts so is prose.
            fence = next((mark for mark in (_FENCE, "```") if self._held.startswith(mark)), "")
            opened = self._held.removeprefix(fence).lstrip()
            if not opened:
                # Of the space behind a fence one is kept: enough to know that there was some.
                self._held = self._held[: len(fence) + 1]
                return
            if _FENCE.startswith(self._held):
                return
            self._stream = JsonStream() if opened.startswith("{") else MarkerStream()
            text = opened if isinstance(self._stream, JsonStream) else self._held
            self._held = ""
        yield from self._stream.feed(text)

    def finish(self) -> Iterator[Piece | Statement]:
        """What was still held back when the text ended."""
        if self._stream is None:
            self._stream = MarkerStream()
            yield from self._stream.feed(self._held)
        yield from self._stream.finish()
