"""A search with a filter finds what comparing every paper that passes finds, however few or many pass."""

from __future__ import annotations

import random
from pathlib import Path

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import store.collection
from store import Collection, Filter, HashEmbedder, Record, Side, Source, bm25, nearest
from store.errors import FilterError
from store.ledger import Ledger
from store.nearest import Nearest
from store.passing import Passing

pytestmark = pytest.mark.slow

PAPERS, DEPTH = 3000, 20
WORDS = ("reward", "penguins", "hacking", "violins", "survey", "models", "markets", "glaciers")
CATEGORIES = ("cs.CL", "cs.LG", "stat.ML", "math.PR")


def records() -> list[Record]:
    """What a filter asks for is had by nearly all, some, a few, one or none."""
    chance = random.Random(3)
    found = []
    for number in range(PAPERS):
        words = [word for place, word in enumerate(WORDS, 1) if chance.random() < 1.4 / place**2]
        text = f"Paper{number} is about {' '.join(chance.sample(words, len(words)))} and more{number % 97}."
        link = chance.choice(("", "", "", " See https://github.com/a/b."))
        found.append(
            Record(
                text + link,
                Source("a.txt", number + 1),
                id=f"p{number}",
                title=f"Title {number}: {chance.choice(WORDS)}",
                authors=(f"Ada Author{number % 40}", chance.choice(("Bo Yu", "Mei Li"))),
                categories=tuple(chance.sample(CATEGORIES, 1 + (number % 30 == 0))),
                created=chance.choice((None, "2024", "2025-05", f"2025-{number % 12 + 1:02}-11")),
                comment=chance.choice((None, "Accepted to ACL 2025")) if number % 50 == 0 else None,
            )
        )
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    made: Path = tmp_path_factory.mktemp("nearest")
    with Collection.open(made, embedder=HashEmbedder, create=True) as collection:
        collection.ingest(records())
    return made


@pytest.fixture(params=["read", "kept", "fetched"])
def way(request, monkeypatch) -> str:
    """Papers that pass are read from the ledger, or compared in memory, or fetched from the index."""
    costs = {"read": (15.0, 1e-3), "kept": (15.0, 1e-3), "fetched": (1e-6, 8.0)}[request.param]
    monkeypatch.setattr(nearest, "_FETCHED", costs[0])
    monkeypatch.setattr(nearest, "_READ", costs[1])
    monkeypatch.setattr(nearest, "_KEPT", 10**6 if request.param == "kept" else 0)
    return request.param


@pytest.fixture
def collection(home, monkeypatch):
    """One that counts as large: nothing is compared one by one because there is little of it."""
    monkeypatch.setattr(store.collection, "_EXACT", 0)
    monkeypatch.setattr(store.collection, "_EXACT_FIRST", 0)
    monkeypatch.setattr(store.collection, "SMALL", 0)
    with Collection.open(home, embedder=HashEmbedder) as opened:
        yield opened


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sampled_from([(), (), ()] + [(value,) for value in values])


FILTERS = st.builds(
    Filter,
    since=st.sampled_from([None, None, "2025", "2025-05", "2025-12"]),
    until=st.sampled_from([None, None, "2025-12"]),
    text=st.sampled_from([None, None, None, "PAPER1", "is about"]),
    ids=st.sampled_from([(), (), (), ("p7",), ("p1", "p2", "p3", "zzz")]),
    without=st.sampled_from([(), (), ("p7", "p8")]),
    authors=some(["Yu", "Ada Author7", "A. Author8", "Nobody"]),
    categories=some(["cs.CL", "cs", "math.PR"]),
    titles=some(["violins", "title"]),
    venues=some(["ACL"]),
    phrases=some(["reward", "glaciers", "is about", "model"]),
    exclude=some(["survey", "reward", "paper1"]),
    has=some(["code", "github", "date", "venue"]),
    lacks=some(["code", "date"]),
)
QUERIES = st.sampled_from(["reward models for penguins", "violins", "more5 markets", "Ada and glaciers"])


@pytest.fixture(scope="module")
def ledger(home):
    opened = Ledger(home / "collections" / "papers" / "ledger.sqlite3")
    yield opened
    opened.close()


def directly(ledger: Ledger, query: str, filter: Filter) -> list[float]:
    """The cosines that comparing every paper that passes gives."""
    rows, matrix = ledger.vectors(HashEmbedder().fingerprint)
    ids, passing = ledger.ids_at(rows.tolist()), set(ledger.ids(filter))
    vector = HashEmbedder().query(query)
    cosines = [
        float(each @ vector) for row, each in zip(rows, matrix, strict=True) if ids[int(row)] in passing
    ]
    return sorted(cosines, reverse=True)[:DEPTH]


