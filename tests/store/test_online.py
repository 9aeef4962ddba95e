"""arXiv is asked through the maintained client; where it can't be reached, one sentence says so."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from store.errors import SourceError
from store.readers import online, read
from store.records import Record, Reject

ONE = "We introduce Alpha, a method that reads many papers at once, and show what it forgets of them."
KNOWN = ("2505.00001", "cs/0601001")


def entry(id: str) -> str:
    return f"""<entry><id>http://arxiv.org/abs/{id}v2</id><title>Paper {id}</title><summary>{ONE}</summary>
<updated>2025-05-20T00:00:00Z</updated><published>2025-05-14T00:00:00Z</published>
<author><name>Ada Lovelace</name></author><arxiv:comment>12 pages</arxiv:comment>
<arxiv:primary_category term="cs.CL"/><category term="cs.CL"/><category term="68T50"/>
<link href="http://arxiv.org/abs/{id}v2" rel="alternate"/></entry>"""


ERROR = """<entry><id>https://arxiv.org/api/errors#incorrect</id><title>Error</title>
<summary>no such field</summary>
<updated>2025-05-20T00:00:00Z</updated><published>2025-05-20T00:00:00Z</published><author><name>arXiv</name></author>
<link href="https://arxiv.org/api/errors#incorrect" rel="alternate"/></entry>"""


class Handler(BaseHTTPRequestHandler):
    """arXiv's API for two papers; `status` is what it answers with."""

    status = 200
    asked: list[dict[str, list[str]]]

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        type(self).asked.append(query)
        ids = [re.sub(r"v\d+$", "", id) for id in query.get("id_list", [""])[0].split(",") if id]
        wanted = [id for id in ids if id in KNOWN] if ids else list(KNOWN) * ("Alpha" in str(query))
        entries = "".join(map(entry, wanted))
        if "wrong" in str(query):
            wanted, entries = ["error"], ERROR
        body = (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
            'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
            f"<opensearch:totalResults>{len(wanted)}</opensearch:totalResults>"
            f"{entries}</feed>"
        ).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def arxiv(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    handler = type("Own", (Handler,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(online, "ADDRESS", f"http://127.0.0.1:{server.server_address[1]}/api/query?{{}}")
    monkeypatch.setattr(online, "_PAUSE", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield handler
    server.shutdown()
    server.server_close()


def test_papers_come_by_their_ids_with_every_field(arxiv: type[Handler]) -> None:
    one, two, missing = read(["arxiv:2505.00001v2,cs/0601001,2505.99999"])
    assert isinstance(one, Record)
    assert isinstance(two, Record)
    assert one == Record(
        abstract=ONE,
        source=one.source,
        title="Paper 2505.00001",
        arxiv_id="2505.00001",
        url="http://arxiv.org/abs/2505.00001v2",
        authors=("Ada Lovelace",),
        categories=("cs.CL",),
        created="2025-05-14",
        updated="2025-05-20",
        comment="12 pages",
    )
    assert [str(item.source) for item in (one, two)] == [
        "https://arxiv.org/abs/2505.00001:1",
        "https://arxiv.org/abs/cs/0601001:1",
    ]
    assert isinstance(missing, Reject)
    assert (missing.reason, missing.excerpt) == ("arXiv's answer holds no paper of this id", "2505.99999")


def test_a_search_is_sent_as_it_was_written(arxiv: type[Handler]) -> None:
    query = 'ti:"Alpha // beta" AND cat:cs.CL'
    assert [item.arxiv_id for item in read([f"arxiv-search:{query}"]) if isinstance(item, Record)] == list(
        KNOWN
    )
    assert arxiv.asked[0]["search_query"] == [query]
    (reject,) = read(["arxiv-search:nothing"])
    assert isinstance(reject, Reject)
    assert "holds no paper" in reject.reason


def test_an_error_in_place_of_papers_is_told_in_arxivs_words(arxiv: type[Handler]) -> None:
    reject, *_ = read(["arxiv-search:wrong:x"])
    assert isinstance(reject, Reject)
    assert reject.reason == "arXiv answered with an error: no such field"


@pytest.mark.parametrize("status", [400, 429, 503])
def test_an_error_of_arxivs_is_one_of_ours(arxiv: type[Handler], status: int) -> None:
    arxiv.status = status
    with pytest.raises(SourceError, match=f"status {status}"):
        list(read(["arxiv:2505.00001"]))


def test_without_a_network_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setattr(online, "ADDRESS", f"http://127.0.0.1:{unused.getsockname()[1]}/?{{}}")
    monkeypatch.setattr(online, "_PAUSE", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(SourceError, match=r"can't be reached for arxiv:2505\.00001\. Check the network"):
        list(read(["arxiv:2505.00001"]))


def test_a_file_that_has_such_a_name_is_read_as_a_file(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "arxiv:2505.00001").write_text(f"Abstract: {ONE}")
    (record,) = read(["arxiv:2505.00001"])
    assert isinstance(record, Record)
    assert record.abstract == ONE
