"""Reads one streamed reply: chunks of the protocol in, our parts out. Believes nothing about their shape.

The SDK builds its objects without checking them, and each of these was met: `choices` absent or empty, a
`delta` of None, a whole page of HTML with status 200, a stream that simply ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chatbot.model import Done, Message, Part, ThoughtPart
from chatbot.model.faults import Broken
from chatbot.model.thinking import Splitter
from chatbot.tokens import Encoding
from chatbot.values import Usage

if TYPE_CHECKING:
    import openai

# Where servers put a model's thinking: llama.cpp, DeepSeek and SGLang; Ollama, OpenRouter and newer vLLM.
_THOUGHTS = ("reasoning_content", "reasoning")


class Reply:
    """What has arrived of one reply. `count` counts its tokens if the server does not."""

    def __init__(self, splitter: Splitter, count: Callable[[str], Usage]) -> None:
        self._splitter = splitter
        self._count = count
        self._texts: list[str] = []
        self._usage: Usage | None = None
        self._cached = 0
        self._finish: str | None = None

    def read(self, chunks: openai.Stream[object], faults: tuple[type[Exception], ...]) -> Iterator[Part]:
        """All parts of the reply, `Done` last. Raises Broken, or what reading raised, after what arrived.

        Once the server has said why it finished, whatever goes wrong with the rest does no harm.
        """
        kind = chunks.response.headers.get("content-type", "")
        if "text/html" in kind:
            raise Broken("it sends a web page")
        try:
            for chunk in chunks:
                yield from self._chunk(chunk)
        except faults:
            if self._finish is None:
                yield from self._splitter.end(complete=False)
                raise
        yield from self._splitter.end(complete=self._finish == "stop")
        if self._finish is None:
            raise Broken("its stream ends without a reason" if self._texts else "its stream is empty")
        usage = self._usage or self._count("".join(self._texts))
        cached = usage.cached_tokens or self._cached
        yield Done(self._finish, replace(usage, cached_tokens=cached))

    def _chunk(self, chunk: object) -> Iterator[Part]:
        self._count_up(chunk)
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list) or not choices:
            return
        delta = getattr(choices[0], "delta", None)
        for field in _THOUGHTS:
            if thought := _text(delta, field):
                self._texts.append(thought)
                yield ThoughtPart(thought)
                break
        if text := _text(delta, "content"):
            self._texts.append(text)
            yield from self._splitter.feed(text)
        self._finish = _text(choices[0], "finish_reason") or self._finish

    def _count_up(self, chunk: object) -> None:
        self._usage = told_usage(chunk) or self._usage
        self._cached = _cached(chunk) or self._cached


def told_usage(reply: object) -> Usage | None:
    """What the server says that a reply, or a chunk of one, took; None where it says nothing."""
    usage = getattr(reply, "usage", None)
    if usage is None:
        return None
    details = getattr(usage, "prompt_tokens_details", None)
    written = getattr(usage, "completion_tokens_details", None)
    return Usage(
        _number(usage, "prompt_tokens"),
        _number(usage, "completion_tokens"),
        _number(details, "cached_tokens") or _cached(reply),
        thought_tokens=_number(written, "reasoning_tokens"),
    )


def counted(encoding: Encoding, messages: Sequence[Message], text: str, thoughts: str = "") -> Usage:
    """What a reply took of which no server told it, by our own tokenizer."""
    thought = encoding.count(thoughts)
    return Usage(
        encoding.count_messages(messages),
        thought + encoding.count(text),
        counted_by=encoding.name,
        thought_tokens=thought,
    )


def _cached(reply: object) -> int:
    """llama.cpp's own place for it."""
    timings = getattr(reply, "timings", None)
    cached = timings.get("cache_n") if isinstance(timings, dict) else None
    return max(0, cached) if isinstance(cached, int) else 0


def _text(thing: object, name: str) -> str:
    value = getattr(thing, name, None)
    return value if isinstance(value, str) else ""


def _number(thing: object, name: str) -> int:
    value = getattr(thing, name, None)
    return max(0, value) if isinstance(value, int) else 0
