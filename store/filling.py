"""Vectors behind the papers: how far they are, and the work of making those that are missing.

Papers are found by keywords as soon as they are read; their vectors follow, here. `make` does the work, a
transaction a batch, so that a kill costs a batch at most. `Filler` has it done behind, in one thread of the
process that owns the collection, while questions are asked in others:

- between two texts it waits while anybody holds it (`held`), and holds no lock while it embeds;
- it never speaks in its own thread: what it has to say waits for the next one who asks (`Voice`);
- it spends no money that nobody agreed to, and what fails in it fails nowhere else.

It decides nothing about papers, and searches nothing.
"""

from __future__ import annotations

import atexit
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

from store.errors import EmbeddingError, StoreError
from store.estimating import Estimate, Forecast, Terms, Told
from store.ingesting import Progress
from store.records import Coverage

if TYPE_CHECKING:
    from store.embedding import Embedder, Vector
    from store.indexing import VectorIndex
    from store.ledger import Ledger

# Texts embedded between two commits: one or two seconds of work, all that a kill can cost.
BATCH = 64
# Behind, a batch is what a question may have to wait for: to write 32 vectors and tell Chroma of them takes
# 40-60 ms. It is also one request to an endpoint.
BATCH_BEHIND = 32
# Seconds that questions may hold the work up, for one text: some faces are never quiet.
PATIENCE = 60.0
# Seconds until files that another process owns are asked for again.
RETRY = 5.0
# Seconds until an embedder that failed is tried again, each time twice as long, up to the longest.
AGAIN, LONGEST = 60.0, 900.0
# Seconds that closing waits for a text. An endpoint may be silent for long; this machine never is.
_GRACE, _GRACE_ENDPOINT = 10.0, 0.5


class State(StrEnum):
    """What the work behind is doing. WAITING: for the process that owns the files."""

    IDLE = "idle"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Filling:
    """How the work behind stands. `problem` says why it does not go on, or is tried again later."""

    state: State
    papers: int
    vectors: int
    problem: str | None = None


class Stopped(Exception):
    """The work behind is to end. Never leaves this module."""


class Unagreed(StoreError):
    """The work would cost money, and nobody was asked."""


_here = threading.local()


class Voice:
    """Tells people in the thread of those who ask. What a thread behind says waits until `catch_up`."""

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._waiting: deque[str] = deque()

    @classmethod
    def of(cls, notice: Callable[[str], None]) -> Voice:
        return notice if isinstance(notice, Voice) else cls(notice)

    def __call__(self, text: str) -> None:
        if getattr(_here, "behind", False):
            if text not in self._waiting:
                self._waiting.append(text)
            return
        self.catch_up()
        self._notice(text)

    def catch_up(self) -> None:
        """Say what was not said yet."""
        while self._waiting:
            try:
                text = self._waiting.popleft()
            except IndexError:  # somebody else says it
                return
            self._notice(text)


