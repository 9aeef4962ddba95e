"""A file written whole or not at all: until it is, what stood there stays.

Written is a file beside it, which takes its place in one step once it is on the disk. A link is kept: what it
leads to is written. What is no regular file (`/dev/null`, a pipe) is written to as it is.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def whole(file: Path, *, private: bool = False) -> Iterator[IO[str]]:
    """A stream of UTF-8 whose text is the file's once this ends without an error; half surrogate pairs, which
    no file holds, are marked. `private`: only its owner may read a file that is new. Raises OSError.
    """
    target = Path(os.path.realpath(file))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(file))
    if target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8", errors="replace", newline="") as stream:
            yield stream
        return
    beside = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
