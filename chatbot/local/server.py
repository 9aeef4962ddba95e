"""The llama.cpp server that all processes of a user share: started, found, stopped.

There is one for each model and context, in a process of its own, on a free loopback port behind a
random key. Four files in `HOME/run` hold it together, `ID` being a hash of model and context:

    ID.json     its state, mode 0600: pid, port, key, model, context, start time
    ID.life     locked by the server as long as it lives. Whoever starts one takes the lock first
                and hands it over, so two starters never start two, and a state left by a kill is
                known to be stale: its lock is free
    ID.users    locked, shared, by every process that uses the server, as long as it lives or
                until `release`. The server leaves when nobody has held it for `idle` seconds

All locks end with their process (see files), so no kill leaves a server behind: with its last
user gone, however it went, the server goes `idle` seconds later. The default keeps it for five
minutes, so that one `chatbot ask` after another finds the weights loaded and the prompt's
prefix read; 0 stops it with its last user. While users live but ask nothing, the server gives
its memory back after `sleep` seconds and reloads with the next request.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from chatbot.errors import LocalModelError
from chatbot.local import engine
from chatbot.local.files import alone, shared

Notify = Callable[[str], None]
"""Called with one sentence for a person."""

DEFAULT_CONTEXT = 8192  # tokens
DEFAULT_IDLE = 300.0  # seconds without users
DEFAULT_SLEEP = 600.0  # seconds without requests
_PATIENCE = 300.0  # seconds for loading: a 30 GB file from a slow disk
_HUNG = 20.0  # seconds in which a listening server says nothing, before it is replaced
_TICK = 0.05


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A running server, to be used like any OpenAI-compatible endpoint. `context` is in tokens."""

    base_url: str
    api_key: str = field(repr=False)
    model: str
    pid: int
    context: int