def check(ledger: Ledger, filter: Filter, query: str, known: bool) -> None:
    fingerprint = HashEmbedder().fingerprint
    passing = Passing(ledger)
    searcher = Nearest(ledger, passing, fingerprint)
    rows, matrix = ledger.vectors(fingerprint)
    ids = ledger.ids_at(rows.tolist())

    def index(vector, limit):
        cosines = matrix @ vector
        order = numpy.argsort(-cosines, kind="stable")[:limit]
        return [(ids[int(rows[place])], float(cosines[place])) for place in order]

    if known:
        passing.all(filter)
    vector = HashEmbedder().query(query)
    expected = directly(ledger, query, filter)
    for found in (
        searcher.filtered(vector, filter, DEPTH, index),
        searcher.filtered(vector, filter, DEPTH, index),
        searcher.filtered(vector, filter, DEPTH, index),
        searcher.exact(vector, filter, DEPTH),
        searcher.filtered(vector, filter, DEPTH, index),
    ):
        assert list(found.values()) == pytest.approx(expected, abs=1e-5)
        assert found.keys() <= set(ledger.ids(filter))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(filter=FILTERS, query=QUERIES, known=st.booleans())
def test_whatever_the_filter_the_nearest_that_pass_are_found(way, ledger, filter, query, known):
    check(ledger, filter, query, known)


@settings(max_examples=50)
@given(filter=FILTERS, chosen=st.integers(0, 2**16))
def test_asking_a_few_papers_is_asking_all(ledger, filter, chosen):
    rows = numpy.array(random.Random(chosen).sample(range(1, PAPERS + 1), 300))
    passing = Passing(ledger)
    among = rows[passing.among(rows, filter)]
    assert passing.known(filter) is None
    assert sorted(among.tolist()) == sorted(set(rows.tolist()) & set(passing.all(filter).tolist()))
    assert numpy.array_equal(rows[passing.among(rows, filter)], among)


def test_a_large_collection_is_searched_by_real_chroma_as_if_paper_by_paper(collection, ledger):
    chance = random.Random(5)
    filters = [
        Filter(),
        Filter(categories=("cs.CL",)),
        Filter(authors=("Ada Author7",)),
        Filter(since="2025-12"),
        Filter(exclude=("survey",)),
        Filter(phrases=("glaciers",)),
        Filter(has=("code",), categories=("cs",)),
        Filter(ids=("p7",)),
        Filter(authors=("Nobody",)),
    ]
    found = wanted = 0
    for filter in filters * 4:
        query = " ".join(chance.sample(WORDS, 3))
        keyword, vector = collection.sides(query, filter, depth=DEPTH)
        expected = directly(ledger, query, filter)
        wanted += len(expected)
        found += sum(abs(a - b) < 1e-4 for a, b in zip(vector.values(), expected, strict=True))
        passing = {paper.id for paper in collection.papers(filter)}
        assert {*keyword, *vector} <= passing
        full, _ = collection.sides(query, depth=PAPERS, side=Side.KEYWORD)
        scores = sorted((full[id] for id in passing if id in full), reverse=True)[:DEPTH]
        assert list(keyword.values()) == pytest.approx(scores)
    assert found >= 0.99 * wanted


def test_a_change_is_seen_by_a_filter_that_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(store.collection, "_EXACT", 0)
    monkeypatch.setattr(store.collection, "_EXACT_FIRST", 0)
    monkeypatch.setattr(store.collection, "SMALL", 0)
    filter = Filter(categories=("math.PR",))
    with Collection.open(tmp_path, embedder=HashEmbedder, create=True) as collection:
        collection.ingest(records()[:300])
        before = {hit.paper.id for hit in collection.search("glaciers", 400, filter)}
        late = Record("Late glaciers and nothing.", Source("b.txt", 1), id="late", categories=("math.PR",))
        collection.ingest([late])
        assert {hit.paper.id for hit in collection.search("glaciers", 400, filter)} == before | {"late"}


def test_a_wrong_filter_is_explained_in_a_large_collection_too(collection):
    for side in Side:
        with pytest.raises(FilterError, match="2025-13"):
            collection.search("penguins", filter=Filter(since="2025-13"), side=side)


def test_small_and_large_collections_find_the_same_by_words(home, monkeypatch):
    found = []
    for limit in (bm25.SMALL, 0):
        monkeypatch.setattr(store.collection, "SMALL", limit)
        with Collection.open(home, embedder=HashEmbedder) as opened:
            hits = opened.search("glaciers hacking", 5, Filter(categories=("cs.LG",)), Side.KEYWORD)
            found.append([hit.keyword for hit in hits])
    assert found[0] == pytest.approx(found[1])


def test_who_asks_often_gets_chroma_opened_behind_the_questions(home, ledger, monkeypatch):
    monkeypatch.setattr(store.collection, "_EXACT", 0)
    monkeypatch.setattr(store.collection, "_PATIENCE", 3)
    with Collection.open(home, embedder=HashEmbedder) as collection:
        opened = []
        for number in range(12):
            query, filter = f"reward penguins more{number}", Filter(has=("code",)) if number % 2 else Filter()
            _, vector = collection.sides(query, filter, depth=DEPTH)
            assert list(vector.values()) == pytest.approx(directly(ledger, query, filter), abs=1e-4)
            opened.append(collection._vector_index().opened)
            if number == 5:
                collection._opening.result()
        assert opened[:3] == [False] * 3
        assert opened[6:] == [True] * 6
