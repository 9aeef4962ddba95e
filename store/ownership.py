"""Who owns a collection's files: one process at a time, by a lock that dies with it.

The operating system holds the lock, so a killed owner leaves none behind. The process id beside it is
for the message alone and decides nothing.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from store.errors import CollectionError

OWNER = "owner.pid"
"""The file that says who owns a folder."""


class Ownership:
    """The right to write in a folder. Not taken before it is asked for; kept until `release`. Any thread may
    take it, and then this process has it."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._path = folder / "owner.lock"
        self._pid = folder / OWNER
        self._held: Any = None

    @property
    def held(self) -> bool:
        return self._held is not None

    def take(self) -> bool:
        """Whether this process owns the folder now. Never waits for another. Raises CollectionError."""
        with self._lock:  # two threads that ask at once would take each other for another process
            return self._held is not None or self._take()

    def _take(self) -> bool:
        import filelock

        lock = filelock.FileLock(self._path, timeout=0, thread_local=False)
        try:
            lock.acquire()
        except filelock.Timeout:
            return False
        except OSError as error:
            raise CollectionError(
                f"The folder {self._path.parent} can't be written to ({error.strerror}). Check its "
                "permissions and the space on its disk."
            ) from error
        self._held = lock
        with suppress(OSError):  # a full disk must not keep anybody from reading
            self._pid.write_text(str(os.getpid()))
        return True

    def owner(self) -> str:
        """Who owns it, for people: "process 123"."""
        with suppress(OSError):
            pid = self._pid.read_text().strip()
            if pid.isdigit():
                return f"process {pid}"
        return "another process"

    def release(self) -> None:
        with self._lock:
            if self._held is None:
                return
            with suppress(OSError):
                self._pid.unlink()
            self._held.release()
            self._held = None
