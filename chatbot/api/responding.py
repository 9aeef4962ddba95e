"""OpenAI's responses, as far as clients of one question and its answer use them.

The same answer as a chat completion in their other shape: one message whose text bears `url_citation`
annotations, with `citations` and `claims` beside it. Nothing is stored: a conversation is sent as `input`, so
`previous_response_id` is refused.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chatbot.api import chatting, messages
from chatbot.api.asked import ResponseIn
from chatbot.api.chatting import Completion, Link, Wanted
from chatbot.api.compatible import STREAMED, whole
from chatbot.api.context import context, link, request_id, visible
from chatbot.api.failing import unsupported
from chatbot.api.streaming import Events, Reader, begun, data, pieces
from chatbot.values import Answer, ClaimMade, Event, Finished, Notice, Retrieved, Thought
from store.collection import Collection
from store.records import Filter

router = APIRouter(tags=["OpenAI"])

_NEED_MEMORY = ("previous_response_id", "conversation", "background", "prompt")


@router.post("/v1/responses", responses=STREAMED, response_model=None)
async def respond(request: Request, asked: ResponseIn) -> Response | Events:
    """A proven answer to the last message of `input`. Instructions are style, never evidence."""
    body = asked.model_dump(exclude_unset=True)
    for name in _NEED_MEMORY:
        if body.get(name):
            raise unsupported(name, "nothing is stored here; send the conversation as input.")
    text = body.get("text")
    if isinstance(text, Mapping) and (text.get("format") or {"type": "text"}).get("type") != "text":
        raise unsupported("text.format", "answers are texts; /v1/ask gives all of an answer as JSON.")
    wanted = chatting.wanted(body)
    filter = asked.filter.value() if asked.filter is not None else Filter()

    def question(collection: Collection) -> Any:
        return messages.question(
            _spoken(body["input"], asked.instructions), collection.paper, filter, wanted.manner
        )

    here = context(request)
    responding = Responding(wanted, link(request))
    answering = here.answering(request_id(request), wanted.collection, wanted.shaped, question)
    if not wanted.stream:
        return await whole(request, answering, responding)
    reader = Reader(answering)
    before = await begun(request, reader, visible)

    def encode(event: Event) -> list[bytes]:
        return [data(each, each["type"]) for each in responding.events(event)]

    def failed(error: Exception) -> bytes:
        said = here.failed(error, request_id(request))
        failure = responding.failed(said.message, said.code or said.type)
        return data(failure, failure["type"])

    async def parts() -> Any:
        for each in responding.begin_events():
            yield data(each, each["type"])
        async for piece in pieces(reader, before, encode, failed):
            yield piece

    return Events(parts(), reader.close)


def _spoken(value: str | Sequence[Mapping[str, Any]], instructions: str | None) -> list[Mapping[str, Any]]:
    """The messages of an input, the instructions first; reasoning and calls in it are passed over."""
    told: list[Mapping[str, Any]] = [{"role": "system", "content": instructions}] if instructions else []
    if isinstance(value, str):
        return [*told, {"role": "user", "content": value}]
    return [*told, *(item for item in value if item.get("type", "message") == "message")]


class Responding(Completion):
    """One answer on its way to a client, as a response."""

    def __init__(self, wanted: Wanted, link: Link) -> None:
        super().__init__(wanted, link)
        self._id, self._item = f"resp_{uuid4().hex}", f"msg_{uuid4().hex}"
        self._created = int(time.time())
        self._numbers = itertools.count()
        self._count = 0
        self._text = ""

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The response, once it is finished."""
        completion = super().whole(answer)
        return self._response(answer, completion["choices"][0]["message"])

    def begin_events(self) -> Iterator[dict[str, Any]]:
        """What is said before the first word."""
        started = {**self._shell(), "status": "in_progress", "output": [], "usage": None}
        item = {
            "type": "message",
            "id": self._item,
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        part = {"type": "output_text", "text": "", "annotations": []}
        yield self._event("response.created", response=started)
        yield self._event("response.in_progress", response=started)
        yield self._event("response.output_item.added", output_index=0, item=item)
        yield self._event("response.content_part.added", **self._place(), part=part)

    def events(self, event: Event) -> Iterator[dict[str, Any]]:
        """The events of a stream that an event of the answer makes."""
        text = self.weaver.see(event)
        self._text += text
        if isinstance(event, Thought | Notice):
            self.take(event)
        elif isinstance(event, Retrieved):
            self.papers |= {hit.paper.id: hit.paper for hit in event.hits}
        if text:
            yield self._event("response.output_text.delta", **self._place(), delta=text, logprobs=[])
        if isinstance(event, ClaimMade):
            for each in self.annotations([self.weaver.placed[event.index]], self.papers):
                yield self._event(
                    "response.output_text.annotation.added",
                    **self._place(),
                    annotation_index=self._count,
                    annotation=_flat(each),
                )
                self._count += 1
        if isinstance(event, Finished):
            yield from self._end(event.answer)

    def failed(self, message: str, code: str) -> dict[str, Any]:
        """The last event of a stream that broke."""
        error = {"code": code, "message": message}
        response = {**self._shell(), "status": "failed", "output": [], "usage": None, "error": error}
        return self._event("response.failed", response=response)

    def _end(self, answer: Answer) -> Iterator[dict[str, Any]]:
        message = self.message(answer, self._text, self.weaver.claims)
        response = self._response(answer, message)
        [item] = response["output"]
        [part] = item["content"]
        yield self._event("response.output_text.done", **self._place(), text=self._text, logprobs=[])
        yield self._event("response.content_part.done", **self._place(), part=part)
        yield self._event("response.output_item.done", output_index=0, item=item)
        yield self._event(f"response.{response['status']}", response=response)

    def _response(self, answer: Answer, message: dict[str, Any]) -> dict[str, Any]:
        text = message.pop("content")
        annotations = [_flat(each) for each in message.pop("annotations")]
        message.pop("refusal", None)
        status = "incomplete" if answer.cut else "completed"
        reason = "max_output_tokens" if answer.cut == "length" else "upstream_ended"
        used = answer.usage
        return {
            **self._shell(),
            "status": status,
            "incomplete_details": {"reason": reason} if answer.cut else None,
            "output": [
                {
                    **message,
                    "status": status,
                    "answer_status": answer.status.value,
                    "type": "message",
                    "id": self._item,
                    "content": [
                        {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}
                    ],
                }
            ],
            "usage": {
                "input_tokens": used.prompt_tokens,
                "input_tokens_details": {"cached_tokens": used.cached_tokens},
                "output_tokens": used.completion_tokens,
                "output_tokens_details": {"reasoning_tokens": used.thought_tokens},
                "total_tokens": used.prompt_tokens + used.completion_tokens,
            },
        }

    def _shell(self) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "model": self.wanted.model,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "parallel_tool_calls": False,
            "previous_response_id": None,
            "store": False,
            "temperature": None,
            "tool_choice": "none",
            "tools": [],
            "top_p": None,
            "text": {"format": {"type": "text"}},
        }

    def _place(self) -> dict[str, Any]:
        return {"item_id": self._item, "output_index": 0, "content_index": 0}

    def _event(self, type: str, **fields: Any) -> dict[str, Any]:
        return {"type": type, "sequence_number": next(self._numbers), **fields}


def _flat(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """An annotation as responses have it, in one piece."""
    return {"type": annotation["type"], **annotation["url_citation"]}
