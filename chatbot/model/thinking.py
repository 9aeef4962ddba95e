"""Keeps a model's thinking apart from its answer, in a stream, whatever the chunks.

Thinking is what stands between `<think>` and `</think>`. An opening that is never closed makes all that
follows a thought. A closing that nothing opened (some chat templates open the thinking in the prompt) makes
all text before it a thought: what was streamed already can't be unsaid, so a `Retraction` says so; once
that has happened for a model, its next replies begin as `opened` and nothing needs to be taken back.

At most seven characters are held back, those that may begin a tag. Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatbot.model import Part, Retraction, TextPart, ThoughtPart

_OPEN, _CLOSE = "<think>", "</think>"
_TAG = re.compile(r"</?think>")
_BRACE = re.compile(r"\s*\{")
# The longest end of a chunk that may be the beginning of a tag.
_BEGUN = re.compile(r"</?(?:t(?:h(?:i(?:n(?:k)?)?)?)?)?\Z")


class Splitter:
    """Splits the text of one reply. `feed` it every chunk, then call `end` once.

    `opened`: the prompt has opened the thinking, as far as is known. If no tag comes at all and the reply
    ended by itself, it was the answer after all, and `end` gives it whole.
    `json`: the answer is a JSON object: from a `{` at its beginning on, tags are text like any other.
    """

    def __init__(self, *, opened: bool = False, json: bool = False) -> None:
        self._thinking = opened
        self._assumed: list[str] | None = [] if opened else None
        self._json = json
        self._verbatim = False
        self._held = ""
        self._begun = False  # something but white space came
        self._answered = False  # a TextPart was given that no Retraction took back
        self._thought = False  # a ThoughtPart was given
        self.retracted = False
        """A closing tag came that nothing had opened: the model's next reply begins as `opened`."""
        self.mistaken = False
        """It was `opened`, but no tag came: the model's next reply does not begin as `opened`."""

    def feed(self, chunk: str) -> Iterator[Part]:
        """The parts that `chunk` completes. All must be taken before the next call."""
        text = self._held + chunk
        self._held = ""
        start = 0
        while True:
            if self._json_begins(text, start):
                self._verbatim, self._thinking, self._assumed = True, False, None
            tag = None if self._verbatim else _TAG.search(text, start)
            if tag is None:
                break
            yield from self._tag(tag.group(), text[start : tag.start()])
            start = tag.end()
        stop = len(text)
        if not self._verbatim and (begun := _BEGUN.search(text, max(start, stop - len(_CLOSE) + 1))):
            stop = begun.start()
        self._held = text[stop:]
        yield from self._say(text[start:stop])

    def end(self, *, complete: bool = True) -> Iterator[Part]:
        """What was held back. `complete` is False if the reply was cut or hit its limit."""
        held, self._held = self._held, ""
        yield from self._say(held)
        if self._assumed is not None and complete:
            self.mistaken = True
            self._thinking = False
            whole, self._assumed = "".join(self._assumed), None
            yield from self._say(whole)

    def _json_begins(self, text: str, start: int) -> bool:
        """The answer begins at `start`, and is the JSON object that was asked for."""
        here = not self._answered if not self._thinking else self._assumed is not None and not self._begun
        return self._json and here and _BRACE.match(text, start) is not None

    def _tag(self, tag: str, before: str) -> Iterator[Part]:
        if tag == _CLOSE and not self._thinking:
            self.retracted = True
            if self._answered:
                yield from self._say(before)
                yield Retraction()
                self._answered = False
            elif before.strip():
                yield from self._think(before)
        else:
            yield from self._say(before)
            self._thinking = tag == _OPEN
        self._assumed = None
        self._begun = True

    def _say(self, text: str) -> Iterator[Part]:
        self._begun = self._begun or bool(text.strip())
        if self._thinking:
            if self._assumed is not None:
                self._assumed.append(text)
            yield from self._think(text)
        elif text := text if self._answered else text.lstrip():
            self._answered = True
            yield TextPart(text)

    def _think(self, text: str) -> Iterator[Part]:
        if text := text if self._thought else text.lstrip():
            self._thought = True
            yield ThoughtPart(text)
