"""The page as an application: who may see it, under which policy, beside which routes, and its command."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from web_pages import Parts

from chatbot import listening
from chatbot.cli import cli
from chatbot.web import hosting, mount, serving
from store import Collection

HTML = {"accept": "text/html"}


@pytest.fixture
def parts(seeded: Collection, tmp_path: Path) -> Parts:
    return Parts(seeded, tmp_path)


def client(app: object, host: str = "127.0.0.1") -> Iterator[object]:
    from starlette.testclient import TestClient

    with TestClient(app, base_url=f"http://{host}") as found:  # type: ignore[arg-type]
        yield found


def test_every_page_has_a_policy_under_which_no_foreign_script_runs(parts: Parts) -> None:
    for http in client(serving.application(parts, hosts=("127.0.0.1",))):  # type: ignore[arg-type]
        one, other = http.get("/", headers=HTML), http.get("/", headers=HTML)  # type: ignore[attr-defined]
        policy = one.headers["content-security-policy"]
        for rule in ("default-src 'self'", "object-src 'none'", "form-action 'self'", "connect-src 'self'"):
            assert rule in policy
        script = next(each for each in policy.split("; ") if each.startswith("script-src"))
        assert "'unsafe-inline'" not in script
        nonce = re.search(r"'nonce-([^']+)'", script)
        assert nonce is not None
        assert nonce[1] not in other.headers["content-security-policy"]
        assert set(re.findall(r"<script([^>]*)>", one.text)) > set()
        assert all(f'nonce="{nonce[1]}"' in each for each in re.findall(r"<script([^>]*)>", one.text))
        assert "page-assets/page.js" in one.text
        for asset in (
            "page.js",
            "page.css",
            "fonts.css",
            "fonts/OFL.txt",
            "fonts/source-serif-4-latin.woff2",
        ):
            assert http.get(f"/page-assets/{asset}").status_code == 200  # type: ignore[attr-defined]


def test_another_name_for_this_machine_is_refused(parts: Parts) -> None:
    app = serving.application(parts, hosts=("127.0.0.1",))  # type: ignore[arg-type]
    for http in client(app, "evil.test"):
        assert http.get("/", headers=HTML).status_code == 400  # type: ignore[attr-defined]


def test_without_the_password_nothing_is_told(parts: Parts) -> None:
    app = serving.application(parts, auth=[("ada", "secret")], hosts=("127.0.0.1",))  # type: ignore[arg-type]
    for http in client(app):
        assert http.get("/config").status_code == 401  # type: ignore[attr-defined]
        assert "Ask about the papers" not in http.get("/", headers=HTML).text  # type: ignore[attr-defined]
        wrong = http.post("/login", data={"username": "ada", "password": "guess"})  # type: ignore[attr-defined]
        assert wrong.status_code == 400
        right = http.post("/login", data={"username": "ada", "password": "secret"})  # type: ignore[attr-defined]
        assert right.status_code == 200
        assert http.get("/config").status_code == 200  # type: ignore[attr-defined]


def test_the_page_stands_beside_other_routes_of_an_application(parts: Parts) -> None:
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/v1/health")
    def health() -> dict[str, bool]:
        return {"ok": True}

    mount(app, parts, path="/page")  # type: ignore[arg-type]
    for http in client(app):
        answer = http.get("/v1/health")  # type: ignore[attr-defined]
        assert answer.json() == {"ok": True}
        assert "content-security-policy" not in answer.headers
        page = http.get("/page/", headers=HTML)  # type: ignore[attr-defined]
        assert 'src="/page/page-assets/page.js' in page.text
        assert http.get("/page/page-assets/page.css").status_code == 200  # type: ignore[attr-defined]


def test_conversations_are_kept_apart_where_nobody_says_who_they_are(parts: Parts) -> None:
    from chatbot.web.desk import Desk

    home, public = Desk(parts), Desk(parts, apart=True)  # type: ignore[arg-type]
    assert home.owner(None, "a") == home.owner(None, "b") == ""
    assert public.owner(None, "a") != public.owner(None, "b")
    assert "a-secret" not in public.owner(None, "a-secret")
    assert public.owner("ada", "a") == "ada"


def test_only_addresses_of_this_machine_are_private() -> None:
    assert [
        host
        for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::", "192.168.1.2", "")
        if listening.private(host)
    ] == [
        "127.0.0.1",
        "localhost",
        "::1",
    ]
    assert hosting.address("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert hosting.address("::1", 80) == "http://[::1]:80"


def command(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["web", "--home", str(tmp_path), "--no-model", *arguments])
    return done.exit_code, done.output + (done.stderr if done.stderr_bytes else "")


def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = command(tmp_path, "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert "--port 0" in said


def test_a_public_page_needs_a_password_and_a_pair_is_a_pair(tmp_path: Path) -> None:
    assert command(tmp_path, "--share")[0] == 2
    code, said = command(tmp_path, "--auth", "nobody")
    assert code == 2
    assert "USER:PASSWORD" in said
    missing = tmp_path / "none.txt"
    assert command(tmp_path, "--auth", f"@{missing}")[0] == 2
    empty = tmp_path / "empty.txt"
    empty.write_text("\n", encoding="utf-8")
    assert "names nobody" in command(tmp_path, "--auth", f"@{empty}")[1]
