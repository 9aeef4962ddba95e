"""What a large job takes: counted, and told at the right moment."""

import pytest

from store import Collection, HashEmbedder, Record, Source
from store.estimating import LARGE, Estimate, Forecast, Terms, estimate

TERMS = Terms(texts=32, characters=48_000)


class Priced(HashEmbedder):
    terms = Terms(32, 48_000, rate=60, price=0.5)


def test_a_job_on_this_machine_takes_the_time_that_its_first_texts_took():
    found = estimate("bge", 6_000, 6_000_000, seconds_a_text=0.1)
    assert found == Estimate("bge", 6_000, 1_500_000, seconds=600.0)
    assert str(found) == "6,000 texts are embedded by bge: about 1,500,000 tokens, about 10 min."


def test_a_job_of_an_endpoint_is_counted_in_requests_tokens_and_what_is_set():
    found = estimate("e5", 3_200, 4_000_000, Terms(32, 48_000, rate=50, price=0.02))
    assert (found.requests, found.seconds, found.cost) == (100, 120.0, pytest.approx(0.02))
    assert str(found) == (
        "3,200 texts are sent to e5: about 1,000,000 tokens, 100 requests, at least 2 min at the rate that "
        "is set, about 0.02 at the price that is set."
    )
    assert str(estimate("e5", 3_200, 4_000_000, TERMS)) == (
        "3,200 texts are sent to e5: about 1,000,000 tokens, 100 requests."
    )


def test_long_texts_need_more_requests_than_their_number_tells():
    assert estimate("e5", 100, 4_800_000, TERMS).requests == 100


def test_an_endpoint_s_job_is_told_before_it_and_this_machine_s_after_its_first_batch():
    now = iter([0.0, 10.0, 14.0, 99.0])
    told = []
    here = Forecast(HashEmbedder(), LARGE + 1, lambda: 4_000, told.append, lambda: next(now))
    here.begin()
    assert told == []
    here.went(64)
    here.went(128)
    assert [each.seconds for each in told] == [pytest.approx(4 / 64 * (LARGE + 1))]
    there = Forecast(Priced(), LARGE + 1, lambda: 4_000, told.append)
    there.begin()
    there.went(64)
    assert [each.cost is None for each in told] == [True, False]


def test_a_small_job_is_not_told_and_not_counted():
    told = []
    small = Forecast(Priced(), LARGE, lambda: 1 // 0, told.append)
    small.begin()
    small.went(1)
    assert told == []


def test_a_collection_tells_of_a_large_job_once_and_may_be_stopped(tmp_path):
    records = [Record(f"Paper number {n} is about topic{n}.", Source("a", n + 1)) for n in range(LARGE + 1)]
    told = []

    def stop(estimate):
        told.append(estimate)
        raise KeyError("stop")

    with Collection.open(tmp_path, embedder=Priced(), create=True) as collection:
        with pytest.raises(KeyError):
            collection.ingest(records, estimated=stop)
        assert (collection.count(), collection.vectors_missing) == (LARGE + 1, LARGE + 1)
        assert collection.search("topic7")[0].paper.abstract == records[7].abstract
    assert [each.texts for each in told] == [LARGE + 1]
    assert told[0].tokens == pytest.approx(sum(len(each.abstract) for each in records) / 4, rel=0.2)
