"""How long the program takes of its own: `chatbot --help`, and `chatbot ask` before its request leaves.

    .venv/bin/python bench/startup.py [--runs 10]

Each run is a process of its own, timed from its start by a clock outside. `ask` runs over the seeds in a
new home, real embedder and real Chroma, against an endpoint in this process that answers at once and notes
when the first request for an answer arrives. The first run is shown apart from the median. Load counts: on a
busy machine these are times of the machine, not of the program; the processor time of the whole command
(user and system, its end included) says more then. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

QUESTION = "What does GSPO change compared with GRPO?"


class Endpoint(BaseHTTPRequestHandler):
    """As little of an OpenAI-compatible endpoint as an answer needs. Keeps when it was asked."""

    asked: ClassVar[list[float]] = []

    def do_GET(self) -> None:
        self._send({"object": "list", "data": [{"id": "fake", "object": "model", "max_model_len": 8192}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.path.endswith("/chat/completions"):
            self.send_error(404)
            return
        self.asked.append(time.monotonic())
        content = "GSPO clips whole sequences."
        if not body.get("stream"):
            message = {"role": "assistant", "content": content}
            self._send({"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for delta, reason in (({"content": content}, None), ({}, "stop")):
            chunk = {"id": "1", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the table is the output."""


def run(*arguments: str, home: str) -> tuple[float, float, float, str]:
    """When the process started, how long it took, its processor time, and its stdout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CHATBOT_", "OPENAI_"))}
    command = [sys.executable, "-c", "from chatbot.cli import main; main()", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run(
        command, env=env | {"CHATBOT_HOME": home}, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 3):
        raise SystemExit(f"chatbot {' '.join(arguments)} failed: {done.stderr}")
    took, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return started, took, cpu, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args().runs
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    rows: list[tuple[str, list[float], list[float], float]] = []
    with tempfile.TemporaryDirectory() as home:
        helped = [run("--help", home=home) for _ in range(runs)]
        taken, spent = [took for _, took, _, _ in helped], [cpu for _, _, cpu, _ in helped]
        rows.append(("`chatbot --help`", taken, spent, 0.2))
        run("ingest", "--demo", home=home)
        arrived, counted, processor = [], [], []
        for _ in range(runs):
            Endpoint.asked.clear()
            started, _, used, out = run(
                "ask", "--json", "--base-url", url, "--model", "fake", QUESTION, home=home
            )
            if not Endpoint.asked:
                raise SystemExit("the question was refused before the model was asked")
            processor.append(used)
            arrived.append(Endpoint.asked[0] - started)
            counted.append(json.loads(out)["timings"]["requested"])
        rows.append(("`chatbot ask`, process start to the request's arrival", arrived, processor, 1.0))
        rows.append(("of it, `timings.requested`", counted, [], 1.0))
    server.shutdown()
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{os.cpu_count()} cores, {load}, Python {sys.version.split()[0]}, {runs} runs\n")
    print("| what | first (s) | median (s) | fastest (s) | aim (s) | CPU, median (s) |")
    print("|---|---|---|---|---|---|")
    for name, seconds, processor, aim in rows:
        median = statistics.median(seconds)
        cpu = f"{statistics.median(processor):.2f}" if processor else ""
        print(f"| {name} | {seconds[0]:.2f} | {median:.2f} | {min(seconds):.2f} | < {aim} | {cpu} |")


if __name__ == "__main__":
    main()
