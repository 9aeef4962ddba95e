"""Files that processes share: written in one piece, and locked by the operating system.

The locks are flock(2)'s: they belong to an open file, are inherited by a child that is given its
descriptor, and end when the last process that holds it ends, however it ends. That is why nothing
here needs to be cleaned up after a kill. Lock files are never deleted: whoever waits for one
would be left with a lock on a file that nobody else sees.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from chatbot.errors import LocalModelError

if sys.platform != "win32":
    import fcntl


def write_json(path: Path, value: object) -> None:
    """Write `value` to `path` so that a reader sees the old file or the new one, and only its owner can."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def shared(path: Path) -> int:
    """Hold `path` together with others; waits while one holds it alone. Returns the open descriptor."""
    descriptor = _open(path)
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def alone(path: Path) -> int | None:
    """Hold `path` with nobody else: the open descriptor, or None at once if somebody holds it."""
    descriptor = _open(path)
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
    return descriptor


def _open(path: Path) -> int:
    if sys.platform == "win32":
        raise LocalModelError(
            "The built-in local model is not shared between processes on Windows. "
            "Run `chatbot model serve` (or Ollama, or LM Studio) and it will be found."
        )
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def expanded(path: str) -> Path:
    """A path as a person wrote it, its `~` expanded; as it stands where `~` names nobody here."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
