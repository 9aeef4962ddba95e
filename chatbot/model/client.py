"""The SDK's client over an HTTP client of `store.posting`: no other policy than ours."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2
    import openai

# A transport of the SDK that is never used here and takes a fifth of its import, where aiohttp is installed:
# Chroma brings it along, for its Kubernetes client.
_NOT_NEEDED = "openai._vendor.httpx_aiohttp"


def load_sdk() -> None:
    """Import the SDK, 0.3 s, before it is needed.

    Without its asynchronous transport over aiohttp: a module that is None in `sys.modules` can't be imported,
    and the SDK does then as it does where aiohttp is missing. Under another name it is imported as ever.
    """
    sys.modules.setdefault(_NOT_NEEDED, None)  # type: ignore[arg-type]
    import_module("openai")


def make_client(base_url: str, http: httpx2.Client) -> openai.OpenAI:
    """The SDK over `http`, without retries of its own."""
    import openai

    # An empty key would make the SDK look for one in the environment; `http` sends the right one or none.
    return openai.OpenAI(base_url=base_url, api_key="none", max_retries=0, http_client=http)


def end_at(response: httpx2.Response, until: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Make the body of `response` time out at `until`, however lively it drips.

    The SDK swallows comments and blank lines, so that a deadline between chunks might never be looked at.
    """
    import httpx2

    class Ending(httpx2.SyncByteStream):
        def __init__(self, inner: httpx2.SyncByteStream) -> None:
            self._inner = inner

        def __iter__(self) -> Iterator[bytes]:
            for data in self._inner:
                if clock() >= until:
                    raise httpx2.ReadTimeout("the deadline has passed", request=response.request)
                yield data

        def close(self) -> None:
            self._inner.close()

    if isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = Ending(response.stream)
