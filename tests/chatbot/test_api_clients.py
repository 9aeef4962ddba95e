"""Clients that people really use, unchanged: curl, llm, LiteLLM, LangChain. (The SDK: test_api_openai.)"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatbot import assembly
from store import HashEmbedder
from tests.chatbot.api_server import QUESTION, Api, filled, proven
from tests.fake_upstream import FakeUpstream

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = Path(os.environ.get("CHATBOT_TEST_CLIENTS") or ROOT / ".venv-clients" / "bin" / "python")
PROVEN = "importance ratio based on sequence likelihood"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    patch = pytest.MonkeyPatch()
    patch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    home = filled(tmp_path_factory.mktemp("clients"))
    with FakeUpstream(proven) as upstream, Api(home, upstream.base_url) as api:
        yield api
    patch.undo()


def run(*command: object) -> str:
    hidden = ("CHATBOT_", "OPENAI_", "HTTP_PROXY", "http_proxy")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=300, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not CLIENTS.exists(), reason="the clients are not installed: make clients")
@pytest.mark.parametrize("client", ["langchain", "litellm", "llm"])
def test_a_real_client_gets_a_proven_answer_whole_and_streamed(api: Api, client: str) -> None:
    seen = json.loads(
        run(CLIENTS, ROOT / "tests" / "clients" / "ask.py", client, api.v1, QUESTION).splitlines()[-1]
    )
    for text in (seen["whole"], seen["streamed"], seen.get("responses", seen["whole"])):
        assert PROVEN in text
        assert "- [1] GSPO" in text
    assert seen.get("usage") != 0
    assert seen.get("annotations", 1) == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_a_proven_answer_whole_and_streamed(api: Api) -> None:
    asked: dict[str, Any] = {"model": "papers", "messages": [{"role": "user", "content": QUESTION}]}
    command = [
        "curl",
        "-sS",
        "-N",
        f"{api.v1}/chat/completions",
        "-H",
        "Content-Type: application/json",
        "-d",
    ]
    whole = json.loads(run(*command, json.dumps(asked)))
    assert PROVEN in whole["choices"][0]["message"]["content"]
    lines = run(*command, json.dumps({**asked, "stream": True})).splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert data[-1] == "[DONE]"
    text = "".join(json.loads(each)["choices"][0]["delta"].get("content", "") for each in data[:-1])
    assert text == whole["choices"][0]["message"]["content"]
