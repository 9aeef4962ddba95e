"""Text into the clipboard of the person who sits there, wherever the program runs.

Over ssh the terminal itself is asked (OSC 52), through tmux if need be; on this machine the tool that is
there: wl-copy, xclip, xsel, pbcopy. Where there is none, the terminal is asked too.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Mapping

from chatbot.terminal.screen import Screen

# Terminals take no more than this in one sequence (xterm's limit is about 100,000 bytes of base64).
LARGEST = 74_000
_TOOLS = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("", ("pbcopy",)),
)


def copy(text: str, screen: Screen, env: Mapping[str, str] | None = None) -> str:
    """Copy it; returns, for people, how, or why not."""
    env = os.environ if env is None else env
    remote = any(env.get(name) for name in ("SSH_TTY", "SSH_CONNECTION", "SSH_CLIENT"))
    if not remote:
        for variable, command in _TOOLS:
            if (not variable or env.get(variable)) and (tool := shutil.which(command[0])):
                done = _run((tool, *command[1:]), text)
                if done:
                    return f"Copied with {command[0]}."
    if not screen.out.file.isatty() or screen.out.is_dumb_terminal:
        return (
            "There is no clipboard to reach from here. `/export FILE.md` writes the conversation to a file."
        )
    data = text.encode("utf-8", "replace")
    if len(data) > LARGEST:
        return "That is too long for a terminal's clipboard. `/export FILE.md` writes it to a file."
    screen.out.file.write(sequence(data, tmux=bool(env.get("TMUX"))))
    screen.out.file.flush()
    return "Sent to the terminal's clipboard (OSC 52); a terminal may refuse it."


def sequence(data: bytes, *, tmux: bool) -> str:
    """What tells a terminal to copy; tmux is asked to hand it on, and takes it itself (set-clipboard)."""
    plain = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    return plain + ("\x1bPtmux;\x1b" + plain + "\x1b\\" if tmux else "")


def _run(command: tuple[str, ...], text: str) -> bool:
    try:
        done = subprocess.run(
            command,
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
