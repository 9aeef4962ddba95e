"""Whatever a model's endpoint does, and whatever a client does: a clean error or an answer that says it was
cut; and afterwards no thread, task or socket is left over."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from chatbot import assembly
from chatbot.api.pumping import Full, Pump
from store import HashEmbedder
from store.retrying import Retries
from tests.chatbot.api_server import QUESTION, Api, filled, proven, sure, wait_for
from tests.fake_upstream import FakeUpstream, Handler, body, events, hang, reset, status

USER: Any = {"role": "user", "content": QUESTION}
BEGUN = '{"claims":[{"from":["1.1"],"say":"GSPO is'


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    monkeypatch.setattr("chatbot.model.openai_model.Retries", lambda: Retries(first_wait=0.01))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("faults"))


def piece(text: str) -> str:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': text}}]})}\n\n"


def flood(handler: Handler) -> None:
    """A hundred megabytes where a few sentences were asked for."""
    handler.begin()
    text = piece("word " * 20_000)
    for _ in range(1000):
        handler.raw(text)


EXTRACTS = {
    "429": status(429, "slow down", headers={"Retry-After": "0"}),
    "500": status(500, "broken"),
    "reset": reset,
}
ERRORS = {
    "401": (status(401, "wrong key"), 502),
    "html": (body("<html>Welcome</html>", "text/html"), 502),
    "no json": (body("{", "application/json"), 502),
    "malformed": (events("data: {nonsense\n\n"), 502),
    "empty": (events("data: [DONE]\n\n"), 502),
}
CUTS = {
    "dropped": events(piece(BEGUN), end=False),
    "malformed": events(piece(BEGUN), "data: {nonsense\n\n"),
    "ended": events(piece(BEGUN)),
    "silent": hang(BEGUN),
    "flood": flood,
}


@pytest.mark.parametrize("fault", EXTRACTS.values(), ids=EXTRACTS)
@pytest.mark.parametrize("stream", [False, True])
def test_an_endpoint_that_is_down_makes_the_papers_own_sentences_the_answer(
    home: Path, fault: Callable[[Handler], None], stream: bool
) -> None:
    with FakeUpstream(fault) as upstream, Api(home, upstream.base_url) as api, left_nothing(api):
        text, finish = asked(api, stream)
    assert "these are the papers' own sentences" in text
    assert finish == "stop"


@pytest.mark.parametrize(("fault", "code"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("stream", [False, True])
def test_an_endpoint_that_talks_nonsense_is_an_error_in_openais_shape(
    home: Path, fault: Callable[[Handler], None], code: int, stream: bool
) -> None:
    with (
        FakeUpstream(sure(fault)) as upstream,
        Api(home, upstream.base_url) as api,
        left_nothing(api),
        pytest.raises(openai.APIStatusError) as caught,
    ):
        asked(api, stream)
    assert caught.value.status_code == code
    assert caught.value.type == "server_error"


@pytest.mark.parametrize("fault", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_is_cut_says_so(home: Path, fault: Callable[[Handler], None], stream: bool) -> None:
    began = time.monotonic()
    with (
        FakeUpstream(sure(fault)) as upstream,
        Api(home, upstream.base_url, timeout=1.0, verifier="fast") as api,
        left_nothing(api),
    ):
        text, finish = asked(api, stream, model="papers/off")
    assert "GSPO is" in text or "word" in text
    assert "(The answer was cut" in text
    assert finish == "length"
    assert len(text) < 1_000_000
    assert time.monotonic() - began < 60


def asked(api: Api, stream: bool, model: str = "papers") -> tuple[str, str | None]:
    """The text of an answer and its finish_reason, by OpenAI's client."""
    with openai.OpenAI(base_url=api.v1, api_key="none", max_retries=0) as client:
        if not stream:
            whole = client.chat.completions.create(model=model, messages=[USER])
            return whole.choices[0].message.content or "", whole.choices[0].finish_reason
        text, finish = "", None
        for chunk in client.chat.completions.create(model=model, messages=[USER], stream=True):
            text += chunk.choices[0].delta.content or ""
            finish = chunk.choices[0].finish_reason or finish
        return text, finish


class left_nothing:
    """Around requests: afterwards none runs, and as many sockets are open as an idle server has."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def __enter__(self) -> None:
        self._api.get("/healthz")

    def __exit__(self, *error: object) -> None:
        wait_for(lambda: not self._api.context.pump.running)
        wait_for(lambda: not self._api.server.server_state.connections)
        gc.collect()


def open_sockets() -> int:
    """How many this process has."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += "socket" in str(each.readlink())
    return found


# Clients that leave


