"""No library that the store loads keeps or sends anything about its user."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_embedding_leaves_nothing_in_an_empty_home(tmp_path: Path) -> None:
    """onnxruntime's wheel would queue events under ~/.cache before it sends them."""
    program = "from store.embedding import BgeSmall; BgeSmall().query('GSPO')"
    unset = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    subprocess.run([sys.executable, "-c", program], env=env | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []
