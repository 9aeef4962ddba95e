"""SIGKILL at random moments of uploads and conversations: nothing that was acknowledged may be lost.

    python -m bench.kills --kills 100 --seed 1

`chatbot serve` is killed while papers are posted, files uploaded and questions asked in saved conversations,
then started again, until it was killed so often. In the end every paper whose request was answered is there,
every upload that was answered is taken in, and every answered question stands in its conversation. The fake
embedder makes the vectors: it is durability that is measured.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.serving import free_port, process, until_answered

_COMMAND = """
import sys
from chatbot import assembly
from store import HashEmbedder
assembly.embedder = lambda settings: HashEmbedder()
sys.argv[0] = "chatbot"
from chatbot.cli import main
main()
"""
_WORDS = ["sequence", "policy", "reward", "token", "model", "data", "method", "graph", "search", "proof"]


@dataclass
class Acknowledged:
    """What the server has said yes to."""

    papers: list[str] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    turns: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    kills: int
    papers: int
    uploads: int
    turns: int
    lost: tuple[str, ...]


def kills(count: int, seed: int, home: Path, longest: float = 4.0) -> Outcome:
    """Kill so often, each up to `longest` seconds after it answers."""
    chance, said = random.Random(seed), Acknowledged()
    for number in range(count):
        port = free_port()
        command = serve_command(port)
        with process(command, home, home / "log") as server:
            url = f"http://127.0.0.1:{port}"
            until_answered(f"{url}/healthz")
            over = threading.Event()
            workers = [
                threading.Thread(target=work, args=(url, said, over, f"{number}-{each}"))
                for each, work in enumerate((post_papers, upload, converse))
            ]
            for worker in workers:
                worker.start()
            time.sleep(chance.uniform(0, longest))
            server.send_signal(signal.SIGKILL)
            over.set()
            for worker in workers:
                worker.join()
            server.wait()
        print(f"\rkilled {number + 1} of {count}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Outcome(count, len(said.papers), len(said.uploads), len(said.turns), lost(home, said))


def serve_command(port: int) -> list[str]:
    return [sys.executable, "-c", _COMMAND, "serve", "--port", str(port), "--quiet", "--no-web", "--no-model"]


def lost(home: Path, said: Acknowledged) -> tuple[str, ...]:
    """What was acknowledged and is not there, once unfinished uploads are taken in."""
    import httpx2

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    missing: list[str] = []
    with process(serve_command(port), home, home / "log"), httpx2.Client(base_url=url, timeout=60) as client:
        until_answered(f"{url}/healthz")
        until = time.monotonic() + 300
        while any(job["state"] in ("queued", "running") for job in client.get("/v1/ingest").json()["jobs"]):
            if time.monotonic() > until:
                missing.append("an upload that never ends")
                break
            time.sleep(0.2)
        for id in (*said.papers, *said.uploads):
            if client.get(f"/v1/papers/arxiv:{id}").status_code != 200:
                missing.append(f"paper {id}")
        for session, question in said.turns:
            turns = client.get(f"/v1/sessions/{session}").json().get("turns", [])
            if not any(turn["question"] == question and turn["answer"] for turn in turns):
                missing.append(f"turn {session}: {question}")
    return tuple(missing)


def paper(id: str) -> dict[str, Any]:
    chance = random.Random(id)
    text = " ".join(chance.choices(_WORDS, k=40))
    return {
        "title": f"Paper {id}",
        "abstract": f"We study {text}. Our method {id} works well.",
        "arxiv_id": id,
    }


def fresh(mark: str, number: int, kind: int) -> str:
    """An arXiv id that nobody has had."""
    run, _ = mark.split("-")
    return f"{20 + int(run) // 12 % 70:02d}{int(run) % 12 + 1:02d}.{kind}{number:04d}"


def post_papers(url: str, said: Acknowledged, over: threading.Event, mark: str) -> None:
    import httpx2

    number = 0
    while not over.is_set():
        id = fresh(mark, number, 1)
        try:
            if httpx2.post(f"{url}/v1/papers", json={"papers": [paper(id)]}, timeout=30).status_code == 200:
                said.papers.append(id)
        except httpx2.HTTPError:
            pass
        number += 1


def upload(url: str, said: Acknowledged, over: threading.Event, mark: str) -> None:
    import httpx2

    number = 0
    while not over.is_set():
        ids = [fresh(mark, number + each, 2) for each in range(20)]
        content = json.dumps([paper(id) for id in ids]).encode()
        try:
            reply = httpx2.post(f"{url}/v1/ingest?filename={mark}-{number}.json", content=content, timeout=30)
            if reply.status_code == 202:
                said.uploads += ids
        except httpx2.HTTPError:
            pass
        number += 20
        over.wait(0.3)


def converse(url: str, said: Acknowledged, over: threading.Event, mark: str) -> None:
    import httpx2

    session, number = "new", 0
    while not over.is_set():
        question = f"What does the method {mark}-{number} study?"
        try:
            reply = httpx2.post(f"{url}/v1/ask", json={"question": question, "session": session}, timeout=30)
            if reply.status_code == 200:
                session = reply.json()["session"]
                said.turns.append((session, reply.json()["question"]))
        except httpx2.HTTPError:
            pass
        number += 1
        over.wait(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="a new folder, which is kept")
    given = parser.parse_args()
    if given.home is None:
        with tempfile.TemporaryDirectory() as folder:
            found = kills(given.kills, given.seed, Path(folder))
    else:
        given.home.mkdir(parents=True)
        found = kills(given.kills, given.seed, given.home)
    print(
        f"{found.kills} kills; acknowledged {found.papers} papers, {found.uploads} uploaded, "
        f"{found.turns} turns; lost {len(found.lost)}"
    )
    for each in found.lost:
        print(f"- {each}")
    sys.exit(1 if found.lost else 0)


if __name__ == "__main__":
    main()
