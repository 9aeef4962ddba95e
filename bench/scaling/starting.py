"""From the start of a process to its first answer over the whole collection, and where the time goes.

Each run is a process of its own, timed by a clock outside. The answer is one without a model: the best
sentences themselves.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bench.scaling.common import NAME, PROJECT, quantile, table

_CHILD = """
import json, os, sys, time
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
marks = []
def mark(name):
    marks.append((name, time.monotonic(), time.process_time()))
mark("interpreter")
from pathlib import Path
from bench.scaling.common import ShortBge
from store.collection import Collection
from chatbot.answering import Chat
from chatbot.settings import load
from chatbot.values import Question
mark("imports")
embedder = ShortBge()
collection = Collection.open(Path(sys.argv[1]), sys.argv[2], embedder)
embedder.warm()
mark("open")
collection.search(sys.argv[3])
mark("search")
answer = Chat(collection, None, settings=load({}, {}, Path.cwd())).ask(Question(sys.argv[3]))
mark("answer")
collection.search("Another question about the papers, later")
mark("second search")
collection.close()
print(json.dumps([marks, 'chromadb' in sys.modules, answer.text[:100]]))
"""
WHOLE = "**process start to first answer**"
QUESTION = "Which benchmarks test whether language models refuse harmful requests?"


def measure(home: Path, runs: int) -> str:
    """Seconds of each part of each run, by the clock and of the processor, as Markdown."""
    clock: dict[str, list[float]] = {}
    work: dict[str, list[float]] = {}
    loaded, text = False, ""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CHATBOT_", "OPENAI_"))}
    for _ in range(runs):
        started = time.monotonic()
        command = [sys.executable, "-c", _CHILD, str(home), NAME, QUESTION]
        done = subprocess.run(
            command, env={**env, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        marks, loaded, text = json.loads(done.stdout.splitlines()[-1])
        last, spent = started, 0.0
        for name, at, used in marks:
            clock.setdefault(name, []).append(at - last)
            work.setdefault(name, []).append(used - spent)
            last, spent = at, used
            if name == "answer":
                clock.setdefault(WHOLE, []).append(at - started)
                work.setdefault(WHOLE, []).append(used)
    rows = [
        (name, f"{values[0]:.2f}", f"{quantile(values, 0.5):.2f}", f"{min(values):.2f}",
         f"{quantile(work[name], 0.5):.2f}")
        for name, values in clock.items()
    ]  # fmt: skip
    head = ("part", "first run (s)", "median (s)", "fastest (s)", "processor, median (s)")
    said = "Chroma was loaded." if loaded else "Chroma was not loaded."
    return f"{runs} processes. {said} The answer begins: {text!r}.\n\n{table(head, rows)}"
