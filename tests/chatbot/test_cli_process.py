"""The command line as a real process: signals, pipes, terminals, and how soon it is there."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

PROMPTED = "\x1b[?2004h"  # prompt_toolkit is ready to be typed to
HERE = Path(__file__).parent
# The program with an instant embedder, no servers, and a chat that says what the test wants.
PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from chatbot import assembly, discovery
from chatbot.cli import main
from store.embedding import HashEmbedder
import scripted_events as scripted
from chatbot.values import Delta
def endless():
    import time
    try:
        while True:
            yield Delta("again and again ")
            time.sleep(0.001)
    finally:
        print("hung up", file=sys.stderr, flush=True)
discovery.discover = list
assembly.embedder = lambda settings: HashEmbedder()
replies = [{replies}]
if replies:
    assembly.Assembly.chat = lambda self: scripted.FakeChat(*replies)
main()
"""


@pytest.fixture
def start(tmp_path):
    """Start the program in a home of its own; it is ended whatever happens."""
    started = []

    def start(*arguments, replies="", env=(), **how):
        program = PROGRAM.format(here=str(HERE), replies=replies)
        variables = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            variables.pop(name, None)
        variables |= {"CHATBOT_HOME": str(tmp_path / "home"), "TERM": "xterm-256color", **dict(env)}
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            env=variables,
            cwd=tmp_path,
            text=True,
            encoding="utf-8",
            **streams,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def filled(start):
    process = start("ingest", "--demo")
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_ctrl_c_ends_an_answer_cleanly_and_hangs_up(start, filled):
    process = start("ask", "q", replies="endless")
    process.stdout.read(20)  # it speaks
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "hung up\n\nStopped.\n"
    assert "Traceback" not in out


def test_a_reader_that_leaves_is_no_error(start, filled):
    process = start("ask", "q", replies="endless")
    process.stdout.read(20)
    process.stdout.close()
    process.wait(timeout=20)
    assert process.returncode in (1, 141)
    assert process.stderr.read() == "hung up\n"


def test_a_pipe_gets_text_alone(start, filled):
    out, _ = start("ask", "q", replies="scripted.answered").communicate(timeout=30)
    assert "✓ supported" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_colours_can_be_forced_into_a_pipe(start, filled):
    process = start("ask", "q", replies="scripted.answered", env={"FORCE_COLOR": "1"})
    assert "\x1b[32m" in process.communicate(timeout=30)[0]


def test_a_locale_that_knows_only_ascii_is_no_error(start, filled):
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    out, err = start("ask", "q", replies="scripted.answered", env=env).communicate(timeout=30)
    assert "+ supported" in out
    assert "Traceback" not in err


def terminal():
    """Both ends of a terminal of 80 columns: ours, theirs."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return ours, theirs


def on_terminal(start, *arguments, **how):
    """What the program writes to a terminal."""
    ours, theirs = terminal()
    process = start(*arguments, stdout=theirs, stderr=theirs, **how)
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 4096):
            written += piece
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
    process.wait(timeout=30)
    return written.decode()


def test_a_terminal_gets_colours_unless_they_are_not_wanted(start, filled):
    coloured = on_terminal(start, "ask", "q", replies="scripted.answered")
    assert "\x1b[32m" in coloured
    uncoloured = on_terminal(start, "ask", "q", replies="scripted.answered", env={"NO_COLOR": "1"})
    assert "\x1b[32m" not in uncoloured
    plain = on_terminal(start, "ask", "q", "--plain", replies="scripted.answered")
    assert "\x1b" not in plain
    assert "✓ supported" in plain


def test_a_conversation_on_a_terminal_edits_remembers_stops_and_leaves(start, filled, tmp_path):
    ours, theirs = terminal()
    process = start(
        "chat",
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        replies="scripted.answered, endless",
        start_new_session=True,
    )
    os.close(theirs)
    written = ""

    def until(text, patience=30):
        nonlocal written
        deadline = time.monotonic() + patience
        while text not in written and time.monotonic() < deadline:
            if select.select([ours], [], [], 1)[0]:
                written += os.read(ours, 4096).decode(errors="replace")
        assert text in written
        written = written[written.index(text) + len(text) :]

    until("/help says what else there is.")
    until(PROMPTED)
    os.write(ours, b"What is GSPX\x7fO?\r")
    until("sentences proven")
    until(PROMPTED)
    os.write(ours, b"More?\r")
    until("again and again")
    process.send_signal(signal.SIGINT)
    until("Stopped.")
    until(PROMPTED)
    os.write(ours, b"\x04")
    process.wait(timeout=20)
    os.close(ours)
    assert process.returncode == 0
    history = tmp_path / "home" / "history"
    assert "+What is GSPO?" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


def test_help_is_there_at_once_because_nothing_heavy_is_imported():
    program = (
        "import sys; from chatbot.cli import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'rich', 'numpy', 'chromadb', 'openai', 'onnxruntime', 'prompt_toolkit', 'sqlite3'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stderr == "[]\n"
