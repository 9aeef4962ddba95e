"""What the API adds to its upstream under load, searches a second, and memory after many requests.

    python -m bench.load --streams 1,10,50,200 --requests 1000 --home DIR

Everything runs on 127.0.0.1: the endpoint (bench.endpoint), `chatbot serve` and this client share the
machine, so at high concurrency the client's and the endpoint's own work is a part of what is measured. The
same streams are asked of the endpoint directly. "asking" is what the engine does between retrieval and its
request (scoring and packing sentences) as its timings tell; "HTTP" is what the server adds to the engine's
own time to the first token.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.serving import (
    Seen,
    descriptors,
    endpoint_command,
    free_port,
    process,
    resident,
    run,
    serve_command,
    streamed,
    threads,
    until_answered,
)

QUESTIONS = (
    "What does GSPO base its importance ratio on?",
    "What does GSPO change compared with GRPO?",
    "How many questions does PLawBench contain?",
    "What is Qwen trained on?",
)


async def many(urls: list[tuple[str, dict[str, Any]]]) -> list[Seen]:
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=20)
    async with httpx2.AsyncClient(timeout=300, limits=limits) as client:
        return await asyncio.gather(*(streamed(client, url, body) for url, body in urls))


def direct(count: int, upstream: str) -> list[tuple[str, dict[str, Any]]]:
    shown = "1.1 " + " ".join(["word"] * 80)
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": shown}]}
    return [(f"{upstream}/chat/completions", body)] * count


def asked(count: int, url: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{url}/v1/ask", {"question": QUESTIONS[place % len(QUESTIONS)], "stream": True})
        for place in range(count)
    ]


def ms(values: list[float]) -> str:
    """Median and 95th percentile, in milliseconds."""
    if not values:
        return "–"
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"{statistics.median(ordered) * 1000:.0f} / {high * 1000:.0f}"


def streams(counts: list[int], url: str, upstream: str, rounds: int) -> None:
    print("| streams | first token: endpoint | through us | retrieval | asking | HTTP | ", end="")
    print("each token: endpoint | through us | failed |\n|---|---|---|---|---|---|---|---|---|")
    for count in counts:
        plain: list[Seen] = []
        ours: list[Seen] = []
        for _ in range(rounds if count < 50 else 1):
            plain += asyncio.run(many(direct(count, upstream)))
            ours += asyncio.run(many(asked(count, url)))
        good = [each for each in ours if not each.error]
        print(
            f"| {count} | {ms([each.first for each in plain])} | {ms([each.first for each in good])} | "
            f"{ms([each.retrieved for each in good])} | {ms([each.asking for each in good])} | "
            f"{ms([each.first - each.engine for each in good])} | "
            f"{ms([each.each for each in plain])} | {ms([each.each for each in good])} | "
            f"{len(ours) - len(good)} of {len(ours)} |",
            flush=True,
        )
        for error in {each.error for each in ours if each.error}:
            print(f"<!-- {error} -->")


def searches(url: str, seconds: float, at_once: int) -> None:
    import httpx2

    async def work() -> tuple[int, list[float]]:
        taken: list[float] = []
        until = time.monotonic() + seconds

        async def one(client: httpx2.AsyncClient, place: int) -> None:
            while time.monotonic() < until:
                began = time.monotonic()
                body = {"query": QUESTIONS[place % len(QUESTIONS)]}
                reply = await client.post(f"{url}/v1/search", json=body)
                reply.raise_for_status()
                taken.append(time.monotonic() - began)
                place += 1

        async with httpx2.AsyncClient(timeout=60) as client:
            await asyncio.gather(*(one(client, place) for place in range(at_once)))
        return len(taken), taken

    count, taken = asyncio.run(work())
    print(
        f"/v1/search, {at_once} at once: {count / seconds:.0f} a second, {ms(taken)} ms",
        flush=True,
    )


def memory(url: str, pid: int, requests: int) -> None:
    import httpx2

    print("| requests | MB | descriptors | threads |\n|---|---|---|---|")
    with httpx2.Client(timeout=60) as client:
        for number in range(requests + 1):
            if number % max(1, requests // 10) == 0:
                print(f"| {number:,} | {resident(pid)} | {descriptors(pid)} | {threads(pid)} |", flush=True)
            question = QUESTIONS[number % len(QUESTIONS)]
            if number % 100 == 0:  # its stream takes seconds
                client.post(f"{url}/v1/ask", json={"question": question}).raise_for_status()
            else:
                client.post(f"{url}/v1/search", json={"query": question}).raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", default="1,10,50,200")
    parser.add_argument("--rounds", type=int, default=5, help="times that few streams are asked")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=5.0, help="of searches")
    parser.add_argument("--home", type=Path, help="a home with a collection; the demo's papers otherwise")
    parser.add_argument("--scale", action="store_true", help="the home is one of bench.scale")
    parser.add_argument("--rate", type=float, default=20.0, help="tokens a second of the endpoint's streams")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder)
        if given.home is None:
            run(home, "ingest", "--demo")
        port, model = free_port(), free_port()
        url, upstream = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{model}/v1"
        options = ("--base-url", upstream, "--model", "m", "--verifier", "fast")
        with (
            process(endpoint_command(model, "--first", 0.05, "--rate", given.rate), home),
            process(serve_command(port, *options, short=given.scale), home, Path(folder) / "log") as server,
        ):
            until_answered(f"{upstream}/models")
            until_answered(f"{url}/readyz")
            for _ in range(2):
                asyncio.run(many(asked(len(QUESTIONS), url)))  # what is loaded once is loaded
            streams([int(count) for count in given.streams.split(",")], url, upstream, given.rounds)
            for at_once in (1, 8):
                searches(url, given.seconds, at_once)
            memory(url, server.pid, given.requests)


if __name__ == "__main__":
    main()
