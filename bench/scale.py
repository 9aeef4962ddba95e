"""What happens with a hundred thousand abstracts: filling, searching, recall, starting, likeness.

    python -m bench.scale fill   [--home DIR] [--data DIR] [--records N]
    python -m bench.scale filled --home DIR

`fill` takes the archive (`corpora/arxiv` in the data) into a collection under --home, which the other parts
then use. Its embedder is the real one, cut to 32 tokens a paper. Each part prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

# Before numpy: on shared cores its threads make it ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bench.scaling import filling
from bench.scaling.common import DATA, machine


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=("fill", "filled"))
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "chatbot-scale")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--records", type=int)
    given = parser.parse_args()
    given.home.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}.\n")
    if given.part == "fill":
        filling.fill(given.data, given.home, given.records)
    print(filling.report(given.home))


if __name__ == "__main__":
    main()