def make(
    ledger: Ledger,
    embedder: Embedder,
    index: Callable[[], VectorIndex],
    progress: Callable[[Progress], None],
    told: Told,
    *,
    batch: int = BATCH,
    most: int | None = None,
    turn: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> int:
    """Make the vectors that the embedder has not made of the ledger's papers, `most` at most; how many.

    Each batch is one transaction of the ledger; then the index is told, if the embedder is the one in use.
    `told` hears of a large job before it is done and may stop it by raising; so may `turn`, in which each
    text is embedded. Raises EmbeddingError, CollectionError.
    """
    fingerprint = embedder.fingerprint
    total = ledger.count() - ledger.count_vectors(fingerprint)
    forecast = Forecast(embedder, total, lambda: ledger.characters_without_vector(fingerprint), told)
    forecast.begin()
    in_use = ledger.embedder in (None, (fingerprint, embedder.name))
    done = after = 0
    while most is None or done < most:
        found = ledger.without_vector(fingerprint, batch if most is None else min(batch, most - done), after)
        if not found:
            if not after:
                break
            after = 0  # those that changed meanwhile may be older
            continue
        after = found[-1][0]
        made: list[tuple[int, str, Vector]] = []
        vectors = iter(embedder.documents([text for _, text in found]))
        try:
            for row, text in found:
                with turn():
                    vector = next(vectors, None)
                if vector is None:
                    raise EmbeddingError(
                        f"{embedder.name} made {len(made)} vectors of {len(found)} texts. Configure another."
                    )
                made.append((row, text, vector))
                progress(Progress("embedding", done + len(made), max(total, done + len(made))))
        except (KeyboardInterrupt, Stopped):
            ledger.put_vectors(embedder, made)
            raise
        ledger.put_vectors(embedder, made)
        done += len(made)
        forecast.went(done)
        if in_use:
            index().flush()
    if in_use and ledger.embedder is not None:
        index().flush()  # papers that went, vectors of a run that was killed
    return done


class Filler:
    """Makes missing vectors behind, in a thread of its own; for one collection, used from any thread.

    `own` takes the collection's files for this process, and says whether it has them; `work` makes vectors
    (`make` with `told` and `turn` given) and returns how many it made; `coverage` says how far it is.
    """

    def __init__(
        self,
        own: Callable[[], bool],
        work: Callable[[Told, Callable[[], AbstractContextManager[None]]], int],
        coverage: Callable[[], Coverage],
        embedder: Callable[[], Embedder],
        voice: Voice,
    ) -> None:
        self._own = own
        self._work = work
        self._coverage = coverage
        self._embedder = embedder
        self._voice = voice
        self._changed = threading.Condition()
        self._held = 0
        self._run: _Run | None = None
        self._state = State.IDLE
        self._problem: str | None = None
        self._said: set[str] = set()

    def start(self) -> None:
        """Begin, unless it is at work, or nothing is missing. Returns at once."""
        with self._changed:
            if self.running:
                return
            if self._coverage().complete:
                self._state, self._problem = State.DONE, None
                return
            import_module("numpy")  # whole before two threads need it
            self._state, self._problem = State.RUNNING, None
            self._run = _Run(self._fill)
        atexit.register(self.stop)  # whoever forgets to close has no thread in foreign code at the exit

    def stop(self) -> None:
        """End, and return when nothing is written any more. What was embedded is kept."""
        with self._changed:
            run, self._run = self._run, None
            if run is None:
                return
            run.stopping = True
            self._changed.notify_all()
        atexit.unregister(self.stop)
        if run.thread is threading.current_thread():
            return
        while run.thread.is_alive():
            run.thread.join(self._grace())
            if run.embedding:  # an endpoint is silent: the thread ends when that speaks, and keeps nothing
                break
        if self._state in (State.RUNNING, State.WAITING):
            self._state = State.IDLE

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While somebody else makes vectors, or changes whose vectors count."""
        running = self.running
        self.stop()
        try:
            yield
        finally:
            if running:
                self.start()

    @contextmanager
    def held(self) -> Iterator[None]:
        """While somebody waits for an answer: no text is begun, but one a minute."""
        with self._changed:
            self._held += 1
        try:
            yield
        finally:
            with self._changed:
                self._held -= 1
                self._changed.notify_all()

    @property
    def running(self) -> bool:
        return self._run is not None and self._run.thread.is_alive()

    @property
    def filling(self) -> Filling:
        """How it stands now."""
        coverage = self._coverage()
        return Filling(self._state, coverage.papers, coverage.vectors, self._problem)

    def _fill(self, run: _Run) -> None:
        """What the thread does."""
        _here.behind = True
        wait = AGAIN
        try:
            while True:
                try:
                    self._wait_for_files(run)
                    while self._work(self._agreed, lambda: self._turn(run)):
                        wait = AGAIN
                    self._state, self._problem = State.DONE, None
                    return
                except EmbeddingError as error:
                    self._failed(run, error)
                    self._sleep(run, wait)
                    wait = min(2 * wait, LONGEST)
        except Stopped:
            return
        except Exception as error:  # nothing that fails here may end the face
            self._failed(run, error)

    def _wait_for_files(self, run: _Run) -> None:
        while not self._own():
            self._state = State.WAITING
            self._sleep(run, RETRY)
        self._state = State.RUNNING

    def _failed(self, run: _Run, error: Exception) -> None:
        if run.stopping:
            return
        problem = str(error) if isinstance(error, StoreError) else f"{type(error).__name__}: {error}"
        self._state, self._problem = State.FAILED, problem
        self._say_once(f"Vectors that are missing are not made meanwhile. {problem}")

    def _agreed(self, estimate: Estimate) -> None:
        """Nobody sits behind who could be asked."""
        if estimate.cost is not None:
            raise Unagreed(f"{estimate} Nobody was asked: `chatbot embed` asks, and does it.")
        self._say_once(f"Meanwhile {estimate}")

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._voice(text)

    @contextmanager
    def _turn(self, run: _Run) -> Iterator[None]:
        """One text, when it is this thread's turn. Raises Stopped."""
        with self._changed:
            self._changed.wait_for(lambda: run.stopping or not self._held, PATIENCE)
        if run.stopping:
            raise Stopped
        run.embedding = True
        try:
            yield
        finally:
            run.embedding = False

    def _sleep(self, run: _Run, seconds: float) -> None:
        with self._changed:
            if self._changed.wait_for(lambda: run.stopping, seconds):
                raise Stopped

    def _grace(self) -> float:
        with suppress(StoreError):
            if isinstance(getattr(self._embedder(), "terms", None), Terms):
                return _GRACE_ENDPOINT
        return _GRACE


class _Run:
    """One thread, from start to stop."""

    def __init__(self, fill: Callable[[_Run], None]) -> None:
        self.stopping = False
        self.embedding = False
        # A daemon: an endpoint that never answers must not keep the program from ending.
        self.thread = threading.Thread(target=fill, args=(self,), name="fill-vectors", daemon=True)
        self.thread.start()
