"""The examples of docs/api.md, run as they stand there, against a server on another port."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot import assembly
from store import HashEmbedder
from tests.chatbot.api_server import Api, filled, proven
from tests.fake_upstream import FakeUpstream

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BIBTEX = "@article{x, title={On Nothing}, abstract={We study nothing at all. It has 42 kinds of being so.}}"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    patch = pytest.MonkeyPatch()
    patch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    home = filled(tmp_path_factory.mktemp("docs"))
    with FakeUpstream(proven) as upstream, Api(home, upstream.base_url) as api:
        yield api
    patch.undo()


def test_the_python_example_prints_an_answer_with_its_proof(api: Api) -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code.replace("http://127.0.0.1:8000", api.url), "docs/api.md", "exec"), {})
    assert "[1] GSPO http" in said.getvalue()
    assert "supported Unlike previous algorithms" in said.getvalue()


COMMANDS = [
    found.replace("\\\n", "") for found in re.findall(r"^    (curl (?:.*\\\n)*.*)$", PAGE, re.MULTILINE)
]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_answered(api: Api, command: str, tmp_path: Path) -> None:
    (tmp_path / "export.bib").write_text(BIBTEX)
    shell = command.replace("http://127.0.0.1:8000", api.url).replace("curl", "curl -sSf", 1)
    done = subprocess.run(
        shell, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    if done.stdout.startswith("{"):
        assert "error" not in json.loads(done.stdout)
    else:
        assert "event: finished" in done.stdout


def test_there_are_examples_to_run() -> None:
    assert len(COMMANDS) == 3
