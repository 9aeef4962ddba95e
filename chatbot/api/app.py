"""The application put together: routes, errors, the guard around it, and an OpenAPI that is true."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from chatbot.api import compatible, ingesting, native, remembering, responding
from chatbot.api.context import Context, request_id
from chatbot.api.failing import DENIED, Failure, invalid
from chatbot.api.guarding import Done, Guard, Rules
from chatbot.api.keys import Keys
from chatbot.api.pumping import Full
from chatbot.api.streaming import Left

Mount = Callable[[FastAPI, Context], None]
"""Adds something else to the application, the page for example."""

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_STATUSES = {
    "400": "The request can't be done as it is.",
    "401": "A key is needed.",
    "403": "Not from there, or not with this key.",
    "404": "There is no such thing.",
    "405": "Not with this method.",
    "408": "The request did not arrive in time.",
    "409": "It is being changed by somebody else.",
    "413": "The request is too large.",
    "415": "Not in this format.",
    "429": "Too much at once; Retry-After says when.",
    "500": "Something unexpected went wrong.",
    "502": "The model's endpoint failed.",
    "503": "It can't be done now; ask again.",
}


def make(here: Context, rules: Rules, keys: Keys, mounts: Iterable[Mount] = ()) -> Guard:
    """The ASGI application. Whoever runs it runs its lifespan too, at whose end all threads are stopped."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for begin in app.state.beginnings:
            begin()
        yield
        here.pump.close()
        for end in app.state.ends:
            end()
        here.tracer.close()

    app = FastAPI(
        title="chatbot",
        summary="Answers in which every sentence is proven by a sentence of a paper's abstract.",
        version=_version(),
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.context = here
    app.state.beginnings, app.state.ends = [], []
    app.include_router(compatible.router)
    app.include_router(responding.router)
    app.include_router(native.router)
    app.include_router(remembering.router)
    app.include_router(ingesting.router)
    ingesting.begin(app, here)
    _errors(app, here)
    for mount in mounts:
        mount(app, here)
    _true_openapi(app)
    if rules.origins:
        from starlette.middleware.cors import CORSMiddleware

        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(rules.origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["authorization", "content-type", "x-request-id"],
        )

    def done(what: Done, route: Any) -> None:
        here.log.request(what)
        here.meters.request(what, route)

    return Guard(app, rules, keys, done)


def _errors(app: FastAPI, here: Context) -> None:
    async def failed(request: Request, error: Exception) -> Response:
        found = here.failed(error, request_id(request))
        return JSONResponse(found.body, found.status, found.headers)

    async def http(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        messages = {
            404: f"There is nothing at {request.url.path[:200]}. GET /openapi.json lists what there is.",
            405: f"{request.method} is not answered here. GET /openapi.json lists what is.",
        }
        said = messages.get(status, str(getattr(error, "detail", "")) or "The request can't be done.")
        found = Failure(status, said, DENIED if status == 403 else "invalid_request_error")
        return JSONResponse(found.body, status, getattr(error, "headers", None))

    async def unread(request: Request, error: Exception) -> Response:
        first = error.errors()[0] if isinstance(error, RequestValidationError) and error.errors() else {}
        place = [str(part) for part in first.get("loc", ()) if part not in ("body", "query", "path")]
        where = ".".join(place) or None
        if first.get("type") == "json_invalid":
            where, message = None, "The body is no JSON."
        else:
            message = f"{where or 'The body'}: {first.get('msg', 'it can not be used')}."
        found = invalid(message[:500], where and where[:200])
        return JSONResponse(found.body, found.status)

    async def left(request: Request, error: Exception) -> Response:
        return Response(status_code=499)  # nobody reads it

    app.add_exception_handler(RequestValidationError, unread)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Left, left)
    app.add_exception_handler(Full, failed)
    app.add_exception_handler(Failure, failed)
    from chatbot.errors import ChatbotError
    from store.errors import StoreError

    app.add_exception_handler(ChatbotError, failed)
    app.add_exception_handler(StoreError, failed)
    app.add_exception_handler(Exception, failed)


def _true_openapi(app: FastAPI) -> None:
    """FastAPI's description, with the errors that there are instead of its own."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = made()
            schema["components"].setdefault("schemas", {})["Error"] = _ERROR
            for name in ("HTTPValidationError", "ValidationError"):
                schema["components"]["schemas"].pop(name, None)
            schema["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            reference = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
            for path in schema["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
                    for status, said in _STATUSES.items():
                        operation["responses"].setdefault(status, {"description": said, "content": reference})
                    if "health" not in operation.get("tags", ()):
                        operation["security"] = [{"key": []}, {}]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("proven-chatbot")
    except PackageNotFoundError:
        return "0"
