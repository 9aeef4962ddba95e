"""What the user types, with line editing and history, or pipes in, a line each.

Both ways are a function that returns the next line, and raises EOFError when there is none and
KeyboardInterrupt on Ctrl-C. Nothing here knows what a line means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from chatbot.terminal.screen import Screen
from chatbot.terminal.text import line

if TYPE_CHECKING:
    from prompt_toolkit.history import History

Read = Callable[[], str]
PROMPT = "> "


def piped(stream: IO[str], screen: Screen) -> Read:
    """The lines of `stream`. Each is echoed behind the prompt, so that the transcript can be read."""

    def read() -> str:
        text = stream.readline()
        if not text:
            raise EOFError
        text = text.strip()
        if text:
            screen.print(PROMPT + line(text), style="bold")
        return text

    return read


def typed(history: Path, commands: Iterable[str]) -> Read:
    """Lines typed at a terminal; `commands` complete, `history` remembers (for its owner's eyes only)."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter

    completer = WordCompleter(list(commands), sentence=True)
    session: PromptSession[str] = PromptSession(
        history=_history(history), completer=completer, complete_while_typing=True
    )

    def read() -> str:
        return session.prompt(PROMPT).strip()

    return read


def _history(file: Path) -> History:
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        with file.open("a"):
            return FileHistory(str(file))
    return InMemoryHistory()  # a home that can't be written to is no reason not to talk
