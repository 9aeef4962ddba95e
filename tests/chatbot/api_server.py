"""The whole API on a real socket, in this process: what clients are tested against.

    with Api(home, upstream.base_url) as api:
        httpx2.get(api.url + "/healthz")

The collection is real; its embedder is the fake, and the model is whatever listens upstream.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2
import uvicorn

from chatbot.api.app import Mount, make
from chatbot.api.context import Context
from chatbot.api.guarding import Guard, Rules
from chatbot.api.keys import Keys
from chatbot.api.pumping import Pump
from chatbot.api.server import Options, configuration
from chatbot.api.telling import Log
from chatbot.api.tracing import Tracer
from chatbot.serving import Served
from chatbot.settings import Settings, load
from store import Collection, HashEmbedder
from store.readers import read
from tests.fake_upstream import Handler, say, scores

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
QUESTION = "What does GSPO base its importance ratio on?"
FRENCH = "What is the best recipe for onion soup?"


def filled(home: Path, name: str = "papers", sources: Sequence[Path] = (SEEDS,)) -> Path:
    """A home with a collection of the seeds."""
    with Collection.open(home, name, HashEmbedder(), create=True) as collection:
        collection.ingest(read(list(sources)))
    return home


def shown(handler: Handler) -> list[tuple[str, str]]:
    """The sentences that a request shows to the model, by their keys."""
    text = handler.body["messages"][-1]["content"]
    return re.findall(r"^(\d+\.\d+) (.+)$", text, re.MULTILINE)


def proven(handler: Handler) -> None:
    """A model that says what the sentence about the importance ratio says, and points at it."""
    answering([("importance ratio based on", None)])(handler)


def answering(
    wanted: Sequence[tuple[str, str | None]], chunk: int = 9, between: Callable[[], None] = lambda: None
) -> Callable[[Handler], None]:
    """A model that points at the sentences that hold these words, and says those, or something else."""

    def behave(handler: Handler) -> None:
        if handler.body.get("max_tokens") == 1:
            scores(yes=-0.01, no=-5.0)(handler)
            return
        claims = []
        for words, text in wanted:
            key, sentence = next(((key, said) for key, said in shown(handler) if words in said), ("1.1", ""))
            claims.append({"from": [key], "say": text or sentence})
        reply = json.dumps({"claims": claims}, ensure_ascii=False)
        say(
            *(reply[place : place + chunk] for place in range(0, len(reply), chunk)),
            usage={"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        )(handler)

    return behave


def sure(behaviour: Callable[[Handler], None]) -> Callable[[Handler], None]:
    """The behaviour, of a model that thinks that it can answer."""

    def behave(handler: Handler) -> None:
        (scores(yes=-0.01, no=-5.0) if handler.body.get("max_tokens") == 1 else behaviour)(handler)

    return behave


def settings(home: Path, base_url: str = "", **more: object) -> Settings:
    """Settings of a home, and of an endpoint if there is one."""
    flags: dict[str, object] = {"home": home, **more}
    if base_url:
        flags |= {"base_url": base_url, "model": "m"}
    return load(flags, {}, home)


class Api:
    """The server; a context manager."""

    def __init__(
        self,
        home: Path,
        base_url: str = "",
        *,
        rules: Rules | None = None,
        threads: int = 32,
        mounts: Sequence[Mount] = (),
        options: Options | None = None,
        tracer: Tracer | None = None,
        log_text: bool = False,
        **more: object,
    ) -> None:
        self.home = home
        self.lines = StringIO()
        self.served = Served(
            settings(home, base_url, **more),
            notice=lambda text: None,
            progress=lambda done, total: None,
            with_model=bool(base_url),
        )
        self.context = Context(
            self.served, Pump(threads), log=Log(self.lines, text=log_text), tracer=tracer or Tracer()
        )
        self.keys = Keys(home)
        self.app: Guard = make(self.context, rules or Rules(), self.keys, mounts)
        self.server = uvicorn.Server(configuration(self.app, options or Options(grace=5)))
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        await self.server.serve(sockets=[self._socket])

    def __enter__(self) -> Api:
        import socket

        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread.start()
        wait_for(lambda: self.server.started)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()
        self.served.__exit__(None, None, None)
        self._socket.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def v1(self) -> str:
        return f"{self.url}/v1"

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]

    def get(self, path: str, **how: Any) -> httpx2.Response:
        return httpx2.get(self.url + path, timeout=60, **how)

    def post(self, path: str, body: object = None, **how: Any) -> httpx2.Response:
        return httpx2.post(self.url + path, json=body, timeout=60, **how)

    def chat(self, text: str = QUESTION, **body: Any) -> httpx2.Response:
        """A chat completion."""
        asked = {"model": "papers", "messages": [{"role": "user", "content": text}], **body}
        return self.post("/v1/chat/completions", asked)

    def events(self, path: str, body: object) -> Iterator[tuple[str, str]]:
        """The events of a stream: name and data."""
        with httpx2.stream("POST", self.url + path, json=body, timeout=60) as response:
            assert response.status_code == 200, response.read()
            name = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    yield name, line[6:]
                    name = ""


def wait_for(what: Callable[[], object], seconds: float = 20) -> None:
    """Until it is true: of other threads and sockets nothing else can be waited for."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.005)