def post(api: Api, path: str, asked: object) -> socket.socket:
    """A request whose answer is not waited for."""
    connection = socket.create_connection(("127.0.0.1", api.port))
    data = json.dumps(asked).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    connection.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
    return connection


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("when", ["before the first word", "in the middle"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/ask"])
def test_a_client_that_leaves_stops_the_endpoint_within_a_second(
    home: Path, path: str, stream: bool, when: str
) -> None:
    talking = threading.Event()

    def slow(handler: Handler) -> None:
        handler.begin()
        if when == "in the middle":
            handler.chunk(content=BEGUN)
        talking.set()
        while not handler.server.upstream.closing.wait(0.02):
            handler.raw(": working\n\n")

    with FakeUpstream(sure(slow)) as upstream, Api(home, upstream.base_url) as api:
        question = {"model": "papers", "messages": [USER], "input": QUESTION, "stream": stream}
        connection = post(
            api, path, {"question": QUESTION, "stream": stream} if path == "/v1/ask" else question
        )
        assert talking.wait(20)
        left = time.monotonic()
        connection.close()
        assert upstream.hung_up.wait(10)
        assert time.monotonic() - left < 1
        wait_for(lambda: not api.context.pump.running)


def test_nothing_is_left_over_after_many_requests_of_every_kind(home: Path) -> None:
    faults = iter([sure(each) for each in (*EXTRACTS.values(), *CUTS.values()) if each is not flood] * 2)

    def next_fault(handler: Handler) -> None:
        if handler.body.get("max_tokens") == 1:
            sure(proven)(handler)
        else:
            next(faults, sure(proven))(handler)

    with FakeUpstream(next_fault) as upstream, Api(home, upstream.base_url, timeout=0.3, threads=8) as api:
        for _ in range(3):
            asked(api, True)
        settled(api)
        before = (threading.active_count(), open_sockets())
        for number in range(20):
            with contextlib.suppress(openai.APIError):
                asked(api, bool(number % 2))
            post(api, "/v1/chat/completions", {"model": "papers", "messages": [USER], "stream": True}).close()
        settled(api)
        after = (threading.active_count(), open_sockets())
        assert after[0] <= before[0] + 8  # the pool's own threads, which stay
        assert after[1] <= before[1] + 8  # connections to the endpoint that are kept for the next request
        assert tasks(api) <= 4


def settled(api: Api) -> None:
    wait_for(lambda: not api.context.pump.running)
    wait_for(lambda: not api.server.server_state.connections)
    gc.collect()


def tasks(api: Api) -> int:
    """Tasks of the server's loop."""
    loop = api.loop
    return asyncio.run_coroutine_threadsafe(_count(), loop).result(10)


async def _count() -> int:
    return len(asyncio.all_tasks())


# The end


def test_at_the_end_streams_go_on_to_their_own(home: Path) -> None:
    talking, go_on = threading.Event(), threading.Event()

    def slow(handler: Handler) -> None:
        talking.set()
        go_on.wait(20)
        proven(handler)

    with FakeUpstream(sure(slow)) as upstream, Api(home, upstream.base_url) as api:
        found: list[tuple[str, str | None]] = []
        client = threading.Thread(target=lambda: found.append(asked(api, True)))
        client.start()
        assert talking.wait(20)
        api.server.should_exit = True
        wait_for(lambda: refuses(api.port))
        go_on.set()
        client.join(30)
    assert found[0][1] == "stop"


def refuses(port: int) -> bool:
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) != 0


# The pump itself


def test_a_reader_that_is_slow_slows_the_other_side_down() -> None:
    made = 0

    def numbers() -> Iterator[int]:
        nonlocal made
        while made < 100_000:
            yield made
            made += 1

    async def read() -> None:
        pump = Pump(1)
        items = pump.items(numbers)
        assert await anext(items) == 0
        await asyncio.sleep(0.2)
        assert made < 1000
        await items.aclose()
        pump.close()

    asyncio.run(read())


def test_errors_pass_through_and_a_full_pump_says_so() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    async def read() -> None:
        pump = Pump(1)
        with pytest.raises(ValueError, match="broken"):
            async for _ in pump.items(broken):
                pass
        waiting = threading.Event()
        call = asyncio.ensure_future(pump.call(lambda: waiting.wait(10)))
        await asyncio.sleep(0)
        with pytest.raises(Full):
            await pump.call(int)
        waiting.set()
        assert await call
        assert await pump.call(lambda: 7) == 7
        pump.close()

    asyncio.run(read())


def test_a_generator_is_closed_in_its_own_thread() -> None:
    closed: list[str] = []

    def endless() -> Iterator[int]:
        try:
            while True:
                time.sleep(0.001)
                yield 1
        finally:
            closed.append(threading.current_thread().name)

    async def read() -> None:
        pump = Pump(1)
        items = pump.items(endless)
        await anext(items)
        await items.aclose()
        pump.close()

    asyncio.run(read())
    assert closed[0].startswith("answering")
