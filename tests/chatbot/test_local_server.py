"""The life of the shared llama.cpp server, with the real weights and real kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gguf_files import gguf_bytes, write_gguf

from chatbot.errors import LocalModelError
from chatbot.local import engine, server
from chatbot.local.server import LocalServer, ensure, release, running, serve_foreground, stop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="servers are not shared on Windows")
CONTEXT = 512  # tokens: small, to load fast


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of its own, whose servers are stopped afterwards."""
    yield tmp_path
    release()
    stop(tmp_path)


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def gone(pid: int) -> bool:
    """Has the process ended? One that has ended and is only not yet waited for counts as ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def chat(local: LocalServer, key: str | None = None) -> str:
    body = {"messages": [{"role": "user", "content": "Say: hello"}], "max_tokens": 4, "temperature": 0}
    request = urllib.request.Request(
        local.base_url + "/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key or local.api_key}", "Content-Type": "application/json"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as reply:
        return str(json.load(reply)["choices"][0]["message"]["content"])


USER = """
import sys, time
from pathlib import Path
from chatbot.local.server import ensure
print("begun", flush=True)
local = ensure(Path(sys.argv[1]), Path(sys.argv[2]), context=512, idle=float(sys.argv[3]))
print(local.pid, flush=True)
sys.stdin.read()
"""


def user(home: Path, model: Path, idle: float) -> subprocess.Popen[str]:
    """Another process that uses the server until its stdin is closed or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(home), str(model), str(idle)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def told_pid(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


@pytest.mark.local
def test_a_server_answers_to_its_key_alone_and_gives_its_memory_back_while_unused(
    home: Path, qwen_weights: Path
) -> None:
    told: list[str] = []
    local = ensure(home, qwen_weights, context=CONTEXT, idle=1, sleep=1, notify=told.append)
    assert told == [f"Starting the local model {qwen_weights.stem} …"]
    assert (local.model, local.context) == (qwen_weights.stem, CONTEXT)
    assert "hello" in chat(local).lower()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        chat(local, key="guess")

    assert local.api_key not in repr(local)
    command = subprocess.run(
        ["ps", "-ww", "-o", "args", str(local.pid)], capture_output=True, text=True, check=False
    )
    assert local.api_key not in command.stdout
    states = list((home / "run").glob("*.json"))
    assert [state.stat().st_mode & 0o777 for state in states] == [0o600]

    assert running(home) == local == ensure(home, qwen_weights, context=CONTEXT)
    if sys.platform == "linux":
        resident = lambda: int(Path(f"/proc/{local.pid}/statm").read_text().split()[1]) * 4096  # noqa: E731
        assert eventually(lambda: resident() < 500e6)
        assert ensure(home, qwen_weights, context=CONTEXT) == local  # asleep is healthy
        assert "hello" in chat(local).lower()


@pytest.mark.local
def test_two_processes_share_one_server_which_outlives_no_kill_of_both(
    home: Path, qwen_weights: Path
) -> None:
    first, second = (user(home, qwen_weights, idle=1) for _ in range(2))
    pid = told_pid(first)
    assert told_pid(second) == pid
    first.kill()
    first.wait()
    assert not eventually(lambda: gone(pid), seconds=2.5)  # longer than idle: the second still uses it
    second.kill()
    second.wait()
    assert eventually(lambda: gone(pid), seconds=10)
    assert running(home) is None
    assert not list((home / "run").glob("*.json"))


@pytest.mark.local
def test_a_server_whose_starter_was_killed_while_it_loads_leaves_too(home: Path, qwen_weights: Path) -> None:
    starter = user(home, qwen_weights, idle=0)
    states = lambda: list((home / "run").glob("*.json"))  # noqa: E731
    assert eventually(lambda: bool(states()))
    pid = json.loads(states()[0].read_text())["pid"]
    starter.kill()
    starter.wait()
    assert eventually(lambda: gone(pid))


@pytest.mark.local
def test_a_killed_server_is_replaced_and_so_is_one_that_hangs(
    home: Path, qwen_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure(home, qwen_weights, context=CONTEXT, idle=0)
    os.kill(first.pid, signal.SIGKILL)
    assert eventually(lambda: gone(first.pid))
    assert running(home) is None
    second = ensure(home, qwen_weights, context=CONTEXT, idle=0)
    assert second.pid != first.pid

    monkeypatch.setattr(server, "_HUNG", 2.0)
    os.kill(second.pid, signal.SIGSTOP)
    third = ensure(home, qwen_weights, context=CONTEXT, idle=0)
    assert third.pid != second.pid
    assert gone(second.pid)
    assert "hello" in chat(third).lower()
    release()
    assert eventually(lambda: gone(third.pid), seconds=10)


@pytest.mark.local
def test_another_context_is_another_server_and_stop_ends_both(home: Path, qwen_weights: Path) -> None:
    one, other = (ensure(home, qwen_weights, context=context) for context in (512, 1024))
    assert (one.context, other.context) == (512, 1024)
    assert one.pid != other.pid
    assert running(home) == other
    assert stop(home)
    assert eventually(lambda: gone(one.pid) and gone(other.pid), seconds=5)
    assert not stop(home)


SERVE = """
import sys
from pathlib import Path
from chatbot.local.server import serve_foreground
serve_foreground(Path(sys.argv[1]), context=512, announce=lambda s: print(s.base_url, s.api_key, flush=True))
print("left", flush=True)
"""


@pytest.mark.local
def test_a_server_run_by_hand_ends_cleanly_with_ctrl_c(qwen_weights: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(qwen_weights)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url, key = process.stdout.readline().split()
    assert "hello" in chat(LocalServer(url, key, qwen_weights.stem, process.pid, CONTEXT)).lower()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[0] == "left\n"
    assert process.returncode == 0


def test_a_file_without_weights_says_what_llama_cpp_said(home: Path) -> None:
    pytest.importorskip("xllamacpp")
    model = home / "empty.gguf"
    model.write_bytes(gguf_bytes({"general.architecture": "no-such-kind"}))
    with pytest.raises(LocalModelError, match=r"could not be started.*no-such-kind.*llama-server\.log"):
        ensure(home, model)
    assert running(home) is None


def test_what_is_no_gguf_is_refused_before_anything_starts(home: Path) -> None:
    (home / "note.gguf").write_text("hello")
    with pytest.raises(LocalModelError, match="not a GGUF"):
        ensure(home, home / "note.gguf")
    with pytest.raises(LocalModelError, match="not a GGUF"):
        serve_foreground(home / "note.gguf", announce=lambda _: None)
    assert not (home / "run").exists()


def test_a_home_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalModelError, match="CHATBOT_HOME"):
        ensure(tmp_path / "file", write_gguf(tmp_path / "a.gguf"))


def test_a_stale_state_never_ends_the_process_that_has_its_pid_now(home: Path) -> None:
    innocent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (home / "run").mkdir()
    state = {
        "pid": innocent.pid,
        "port": 1,
        "key": "k",
        "name": "n",
        "model": "m",
        "context": 1,
        "started": 0,
    }
    (home / "run" / "llama-old.json").write_text(json.dumps(state))
    assert running(home) is None
    assert not stop(home)
    assert innocent.poll() is None
    assert not list((home / "run").glob("*.json"))
    innocent.communicate(b"\n")


def test_a_state_that_can_not_be_read_is_no_server(home: Path) -> None:
    (home / "run").mkdir()
    (home / "run" / "llama-odd.json").write_text('{"pid": 1')
    assert running(home) is None
    assert not stop(home)


def test_no_more_context_is_served_than_the_model_was_trained_for(tmp_path: Path) -> None:
    model = write_gguf(tmp_path / "a.gguf", context=4096)
    assert engine.window(model, 8192) == 4096
    assert engine.window(model, 2048) == 2048
    with pytest.raises(LocalModelError, match="2048 or more"):
        engine.window(model, 0)


def test_threads_are_at_least_one_and_no_more_than_there_are_cpus() -> None:
    assert 1 <= engine.physical_cores() <= (os.cpu_count() or 1)
