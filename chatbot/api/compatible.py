"""The routes of OpenAI's names: models, chat completions, embeddings. (Responses are in `responding`.)

One model a collection, and one for each policy of it: `papers`, `papers/flag`, `papers/strict`, `papers/off`.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from chatbot.api import chatting, messages
from chatbot.api.asked import ChatIn, EmbeddingsIn
from chatbot.api.chatting import Completion
from chatbot.api.context import Context, context, finished, link, request_id, visible
from chatbot.api.failing import Failure, invalid
from chatbot.api.streaming import Events, Reader, begun, data, failed_data, pieces, unless_left
from chatbot.serving import POLICIES
from chatbot.values import Event, Question
from store.collection import Collection
from store.records import Filter

router = APIRouter(tags=["OpenAI"])

STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; an event stream where `stream` is true.",
        "content": {"application/json": {}, "text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get("/v1/models")
async def models(request: Request) -> dict[str, Any]:
    """The collections as models, the configured one first."""
    here = context(request)
    names = await here.pump.call(here.served.names)
    ids = [each for name in names for each in (name, *(f"{name}/{policy}" for policy in POLICIES))]
    return {"object": "list", "data": [_model(id) for id in ids]}


@router.get("/v1/models/{model:path}")
async def model(request: Request, model: str) -> dict[str, Any]:
    """One of them."""
    here = context(request)
    collection, _ = chatting.named(model)
    if collection not in await here.pump.call(here.served.names):
        raise Failure(
            404, f"There is no model {model[:80]!r}. GET /v1/models lists them.", code="model_not_found"
        )
    return _model(model)


@router.post("/v1/chat/completions", responses=STREAMED, response_model=None)
async def chat(request: Request, asked: ChatIn) -> Response | Events:
    """A proven answer to the last message. The others are conversation, never evidence."""
    body = asked.model_dump(exclude_unset=True)
    wanted = chatting.wanted(body)
    filter = asked.filter.value() if asked.filter is not None else Filter()

    def question(collection: Collection) -> Question:
        return messages.question(body["messages"], collection.paper, filter, wanted.manner)

    here = context(request)
    completion = Completion(wanted, link(request))
    answering = here.answering(request_id(request), wanted.collection, wanted.shaped, question)
    if wanted.stream:
        return await _streamed(request, here, Reader(answering), completion)
    return await whole(request, answering, completion)


async def whole(request: Request, answering: AsyncGenerator[Event], completion: Completion) -> Response:
    """The answer in one piece; nobody works on it any more once the client has left."""
    answer = await unless_left(request, finished(answering, completion.take))
    return JSONResponse(completion.whole(answer))


async def _streamed(request: Request, here: Context, reader: Reader[Event], completion: Completion) -> Events:
    before = await begun(request, reader, visible)

    def encode(event: Event) -> list[bytes]:
        return [data(chunk) for chunk in completion.chunks(event)]

    def failed(error: Exception) -> bytes:
        return failed_data(here.failed(error, request_id(request)))

    async def parts() -> Any:
        yield data(completion.begin())
        async for piece in pieces(reader, before, encode, failed, b"data: [DONE]\n\n"):
            yield piece

    return Events(parts(), reader.close)


@router.post("/v1/embeddings")
async def embeddings(request: Request, asked: EmbeddingsIn) -> dict[str, Any]:
    """Vectors by the collection's embedder, as it embeds documents; as queries where `query` is true."""
    here = context(request)
    name, _ = chatting.named(asked.model)
    texts = [asked.input] if isinstance(asked.input, str) else list(asked.input)

    def made() -> tuple[str, list[list[float]]]:
        embedder = here.served.collection(name).embedder
        if asked.dimensions is not None and asked.dimensions != embedder.dimension:
            raise invalid(
                f"The vectors of {name} have {embedder.dimension} numbers. Leave dimensions out.",
                "dimensions",
            )
        vectors = [embedder.query(text) for text in texts] if asked.query else embedder.documents(texts)
        return embedder.name, [[float(number) for number in vector] for vector in vectors]

    by, vectors = await unless_left(request, here.pump.call(made))
    from chatbot.tokens import encoding_for

    tokens = sum(encoding_for(by).count(text) for text in texts)
    encode = _packed if asked.encoding_format == "base64" else list
    return {
        "object": "list",
        "model": asked.model,
        "data": [
            {"object": "embedding", "index": place, "embedding": encode(vector)}
            for place, vector in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _packed(vector: list[float]) -> Any:
    """Little-endian float32 in base64: what OpenAI's SDK asks for by itself."""
    import numpy

    return base64.b64encode(numpy.array(vector, dtype="<f4").tobytes()).decode()


def _model(id: str) -> dict[str, Any]:
    return {"id": id, "object": "model", "created": 0, "owned_by": "chatbot"}
