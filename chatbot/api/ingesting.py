"""Papers in and out: uploads as jobs, papers as JSON, papers taken out. Needs a key that may write."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from typing import Annotated, Any, BinaryIO, cast

from fastapi import APIRouter, FastAPI, Path, Query, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from chatbot import shapes
from chatbot.api.asked import PapersIn
from chatbot.api.context import Context, context
from chatbot.api.failing import Failure, invalid
from chatbot.api.jobs import ID, Job, Jobs
from chatbot.api.native import Collected
from chatbot.api.streaming import unless_left
from store import readers
from store.collection import check_name
from store.errors import CollectionError

router = APIRouter(tags=["papers"])

FOLDER = "uploads"
_FILES = 20
# Held in memory; more of an upload goes to a file that has no name.
_HELD = 2**20
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def begin(app: FastAPI, here: Context) -> None:
    """Give the application its jobs, which live as long as it."""
    jobs = Jobs(
        here.served.settings.home / FOLDER,
        here.served.ingest,
        here.log.notice,
    )
    app.state.jobs = jobs
    app.state.beginnings.append(jobs.begin)
    app.state.ends.append(jobs.close)


@router.post("/v1/ingest", status_code=202, openapi_extra=_BODY)
async def ingest(
    request: Request,
    collection: Collected = None,
    filename: Annotated[
        str, Query(max_length=500, description="What a body that is no form is called.")
    ] = "upload",
) -> JSONResponse:
    """Take in an export of papers, in any of the formats of docs/formats.md, gzipped or zipped too. Answers
    when it is safely kept; the job tells how far it is."""
    here, jobs = context(request), _jobs(request)
    name = _name(here, collection)
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        accepted = await _form(request, here, jobs, name)
    else:
        with tempfile.SpooledTemporaryFile(_HELD) as held:
            async for piece in request.stream():
                held.write(piece)
            accepted = [await _accept(here, jobs, name, filename, cast(BinaryIO, held))]
    shown = [_shape(job) for job in accepted]
    return JSONResponse(
        {"version": shapes.VERSION, "jobs": shown},
        202,
        {"Location": f"/v1/ingest/{accepted[0].id}"},
    )


async def _form(request: Request, here: Context, jobs: Jobs, name: str) -> list[Job]:
    try:
        async with request.form(max_files=_FILES, max_fields=_FILES) as form:
            files = [each for _, each in form.multi_items() if isinstance(each, UploadFile)]
            if not files:
                raise invalid("The form holds no file. Send it as `file`.", "file")
            return [await _accept(here, jobs, name, each.filename or "upload", each.file) for each in files]
    except (MultiPartException, HTTPException) as error:
        said = getattr(error, "message", None) or getattr(error, "detail", "")
        raise invalid(f"The form can't be read: {said}"[:300], "file") from error


async def _accept(here: Context, jobs: Jobs, name: str, file: str, content: BinaryIO) -> Job:
    content.seek(0)
    if not content.read(1):
        raise invalid("The upload is empty.", "file")
    content.seek(0)
    return await here.pump.call(lambda: jobs.accept(name, file, content))


@router.get("/v1/ingest")
async def listed(request: Request) -> dict[str, Any]:
    """The uploads, newest first."""
    return {"version": shapes.VERSION, "jobs": [_shape(job) for job in _jobs(request).all()]}


@router.get("/v1/ingest/{id}")
async def job(request: Request, id: Annotated[str, Path(max_length=100)]) -> dict[str, Any]:
    """How far an upload is, and its report when it is done."""
    found = _jobs(request).get(id) if ID.fullmatch(id) else None
    if found is None:
        raise Failure(
            404, f"There is no upload {id[:80]!r}. GET /v1/ingest lists them.", code="job_not_found"
        )
    return {"version": shapes.VERSION, **_shape(found)}


@router.post("/v1/papers")
async def add(request: Request, asked: PapersIn) -> dict[str, Any]:
    """Take in papers that are given as JSON; answers when they are there, with their vectors."""
    here = context(request)
    name = _name(here, asked.collection)
    given = [each.model_dump(exclude_none=True) for each in asked.papers]

    def taken() -> dict[str, Any]:
        items = readers.read_text(json.dumps(given), f"api/{asked.source}")
        return shapes.ingested(here.served.ingest(name, items))

    return await unless_left(request, here.pump.call(taken))


@router.delete("/v1/papers/{ref:path}")
async def remove(
    request: Request, ref: Annotated[str, Path(max_length=500)], collection: Collected = None
) -> dict[str, Any]:
    """Take a paper out; a source that is read again brings it back."""
    here = context(request)

    def gone() -> dict[str, Any]:
        removed = here.served.remove(collection, [ref])
        return {"version": shapes.VERSION, "removed": [paper.id for paper in removed]}

    return await unless_left(request, here.pump.call(gone))


def _name(here: Context, name: str | None) -> str:
    """A collection that may be made. Raises Failure."""
    wanted = name or here.served.settings.collection
    try:
        check_name(wanted)
    except CollectionError as error:
        raise invalid(str(error), "collection") from error
    return wanted


def _jobs(request: Request) -> Jobs:
    return cast(Jobs, request.app.state.jobs)


def _shape(job: Job) -> dict[str, Any]:
    return asdict(job)
