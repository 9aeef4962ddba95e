"""Every error in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`, and its status.

What goes wrong behind us is never told as the client's fault: an endpoint that refuses our key is a 502. Of
an error that nobody foresaw the client learns the request's id, the log the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chatbot.errors import (
    ChatbotError,
    LocalModelError,
    ModelBusy,
    ModelError,
    ModelUnreachable,
    NoSession,
    QuestionError,
)
from store.errors import (
    CollectionBusy,
    CollectionDamaged,
    EmbedderMismatch,
    EmbeddingError,
    FilterError,
    NoCollection,
    NoPaper,
    SourceError,
    StoreError,
)

INVALID, AUTH, DENIED, LIMIT, SERVER = (
    "invalid_request_error",
    "authentication_error",
    "permission_error",
    "rate_limit_error",
    "server_error",
)


@dataclass(eq=False)
class Failure(Exception):
    """An answer that is an error. `headers` go with it."""

    status: int
    message: str
    type: str = INVALID
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    @property
    def body(self) -> dict[str, Any]:
        return {
            "error": {
                "message": self.message,
                "type": self.type,
                "param": self.param,
                "code": self.code,
            }
        }


def invalid(message: str, param: str | None = None, code: str | None = None) -> Failure:
    """The request can't be done as it is."""
    return Failure(400, message, param=param, code=code)


def unsupported(param: str, why: str) -> Failure:
    """A parameter that would change what the answer is, and can't be kept."""
    return Failure(400, f"{param} is not supported: {why}", param=param, code="unsupported_parameter")


def full() -> Failure:
    """As much is being answered as can be."""
    return Failure(
        503,
        "As many questions as this server answers at once are being answered. Ask again in a moment.",
        SERVER,
        "server_overloaded",
        headers={"Retry-After": "1"},
    )


def failure(error: BaseException, request: str = "") -> Failure:
    """The failure that an error is for the client."""
    match error:
        case Failure():
            return error
        case QuestionError() | FilterError() | SourceError():
            return invalid(str(error), code=type(error).__name__)
        case NoCollection():
            return Failure(404, str(error), code="model_not_found", param="model")
        case NoSession():
            return Failure(404, str(error), code="session_not_found")
        case NoPaper():
            return Failure(404, str(error), code="paper_not_found")
        case CollectionBusy() | EmbedderMismatch() | EmbeddingError():
            return Failure(503, str(error), SERVER, type(error).__name__)
        case ModelBusy() | ModelUnreachable() | LocalModelError():
            return Failure(503, str(error), SERVER, type(error).__name__, headers={"Retry-After": "5"})
        case ModelError():
            return Failure(502, str(error), SERVER, type(error).__name__)
        case CollectionDamaged() | ChatbotError() | StoreError():
            return Failure(500, str(error), SERVER, type(error).__name__)
        case _:
            which = f" It is request {request}." if request else ""
            return Failure(
                500, f"Something unexpected went wrong; the server's log says what.{which}", SERVER
            )
