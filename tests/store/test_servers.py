"""Collections on a real `chroma run`, alone and behind a proxy that asks who is there."""

from __future__ import annotations

import http.client
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from store import Collection, HashEmbedder, Record, Source, shelves
from store.chroma import Server
from store.errors import CollectionError

RECORDS = [
    Record(f"We study violins number{number} and report what we found in them.", Source("a.txt", number))
    for number in range(1, 6)
]
SECRET = "s3cr3t-t0k3n"

Opening = Callable[..., Collection]


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Opening]:
    """Opens collections under one home, and closes them in the end."""
    opened: list[Collection] = []

    def make(name: str, server: Server | str, notices: list[str] | None = None) -> Collection:
        told = [] if notices is None else notices
        opened.append(
            Collection.open(tmp_path, name, HashEmbedder, create=True, chroma_url=server, notice=told.append)
        )
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def fill(collection: Collection) -> None:
    collection.ingest(RECORDS)
    assert collection.check() == []
    collection.close()


def names(server: str, **where: str) -> list[str]:
    """The server's collections."""
    import chromadb

    url = urlsplit(server)
    client = chromadb.HttpClient(host=str(url.hostname), port=int(url.port or 0), **where)
    try:
        return sorted(each.name for each in client.list_collections())
    finally:
        client.close()


@contextmanager
def proxy(
    server: str,
    allowed: Callable[[http.client.HTTPMessage], bool],
    prefix: str = "",
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """A proxy before the server that lets only some pass, and serves it under a path, or encrypted."""
    behind = urlsplit(server)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = 401, b'{"error": "who are you?"}'
            if allowed(self.headers) and self.path.startswith(prefix):
                onward = http.client.HTTPConnection(str(behind.hostname), behind.port)
                sent = {"Content-Type": "application/json", "Host": "behind"}
                onward.request(self.command, self.path.removeprefix(prefix), body, sent)
                reply = onward.getresponse()
                status, answer = reply.status, reply.read()
                onward.close()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        if tls is not None:
            served.socket = tls.wrap_socket(served.socket, server_side=True)
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http{'s' if tls else ''}://127.0.0.1:{served.server_port}{prefix}"
        served.shutdown()


@pytest.mark.slow
def test_a_deleted_collection_goes_from_the_server_and_others_stay(
    server: str, opening: Opening, tmp_path: Path
) -> None:
    before = names(server)
    for name in ("mine", "mine-too"):
        fill(opening(name, server))
    assert len(names(server)) == len(before) + 2
    assert shelves.delete(tmp_path, "mine", Server(server)) is None
    (left,) = set(names(server)) - set(before)
    assert left.startswith("mine-too-")
    assert "their names begin with mine-too-" in (shelves.delete(tmp_path, "mine-too") or "")


@pytest.mark.slow
def test_a_renamed_collection_keeps_its_index_on_the_server(
    server: str, opening: Opening, tmp_path: Path
) -> None:
    fill(opening("before", server))
    served = names(server)
    shelves.rename(tmp_path, "before", "after")
    shelves.rename(tmp_path, "after", "later")
    notices: list[str] = []
    with opening("later", server, notices) as collection:
        assert collection.check() == []
        assert collection.search("number3")
    assert (names(server), notices) == (served, [])
    shelves.delete(tmp_path, "later", Server(server))
    assert not [name for name in names(server) if name.startswith("before-")]


def test_a_server_that_is_not_there_keeps_the_collection_whole(
    server: str, opening: Opening, tmp_path: Path
) -> None:
    fill(opening("kept", server))
    with pytest.raises(CollectionError, match=r"does not answer.*chroma run.*Without chroma_url"):
        shelves.delete(tmp_path, "kept", Server("http://127.0.0.1:9"))
    assert shelves.describe(tmp_path, "kept").papers == 5
    shelves.delete(tmp_path, "kept", Server(server))


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", ["token", "headers", "userinfo"], ids=["a token", "a header", "a user and password"]
)
def test_a_proxy_learns_who_is_there(server: str, opening: Opening, tmp_path: Path, how: str) -> None:
    expected = {
        "token": ("X-Chroma-Token", SECRET),
        "headers": ("Authorization", f"Bearer {SECRET}"),
        "userinfo": ("Authorization", "Basic YWRhOnMzY3IzdC10MGszbg=="),
    }[how]
    with proxy(server, lambda headers: headers.get(expected[0]) == expected[1], "/vectors") as address:
        known = {
            "token": Server(address, token=SECRET),
            "headers": Server(address, headers={"Authorization": f"Bearer {SECRET}"}),
            "userinfo": Server(address.replace("//", f"//ada:{SECRET}@")),
        }[how]
        assert SECRET not in str(known)
        fill(opening(how, known))
        shelves.delete(tmp_path, how, known)
        with pytest.raises(CollectionError, match=r"who you are.*chroma_token or chroma_headers") as caught:
            opening("stranger", Server(address, token="wrong-t0k3n")).ingest(RECORDS)
        assert "wrong-t0k3n" not in str(caught.value)


