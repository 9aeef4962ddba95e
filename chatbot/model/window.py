"""How many tokens a model can see: asked of its server, bounded by what was configured.

Servers tell it in different places, and none in the OpenAI protocol. Each place is asked once, shortly, at
the configured endpoint and nowhere else; whatever goes wrong there, the answer is what was configured, or a
default that is said to be one. Never raises.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatbot.endpoint import root

if TYPE_CHECKING:
    import httpx2

DEFAULT_WINDOW = 8192
# Ollama gives a model this much unless told otherwise, however much the model could take, and drops the
# beginning of longer prompts without a word.
_OLLAMA_DEFAULT = 4096
_MOST = 100_000_000
# ask(url, body, seconds) -> the parsed JSON of the reply, None if there is none. A body makes it a POST.
Ask = Callable[[str, object | None, float], object | None]


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens that prompt and answer share, and how they are known, for people."""

    tokens: int
    source: str


def find_window(
    base_url: str, model: str, ask: Ask, *, configured: int | None = None, seconds: float = 2.0
) -> Window:
    """The window of `model` at `base_url`: the server's, at most `configured`; else that, else the default.

    All questions together take about `seconds` at most.
    """
    deadline = time.monotonic() + seconds

    def within(url: str, body: object | None = None) -> object | None:
        left = deadline - time.monotonic()
        return ask(url, body, left) if left > 0 else None

    for place in (_vllm, _llama_cpp, _ollama, _lm_studio):
        found = place(within, base_url.rstrip("/"), model)
        if found is not None and configured is not None and configured < found.tokens:
            return Window(configured, f"configured ({found.source} has {found.tokens:,})")
        if found is not None:
            return found
    if configured is not None:
        return Window(configured, "configured")
    return Window(DEFAULT_WINDOW, "assumed: the server does not tell, and none is configured")


def ask_json(http: httpx2.Client, url: str, body: object | None, seconds: float) -> object | None:
    """The parsed JSON that `url` answers with, None if it does not. An `Ask`, once `http` is given."""
    import httpx2

    try:
        method = "GET" if body is None else "POST"
        reply = http.request(method, url, json=body, timeout=seconds)
        parsed: object = reply.json() if reply.status_code == 200 else None
        return parsed
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError):
        return None


_Within = Callable[..., object | None]


def _vllm(ask: _Within, base_url: str, model: str) -> Window | None:
    models = _list(_field(ask(f"{base_url}/models"), "data"))
    mine = [entry for entry in models if _field(entry, "id") == model] or models[:1]
    for entry in mine:
        if tokens := _tokens(_field(entry, "max_model_len")):
            return Window(tokens, "the server's /v1/models")
    return None


def _llama_cpp(ask: _Within, base_url: str, model: str) -> Window | None:
    settings = _field(ask(f"{root(base_url)}/props"), "default_generation_settings")
    tokens = _tokens(_field(settings, "n_ctx"))
    return Window(tokens, "llama.cpp's /props") if tokens else None


def _ollama(ask: _Within, base_url: str, model: str) -> Window | None:
    shown = ask(f"{root(base_url)}/api/show", {"model": model})
    info = _field(shown, "model_info")
    longest = [_tokens(value) for key, value in _dict(info).items() if key.endswith(".context_length")]
    if not any(longest):
        return None
    for running in _list(_field(ask(f"{root(base_url)}/api/ps"), "models")):
        if _field(running, "model") == model and (tokens := _tokens(_field(running, "context_length"))):
            return Window(tokens, "Ollama's /api/ps")
    set_to = re.search(r"^num_ctx\s+(\d{1,9})", str(_field(shown, "parameters")), re.MULTILINE)
    if set_to and (tokens := _tokens(int(set_to.group(1)))):
        return Window(tokens, "Ollama's /api/show")
    return Window(min(_OLLAMA_DEFAULT, *filter(None, longest)), "Ollama's default")


def _lm_studio(ask: _Within, base_url: str, model: str) -> Window | None:
    shown = ask(f"{root(base_url)}/api/v0/models/{model}")
    tokens = _tokens(_field(shown, "loaded_context_length")) or _tokens(_field(shown, "max_context_length"))
    return Window(tokens, "LM Studio's /api/v0/models") if tokens else None


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _field(value: object, name: str) -> object | None:
    return _dict(value).get(name)


def _tokens(value: object) -> int | None:
    """`value` if it can be a number of tokens."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST else None
