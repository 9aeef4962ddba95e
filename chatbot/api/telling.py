"""Log lines: one JSON object each, on stderr, with the request's id.

No question, answer or abstract is in them unless that was asked for (`--log-text`), and no key, header or
address with a password ever.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import TextIO

from chatbot.api.guarding import Done

_LONGEST = 4000


class Log:
    """Writes to `stream`. `text`: questions may be told."""

    def __init__(self, stream: TextIO | None = None, *, text: bool = False, requests: bool = True) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._requests = requests
        self.text = text

    def request(self, done: Done) -> None:
        """A request is over."""
        if self._requests:
            self.say(
                "request",
                request=done.id,
                method=done.method,
                path=done.path[:200],
                status=done.status,
                seconds=round(done.seconds, 4),
                key=done.key or None,
            )

    def question(self, request: str, text: str) -> None:
        """What was asked, if that may be told."""
        if self.text:
            self.say("question", request=request, text=text)

    def notice(self, text: str) -> None:
        """What a person should know."""
        self.say("notice", text=text)

    def fault(self, error: BaseException, request: str = "") -> None:
        """An error that nobody foresaw: where, not with what values."""
        frames = traceback.extract_tb(error.__traceback__)[-12:]
        at = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        self.say("error", request=request or None, error=type(error).__name__, at=at)

    def say(self, event: str, **fields: object) -> None:
        """One line."""
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        kept = {name: _short(value) for name, value in fields.items()}
        line = json.dumps({"time": when, "event": event, **kept}, ensure_ascii=True)
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


def _short(value: object) -> object:
    return value[:_LONGEST] if isinstance(value, str) else value
