"""The routes of our own: what is asked, found, checked, counted, taken in and out, and the numbers of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatbot import assembly
from chatbot.api.guarding import Rules
from store import Collection, HashEmbedder
from store.ownership import Ownership
from tests.chatbot.api_server import FRENCH, QUESTION, SEEDS, Api, filled, proven, wait_for
from tests.fake_upstream import FakeUpstream

ONE = {
    "title": "On Nothing",
    "abstract": "We study nothing at all in great depth. Our method, Nil, finds 42 ways of doing so.",
    "arxiv_id": "2501.00042",
    "authors": ["Ada Lovelace"],
    "created": "2025-01-02",
}


@pytest.fixture(autouse=True)
def fake_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("native"))


@pytest.fixture(scope="module")
def api(home: Path) -> Iterator[Api]:
    patch = pytest.MonkeyPatch()
    patch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    with FakeUpstream(proven) as upstream, Api(home, upstream.base_url) as api:
        yield api
    patch.undo()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Api]:
    with Api(tmp_path) as api:
        yield api


def finished(api: Api, id: str) -> dict[str, Any]:
    """The job, once it is over."""
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(api.get(f"/v1/ingest/{id}").json())
        return found["state"] in ("done", "failed")

    wait_for(over)
    return found


def test_an_answer_is_what_the_command_line_prints_as_json(api: Api) -> None:
    answer = api.post("/v1/ask", {"question": QUESTION}).json()
    assert answer["status"] == "answered"
    assert [claim["verdict"] for claim in answer["claims"]] == ["supported"]
    assert answer["version"] == 1


def test_a_stream_is_the_typed_events_and_ends_with_the_whole_answer(api: Api) -> None:
    events = [
        (name, json.loads(data))
        for name, data in api.events("/v1/ask", {"question": QUESTION, "stream": True})
    ]
    names = [name for name, _ in events]
    assert names[0] == "retrieved"
    assert names[-1] == "finished"
    assert set(names) == {"retrieved", "packed", "delta", "claim_made", "finished"}
    text = "".join(event["text"] for name, event in events if name == "delta")
    assert text in events[-1][1]["answer"]["text"]


def test_a_conversation_keeps_its_numbers(api: Api) -> None:
    paper = api.post("/v1/ask", {"question": QUESTION}).json()["citations"][0]["paper"]
    turn = {"question": "What is GSPO?", "answer": "A method.", "cited": [paper]}
    answer = api.post("/v1/ask", {"question": QUESTION, "history": [turn], "numbers": {paper: 7}}).json()
    assert answer["citations"][0]["number"] == 7


def test_a_search_tells_papers_with_scores_and_understands_filters(api: Api) -> None:
    found = api.post("/v1/search", {"query": "sequence policy optimization -survey", "limit": 3}).json()
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3]
    assert found["hits"][0]["label"] == "GSPO"
    assert found["filter"]["exclude"] == ["survey"]


def test_papers_are_listed_in_pages_and_shown_with_their_sentences(api: Api) -> None:
    first = api.get("/v1/papers", params={"limit": 30}).json()
    second = api.get("/v1/papers", params={"limit": 30, "after": first["next"]}).json()
    ids = [paper["paper"] for page in (first, second) for paper in page["papers"]]
    assert len(ids) == len(set(ids)) == first["total"]
    assert second["next"] is None
    paper = api.get("/v1/papers/GSPO").json()
    for sentence in paper["sentences"]:
        assert paper["abstract"][sentence["start"] : sentence["end"]] == sentence["text"]


def test_a_text_is_checked_sentence_by_sentence(api: Api) -> None:
    text = "GSPO defines the importance ratio based on sequence likelihood. GSPO won 99 Oscars in 1907."
    verdicts = [claim["verdict"] for claim in api.post("/v1/verify", {"text": text}).json()["claims"]]
    assert verdicts[0] in ("supported", "partial")
    assert verdicts[1] == "unsupported"


def test_a_census_counts_exactly(api: Api) -> None:
    found = api.post("/v1/census", {"question": "Which papers mention GRPO?", "listed": 1}).json()
    assert found["count"] == 1 + found["more_papers"]
    assert api.post("/v1/census", {"question": QUESTION}).status_code == 400
    assert api.post("/v1/census", {}).json()["count"] == api.get("/v1/papers").json()["total"]


def test_a_misspelt_field_is_said_to_be(api: Api) -> None:
    answer = api.post("/v1/ask", {"question": QUESTION, "polcy": "strict"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "polcy"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/papers/nothing", 404),
        ("GET", "/v1/papers?since=soon", 400),
        ("GET", "/v1/papers?collection=nothing", 404),
        ("GET", "/v1/papers?collection=..%2F..", 404),
        ("GET", "/v1/ingest/nothing", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/v1/ask", 405),
        ("DELETE", "/v1/papers/nothing", 404),
        ("POST", "/v1/ingest?collection=..%2Fetc", 400),
        ("POST", "/v1/ingest", 400),
    ],
)
def test_whatever_is_not_there_is_an_error_in_the_same_shape(
    api: Api, method: str, path: str, status: int
) -> None:
    import httpx2

    answer = httpx2.request(method, api.url + path, timeout=60)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_it_lives_before_it_is_ready_and_says_what_is_missing(empty: Api) -> None:
    assert empty.get("/healthz").json() == {"status": "ok"}
    assert empty.get("/readyz").status_code == 503
    assert empty.get("/v1/models").json()["data"] == []
    answer = empty.chat()
    assert answer.status_code == 404
    assert "chatbot ingest" in answer.json()["error"]["message"]


@pytest.mark.parametrize("form", [True, False], ids=["form", "body"])
def test_an_upload_becomes_papers_whose_source_is_called_like_it(empty: Api, form: bool) -> None:
    content = gzip.compress(next(SEEDS.glob("*.txt")).read_bytes())
    if form:
        answer = empty.post("/v1/ingest", files={"file": ("../../my papers.txt.gz", content)})
    else:
        answer = empty.post("/v1/ingest?filename=C:%5Cmy%20papers.txt.gz", content=content)
    assert answer.status_code == 202
    [job] = answer.json()["jobs"]
    assert job["file"] == "my papers.txt.gz"
    done = finished(empty, job["id"])
    assert done["state"] == "done", done
    assert done["report"]["new"] == done["report"]["papers"] > 0
    paper = empty.get("/v1/papers").json()["papers"][0]
    assert paper["sources"][0]["name"].startswith("upload/my papers.txt.gz")
    assert empty.get("/readyz").status_code == 200
    assert empty.get("/v1/ingest").json()["jobs"][0]["id"] == job["id"]
    assert not list((empty.home / "uploads").glob("*.data"))


def test_an_upload_that_is_no_paper_is_told_with_its_reasons(empty: Api) -> None:
    [job] = empty.post("/v1/ingest", content=b"%PDF-1.7 \x00\x01").json()["jobs"]
    done = finished(empty, job["id"])
    assert done["report"]["papers"] == 0
    assert "PDF" in done["report"]["rejects"][0]["reason"]


def test_papers_as_json_can_be_asked_about_at_once_and_taken_out_again(empty: Api) -> None:
    report = empty.post("/v1/papers", {"papers": [ONE]}).json()
    assert (report["new"], report["embedded"]) == (1, 1)
    assert empty.post("/v1/papers", {"papers": [ONE]}).json()["unchanged"] == 1
    paper = empty.get("/v1/papers/arxiv:2501.00042").json()
    assert (paper["title"], paper["authors"]) == ("On Nothing", ["Ada Lovelace"])
    assert empty.post("/v1/search", {"query": "ways of doing nothing"}).json()["hits"]
    removed = empty.context.served.collection().papers()[0].id
    import httpx2

    answer = httpx2.delete(f"{empty.url}/v1/papers/{removed}")
    assert answer.json()["removed"] == [removed]
    assert empty.get("/v1/papers").json()["total"] == 0
    assert empty.post("/v1/papers", {"papers": [ONE]}).json()["new"] == 1


def test_a_removed_paper_is_gone_from_every_index(tmp_path: Path) -> None:
    filled(tmp_path)
    with Collection.open(tmp_path, embedder=HashEmbedder()) as collection:
        collection.search("sequence policy optimization")
        [gone] = collection.remove(["GSPO"])
        assert collection.paper(gone.id) is None
        for query in ("GSPO", gone.abstract):
            assert gone.id not in [hit.paper.id for hit in collection.search(query, 50)]
        assert collection.check() == []
        assert collection.remove([]) == []


def test_the_numbers_tell_of_answers_and_never_of_what_was_asked(api: Api) -> None:
    api.chat()
    api.chat(FRENCH)
    text = api.get("/metrics").text
    assert 'chatbot_answers_total{cut="no",status="answered"}' in text
    assert 'chatbot_answers_total{cut="no",status="refused"}' in text
    assert 'chatbot_verdicts_total{verdict="supported"}' in text
    assert 'chatbot_requests_total{method="POST",route="/v1/chat/completions",status="200"}' in text
    assert 'chatbot_tokens_total{kind="completion"}' in text
    assert "onion" not in text


def test_a_log_line_tells_the_requests_id_and_no_word_of_the_question(api: Api) -> None:
    answer = api.post("/v1/ask", {"question": FRENCH}, headers={"x-request-id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    wait_for(lambda: any(line.get("request") == "mine-1" for line in api.log))
    line = next(line for line in api.log if line.get("request") == "mine-1")
    assert (line["path"], line["status"]) == ("/v1/ask", 200)
    assert "onion" not in api.lines.getvalue()


def test_questions_are_logged_if_that_is_asked_for(home: Path) -> None:
    with FakeUpstream(proven) as upstream, Api(home, upstream.base_url, log_text=True) as api:
        api.chat(FRENCH)
    assert FRENCH in [line.get("text") for line in api.log]


def test_conversations_are_saved_gone_on_with_and_deleted(home: Path) -> None:
    import httpx2

    with FakeUpstream(proven) as upstream, Api(home, upstream.base_url) as api:
        first = api.post("/v1/ask", {"question": QUESTION, "session": "new"}).json()
        asked = {
            "question": "What does it base its importance ratio on?",
            "session": first["session"],
            "stream": True,
        }
        second = json.loads(list(api.events("/v1/ask", asked))[-1][1])
        assert second["session"] == first["session"]
        assert "GSPO" in second["answer"]["standalone_question"]
        [session] = api.get("/v1/sessions").json()["sessions"]
        assert (session["session"], session["turns"]) == (first["session"], 2)
        shown = api.get(f"/v1/sessions/{session['session']}").json()
        assert [turn["question"] for turn in shown["turns"]] == [QUESTION, asked["question"]]
        assert httpx2.delete(f"{api.url}/v1/sessions/{session['session'][:3]}").status_code == 404
        assert httpx2.delete(f"{api.url}/v1/sessions/{session['session']}").status_code == 200
        assert api.get("/v1/sessions").json()["sessions"] == []
        assert api.post("/v1/ask", {"question": QUESTION, "session": "nothing"}).status_code == 404


def test_a_key_sees_its_own_conversations_alone(home: Path) -> None:
    with FakeUpstream(proven) as upstream, Api(home, upstream.base_url, rules=Rules(keys=True)) as api:
        ada, bob = ({"Authorization": f"Bearer {api.keys.create(name)[1]}"} for name in ("ada", "bob"))
        begun = api.post("/v1/ask", {"question": QUESTION, "session": "new"}, headers=ada).json()["session"]
        assert len(api.get("/v1/sessions", headers=ada).json()["sessions"]) == 1
        assert api.get("/v1/sessions", headers=bob).json()["sessions"] == []
        assert api.get(f"/v1/sessions/{begun}", headers=bob).status_code == 404
        goes_on = api.post("/v1/ask", {"question": QUESTION, "session": begun}, headers=bob)
        assert goes_on.status_code == 404


def test_an_answer_can_be_a_list_and_its_claims_stand_where_they_say(api: Api) -> None:
    whole = api.chat(style="list").json()["choices"][0]["message"]
    [claim] = whole["claims"]
    assert whole["content"].startswith("- Unlike previous algorithms")
    assert whole["content"][claim["start"] : claim["end"]] == claim["text"]
    assert api.chat(style="limerick").status_code == 400


def test_an_upload_waits_while_another_process_writes_to_its_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.api.jobs._AGAIN", 0.05)
    other = Ownership(filled(tmp_path) / "collections" / "papers")
    assert other.take()
    with Api(tmp_path) as api:
        [job] = api.post("/v1/ingest", content=json.dumps([ONE]).encode()).json()["jobs"]
        wait_for(lambda: "using it" in (api.get(f"/v1/ingest/{job['id']}").json()["error"] or ""))
        other.release()
        assert finished(api, job["id"])["report"]["new"] == 1
