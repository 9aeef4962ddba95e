from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chatbot.errors import LocalModelError
from chatbot.local.hub import HubFile, choose, fetch, is_reference

WEIGHTS = b"GGUF" + b"weights" * 1000


def listed(*names: str) -> list[HubFile]:
    return [HubFile(name, 1, None) for name in names]


@pytest.mark.parametrize("text", ["Qwen/Qwen3-4B-GGUF", "Qwen/Qwen3-4B-GGUF:Q8_0", "a/b"])
def test_a_hub_id_is_known_by_its_form(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize("text", ["", "a", "a/b/c", "../b", "a/b.gguf", "/a/b", "a/b:", "https://x/y"])
def test_paths_and_names_are_no_hub_ids(text: str) -> None:
    assert not is_reference(text)


def test_the_usual_quantisation_is_taken_unless_another_is_named() -> None:
    files = listed("m-Q8_0.gguf", "m-q4_k_m.gguf", "mmproj-Q4_K_M.gguf", "README.md")
    assert choose(files, None, "a/b") == listed("m-q4_k_m.gguf")
    assert choose(files, "Q8_0", "a/b") == listed("m-Q8_0.gguf")


def test_all_parts_of_a_split_file_are_taken_in_order() -> None:
    files = listed("m-Q4_K_M-00002-of-00002.gguf", "m-Q4_K_M-00001-of-00002.gguf")
    assert choose(files, None, "a/b") == files[::-1]


def test_the_only_file_is_taken_whatever_it_is_called() -> None:
    assert choose(listed("model.gguf"), None, "a/b") == listed("model.gguf")


def test_what_is_not_there_is_told_with_what_is() -> None:
    with pytest.raises(LocalModelError, match=r"no Q2_K; it has m-Q8_0\.gguf"):
        choose(listed("m-Q8_0.gguf"), "Q2_K", "a/b")
    with pytest.raises(LocalModelError, match="no GGUF"):
        choose(listed("model.safetensors"), None, "a/b")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A hub with one repository, Tiny/Tiny-GGUF, and Tiny/Bad-GGUF whose file is not what is listed."""

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            repo = "/".join(self.path.removeprefix("/api/models/").strip("/").split("/")[:2])
            sha = hashlib.sha256(WEIGHTS if "Bad" not in repo else b"").hexdigest()
            body, status = b"", 200
            if self.path.startswith("/api/models/Tiny/"):
                lfs = {"sha256": sha, "size": len(WEIGHTS), "pointerSize": 1}
                sibling = {"rfilename": "tiny-Q4_K_M.gguf", "size": len(WEIGHTS), "lfs": lfs}
                body = json.dumps({"id": repo.split("?")[0], "siblings": [sibling]}).encode()
            elif "/resolve/" in self.path:
                body = WEIGHTS
            else:
                status = 404
            self.send_response(status)
            if status == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{sha}"')
            self.send_header("X-Repo-Commit", "0" * 40)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_GET = do_HEAD = reply

        def log_message(self, *_: object) -> None:
            pass

    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_model_is_downloaded_and_checked(hub: str, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    file = fetch("Tiny/Tiny-GGUF", tmp_path, lambda done, total: told.append((done, total)), endpoint=hub)
    assert file.read_bytes() == WEIGHTS
    assert file.is_relative_to(tmp_path)
    assert told[-1] == (len(WEIGHTS), len(WEIGHTS))


def test_a_file_that_is_not_what_the_hub_lists_is_removed(hub: str, tmp_path: Path) -> None:
    with pytest.raises(LocalModelError, match="damaged"):
        fetch("Tiny/Bad-GGUF", tmp_path, endpoint=hub)
    assert not list(tmp_path.glob("*.gguf"))


def test_an_unknown_repository_is_a_sentence(hub: str, tmp_path: Path) -> None:
    with pytest.raises(LocalModelError, match="no model Nobody/Nothing"):
        fetch("Nobody/Nothing", tmp_path, endpoint=hub)


def test_a_machine_without_network_is_told_what_works_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(LocalModelError, match="Is this machine online"):
        fetch("Qwen/Qwen3-4B-GGUF", tmp_path, endpoint=f"http://127.0.0.1:{port}")
