"""The MCP server, asked by the official SDK's own client: in memory, over stdin and stdout, over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="pip install 'proven-chatbot[mcp]'")

import mcp

from chatbot import assembly
from chatbot.api.context import Context
from chatbot.api.pumping import Pump
from chatbot.api.tools import made
from chatbot.serving import Served
from store import HashEmbedder
from tests.chatbot.api_server import FRENCH, QUESTION, filled, proven, settings, wait_for
from tests.fake_upstream import FakeUpstream

ROOT = Path(__file__).resolve().parents[2]
# The command, with the fake embedder that made the collection's vectors.
COMMAND = """
import sys
from chatbot import assembly
from store import HashEmbedder
assembly.embedder = lambda settings: HashEmbedder()
sys.argv[0] = "chatbot"
from chatbot.cli import main
main()
"""
TOOLS = ["ask", "census", "get_paper", "search", "verify"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("mcp"))


@pytest.fixture(scope="module")
def context(home: Path) -> Iterator[Context]:
    patch = pytest.MonkeyPatch()
    patch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    quiet: dict[str, Any] = {"notice": lambda text: None, "progress": lambda done, total: None}
    with FakeUpstream(proven) as upstream, Served(settings(home, upstream.base_url), **quiet) as served:
        pump = Pump(4)
        yield Context(served, pump)
        pump.close()
    patch.undo()


def talk(server: Any, conversation: Callable[[mcp.Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with mcp.Client(server) as client:
            await conversation(client)

    asyncio.run(run())


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHATBOT_", "OPENAI_"))}
    return {**kept, "CHATBOT_HOME": str(home), "PYTHONPATH": str(ROOT)}


def test_its_tools_answer_with_proof(context: Context) -> None:
    async def conversation(client: mcp.Client) -> None:
        tools = (await client.list_tools()).tools
        assert sorted(tool.name for tool in tools) == TOOLS
        assert all(tool.description for tool in tools)

        async def call(name: str, **arguments: Any) -> dict[str, Any]:
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result
            return result.structured_content or json.loads(result.content[0].text)  # type: ignore[union-attr]

        answer = await call("ask", question=QUESTION)
        assert answer["status"] == "answered"
        assert "- [1] GSPO" in answer["answer"]
        assert [claim["verdict"] for claim in answer["claims"]] == ["supported"]
        refused = await call("ask", question=FRENCH)
        assert refused["status"] == "refused"
        assert (await call("search", query="sequence policy", limit=2))["hits"][0]["label"] == "GSPO"
        assert (await call("get_paper", id="GSPO"))["sentences"][0]["number"] == 1
        assert (await call("census", question="Which papers mention GRPO?"))["count"] > 0
        checked = await call("verify", text="GSPO won 99 Oscars in 1907.")
        assert checked["claims"][0]["verdict"] == "unsupported"

    talk(made(context), conversation)


def test_what_goes_wrong_is_told_with_its_cure(context: Context) -> None:
    async def conversation(client: mcp.Client) -> None:
        for name, arguments, said in (
            ("get_paper", {"id": "nothing"}, "There is no paper"),
            ("ask", {"question": "GSPO?", "collection": "../x"}, "There is no collection"),
            ("census", {"question": QUESTION}, "How many papers per month"),
            ("search", {"query": "x", "limit": 1000}, "limit"),
        ):
            result = await client.call_tool(name, arguments)
            assert result.is_error
            assert said in result.content[0].text  # type: ignore[union-attr]

    talk(made(context), conversation)


@pytest.mark.slow
def test_a_client_starts_it_itself(home: Path) -> None:
    started = mcp.StdioServerParameters(
        command=sys.executable, args=["-c", COMMAND, "mcp", "--no-model"], env=environment(home)
    )

    async def conversation(client: mcp.Client) -> None:
        assert sorted(tool.name for tool in (await client.list_tools()).tools) == TOOLS
        result = await client.call_tool("ask", {"question": QUESTION})
        assert "importance ratio based on sequence likelihood" in result.content[0].text  # type: ignore[union-attr]

    talk(started, conversation)


@pytest.mark.slow
def test_it_is_served_over_http(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", COMMAND, "mcp", "--http", "--port", str(port), "--no-model"]
    process = subprocess.Popen(command, env=environment(home), stderr=subprocess.PIPE)

    def listening() -> bool:
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", port)) == 0

    async def conversation(client: mcp.Client) -> None:
        assert sorted(tool.name for tool in (await client.list_tools()).tools) == TOOLS
        found = await client.call_tool("search", {"query": "sequence policy"})
        assert "GSPO" in found.content[0].text  # type: ignore[union-attr]

    try:
        wait_for(listening, 60)
        talk(f"http://127.0.0.1:{port}/mcp", conversation)
        import httpx2

        answer = httpx2.post(f"http://127.0.0.1:{port}/mcp", headers={"Host": "evil.example"})
        assert answer.status_code == 403
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()  # type: ignore[union-attr]
