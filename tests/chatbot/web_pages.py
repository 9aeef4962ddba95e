"""A page for tests: real Blocks on a real server, a real collection, a chat that the test directs."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from chatbot.checking import Checker
from chatbot.sessions import FILE, Sessions
from chatbot.settings import Settings, load
from chatbot.values import Event, Question
from chatbot.web import serving
from store.collection import Collection

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# What a browser asks of others on its own is off, so that whatever is asked is the page's doing.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]

Reply = Callable[[Question], Iterator[Event]]


class DirectedChat:
    """Answers each question by the function that is set; keeps the questions."""

    def __init__(self) -> None:
        self.model = None
        self.reply: Reply | None = None
        self.questions: list[Question] = []

    def stream(self, question: Question) -> Iterator[Event]:
        self.questions.append(question)
        assert self.reply is not None
        return self.reply(question)


class Parts:
    """What `chatbot.assembly.Assembly` offers the page."""

    def __init__(self, collection: Collection, home: Path) -> None:
        self.collection = collection
        self.settings: Settings = load({"home": home}, {}, home)
        self.directed = DirectedChat()
        self.sessions = Sessions(home / FILE)

    def chat(self) -> DirectedChat:
        return self.directed

    def checker(self) -> Checker:
        return Checker(self.collection)


@contextmanager
def served(app: object) -> Iterator[str]:
    """The address of an application on this machine, until the block ends."""
    import uvicorn

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # whoever comes before the server is ready waits
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)  # type: ignore[arg-type]
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        host, port = listener.getsockname()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)


@contextmanager
def page_of(parts: Parts) -> Iterator[str]:
    """The page alone, served."""
    with served(serving.application(parts, hosts=("127.0.0.1",))) as address:  # type: ignore[arg-type]
        yield address


@contextmanager
def chromium() -> Iterator[object]:
    """Debian's browser, driven by Playwright; the test is skipped where one of them is missing."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install -e '.[dev]'"
    )
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            with suppress(Exception):
                browser.close()
