"""The conversation as a person meets it: the real program in a real terminal, driven through tmux."""

import os
import re
import select
import shlex
import shutil
import subprocess
import sys
import time

import pytest
from test_cli_process import HERE, PROGRAM

TMUX = shutil.which("tmux")
pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed: apt-get install tmux")
PATIENCE = 60  # seconds: the machine may be busy


class Tmux:
    """One program in one window of a tmux server of its own."""

    def __init__(self, folder):
        self.folder = folder
        self._started = 0
        self.home = folder / "home"

    def __call__(self, *command):
        done = subprocess.run(
            [TMUX, "-f", "/dev/null", "-S", str(self.folder / f"tmux{self._started}"), *command],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        return done.stdout

    def start(self, *arguments, replies, env=""):
        program = self.folder / "program.py"
        program.write_text(PROGRAM.format(here=str(HERE), replies=replies), encoding="utf-8")
        # What it writes last can be read when it has left.
        command = (
            f"env CHATBOT_HOME={self.home} PYTHONPATH={os.pathsep.join(filter(None, sys.path))} {env} "
            f"{shlex.quote(sys.executable)} {program} {' '.join(arguments)}; echo code $?; exec cat"
        )
        self("kill-server")
        self._started += 1  # a server that dies takes its time: the next one has a socket of its own
        self("new-session", "-d", "-x", "80", "-y", "50", "-c", str(self.folder), command)

    def type(self, *keys):
        for key in keys:
            self("send-keys", *key) if isinstance(key, tuple) else self("send-keys", "-l", key)

    def screen(self):
        return self("capture-pane", "-p", "-S", "-200")

    def until(self, pattern, times=1):
        """What stands there once the pattern does, so many times."""
        end = time.monotonic() + PATIENCE
        while len(re.findall(pattern, shown := self.screen())) < times:
            assert time.monotonic() < end, shown
            select.select([], [], [], 0.05)
        return shown


@pytest.fixture
def tmux(tmp_path):
    window = Tmux(tmp_path)
    window.start("ingest", "--demo", replies="")
    window.until(r"code 0")
    yield window
    window("kill-server")


ENTER, TAB, UP = ("Enter",), ("Tab",), ("Up",)


def test_a_person_asks_opens_completes_stops_resizes_leaves_and_comes_back(tmux):
    replies = "scripted.answered, endless, scripted.answered"
    tmux.start("chat", replies=replies)
    tmux.until(r"/help says what else there is\.\n>")
    tmux.type("What is", ("M-Enter",), "GSPO?", ENTER)
    shown = tmux.until(r"1 of 3 sentences proven")
    assert "> What is\n  GSPO?\n" in shown
    assert "GSPO clips whole sequences. [1] It is 30 times faster. [1] It needs no" in shown
    assert "Now partial" in shown or "now partial: It is 30 times faster. [1] ◐" in shown

    tmux.type("/op", TAB)
    tmux.until(r"> /open")
    tmux.type(" 1", ENTER)
    assert "✓ GSPO clips whole sequences.\n" in tmux.until(r"◐ It is 21\.59× faster\.")

    tmux.type("For ever?", ENTER)
    tmux.until(r"again and again")
    tmux.type(("C-c",))
    tmux.until(r"Stopped\.")

    tmux("resize-window", "-x", "50", "-y", "50")
    tmux.type("/help", ENTER)
    tmux.until(r"/quit")
    tmux.type(UP, UP, UP, UP)
    tmux.until(r"> What is\n  GSPO\?\n*\Z")
    tmux.type(ENTER)
    shown = tmux.until(r"1 of 3 sentences proven", times=2)
    assert "GSPO clips whole sequences. [1] It is 30" in shown[shown.rindex("> What is") :]
    assert max(map(len, shown[shown.rindex("> What is") :].splitlines())) <= 50

    tmux.type(("C-d",))
    shown = tmux.until(r"code 0")
    resume = re.search(r"chatbot chat --resume\s+(\w+)", shown)[1]

    tmux.start("chat", "--resume", resume, replies="scripted.refused")
    tmux.until(r"again and again.*(?s:.)*Stopped\.(?s:.)*1 of 3 sentences proven(?s:.)*\n>")
    tmux.type("Why?", ENTER)
    tmux.until(r"refused · 1\.0 s")
    tmux.type(("C-d",))
    tmux.until(r"code 0")


def test_it_works_without_colours_and_in_a_plain_terminal(tmux):
    tmux.start("--plain", "chat", replies="scripted.answered", env="NO_COLOR=1 TERM=vt100")
    tmux.until(r"\n>")
    tmux.type("What is GSPO?", ENTER)
    tmux.until(r"1 of 3 sentences proven")
    coloured = tmux("capture-pane", "-p", "-e", "-S", "-200")
    assert "\x1b[32m" not in coloured
    assert "? unsupported: It needs no critic." in coloured
