"""What happens with a hundred thousand abstracts: filling, searching, recall, starting, likeness.

    python -m bench.scale fill      [--home DIR] [--data DIR] [--records N]
    python -m bench.scale filled    --home DIR
    python -m bench.scale search    --home DIR [--questions 200]
    python -m bench.scale recall    --home DIR [--questions 200] [--records N]
    python -m bench.scale start     --home DIR [--runs 7]
    python -m bench.scale alike     --home DIR [--shown 20]

`fill` takes the archive (`corpora/arxiv` in the data) into a collection under --home, which the other parts
then use. Its embedder is the real one, cut to the first tokens of each paper. Each part prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

# Before numpy: on shared cores its threads make it ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bench.scaling.common import DATA, machine

PARTS = ("fill", "filled", "search", "recall", "start", "alike")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "chatbot-scale")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--records", type=int)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--shown", type=int, default=20)
    given = parser.parse_args()
    given.home.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}.\n", flush=True)
    print(part(given))


def part(given: argparse.Namespace) -> str:
    if given.part in ("fill", "filled"):
        from bench.scaling import filling

        if given.part == "fill":
            filling.fill(given.data, given.home, given.records)
        return filling.report(given.home)
    if given.part == "search":
        from bench.scaling import searching

        return searching.measure(given.data, given.home, given.questions)
    if given.part == "recall":
        from bench.scaling import recall

        return recall.measure(given.data, given.home, given.questions, given.records, recall.TRIED)
    if given.part == "alike":
        from bench.scaling import likeness

        return likeness.measure(given.home, given.shown)
    from bench.scaling import starting

    return starting.measure(given.home, given.runs)


if __name__ == "__main__":
    main()
