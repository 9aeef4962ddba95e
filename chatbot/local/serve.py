"""The process that holds a shared llama.cpp server: `python -m chatbot.local.serve`, started by `server`.

It is given the locked life file as an open descriptor, which it keeps as long as it lives: who can
lock that file knows that there is no such process. It writes its state (pid, port, key) when it
begins and when it listens, and leaves when nobody has held the users file for `--idle` seconds,
or when its folder is gone. It makes its own key, which so never travels on a command line.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from pathlib import Path

from chatbot.errors import LocalModelError
from chatbot.local import engine
from chatbot.local.files import alone, write_json

_LOOK = 0.5  # seconds between two looks for users


def main() -> int:
    """Serve until nobody is left; the exit code is 1 if the model can't be served."""
    parser = argparse.ArgumentParser(prog="chatbot.local.serve", description="Started by the chatbot itself.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--idle", type=float, required=True)
    parser.add_argument("--sleep", type=float, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--users", type=Path, required=True)
    given = parser.parse_args()

    state = {
        "pid": os.getpid(),
        "port": 0,
        "key": secrets.token_urlsafe(32),
        "name": given.name,
        "model": str(given.model),
        "context": given.context,
        "started": time.time(),
    }
    try:
        write_json(given.state, state)
        _server, port = engine.start(
            given.model, name=given.name, context=given.context, key=str(state["key"]), sleep=given.sleep
        )
        write_json(given.state, state | {"port": port})
    except (LocalModelError, OSError) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    _wait_until_unused(given.users, given.idle)
    given.state.unlink(missing_ok=True)
    # At once: newcomers wait on the users file, which is ours until the process is gone.
    os._exit(0)


def _wait_until_unused(users: Path, idle: float) -> None:
    """Return when nobody has held `users` for `idle` seconds (it is held alone then), or it is gone."""
    unused_since: float | None = None
    while users.exists():
        held = alone(users)
        if held is None:
            unused_since = None
        else:
            now = time.monotonic()
            unused_since = now if unused_since is None else unused_since
            if now - unused_since >= idle:
                return
            os.close(held)
        time.sleep(_LOOK)


if __name__ == "__main__":
    sys.exit(main())
