"""Hours of questions over an endpoint that fails at random: the same answers before and after.

    python -m bench.soak --minutes 20 --faults 0.2

Questions are asked as streams, a few at once; the endpoint ends one in five in a fault. Each stream has to
end in an answer, a cut answer that says so, or an error in OpenAI's shape. Before and after, the endpoint
makes no faults and the answers have to be the same. Memory, descriptors and threads are told as it goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.load import QUESTIONS, many
from bench.serving import (
    descriptors,
    endpoint_command,
    free_port,
    process,
    resident,
    run,
    serve_command,
    threads,
    until_answered,
)

_CUT = "(The answer was cut"
_EXTRACT = "these are the papers' own sentences"


def answers(url: str) -> list[str]:
    """The text of each question's answer."""
    return [each.text for each in asyncio.run(many([asked(url, question) for question in QUESTIONS]))]


def asked(url: str, question: str) -> tuple[str, dict[str, object]]:
    message = {"role": "user", "content": question}
    return f"{url}/v1/chat/completions", {"model": "papers", "stream": True, "messages": [message]}


def soak(minutes: float, faults: float, at_once: int, home: Path, log: Path) -> bool:
    port, model = free_port(), free_port()
    url, upstream = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{model}/v1"
    options = ("--base-url", upstream, "--model", "m", "--verifier", "fast")
    ended: Counter[str] = Counter()
    with process(serve_command(port, *options), home, log, CHATBOT_TIMEOUT="2") as server:
        plain = endpoint_command(model, "--first", 0.01, "--rate", 500)
        until_answered(f"{url}/readyz")
        with process(plain, home):
            until_answered(f"{upstream}/models")
            before = answers(url)
        with process([*plain, "--faults", str(faults)], home):
            until_answered(f"{upstream}/models")
            until, told = time.monotonic() + 60 * minutes, 0.0
            print("| minute | streams | MB | descriptors | threads |\n|---|---|---|---|---|")
            while time.monotonic() < until:
                if time.monotonic() - told > 60 * minutes / 10:
                    told = time.monotonic()
                    left = (until - told) / 60
                    held = f"{resident(server.pid)} | {descriptors(server.pid)} | {threads(server.pid)}"
                    print(f"| {minutes - left:.1f} | {sum(ended.values())} | {held} |", flush=True)
                questions = [asked(url, QUESTIONS[place % len(QUESTIONS)]) for place in range(at_once)]
                for each in asyncio.run(many(questions)):
                    cut, extract = _CUT in each.text, _EXTRACT in each.text
                    kind = "cut, and said so" if cut else "the papers' own sentences" if extract else "whole"
                    ended[f"error {each.error}" if each.error else kind] += 1
        with process(plain, home):
            until_answered(f"{upstream}/models")
            after = answers(url)
    for kind, count in ended.most_common():
        print(f"- {kind}: {count}")
    same = before == after
    print(f"The answers before and after are {'the same' if same else 'NOT the same'}.")
    strange = {"error no end", "error ReadError", "error RemoteProtocolError"} & set(ended)
    return same and not strange


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--faults", type=float, default=0.2)
    parser.add_argument("--at-once", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), "ingest", "--demo")
        good = soak(given.minutes, given.faults, given.at_once, Path(folder), Path(folder) / "log")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
