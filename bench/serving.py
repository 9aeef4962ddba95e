"""What load, soak and kills need: `chatbot serve` and the endpoint as own processes, and a client."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_SHORT = "from chatbot import assembly; from bench.scaling.common import ShortBge; "
_SHORT += "assembly.embedder = lambda settings: ShortBge(); "
_COMMAND = "import sys; sys.argv[0] = 'chatbot'; from chatbot.cli import main; main()"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHATBOT_", "OPENAI_"))}
    return {**kept, "CHATBOT_HOME": str(home), "PYTHONPATH": str(ROOT), **more}


def run(home: Path, *arguments: str) -> None:
    """A command of the program, to its end."""
    subprocess.run(
        [sys.executable, "-c", _COMMAND, *arguments],
        env=environment(home),
        cwd=home,
        check=True,
        capture_output=True,
    )


@contextlib.contextmanager
def process(
    command: list[str], home: Path, log: Path | None = None, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with this, whatever happens."""
    with contextlib.ExitStack() as stack:
        out: Any = stack.enter_context(log.open("ab")) if log else subprocess.DEVNULL
        started = subprocess.Popen(command, env=environment(home, **more), cwd=home, stdout=out, stderr=out)
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(40)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def endpoint_command(port: int, *options: object) -> list[str]:
    return [sys.executable, "-m", "bench.endpoint", "--port", str(port), *map(str, options)]


def serve_command(port: int, *options: object, short: bool = False) -> list[str]:
    """`chatbot serve`; `short`: over a collection of `bench.scale`, with the embedder that made it."""
    return [
        sys.executable,
        "-c",
        (_SHORT if short else "") + _COMMAND,
        "serve",
        "--port",
        str(port),
        "--quiet",
        "--no-web",
        *map(str, options),
    ]


def until_answered(url: str, seconds: float = 120.0) -> None:
    """Until something answers there with 200."""
    import httpx2

    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.get(url, timeout=5).status_code == 200:
                return
        if time.monotonic() > until:
            raise RuntimeError(f"nothing answers at {url}")
        time.sleep(0.1)


def resident(pid: int) -> int:
    """Megabytes of memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@dataclass(frozen=True, slots=True)
class Seen:
    """A stream as its client saw it: seconds to the first text and to the end, pieces of text, what went
    wrong. `retrieved`, `asking` and `engine` are the engine's timings: of the search, of what it did then
    until its request, and until its first token."""

    first: float
    total: float
    pieces: int
    text: str = ""
    error: str = ""
    retrieved: float = 0.0
    asking: float = 0.0
    engine: float = 0.0

    @property
    def each(self) -> float:
        """Seconds a piece, from the first on."""
        return (self.total - self.first) / max(1, self.pieces - 1)


async def streamed(client: Any, url: str, body: dict[str, Any]) -> Seen:
    """A chat completion or an `ask`, streamed to its end."""
    began = time.monotonic()
    first, pieces, text, error, finish = 0.0, 0, "", "", None
    timings = (0.0, 0.0, 0.0)
    try:
        async with client.stream("POST", url, json=body) as response:
            if response.status_code != 200:
                return Seen(0, time.monotonic() - began, 0, "", f"{response.status_code}")
            async for line in response.aiter_lines():
                if not line.startswith("data: ") or line == "data: [DONE]":
                    continue
                event = json.loads(line[6:])
                if "error" in event:
                    error = str(event["error"].get("code") or event["error"].get("type"))
                if "answer" in event:
                    finish, told = "stop", event["answer"]["timings"]
                    marks = [told[name] or 0.0 for name in ("retrieved", "requested", "first_token")]
                    timings = (marks[0], max(0.0, marks[1] - marks[0]), marks[2])
                choice = (event.get("choices") or [{}])[0]
                piece = choice.get("delta", {}).get("content") or ""
                finish = choice.get("finish_reason") or finish
                if "text" in event and set(event) == {"text"}:
                    piece = event["text"]
                if piece:
                    first = first or time.monotonic() - began
                    pieces += 1
                    text += piece
    except Exception as failed:
        error = type(failed).__name__
    if not error and finish is None:
        error = "no end"
    return Seen(first, time.monotonic() - began, pieces, text, error, *timings)
