"""One llama.cpp server inside this process: loopback only, behind a key, as many threads as cores.

Knows llama.cpp's parameters and nothing of who shares the server or when it ends.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from chatbot.errors import LocalModelError
from chatbot.local.gguf import read_header

HOST = "127.0.0.1"
# Prompts that are kept to be continued: at 28 kB a token (the 1.5B), room for two full windows.
_PROMPT_CACHE_MIB = 512


def window(model: Path, context: int) -> int:
    """The context window to serve, in tokens: what is asked for, never more than was trained for.

    Raises LocalModelError if `model` is no GGUF file or `context` is below 256.
    """
    if context < 256:
        raise LocalModelError(f"A context of {context} tokens holds no question; use 2048 or more.")
    trained = read_header(model).context_length
    return min(context, trained) if trained else context


def start(
    model: Path, *, name: str, context: int, key: str, port: int = 0, sleep: float | None = None
) -> tuple[Any, int]:
    """Load `model` and listen. Returns the running server, which ends when it is deleted, and its port.

    `name` is the model's id at /v1/models; `port` 0 lets the system choose. After `sleep` seconds
    without a request the weights leave the memory until the next one (None: never).
    Blocks until loaded, with the interpreter's lock held. Raises LocalModelError.
    """
    try:
        import xllamacpp
    except ImportError as error:
        raise LocalModelError(
            "llama.cpp's server is not installed (xllamacpp). Install it: pip install 'proven-chatbot[local]'"
        ) from error

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.model_alias = {name}
    parameters.hostnames = [HOST]
    parameters.port = port
    parameters.api_keys = [key]
    parameters.n_ctx = window(model, context)
    parameters.n_parallel = 1  # a second slot would halve the window of the first
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = physical_cores()
    parameters.cache_ram_mib = _PROMPT_CACHE_MIB
    parameters.ui = False
    parameters.offline = True
    parameters.verbosity = 2  # warnings and errors: prompts and requests are nobody's log lines
    if sleep is not None:
        parameters.sleep_idle_seconds = max(1, round(sleep))
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:
        if port and _taken(port):
            raise LocalModelError(f"Port {port} is in use; choose another, or 0 for any free one.") from error
        raise LocalModelError(
            f"llama.cpp can't serve {model}. If the file is whole, it may need more memory than is free: "
            "try a smaller model or context."
        ) from error
    return server, int(str(server.listening_address).rsplit(":", 1)[1])


def physical_cores() -> int:
    """Cores that this process may use, hyper-threads counted once, a container's quota respected."""
    if sys.platform == "darwin":
        # The fast cores only, where there are two kinds: the slow ones hold the others up.
        for entry in ("hw.perflevel0.physicalcpu", "hw.physicalcpu"):
            told = subprocess.run(["sysctl", "-n", entry], capture_output=True, text=True, check=False).stdout
            if told.strip().isdigit():
                return max(1, int(told))
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    cores = {_siblings(cpu) for cpu in allowed}
    return max(1, min(len(cores), _quota() or len(cores)))


def _siblings(cpu: int) -> str:
    try:
        return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text()
    except OSError:
        return str(cpu)


def _quota() -> int | None:
    """The whole CPUs that a Linux control group grants, None where it sets no limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
