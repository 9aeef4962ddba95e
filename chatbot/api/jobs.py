"""Uploads that are taken in one after the other, and survive whatever ends the process.

An upload is on the disk, whole, before its job is told to anybody; a job that was not finished is begun again
when the server starts, and reading a source twice changes nothing. A file's name is a label: files here are
called by the job's id alone. Knows no HTTP.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from chatbot import shapes
from chatbot.errors import ChatbotError, SettingsError
from store.errors import CollectionBusy, StoreError
from store.ingesting import IngestReport, Progress
from store.records import Record, Reject, Source
from store.stopping import Stop, Stopped

Ingest = Callable[[str, Iterator[Record | Reject], Callable[[Progress], None]], IngestReport]

ID = re.compile(r"[0-9a-f]{24}")
_LABEL = re.compile(r"[^\w .()+-]")
_AGAIN = 10.0
"""Seconds until an upload is tried again whose collection another process writes to."""
_KEPT = 200
"""Jobs that are over and still told of."""


@dataclass(frozen=True, slots=True)
class Job:
    """An upload. `state`: queued, running, done, failed. `total` is None while unknown."""

    id: str
    collection: str
    file: str
    created: str
    state: str = "queued"
    phase: str | None = None
    done: int = 0
    total: int | None = None
    report: dict[str, Any] | None = None
    error: str | None = None


class Jobs:
    """The jobs under `folder`. `ingest` takes items into a collection, made if need be; `notice` is told of
    failures."""

    def __init__(self, folder: Path, ingest: Ingest, notice: Callable[[str], None]) -> None:
        self._folder = folder
        self._ingest = ingest
        self._notice = notice
        self._jobs: dict[str, Job] = {}
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._lock = threading.Lock()
        self._stop = Stop()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Take up what was not finished, and go on."""
        for file in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            try:
                job = Job(**json.loads(file.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError):
                self._notice(f"{file} tells of no upload and is left as it is. Remove it.")
                continue
            self._jobs[job.id] = job
            if job.state in ("queued", "running"):
                self._jobs[job.id] = replace(job, state="queued")
                self._waiting.put(job.id)
        self._sweep()
        self._thread = threading.Thread(target=self._work, name="ingesting")
        self._thread.start()

    def close(self) -> None:
        """Stop, between two batches; what is not finished is begun again by the next `begin`."""
        self._stop.now()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join()

    def all(self) -> list[Job]:
        """The jobs, newest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: (job.created, job.id), reverse=True)

    def get(self, id: str) -> Job | None:
        with self._lock:
            return self._jobs.get(id)

    def accept(self, collection: str, name: str, content: BinaryIO) -> Job:
        """Keep an upload and queue it. Once this returns, no kill can lose it. Raises SettingsError."""
        id = secrets.token_hex(12)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        job = Job(id, collection, label(name), now)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _new(self._data(id)) as file:
                while piece := content.read(2**20):
                    file.write(piece)
            self._write(job)
        except OSError as error:
            for path in (self._data(id), self._told(id)):
                with contextlib.suppress(OSError):
                    path.unlink()
            raise SettingsError(
                f"The upload can't be kept ({error.strerror}). Make room on the server's disk."
            ) from error
        self._keep(job)
        self._waiting.put(id)
        return job

    # In the thread

    def _work(self) -> None:
        with self._stop.watching():
            while (id := self._waiting.get()) is not None and not self._stop.wanted:
                try:
                    while not self._over(id):
                        self._stop.wait(_AGAIN)
                except Stopped:
                    return

    def _over(self, id: str) -> bool:
        """Take an upload in; False where it can't be now, and has to be tried again: it was accepted."""
        try:
            self._run(id)
        except CollectionBusy as error:
            self._keep(replace(self._jobs[id], state="queued", phase=None, error=str(error)))
            return False
        return True

    def _run(self, id: str) -> None:
        job = self._jobs[id]
        try:
            with self._data(id).open("rb") as content:
                report = self._ingest(job.collection, self._records(job, content), self._told_of(id))
            job = replace(
                self._jobs[id], state="done", phase=None, report=shapes.ingested(report), error=None
            )
        except CollectionBusy:
            raise
        except (ChatbotError, StoreError) as error:
            job = replace(self._jobs[id], state="failed", phase=None, error=str(error))
        except Exception as error:  # whatever it is, the next upload goes on
            self._notice(f"The upload {id} failed unexpectedly: {type(error).__name__}. Upload it again.")
            job = replace(
                self._jobs[id], state="failed", phase=None, error="Something unexpected went wrong."
            )
        self._keep(job)
        with contextlib.suppress(OSError):
            self._write(job)
            self._data(id).unlink()
        self._sweep()

    def _records(self, job: Job, content: BinaryIO) -> Iterator[Record | Reject]:
        """What the upload holds, from a source that is called as the upload was."""
        from store import readers

        for item in readers.read(["-"], stdin=content):
            name = "upload/" + job.file + item.source.name.removeprefix("stdin")
            yield replace(item, source=Source(name, item.source.line))

    def _told_of(self, id: str) -> Callable[[Progress], None]:
        def tell(progress: Progress) -> None:
            self._stop.check()
            self._keep(
                replace(
                    self._jobs[id],
                    state="running",
                    phase=progress.phase,
                    done=progress.done,
                    total=progress.total,
                )
            )

        return tell

    def _keep(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job

    def _sweep(self) -> None:
        """Forget the oldest of those that are over."""
        over = [job for job in self.all() if job.state in ("done", "failed")]
        for job in over[_KEPT:]:
            with self._lock:
                del self._jobs[job.id]
            with contextlib.suppress(OSError):
                self._told(job.id).unlink()

    def _write(self, job: Job) -> None:
        beside = self._folder / f"{job.id}.new"
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        with _new(beside) as file:
            file.write(json.dumps(asdict(job)).encode())
        beside.replace(self._told(job.id))
        _synced(self._folder)

    def _data(self, id: str) -> Path:
        return self._folder / f"{id}.data"

    def _told(self, id: str) -> Path:
        return self._folder / f"{id}.json"


def label(name: str) -> str:
    """What an upload is called: its name without folders and without what is no part of a name."""
    plain = _LABEL.sub("_", re.split(r"[\\/]", name)[-1]).strip(" .")
    return plain[-100:] or "upload"


@contextlib.contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner may read, on the disk when this ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _synced(folder: Path) -> None:
    """The folder's names are on the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
