"""The walls of the house: which room may import which, nothing heavy or networked at import, no cycles."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("chatbot", "prompts", "store")
FACES = ("cli", "terminal", "web", "api")
# What makes a start slow: measured, each of these costs more than the whole of `chatbot --help` may.
HEAVY = (
    "chromadb",
    "fastapi",
    "gradio",
    "httpx",
    "httpx2",
    "numpy",
    "onnxruntime",
    "openai",
    "pydantic",
    "tiktoken",
    "tokenizers",
    "xllamacpp",
)


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(name: str, *, running: bool = True) -> set[str]:
    """The modules of ours that `name` imports anywhere, inside functions too.

    `running` leaves out what only type checkers see.
    """
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in _statements(ast.parse(path.read_text(encoding="utf-8")), running):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            base = (
                importlib.util.resolve_name(dots + (node.module or ""), package)
                if dots
                else node.module or ""
            )
            inner = {f"{base}.{alias.name}" for alias in node.names}
            found.update(inner & MODULES.keys())
            if not inner <= MODULES.keys():
                found.add(base)
    return {module for module in found if module.partition(".")[0] in ROOMS} - {name}


def _statements(tree: ast.AST, running: bool) -> list[ast.AST]:
    if running and isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.dump(tree.test):
        return [found for child in tree.orelse for found in _statements(child, running)]
    return [tree, *(found for child in ast.iter_child_nodes(tree) for found in _statements(child, running))]


def room(module: str) -> str:
    return module.partition(".")[0]


def test_the_store_imports_only_itself() -> None:
    for name in MODULES:
        if room(name) == "store":
            assert {room(other) for other in imports(name, running=False)} <= {"store"}, name


def test_prompts_import_nothing_of_ours() -> None:
    for name in MODULES:
        if room(name) == "prompts":
            assert imports(name, running=False) <= {"prompts"}, name


def test_no_face_imports_another_but_the_command_line_opens_the_others() -> None:
    for name in MODULES:
        own = next((face for face in FACES if name.startswith(f"chatbot.{face}")), None)
        if own in (None, "cli"):
            continue
        others = {f"chatbot.{face}" for face in FACES} - {f"chatbot.{own}"}
        reached = {".".join(other.split(".")[:2]) for other in imports(name, running=False)}
        assert not reached & others, name


def test_nothing_but_faces_imports_a_face() -> None:
    faces = {f"chatbot.{face}" for face in FACES}
    for name in MODULES:
        if ".".join(name.split(".")[:2]) not in faces:
            reached = {".".join(other.split(".")[:2]) for other in imports(name, running=False)}
            assert not reached & faces, name


def test_values_and_errors_import_nothing_above_them() -> None:
    assert imports("chatbot.errors", running=False) == set()
    assert imports("store.errors", running=False) == set()
    assert imports("store.records", running=False) == set()
    assert imports("store.plans", running=False) == {"store.records"}
    assert imports("chatbot.values", running=False) == {"store.plans", "store.records"}


def test_no_modules_import_each_other_in_a_circle_not_even_inside_functions() -> None:
    graph = {name: {other for other in imports(name) if other in MODULES} for name in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
    else:
        return
    pytest.fail(circle)


PROBE = """
import socket, sys

def refuse(*args, **options):
    raise OSError("no network at import")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
for name in sys.argv[1].split(","):
    __import__(name)
print(",".join(sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[2].split(",")))))
"""


def loaded(*names: str) -> str:
    """Which heavy libraries a fresh interpreter has loaded after importing `names`."""
    command = [sys.executable, "-c", PROBE, ",".join(names), ",".join(HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_command_line_starts_without_a_heavy_library() -> None:
    assert loaded(*(name for name in ("chatbot", "store", "prompts", "chatbot.cli") if name in MODULES)) == ""


def test_no_module_of_ours_loads_a_heavy_library_or_touches_the_network_at_import() -> None:
    api = [name for name in MODULES if name.startswith("chatbot.api")]
    assert loaded(*(name for name in MODULES if not name.endswith("__main__") and name not in api)) == ""
    # Its routes and shapes are FastAPI's and pydantic's; commands import it when they run.
    assert set(loaded(*api).split(",")) <= {"fastapi", "pydantic"}
