"""What went wrong at an endpoint, told to people: the SDK's exceptions and broken replies as our errors.

Decides too whether an attempt may be repeated (`Again`). Sends nothing. What a server says is data: it is
shown shortened, on one line, without control characters and without the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatbot.errors import ModelBusy, ModelError, ModelGarbled, ModelRefused, ModelUnreachable
from store.posting import plain, reason, retry_after
from store.retrying import Again

if TYPE_CHECKING:
    import openai

_KEY = "--api-key, CHATBOT_API_KEY or api_key in chatbot.toml"
_URL = "--base-url, CHATBOT_BASE_URL or base_url in chatbot.toml"
_MODEL = "--model, CHATBOT_MODEL or model in chatbot.toml"
_TOO_LONG = re.compile(r"context|too long|too large|maximum.{0,20}tokens|exceed", re.IGNORECASE)


class Broken(Exception):
    """The reply is not what the protocol says; `str()` says what it is instead."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a message needs to know of where the request went. `offered` asks for the models there."""

    address: str
    model: str
    api_key: str | None
    offered: Callable[[], list[str]]


def fault(error: Exception, at: Endpoint) -> ModelError | Again:
    """Our error for one that came before the first token; `Again` where it may pass by itself."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return Again(
            ModelUnreachable(
                f"{at.address} did not answer in time. If it is only slow, raise CHATBOT_TIMEOUT and "
                "CHATBOT_DEADLINE (seconds); else look whether it is still running."
            )
        )
    if isinstance(error, openai.APIConnectionError):
        return Again(
            ModelUnreachable(
                f"Nothing answers at {at.address} ({reason(error)}). Start the server, or set {_URL}."
            )
        )
    if isinstance(error, openai.APIStatusError):
        return _status(error.status_code, error, at)
    if isinstance(error, openai.APIError) and error.code and error.code.isdecimal():
        return _status(int(error.code), error, at)
    if isinstance(error, openai.APIError):
        return ModelRefused(f"{at.address} failed: {said(error, at)}. Look into the server's log.")
    return ModelGarbled(
        f"{at.address} does not speak the OpenAI protocol: {_garbled(error)}. Check the address "
        f"({_URL}): it usually ends in /v1."
    )


def cut_by(error: Exception, at: Endpoint) -> str:
    """What ended a reply that had begun, in a few words."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return "it fell silent"
    if isinstance(error, openai.APIConnectionError):
        return f"the connection broke: {reason(error)}"
    return said(error, at) if isinstance(error, openai.APIError) else _garbled(error)


def _garbled(error: Exception) -> str:
    """What is wrong with a reply that could not be read, without its content."""
    return str(error) if isinstance(error, Broken) else "its stream can't be parsed"


def said(error: openai.APIError, at: Endpoint) -> str:
    """The server's own words, fit to be shown: one line, at most 200 characters, no key."""
    return plain(error.body or error.message, at.api_key)


def too_long(error: openai.APIError, at: Endpoint) -> bool:
    """The server refused because the prompt does not fit."""
    return error.code == "context_length_exceeded" or bool(_TOO_LONG.search(said(error, at)))


def _status(status: int, error: openai.APIError, at: Endpoint) -> ModelError | Again:
    words = f"({status}: {said(error, at)})"
    if status == 429 and "insufficient_quota" in (error.code, error.type):
        return ModelRefused(f"{at.address} says that the quota is used up {words}. Top it up, or set {_URL}.")
    if status in (408, 409, 429) or status >= 500:
        after = _retry_after(error)
        when = f"in {after:.0f} s" if after else "later"
        return Again(ModelBusy(f"{at.address} is busy or failing {words}. Try again {when}."), after)
    if status == 401:
        problem = "refuses the key" if at.api_key else "wants a key, and none is set"
        return ModelRefused(f"{at.address} {problem} {words}. Set it with {_KEY}.")
    if status == 403:
        return ModelRefused(
            f"{at.address} does not allow this {words}. Set a key that may use {at.model!r} ({_KEY}), "
            f"or another model ({_MODEL})."
        )
    if status == 404:
        offered = at.offered()
        offers = (
            f"It offers {', '.join(offered[:10])}" if offered else f"Check the address too ({_URL}; /v1?)"
        )
        return ModelRefused(f"{at.address} has no model {at.model!r} {words}. {offers}: set {_MODEL}.")
    if status in (400, 413) and too_long(error, at):
        return ModelRefused(
            f"The prompt does not fit the model's window {words}. Set CHATBOT_WINDOW to the tokens it really "
            "has, or ask with fewer papers (CHATBOT_PAPERS)."
        )
    if 300 <= status < 400:
        return ModelRefused(f"{at.address} redirects elsewhere, which is not followed. Set {_URL} right.")
    return ModelRefused(
        f"{at.address} refuses the request {words}. Check the model ({_MODEL}) and its server."
    )


def _retry_after(error: openai.APIError) -> float | None:
    import openai

    headers = error.response.headers if isinstance(error, openai.APIStatusError) else {}
    return retry_after(headers.get("retry-after", ""))
