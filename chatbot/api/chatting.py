"""OpenAI's chat completions: what a request asks for, and an answer in their shape, whole or as chunks.

Citations travel three times: as markers and a reference list in the text, as `annotations` in OpenAI's own
`url_citation` shape, and as `citations` and `claims` with sentence, offsets and verdict. In a stream each
annotation and claim comes once, with an `index`, when it is found; the last chunk holds the whole `message`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from chatbot import shapes
from chatbot.api.failing import invalid, unsupported
from chatbot.api.weaving import Placed, Weaver, woven
from chatbot.serving import POLICIES, Shaped
from chatbot.values import (
    Answer,
    ClaimMade,
    ClaimRevised,
    Event,
    Finished,
    Manner,
    Notice,
    Retrieved,
    Style,
    Thought,
    Usage,
)
from store.records import Paper

Link = Callable[[Paper], str]
"""A paper's address: an annotation has to have one."""

REFERENCES = ("inline", "none")


def _forced(choice: Any) -> bool:
    return choice not in (None, "none", "auto")


# What would change the answer into something that is not proven, or that we can't give.
_REFUSED: dict[str, tuple[Callable[[Any], bool], str]] = {
    # Tools that are merely offered do no harm: chat pages offer theirs with every question.
    "tool_choice": (_forced, "answers come from the papers, no tool is called."),
    "function_call": (_forced, "answers come from the papers, no function is called."),
    "n": (lambda value: value not in (None, 1), "there is one answer to a question."),
    "stop": (lambda value: bool(value), "an answer ends where its proof ends."),
    "logprobs": (lambda value: bool(value), "an answer's sentences bear verdicts, no probabilities."),
    "logit_bias": (lambda value: bool(value), "an answer's words are not steered."),
    "audio": (lambda value: value is not None, "answers are texts."),
    "modalities": (lambda value: value not in (None, ["text"]), "answers are texts."),
    "prediction": (lambda value: value is not None, "answers are not predicted."),
    "response_format": (
        lambda value: isinstance(value, Mapping) and value.get("type") != "text",
        "answers are texts; claims and citations stand beside them as JSON, and /v1/ask gives all of it.",
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks for, beside its messages."""

    model: str
    collection: str
    shaped: Shaped
    manner: Manner = field(default_factory=Manner)
    inline: bool = True
    stream: bool = False
    usage: bool = False


def wanted(body: Mapping[str, Any]) -> Wanted:
    """What is asked for. Raises Failure for what can't be done; unknown fields are passed over."""
    for name, (offends, why) in _REFUSED.items():
        if name in body and offends(body[name]):
            raise unsupported(name, why)
    references = body.get("references") or "inline"
    if references not in REFERENCES:
        raise invalid(f"references has to be one of {', '.join(REFERENCES)}.", "references")
    model = body.get("model")
    if not isinstance(model, str) or not model.strip():
        raise invalid("model has to name a collection; GET /v1/models lists them.", "model")
    collection, policy = named(model)
    options = body.get("stream_options")
    return Wanted(
        model=model,
        collection=collection,
        shaped=Shaped(policy, max_tokens=_most(body)),
        manner=_manner(body),
        inline=references == "inline",
        stream=body.get("stream") is True,
        usage=isinstance(options, Mapping) and options.get("include_usage") is True,
    )


def named(model: str) -> tuple[str, str | None]:
    """The collection and the policy that a model's name stands for: `papers`, `papers/strict`."""
    collection, slash, policy = model.strip().rpartition("/")
    if slash and policy in POLICIES:
        return collection, policy
    return model.strip(), None


def _manner(body: Mapping[str, Any]) -> Manner:
    """How the answer is to be written. A client that wants no reasoning gets none."""
    effort = body.get("reasoning_effort") or (body.get("reasoning") or {}).get("effort")
    thinking = body.get("thinking") or ("off" if effort in ("none", "minimal") else None)
    style = body.get("style")
    return Manner(
        style=None if style is None else Style(style),
        audience=body.get("audience"),
        language=body.get("answer_language"),
        thinking=thinking,
    )


def _most(body: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"):
        value = body.get(name)
        if value is not None:
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise invalid(f"{name} has to be a whole number above 0.", name)
            return value
    return None


class Completion:
    """One answer on its way to a client. Feed it the events; `link` gives a paper's address."""

    def __init__(self, wanted: Wanted, link: Link) -> None:
        self.wanted = wanted
        self._link = link
        self.weaver = Weaver(inline=wanted.inline)
        self.thoughts: list[str] = []
        self._events: list[Event] = []
        self._notices: list[str] = []
        self.papers: dict[str, Paper] = {}
        self._annotated = 0
        self._base = {
            "id": f"chatcmpl-{uuid4().hex}",
            "created": int(time.time()),
            "model": wanted.model,
        }

    # In one piece

    def take(self, event: Event) -> None:
        """An event of an answer that is not streamed."""
        self._events.append(event)
        if isinstance(event, Thought):
            self.thoughts.append(event.text)
        elif isinstance(event, Notice):
            self._notices.append(event.text)

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The completion, once it is finished."""
        text, placed = woven(answer, self._events, inline=self.wanted.inline)
        return {
            **self._base,
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "message": self.message(answer, text, placed),
                    "logprobs": None,
                    "finish_reason": finish_reason(answer),
                }
            ],
            "usage": usage(answer.usage),
            "system_fingerprint": answer.fingerprint or None,
        }

    # As chunks

    def begin(self) -> dict[str, Any]:
        """The first chunk."""
        return self._chunk({"role": "assistant", "content": ""})

    def chunks(self, event: Event) -> Iterator[dict[str, Any]]:
        """The chunks that an event makes, none for most."""
        text = self.weaver.see(event)
        match event:
            case Thought(text=thought):
                self.thoughts.append(thought)
                yield self._chunk({"reasoning_content": thought})
            case Notice(text=notice):
                self._notices.append(notice)
                yield self._chunk({}, notice=notice)
            case Retrieved(hits=hits):
                self.papers |= {hit.paper.id: hit.paper for hit in hits}
            case ClaimMade(index=index):
                placed = self.weaver.placed[index]
                found: dict[str, Any] = {"claims": [{"index": index, **_claim(placed)}]}
                made = list(self.annotations([placed], self.papers))
                if made:
                    found["annotations"] = [
                        {"index": place, **each} for place, each in enumerate(made, self._annotated)
                    ]
                    self._annotated += len(made)
                yield self._chunk({**({"content": text} if text else {}), **found})
            case ClaimRevised(index=index) if index in self.weaver.revised:
                yield self._chunk({}, revised={"index": index, **_claim(self.weaver.revised[index])})
            case Finished(answer=answer):
                if text:
                    yield self._chunk({"content": text})
                yield from self._end(answer)
            case _ if text:
                yield self._chunk({"content": text})

    def _end(self, answer: Answer) -> Iterator[dict[str, Any]]:
        whole = self.message(answer, None, self.weaver.claims)
        last = self._chunk({}, finish_reason(answer))
        last["choices"][0]["message"] = whole
        last["system_fingerprint"] = answer.fingerprint or None
        yield last
        if self.wanted.usage:
            yield {**self._chunk({}), "choices": [], "usage": usage(answer.usage)}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: object) -> dict[str, Any]:
        return {
            **self._base,
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
            **more,
        }

    # Both

    def message(self, answer: Answer, text: str | None, placed: Sequence[Placed]) -> dict[str, Any]:
        """The assistant's message with every form of its proof; `text` None: without its content."""
        papers = {citation.paper.id: citation.paper for citation in answer.citations}
        return {
            "role": "assistant",
            **({} if text is None else {"content": text, "refusal": None}),
            **({"reasoning_content": "".join(self.thoughts)} if self.thoughts else {}),
            "annotations": list(self.annotations(placed, papers)),
            "citations": [shapes.citation(each) for each in answer.citations],
            "claims": [_claim(each) for each in placed],
            "status": answer.status.value,
            "cut": answer.cut or None,
            "near_misses": [shapes.near_miss(each) for each in answer.near_misses],
            "withdrawn": [shapes.claim(each) for each in answer.withdrawn],
            "notices": self._notices,
        }

    def annotations(self, placed: Sequence[Placed], papers: Mapping[str, Paper]) -> Iterator[dict[str, Any]]:
        """One for each paper that proves a sentence: it spans the marker, else the sentence."""
        for each in placed:
            start, end = (
                (each.marker, each.marker_end) if each.marker_end > each.marker else (each.start, each.end)
            )
            if not each.numbers:
                continue
            for id in dict.fromkeys(evidence.paper for evidence in each.claim.evidence):
                if (paper := papers.get(id)) is not None:
                    yield {
                        "type": "url_citation",
                        "url_citation": {
                            "start_index": start,
                            "end_index": end,
                            "title": paper.name,
                            "url": self._link(paper),
                        },
                    }


def _claim(placed: Placed) -> dict[str, Any]:
    """A claim as everywhere, and where it stands in the content."""
    return {
        "start": placed.start,
        "end": placed.end,
        "numbers": list(placed.numbers),
        **shapes.claim(placed.claim),
    }


def finish_reason(answer: Answer) -> str:
    """OpenAI has no word for a stream that broke: "length" is theirs for an answer that is not whole."""
    return "length" if answer.cut else "stop"


def usage(value: Usage) -> dict[str, Any]:
    """All tokens that the answer took, in every request to the model."""
    return {
        "prompt_tokens": value.prompt_tokens,
        "completion_tokens": value.completion_tokens,
        "total_tokens": value.prompt_tokens + value.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": value.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": value.thought_tokens},
    }
