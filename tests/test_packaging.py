"""The wheel, installed outside the checkout: everything travels in it and works from there. No network."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None,
    reason="hatchling is not installed: pip install -e '.[dev]'",
)


def build(kind: str, project: Path, into: Path) -> Path:
    """The distribution that the build backend makes of `project`, in an interpreter of its own."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(into)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = into.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the `chatbot` of an environment that has the wheel, our dependencies, and not the checkout."""
    if importlib.util.find_spec("ensurepip") is None:
        pytest.skip("this Python can't make environments: install python3-venv")
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder / "venv")}))
    # A path that a .pth names is searched for packages, but its own .pth files are not obeyed: the
    # libraries are found there, the editable checkout is not.
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    binaries = folder / "venv" / "bin"
    pip = [
        binaries / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--ignore-installed",
    ]
    subprocess.run([*pip, wheel], check=True, timeout=120)
    unset = ("CHATBOT_", "OPENAI_", "PYTHON")
    env = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
    env["CHATBOT_HOME"] = str(folder / "home")

    def run(*arguments: str, program: str = "chatbot") -> subprocess.CompletedProcess[str]:
        command = [str(binaries / program), *arguments]
        return subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_the_wheel_holds_the_rooms_the_prompts_and_the_seeds_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    rooms = {f"{path.relative_to(ROOT)}" for room in ("chatbot", "prompts", "store") for path in files(room)}
    seeds = {f"{path.relative_to(ROOT)}" for path in files("seeds")}
    metadata = {name for name in names if ".dist-info/" in name}
    assert names - metadata == rooms | seeds
    assert {"chatbot/py.typed", "store/py.typed", "prompts/question.md", "seeds/README.md"} <= names
    assert sum(name.startswith("seeds/") and name.endswith(".txt") for name in names) == 5
    assert any(name.endswith("licenses/LICENSE") for name in metadata)


def test_a_wheel_made_from_the_source_archive_holds_the_same(wheel: Path, tmp_path: Path) -> None:
    archive = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    again = build("wheel", tmp_path / archive.name.removesuffix(".tar.gz"), tmp_path / "again")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_the_installed_program_is_not_the_checkout(installed: Run) -> None:
    where = "import chatbot, prompts, store; print(*chatbot.__path__, *prompts.__path__, *store.__path__)"
    done = installed("-c", where, program="python")
    assert done.returncode == 0, done.stderr
    assert str(ROOT) not in done.stdout
    assert done.stdout.count("site-packages") == 3


def test_the_installed_program_says_its_version(installed: Run) -> None:
    from importlib.metadata import version

    assert installed("--version").stdout == f"chatbot {version('proven-chatbot')}\n"


def test_the_installed_program_takes_in_the_demo_and_answers_from_it(installed: Run) -> None:
    filled = installed("ingest", "--demo", "--json")
    assert filled.returncode == 0, filled.stderr
    assert json.loads(filled.stdout)["papers"] == 39
    asked = installed("ask", "--no-model", "--json", "What does GSPO change compared with GRPO?")
    assert asked.returncode == 0, asked.stderr
    answer = json.loads(asked.stdout)
    assert answer["status"] == "extract"
    assert "GSPO" in answer["claims"][0]["text"]


def files(room: str) -> list[Path]:
    return [path for path in (ROOT / room).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
