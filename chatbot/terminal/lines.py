"""What the user types, with line editing and history, or pipes in, a line each.

Both ways are a function that returns the next line, and raises EOFError when there is none and
KeyboardInterrupt on Ctrl-C. Nothing here knows what a line means.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from chatbot.terminal.screen import Screen
from chatbot.terminal.text import line

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.history import History
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.output import Output

Read = Callable[[], str]
PROMPT = "> "
_FURTHER = "  "  # before the further lines of a question
LONGEST = 100_000
"""Characters of piped text that are read as a question: what is longer is a file that got here by mistake."""


def piped(stream: IO[str], screen: Screen) -> Read:
    """The lines of `stream`. Each is echoed behind the prompt, so that the transcript can be read."""

    def read() -> str:
        text = stream.readline(LONGEST)
        if len(text) == LONGEST and not text.endswith("\n"):
            screen.notice(f"A line of {LONGEST:,} characters and more is no question. Nothing more is read.")
            raise EOFError
        if not text:
            raise EOFError
        text = text.strip()
        if text:
            screen.print(PROMPT + line(text), style="bold")
        return text

    return read


def typed(
    history: Path, completer: Completer, input: Input | None = None, output: Output | None = None
) -> Read:
    """What is typed at a terminal; `history` remembers it (for its owner's eyes only).

    Enter sends; Alt+Enter or Ctrl-J begins a new line; what is pasted keeps its lines and is not sent.
    """
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession(
        history=_history(history),
        completer=completer,
        complete_while_typing=True,
        multiline=True,
        prompt_continuation=lambda width, number, wrapped: _FURTHER,
        key_bindings=_keys(),
        enable_history_search=False,
        input=input,
        output=output,
    )

    def read() -> str:
        return session.prompt(PROMPT).strip()

    return read


def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        state = buffer.complete_state
        if state and state.current_completion:  # chosen in the menu: taken, not sent
            buffer.apply_completion(state.current_completion)
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    @keys.add("c-j")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _history(file: Path) -> History:
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        with file.open("a"):
            return FileHistory(str(file))
    return InMemoryHistory()  # a home that can't be written to is no reason not to talk
