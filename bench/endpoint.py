"""A model endpoint that is none: streams what it is shown, at a set rate, with faults if they are asked for.

    python -m bench.endpoint --port 9100 --first 0.05 --rate 200 --tokens 60 --faults 0.2

It answers by the schema that a request carries and points at the first sentences that it was shown, word for
word, so that every sentence is proven. `--faults` is the chance that a request ends in one of: 429, 500, a
reset, silence, a drop in the middle, malformed events, a web page.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from typing import Any

_SHOWN = re.compile(r"^(\d+\.\d+) (.+)$", re.MULTILINE)
FAULTS = ("429", "500", "silent", "drop", "malformed", "html")


def said(body: dict[str, Any], tokens: int) -> list[str]:
    """The reply as pieces; a sentence that was shown, cut to so many words."""
    found = _SHOWN.findall(body["messages"][-1]["content"]) or [("1.1", "Nothing was shown.")]
    pieces: list[str] = []
    for key, sentence in found:
        begin = "," if pieces else '{"claims":['
        begin += '{"from":["' + key + '"],"say":"'
        for word in sentence.split()[: max(1, tokens - len(pieces))]:
            pieces.append(begin + json.dumps(f"{word} ")[1:-1])
            begin = ""
        pieces[-1] += '"}'
        if len(pieces) >= tokens:
            break
    pieces[-1] += "]}"
    return pieces


def application(first: float, rate: float, tokens: int, faults: float, seed: int) -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
    from starlette.routing import Route

    chance = random.Random(seed)

    async def chat(request: Request) -> Response:
        body = await request.json()
        if body.get("max_tokens") == 1:
            top = [{"token": "yes", "logprob": -0.01}, {"token": "no", "logprob": -5.0}]
            content = [{**top[0], "top_logprobs": top}]
            message = {"role": "assistant", "content": "yes"}
            choice = {
                "index": 0,
                "message": message,
                "logprobs": {"content": content},
                "finish_reason": "length",
            }
            return JSONResponse({"choices": [choice]})
        fault = chance.choice(FAULTS) if chance.random() < faults else ""
        if fault in ("429", "500"):
            return JSONResponse({"error": {"message": fault}}, int(fault), {"Retry-After": "0"})
        if fault == "html":
            return HTMLResponse("<html>Welcome</html>")
        return StreamingResponse(stream(body, fault), media_type="text/event-stream")

    async def stream(body: dict[str, Any], fault: str) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        due = loop.time() + first
        pieces = said(body, tokens)
        for number, text in enumerate(pieces):
            if fault and number == len(pieces) // 2:
                if fault == "silent":
                    await asyncio.sleep(3600)
                if fault == "malformed":
                    yield b"data: {nonsense\n\n"
                return  # the connection ends without a reason
            await asyncio.sleep(max(0.0, due - loop.time()))
            due += 1 / rate
            yield chunk({"content": text})
        yield chunk({}, "stop")
        used = {"prompt_tokens": 100, "completion_tokens": len(pieces), "total_tokens": 100 + len(pieces)}
        yield b"data: " + json.dumps({"choices": [], "usage": used}).encode() + b"\n\ndata: [DONE]\n\n"

    async def models(request: Request) -> Response:
        return JSONResponse({"data": [{"id": "m"}]})

    routes = [
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/models", models),
    ]
    return Starlette(routes=routes)


def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


def main() -> None:
    import uvicorn

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--first", type=float, default=0.05, help="seconds to the first token")
    parser.add_argument("--rate", type=float, default=50.0, help="tokens a second of each stream")
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    made = application(given.first, given.rate, given.tokens, given.faults, given.seed)
    uvicorn.run(made, host="127.0.0.1", port=given.port, log_level="error", access_log=False)


if __name__ == "__main__":
    main()