@pytest.mark.slow
def test_a_proxy_with_a_certificate_is_believed_only_if_it_is_known(
    server: str, opening: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    command = ["openssl", *made.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with proxy(server, lambda headers: headers.get("X-Chroma-Token") == SECRET, tls=tls) as address:
        known = Server(address, token=SECRET)
        with pytest.raises(CollectionError, match="does not answer as it should"):
            opening("doubted", known).ingest(RECORDS)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        fill(opening("believed", known))
        shelves.delete(tmp_path, "believed", known)


def test_secrets_are_in_no_repr() -> None:
    assert SECRET not in repr(Server("http://a.example", SECRET, {"Authorization": SECRET}))


@pytest.mark.slow
def test_collections_are_made_in_the_tenant_and_database_that_are_named(
    server: str, opening: Opening, tmp_path: Path
) -> None:
    import chromadb

    url = urlsplit(server)
    admin = chromadb.AdminClient(
        chromadb.Settings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=url.hostname,
            chroma_server_http_port=url.port,
        )
    )
    admin.create_tenant("library")
    admin.create_database("papers", "library")
    before = names(server)
    there = Server(server, tenant="library", database="papers")
    fill(opening("placed", there))
    assert names(server) == before
    (placed,) = names(server, tenant="library", database="papers")
    assert placed.startswith("placed-")
    shelves.delete(tmp_path, "placed", there)
    assert names(server, tenant="library", database="papers") == []
    for wrong in (Server(server, tenant="nobody"), Server(server, tenant="library", database="none")):
        with pytest.raises(CollectionError, match="chroma_tenant and chroma_database"):
            opening(f"lost-{wrong.database}", wrong).ingest(RECORDS)


@pytest.mark.slow
def test_a_collection_goes_to_a_server_and_back_by_its_address_alone(server: str, tmp_path: Path) -> None:
    for place in (None, server, None, server):
        with Collection.open(tmp_path, "moving", HashEmbedder, create=True, chroma_url=place) as collection:
            collection.ingest(RECORDS)
            assert [collection.search("number3")[0].paper.abstract for _ in range(2)] == [
                RECORDS[2].abstract
            ] * 2
            assert collection.check() == []
    assert len([name for name in names(server) if name.startswith("moving-")]) == 1
    shelves.delete(tmp_path, "moving", Server(server))


@pytest.mark.slow
def test_one_process_writes_while_others_read_by_the_same_server(server: str, opening: Opening) -> None:
    notices: list[str] = []
    writer = opening("shared", server)
    writer.ingest(RECORDS)
    reader = opening("shared", server, notices)
    assert [reader.search("number3")[0].paper.abstract for _ in range(2)] == [RECORDS[2].abstract] * 2
    with pytest.raises(CollectionError, match="is using it"):
        reader.ingest(RECORDS)
    late = Record("We study glaciers number9 and report what we found in them.", Source("b.txt", 1))
    writer.ingest([late])
    assert reader.search("glaciers number9")[0].paper.abstract == late.abstract
    assert notices == []
    writer.close()
    assert reader.ingest(RECORDS).unchanged == 5
