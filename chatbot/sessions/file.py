"""The SQLite file of the saved conversations: opened when it is first needed, only its owner may read it.

Several threads and processes may use it: WAL lets them read while one writes, and each write is one short
transaction. `synchronous=NORMAL`: a killed process loses nothing that was committed; a power cut may lose
the last seconds, never the file.

A file that can't be read is set aside under another name, said, and never deleted. One of a newer version
of the program is left alone.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from chatbot.errors import SessionError
from chatbot.sessions.schema import STATEMENTS, VERSION

Function = Callable[..., str | int | float | None]
Result = TypeVar("Result")
_DAMAGE = ("malformed", "not a database", "corrupt", "no such table", "no such column")


class SessionFile:
    """The file at `path`. `notice` is told when a damaged one is set aside."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime],
        notice: Callable[[str], None],
        functions: Sequence[tuple[str, int, Function]] = (),
    ) -> None:
        self.path = path
        self._now = now
        self._notice = notice
        self._functions = functions
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._inode = 0

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def read(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows of a question; none where there is no file yet."""

        def asked() -> list[Any]:
            db = self._opened(create=False)
            return [] if db is None else db.execute(sql, values).fetchall()

        with self._lock, self._telling():
            return self._mended(asked)

    @contextmanager
    def transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """A function that executes SQL; all of it becomes true together, or none."""
        with self._lock, self._telling():
            db = self._mended(self._begun)
            try:
                yield db.execute
                db.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error) and _damaged(error):
                    self._set_aside(error)
                raise

    def _begun(self) -> sqlite3.Connection:
        db = self._opened(create=True)
        assert db is not None  # it was made
        db.execute("BEGIN IMMEDIATE")
        return db

    def _mended(self, work: Callable[[], Result]) -> Result:
        """Do it; with a new file where the old one is damaged."""
        try:
            return work()
        except sqlite3.Error as error:
            if not _damaged(error):
                raise
            self._set_aside(error)
            return work()

    def _opened(self, *, create: bool) -> sqlite3.Connection | None:
        if self._db is not None:
            return self._db
        if not self.path.exists():
            if not create:
                return None
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Its companions of WAL get its mode. Not opened where it is there: to close it again would let go
            # of the locks that another connection of this process holds.
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        elif self.path.stat().st_mode & 0o077:
            with suppress(OSError):
                self.path.chmod(0o600)
        self._inode = self.path.stat().st_ino
        db = sqlite3.connect(self.path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        self._db = db
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        for name, count, function in self._functions:
            db.create_function(name, count, function, deterministic=True)
        version = _version(db)
        if version > VERSION:
            raise SessionError(
                f"{self.path} was written by a newer version of this program (its format is {version}, this "
                f"one reads {VERSION}). Upgrade the program: `pip install --upgrade proven-chatbot`."
            )
        for pragma in ("foreign_keys = ON", "synchronous = NORMAL", "journal_mode = WAL"):
            db.execute(f"PRAGMA {pragma}")
        if version == 0:
            db.execute("BEGIN IMMEDIATE")
            if _version(db) == 0:  # else another process was faster
                for statement in STATEMENTS:
                    db.execute(statement)
            db.execute("COMMIT")

    def _set_aside(self, error: sqlite3.Error) -> None:
        """Give the damaged file another name, unless another process has done so already."""
        self.close()
        with suppress(FileNotFoundError):
            if self.path.stat().st_ino != self._inode:
                return
            mark = self._now().strftime("%Y%m%d-%H%M%S")
            aside = self.path.with_name(f"{self.path.name}.damaged-{mark}")
            while aside.exists():
                aside = aside.with_name(f"{aside.name}x")
            self.path.rename(aside)
            for end in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + end).rename(aside.with_name(aside.name + end))
            self._notice(
                f"The saved conversations in {self.path} can't be read ({error}). The file is kept as "
                f"{aside.name}; a new one is begun. `sqlite3 {aside.name} .recover` may get them back."
            )

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Errors of SQLite and of the disk, said so that a person knows what to do."""
        try:
            yield
        except sqlite3.Error as error:
            text = str(error)
            if "locked" in text or "busy" in text:
                raise SessionError(
                    f"Another process is writing to {self.path}. Try again when it has finished."
                ) from error
            if "disk is full" in text:
                raise SessionError(
                    f"The disk that holds {self.path} is full: the conversation can't be saved. "
                    "Free some space, or switch saving off with save_sessions = false."
                ) from error
            raise SessionError(
                f"The saved conversations in {self.path} can't be used ({text}). Check the folder and its "
                "permissions, or switch saving off with save_sessions = false."
            ) from error
        except OSError as error:
            raise SessionError(
                f"The saved conversations in {self.path} can't be used ({error.strerror}). Check the folder "
                "and its permissions, or switch saving off with save_sessions = false."
            ) from error


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _damaged(error: sqlite3.Error) -> bool:
    return any(sign in str(error) for sign in _DAMAGE)
