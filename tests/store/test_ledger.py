"""The ledger: what it keeps, what it refuses, and how it says so."""

import sqlite3
from pathlib import Path

import pytest

from store import sentences
from store.errors import CollectionDamaged, CollectionError, NoCollection
from store.ledger import Ledger
from store.records import Filter, Paper, Record, Source


def paper(id: str = "p1", abstract: str = "We present GSPO. It is stable.", **fields: object) -> Paper:
    return Paper(**{"id": id, "abstract": abstract, "label": "GSPO", "label_derived": True, **fields})  # type: ignore[arg-type]


def put(ledger: Ledger, each: Paper, row: int | None = None) -> int:
    return ledger.put_paper(each, sentences.split(each.id, each.abstract), row)


@pytest.fixture
def ledger(tmp_path: Path):
    opened = Ledger(tmp_path / "ledger.sqlite3", create=True)
    yield opened
    opened.close()


def test_a_paper_comes_back_as_it_was_written(ledger):
    written = paper(
        title="A $\\times$ B",
        authors=("Ada", "Bo"),
        categories=("cs.CL",),
        created="2025-05",
        sources=(Source("a.txt", 3), Source("b.txt", 1)),
    )
    assert ledger.paper_at(put(ledger, written)) == written


def test_a_record_comes_back_as_its_source_gave_it(ledger):
    row = put(ledger, paper())
    record = Record("  verbatim \n text ", Source("a.txt", 7), authors=("Ada",), created="2025")
    ledger.add_record(row, record, "hash")
    assert ledger.records(row) == [record]


def test_the_keyword_index_follows_a_changed_abstract(ledger):
    row = put(ledger, paper())
    put(ledger, paper(abstract="About penguins."), row)
    assert ledger.keyword('"stable"', Filter(), 10) == []
    assert [id for id, _ in ledger.keyword('"penguin"', Filter(), 10)] == ["p1"]
    assert ledger.problems() == []


def test_words_are_found_whatever_their_ending_and_latex(ledger):
    put(ledger, paper(abstract=r"It \textbf{stabilises} the training by 21.59$\times$."))
    assert ledger.keyword('"stabilised"', Filter(), 10)
    assert ledger.keyword('"textbf"', Filter(), 10) == []


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "in another process"])
def test_the_rows_of_ids_are_remembered_until_something_is_written(ledger, tmp_path, elsewhere):
    other = Ledger(tmp_path / "ledger.sqlite3") if elsewhere else ledger
    row = put(ledger, paper())
    for _ in range(3):
        assert ledger.rows(["p1", "p2"]) == {"p1": row}
    other.drop_paper(row)
    for _ in range(3):
        assert ledger.rows(["p1"]) == {}
    again = put(other, paper())
    assert again != row
    for _ in range(3):
        assert ledger.rows(["p1"]) == {"p1": again}
    if elsewhere:
        other.close()


def test_a_transaction_that_fails_leaves_nothing(ledger):
    def fail() -> None:
        with ledger.transaction():
            put(ledger, paper())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert ledger.count() == 0
    assert ledger.keyword('"gspo"', Filter(), 10) == []


def test_papers_come_newest_first_and_undated_last(ledger):
    for id, created in (("a", None), ("b", "2024"), ("c", "2025-05-14"), ("d", "2025-05")):
        put(ledger, paper(id, created=created))
    assert [each.id for each in ledger.papers()] == ["c", "d", "b", "a"]


@pytest.mark.parametrize(
    ("filter", "passing"),
    [
        (Filter(), ["a", "b", "c"]),
        (Filter(since="2025-05"), ["b"]),
        (Filter(until="2025-05"), ["b", "c"]),
        (Filter(since="2024", until="2024"), ["c"]),
        (Filter(since="2024-06"), ["b"]),
        (Filter(text="LONG  context"), ["b"]),
        (Filter(text="100%_"), []),
        (Filter(ids=("a", "zzz")), ["a"]),
        (Filter(ids=("zzz",)), []),
    ],
)
def test_a_filter_lets_pass_what_certainly_holds(ledger, filter, passing):
    put(ledger, paper("a"))
    put(ledger, paper("b", "A long context.", created="2025-05-31"))
    put(ledger, paper("c", created="2024"))
    assert ledger.ids(filter) == passing


@pytest.mark.parametrize("until", ["2024-02", "2024-02-29", "2024"])
def test_a_month_of_less_than_31_days_ends_with_its_last_one(ledger, until):
    put(ledger, paper("a", created="2024-02"))
    assert ledger.ids(Filter(until=until)) == ["a"]
    assert ledger.ids(Filter(until="2024-02-28")) == []


def test_a_file_that_is_no_ledger_is_said_to_be_damaged_and_where(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(CollectionDamaged, match=r"ledger\.sqlite3.*Move the folder"):
        Ledger(path)


def test_a_newer_format_asks_for_an_upgrade(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    Ledger(path, create=True).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(CollectionError, match="Upgrade"):
        Ledger(path)


def test_an_empty_file_is_no_collection(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    path.touch()
    with pytest.raises(NoCollection):
        Ledger(path)


def test_a_full_disk_is_said_and_loses_nothing(ledger):
    put(ledger, paper())
    pages = ledger._one("PRAGMA page_count")[0]
    ledger._do(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        with ledger.transaction():
            for number in range(500):
                put(ledger, paper(f"q{number}", f"Abstract {number}. " + "words and more words. " * 50))

    with pytest.raises(CollectionError, match=r"full.*Free some space"):
        fill()
    assert ledger.count() == 1
