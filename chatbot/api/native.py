"""The program's own routes: ask, search, papers, verify, census; the JSON is docs/json.md's."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from chatbot import censusing, filtering, shapes
from chatbot.api import events
from chatbot.api.asked import AskIn, CensusIn, SearchIn, VerifyIn
from chatbot.api.compatible import STREAMED
from chatbot.api.context import Context, context, finished, request_id, visible
from chatbot.api.failing import Failure, invalid
from chatbot.api.remembering import Remembered
from chatbot.api.streaming import Events, Reader, begun, data, failed_data, pieces, unless_left
from chatbot.serving import Shaped
from chatbot.values import Event, Finished, Manner, Question, Style, Turn
from store.collection import Collection
from store.records import Filter, Paper

router = APIRouter(tags=["native"])

Collected = Annotated[str | None, Query(max_length=64, description="Which collection; the configured one.")]


@router.post("/v1/ask", responses=STREAMED, response_model=None)
async def ask(request: Request, asked: AskIn) -> Response | Events:
    """The whole answer as JSON; the typed events as they come where `stream` is true, or where the client
    accepts `text/event-stream` alone."""
    here = context(request)
    shaped = Shaped(asked.policy, asked.max_tokens)
    remembered = Remembered(here, request, asked.session) if asked.session else None

    def question(collection: Collection) -> Question:
        filter = filtering.known(asked.filter.value(), collection.paper)
        turns = tuple(Turn(turn.question, turn.answer, turn.cited) for turn in asked.history)
        manner = Manner(
            None if asked.style is None else Style(asked.style),
            asked.audience,
            asked.answer_language,
            asked.thinking,
        )
        plain = Question(asked.question, turns, filter, tuple(asked.numbers.items()), manner)
        return plain if remembered is None else remembered.asked(plain)

    record = None if remembered is None else remembered.recording
    answering = here.answering(request_id(request), asked.collection, shaped, question, record)
    if asked.stream or request.headers.get("accept", "") == "text/event-stream":
        return await _streamed(request, here, Reader(answering), remembered)
    shape = shapes.answer(await unless_left(request, finished(answering)))
    return JSONResponse(shape if remembered is None else {**shape, "session": remembered.id})


async def _streamed(
    request: Request, here: Context, reader: Reader[Event], remembered: Remembered | None
) -> Events:
    before = await begun(request, reader, visible)

    def encode(event: Event) -> list[bytes]:
        name, shape = events.named(event)
        if remembered is not None and isinstance(event, Finished):
            shape["session"] = remembered.id
        return [data(shape, name)]

    def failed(error: Exception) -> bytes:
        return failed_data(here.failed(error, request_id(request)), "error")

    return Events(pieces(reader, before, encode, failed), reader.close)


@router.post("/v1/search")
async def search(request: Request, asked: SearchIn) -> dict[str, Any]:
    """What would be retrieved for a query, with scores."""
    here = context(request)
    return await unless_left(request, here.pump.call(lambda: found(here, asked)))


def found(here: Context, asked: SearchIn) -> dict[str, Any]:
    """The shape of a search. Raises Failure where there is nothing to search for."""
    read = filtering.read(asked.query)
    query = read.question or " ".join((*read.filter.phrases, *read.filter.titles))
    if not query:
        raise invalid("There is nothing to search for. Give words in query.", "query")
    collection = here.served.filled(asked.collection)
    filter = _filter(asked, read, collection)
    hits = collection.search(query, asked.limit, filter)
    return {"version": shapes.VERSION, "filter": shapes.filter(filter), "hits": shapes.hits(hits)}


def _filter(asked: SearchIn | CensusIn, read: filtering.Understood, collection: Collection) -> Filter:
    """What the request and the words in it filter. Raises FilterError."""
    return filtering.both(
        filtering.known(asked.filter.value(), collection.paper),
        filtering.known(read.filter, collection.paper),
    )


@router.get("/v1/papers")
async def papers(
    request: Request,
    collection: Collected = None,
    after: Annotated[str | None, Query(max_length=500, description="The last id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    since: Annotated[str | None, Query(max_length=10)] = None,
    until: Annotated[str | None, Query(max_length=10)] = None,
    text: Annotated[str | None, Query(max_length=500)] = None,
) -> dict[str, Any]:
    """The papers, newest first, a page at a time."""
    here = context(request)

    def listed() -> dict[str, Any]:
        found = here.served.collection(collection).papers(Filter(since=since, until=until, text=text))
        start = 0
        if after is not None:
            start = next((place for place, paper in enumerate(found, 1) if paper.id == after), len(found))
        page = found[start : start + limit]
        more = len(found) > start + limit
        return {
            "version": shapes.VERSION,
            "total": len(found),
            "papers": shapes.papers(page),
            "next": page[-1].id if more else None,
        }

    return await unless_left(request, here.pump.call(listed))


@router.get("/v1/papers/{ref:path}")
async def paper(
    request: Request, ref: Annotated[str, Path(max_length=500)], collection: Collected = None
) -> dict[str, Any]:
    """One paper, by its id, arXiv id, DOI or label, with its sentences."""
    here = context(request)

    def shown() -> dict[str, Any]:
        opened = here.served.collection(collection)
        return shown_paper(opened, known(opened, ref))

    return await unless_left(request, here.pump.call(shown))


def known(collection: Collection, ref: str) -> Paper:
    """The paper that is meant. Raises Failure."""
    found = collection.paper(ref)
    if found is None:
        raise Failure(
            404, f"There is no paper {ref[:80]!r}. GET /v1/papers lists them.", code="paper_not_found"
        )
    return found


def shown_paper(collection: Collection, paper: Paper) -> dict[str, Any]:
    """A paper and the addresses of its sentences."""
    sentences = [
        {"number": each.number, "start": each.start, "end": each.end, "text": each.text}
        for each in collection.sentences(paper.id)
    ]
    return {"version": shapes.VERSION, **shapes.paper(paper), "sentences": sentences}


@router.post("/v1/verify")
async def verify(request: Request, asked: VerifyIn) -> dict[str, Any]:
    """Each sentence of a text with its best evidence and a verdict."""
    here = context(request)

    def checked() -> dict[str, Any]:
        return verified(here, asked)

    return await unless_left(request, here.pump.call(checked))


def verified(here: Context, asked: VerifyIn) -> dict[str, Any]:
    """The shape of a checked text."""
    collection = here.served.filled(asked.collection)
    filter = filtering.known(asked.filter.value(), collection.paper)
    claims = list(here.served.checker(asked.collection).check(asked.text, filter))
    ids = dict.fromkeys(each.paper for claim in claims for each in claim.evidence)
    cited = [paper for id in ids if (paper := collection.paper(id)) is not None]
    return shapes.checked(claims, cited)


@router.post("/v1/census")
async def census(request: Request, asked: CensusIn) -> dict[str, Any]:
    """What a question to the whole collection counts, exactly and with no model."""
    here = context(request)
    return await unless_left(request, here.pump.call(lambda: counted(here, asked)))


def counted(here: Context, asked: CensusIn) -> dict[str, Any]:
    """The shape of a census. Raises Failure for a question that counts nothing."""
    read = filtering.read(asked.question)
    collection = here.served.collection(asked.collection)
    filter = _filter(asked, read, collection)
    plan = censusing.planned(Question(read.question, filter=filter))
    if plan is None:
        raise invalid(
            'This is not understood as a question to the whole collection. Ask, for example, "How many '
            'papers per month?"; questions over a topic are answered by /v1/ask.',
            "question",
        )
    found = collection.census(plan, asked.listed)
    return shapes.counted(found, censusing.sentence(found))


@router.get("/v1/collections")
async def collections(request: Request) -> dict[str, Any]:
    """The collections, with how many papers each has."""
    here = context(request)

    def listed() -> dict[str, Any]:
        names = here.served.names()
        return {
            "version": shapes.VERSION,
            "collections": [{"name": name, "papers": here.served.collection(name).count()} for name in names],
        }

    return await unless_left(request, here.pump.call(listed))


@router.get("/healthz", tags=["health"])
async def healthz() -> dict[str, str]:
    """The server lives."""
    return {"status": "ok"}


@router.get("/readyz", tags=["health"], responses={503: {"description": "It can't answer questions."}})
async def readyz(request: Request) -> JSONResponse:
    """A question can be asked: the collection is there and not empty."""
    here = context(request)
    try:
        papers = await here.pump.call(lambda: here.served.filled().count())
    except Exception as error:
        return JSONResponse({"status": "not ready", "reason": type(error).__name__}, 503)
    return JSONResponse({"status": "ready", "papers": papers})


@router.get("/metrics", tags=["health"], response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Numbers for Prometheus."""
    return Response(context(request).meters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