@dataclass(frozen=True, slots=True)
class _State:
    """What `ID.json` holds. `port` is 0 while the model is being loaded."""

    pid: int
    port: int
    key: str = field(repr=False)
    name: str
    model: str
    context: int
    started: float

    def server(self) -> LocalServer:
        return LocalServer(
            f"http://{engine.HOST}:{self.port}/v1", self.key, self.name, self.pid, self.context
        )


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one server."""

    state: Path
    life: Path
    users: Path

    @classmethod
    def of(cls, run: Path, identity: str) -> _Files:
        return cls(run / f"{identity}.json", run / f"{identity}.life", run / f"{identity}.users")


_leases: dict[Path, int] = {}
_guard = threading.Lock()


def ensure(
    home: Path,
    model: Path,
    *,
    context: int = DEFAULT_CONTEXT,
    idle: float = DEFAULT_IDLE,
    sleep: float = DEFAULT_SLEEP,
    notify: Notify | None = None,
) -> LocalServer:
    """The server of `model`, healthy; started if there is none. This process counts as its user from now on.

    Cheap when it runs (two milliseconds): call it before every question, since a server may die.
    `idle` and `sleep` count only for a server that this call starts. Raises LocalModelError.
    """
    model = model.resolve()
    context = engine.window(model, context)
    run = home / "run"
    try:
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = _Files.of(run, _identity(model, context))
        with _guard:
            if files.users not in _leases:
                _leases[files.users] = shared(files.users)
        return _find_or_start(home, files, model, context, idle, sleep, notify or (lambda _: None))
    except OSError as error:
        raise LocalModelError(
            f"The local model's server can't be run from {run}: {error.strerror or error}. "
            "Make room, or set CHATBOT_HOME to a folder that you can write."
        ) from error


def release() -> None:
    """This process uses no local server any more. Ending the process does the same."""
    with _guard:
        while _leases:
            os.close(_leases.popitem()[1])


def running(home: Path) -> LocalServer | None:
    """A healthy server of `home`, the youngest if there are several. Starts nothing, uses nothing."""
    alive = [state for files, state in _known(home) if _lives(files) and _answers(state)]
    return max(alive, key=lambda state: state.started).server() if alive else None


def stop(home: Path) -> bool:
    """Stop all servers of `home`, used or not. True if there was one."""
    stopped = False
    for files, state in _known(home):
        if _lives(files):
            stopped = True
            _end(files, state)
        files.state.unlink(missing_ok=True)
    return stopped


def serve_foreground(
    model: Path,
    *,
    port: int = 0,
    context: int = DEFAULT_CONTEXT,
    key: str | None = None,
    announce: Callable[[LocalServer], None],
) -> None:
    """Serve `model` in this process until Ctrl-C or SIGTERM. `key` None: a random one.

    `announce` is called once it listens. Nobody else's lifetime rules hold. Raises LocalModelError.
    """
    context, key = engine.window(model, context), key or secrets.token_urlsafe(32)
    server, port = engine.start(model, name=model.stem, context=context, key=key, port=port)
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        announce(LocalServer(f"http://{engine.HOST}:{port}/v1", key, model.stem, os.getpid(), context))
        threading.Event().wait()
    except KeyboardInterrupt:
        del server
    finally:
        signal.signal(signal.SIGTERM, previous)


def _find_or_start(
    home: Path, files: _Files, model: Path, context: int, idle: float, sleep: float, notify: Notify
) -> LocalServer:
    begun = silent_since = time.monotonic()
    told = False
    while True:
        life = alone(files.life)
        if life is not None:
            try:
                files.state.unlink(missing_ok=True)
                notify(f"Starting the local model {model.stem} …")
                return _start(home, files, life, model, context, idle, sleep)
            finally:
                os.close(life)
        # A server lives. It may still be loading for somebody else, or be hung.
        state, now = _read(files.state), time.monotonic()
        if state is None or not state.port:
            silent_since = now
            if not told and now - begun > 1:
                notify(f"Waiting for the local model {model.stem}, which another process is starting …")
                told = True
        elif _answers(state):
            return state.server()
        elif now - silent_since > _HUNG:
            notify("The local model's server does not answer any more; starting another …")
            _end(files, state)
        if now - begun > _PATIENCE:
            raise LocalModelError(
                f"The local model {model.name} is not loaded after {_PATIENCE:.0f} s. "
                f"Try a smaller model{f', or end process {state.pid}' if state else ''}."
            )
        time.sleep(_TICK)


def _start(
    home: Path, files: _Files, life: int, model: Path, context: int, idle: float, sleep: float
) -> LocalServer:
    log = home / "logs" / "llama-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        log.replace(log.with_suffix(".log.1"))
    options = {
        "--model": model,
        "--name": model.stem,
        "--context": context,
        "--idle": idle,
        "--sleep": sleep,
        "--state": files.state.resolve(),
        "--users": files.users.resolve(),
    }
    command = [
        sys.executable,
        "-m",
        "chatbot.local.serve",
        *(str(part) for pair in options.items() for part in pair),
    ]
    with log.open("wb") as output:
        # A session of its own: Ctrl-C in this terminal must not stop what another process is using.
        # From the run folder: -m looks for modules in the working folder first, and that one is ours.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=files.state.parent,
            pass_fds=(life,),
            start_new_session=True,
        )
    # Waits for the server's end, so that it leaves no zombie in a process that lives longer.
    threading.Thread(target=process.wait, name="llama-server", daemon=True).start()
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        state = _read(files.state)
        if state is not None and state.port and _answers(state):
            return state.server()
        if process.returncode is not None:
            raise _failed(model, process.returncode, log)
        time.sleep(_TICK)
    process.kill()
    raise LocalModelError(
        f"The local model {model.name} was not loaded in {_PATIENCE:.0f} s; try a smaller one."
    )


def _failed(model: Path, code: int, log: Path) -> LocalModelError:
    if code == -signal.SIGKILL:
        return LocalModelError(
            f"The local model {model.name} was killed while it was loading, most likely for want of memory "
            f"(its file alone is {model.stat().st_size / 1e9:.1f} GB). Use a smaller model or context."
        )
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    causes = [line for line in lines if " E " in line] or lines
    said = f" llama.cpp: {causes[0]}" if causes else ""
    last = lines[-1] if lines else f"exit code {code}"
    return LocalModelError(f"The local model could not be started: {last}{said} (all of it: {log})")


def _identity(model: Path, context: int) -> str:
    """Another file under the same name is another model: its size and date count too."""
    file = model.stat()
    told = f"{model}\n{file.st_size}\n{file.st_mtime_ns}\n{context}"
    return "llama-" + hashlib.sha256(told.encode()).hexdigest()[:12]


def _known(home: Path) -> list[tuple[_Files, _State]]:
    run = home / "run"
    found = [_Files.of(run, state.stem) for state in sorted(run.glob("llama-*.json"))]
    return [(files, state) for files in found if (state := _read(files.state)) is not None]


def _read(file: Path) -> _State | None:
    try:
        return _State(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _lives(files: _Files) -> bool:
    life = alone(files.life)
    if life is None:
        return True
    os.close(life)
    return False


def _answers(state: _State) -> bool:
    """Does it answer in time, to our key, with the model that its state names?"""
    connection = http.client.HTTPConnection(engine.HOST, state.port, timeout=2)
    try:
        connection.request("GET", "/props", headers={"Authorization": f"Bearer {state.key}"})
        reply = connection.getresponse()
        return reply.status == 200 and json.loads(reply.read()).get("model_path") == state.model
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return False
    finally:
        connection.close()


def _end(files: _Files, state: _State) -> None:
    """End the server of `state`, whose life lock is held: so the pid is its own and nobody else's."""
    for sign, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
        with suppress(ProcessLookupError):
            os.kill(state.pid, sign)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not _lives(files):
                return
            time.sleep(_TICK)
