"""Papers first, vectors behind: what is found meanwhile, what is said, and that nothing is in the way."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from slow_embedder import PATIENCE, Waiting

from store import Collection, Filter, HashEmbedder, Record, Source, estimating, filling
from store.errors import CollectionBusy, EmbeddingError
from store.estimating import Terms
from store.filling import BATCH_BEHIND, State
from store.plans import Do, Plan
from store.search import fuse


def records(count: int) -> list[Record]:
    return [
        Record(f"Paper number{n} studies topic{n % 17} with method{n % 23}.", Source("a.txt", n + 1))
        for n in range(count)
    ]


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def opening(tmp_path, notices):
    """Opens collections under one home, and closes them in the end."""
    opened: list[Collection] = []

    def make(embedder=HashEmbedder, **options) -> Collection:
        options = {"create": True, "notice": notices.append, **options}
        opened.append(Collection.open(tmp_path, embedder=embedder, **options))
        return opened[-1]

    yield make
    for collection in opened:
        collection.close()


def finished(collection: Collection) -> None:
    """Return when the thread behind has ended."""
    for thread in threading.enumerate():
        if thread.name == "fill-vectors":
            thread.join(PATIENCE)
            assert not thread.is_alive()


def first(hits) -> str:
    return hits[0].paper.abstract.split()[1]


# In the foreground


def test_papers_are_found_by_keywords_while_their_vectors_are_made(opening, notices):
    embedder = Waiting()
    collection = opening(embedder)
    with ThreadPoolExecutor(1) as pool:
        ingesting = pool.submit(collection.ingest, records(100))
        embedder.asked.get(timeout=PATIENCE)  # all records are in before the first text is embedded
        assert collection.count() == 100
        assert first(collection.search("number77")) == "number77"
        embedder.let(64)
        for _ in range(64):
            embedder.asked.get(timeout=PATIENCE)
        assert collection.coverage.vectors == 64
        assert first(collection.search("number77")) == "number77"
        assert first(collection.search("number7")) == "number7"
        embedder.let(36)
        report = ingesting.result(PATIENCE)
    assert (report.embedded, report.vectors_missing) == (100, 0)
    collection.search("number77")
    assert notices == [
        "Meaning-search knows none of 100 papers so far; keywords know all. "
        "The others follow while this is open.",
        "Meaning-search knows 64 of 100 papers so far; keywords know all. "
        "The others follow while this is open.",
        "Meaning-search knows all 100 papers.",
    ]
    assert collection.check() == []


def test_vectors_may_come_later(opening, notices):
    collection = opening()
    report = collection.ingest(records(50), later=True)
    assert (report.new, report.embedded, report.vectors_missing) == (50, 0, 50)
    assert first(collection.search("number42")) == "number42"
    assert ["`chatbot embed` makes the others" in notice for notice in notices] == [True]
    assert any("`chatbot embed` makes the 50 vectors" in problem for problem in collection.check())
    assert collection.embed() == 50
    assert collection.embed() == 0
    assert collection.check() == []


def test_a_stop_keeps_every_text_that_was_made(opening):
    class Interrupted(HashEmbedder):
        def documents(self, texts):
            for number, text in enumerate(texts):
                if number == 10:
                    raise KeyboardInterrupt
                yield self.query(text)

    collection = opening(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        collection.ingest(records(50))
    assert (collection.count(), collection.coverage.vectors) == (50, 10)
    collection.close()
    again = opening()
    assert again.embed() == 40
    assert again.check() == []


def test_an_embedder_that_makes_too_few_vectors_is_said(opening):
    class Lazy(HashEmbedder):
        def documents(self, texts):
            yield self.query(texts[0])

    with pytest.raises(EmbeddingError, match="made 1 vectors of 5 texts"):
        opening(Lazy()).ingest(records(5))


# What is found while vectors are missing


def test_a_paper_without_a_vector_loses_no_place_for_it():
    keyword, vector = {"best": 10.0, "other": 4.0}, {"other": 0.9, "near": 0.8, "far": 0.1}
    assert next(each.id for each in fuse(keyword, vector, 4)) == "other"
    known = fuse(keyword, vector, 4, unknown={"best"})
    assert [each.id for each in known] == ["best", "other", "near", "far"]
    assert known[0].vector is None


@pytest.mark.parametrize("made", [1, 20, 59])
def test_the_best_by_keywords_stays_first_whatever_has_a_vector(opening, made):
    collection = opening()
    collection.ingest(records(60)[:made])
    collection.ingest(records(60), later=True)
    for number in (0, 30, 59):
        for filter in (Filter(), Filter(text="studies")):
            assert (
                first(collection.search(f"What does number{number} study?", filter=filter))
                == f"number{number}"
            )


# Behind


def test_vectors_are_made_behind_and_said_in_the_thread_of_who_asks(opening, notices, tmp_path):
    embedder = Waiting()
    speakers: list[str] = []
    collection = opening(embedder, notice=lambda text: speakers.append(threading.current_thread().name))
    collection.ingest(records(50), later=True)
    collection.fill()
    collection.fill()  # it is at work already
    assert embedder.asked.get(timeout=PATIENCE)
    assert collection.filling.state is State.RUNNING
    assert first(collection.search("number49")) == "number49"
    embedder.let(BATCH_BEHIND)
    for _ in range(BATCH_BEHIND):
        embedder.asked.get(timeout=PATIENCE)
    assert (collection.filling.vectors, collection.filling.papers) == (BATCH_BEHIND, 50)
    assert collection.search("number7")[0].vector is not None
    embedder.let(50)
    finished(collection)
    assert collection.filling == filling.Filling(State.DONE, 50, 50)
    collection.search("number7")
    assert len(speakers) == 3  # none, 32, all
    assert set(speakers) == {threading.current_thread().name}
    assert collection.check() == []


def test_nothing_is_begun_while_somebody_waits_for_an_answer(opening):
    embedder = Waiting()
    collection = opening(embedder)
    collection.ingest(records(3), later=True)
    with collection.undisturbed():
        collection.fill()
        embedder.let(3)
        assert first(collection.search("number2")) == "number2"
        assert embedder.made == []
    finished(collection)
    assert len(embedder.made) == 3


def test_a_face_that_is_never_quiet_gets_its_vectors_all_the_same(opening, monkeypatch):
    monkeypatch.setattr(filling, "PATIENCE", 0.0)
    collection = opening()
    collection.ingest(records(3), later=True)
    with collection.undisturbed():
        collection.fill()
        finished(collection)
    assert collection.coverage.complete


def test_closing_stops_what_is_made_behind_and_keeps_what_was_made(opening):
    embedder = Waiting()
    collection = opening(embedder)
    collection.ingest(records(50), later=True)
    collection.fill()
    embedder.let(5)
    for _ in range(6):
        embedder.asked.get(timeout=PATIENCE)
    closing = threading.Thread(target=collection.close)
    closing.start()
    embedder.let(1)  # the text that is being made is the last
    closing.join(PATIENCE)
    finished(collection)
    assert embedder.asked.empty()
    again = opening()
    assert again.coverage.vectors in (5, 6)  # is the sixth text's end seen before the stop?
    assert again.embed() in (44, 45)
    assert again.check() == []


def test_closing_does_not_wait_for_an_endpoint_that_is_silent(opening):
    embedder = Waiting()
    embedder.terms = Terms(32, 1000)
    collection = opening(embedder)
    collection.ingest(records(50), later=True)
    collection.fill()
    embedder.asked.get(timeout=PATIENCE)
    collection.close()  # the test would last as long as the silence
    again = opening()
    assert again.embed() == 50
    embedder.let(50)  # it speaks at last, and nobody listens
    finished(collection)
    assert again.check() == []
    assert again.filling.state is State.IDLE


def test_an_embedder_that_fails_is_said_once_and_tried_again(opening, notices, monkeypatch):
    monkeypatch.setattr(filling, "AGAIN", 0.0)
    failures = iter(range(3))

    class Failing(HashEmbedder):
        def documents(self, texts):
            for _ in failures:
                raise EmbeddingError("The quota is used up. Buy more.")
            yield from super().documents(texts)

    collection = opening(Failing())
    collection.ingest(records(40), later=True)
    collection.fill()
    finished(collection)
    assert collection.filling == filling.Filling(State.DONE, 40, 40)
    for _ in range(3):
        assert first(collection.search("number3")) == "number3"
    assert notices == ["Vectors that are missing are not made meanwhile. The quota is used up. Buy more."]


def test_whatever_fails_behind_fails_nowhere_else(opening, notices):
    class Broken(HashEmbedder):
        def documents(self, texts):
            raise ZeroDivisionError("an embedder with a mistake")

    collection = opening(Broken())
    collection.ingest(records(4), later=True)
    collection.fill()
    finished(collection)
    assert collection.filling.state is State.FAILED
    assert collection.filling.problem == "ZeroDivisionError: an embedder with a mistake"
    assert first(collection.search("number3")) == "number3"
    assert sum("a mistake" in notice for notice in notices) == 1


def test_what_costs_money_and_would_be_asked_about_is_not_done_behind(opening, notices, monkeypatch):
    monkeypatch.setattr(estimating, "LARGE", 10)

    class Sold(Waiting):
        name = "sold"
        terms = Terms(32, 48_000, price=2.0)

    embedder = Sold()
    embedder.name = "sold"
    collection = opening(embedder)
    collection.ingest(records(11), later=True)
    collection.fill()
    finished(collection)
    assert collection.filling.state is State.FAILED
    assert "`chatbot embed` asks, and does it" in collection.filling.problem
    assert embedder.asked.empty()
    collection.search("number3")
    assert any("at the price that is set" in notice for notice in notices)


def test_more_papers_may_come_while_vectors_are_made_behind(opening):
    embedder = Waiting()
    collection = opening(embedder)
    collection.ingest(records(20), later=True)
    collection.fill()
    embedder.asked.get(timeout=PATIENCE)
    embedder.let(200)
    collection.ingest(records(60), later=True)
    finished(collection)
    assert collection.coverage == filling.Coverage(60, 60)
    assert Counter(embedder.made).most_common(1)[0][1] == 1
    assert collection.check() == []


def test_threads_search_count_and_look_up_while_vectors_are_made_behind(opening, notices):
    collection = opening()
    collection.ingest(records(40))
    collection.ingest(records(600), later=True)

    def ask(n: int) -> None:
        query = records(600)[n].abstract
        assert first(collection.search(query)) == f"number{n}"
        assert first(collection.search(query, filter=Filter(text=f"number{n} "))) == f"number{n}"
        assert collection.census(Plan(Do.COUNT)).total == 600
        paper = collection.search(f"topic{n % 17}", limit=1)[0].paper
        assert collection.paper(paper.id) == paper
        sentences = collection.sentences(paper.id)
        assert collection.score_sentences(f"topic{n % 17}", sentences)[0].vector is not None

    collection.fill()
    with ThreadPoolExecutor(6) as pool:
        for asked in [pool.submit(ask, n) for n in range(0, 600, 10)]:
            asked.result(120)
    finished(collection)
    assert collection.filling.state is State.DONE
    assert not [notice for notice in notices if not notice.startswith("Meaning-search knows")]
    assert collection.check() == []


def test_threads_that_ask_first_at_once_are_one_owner(opening, notices):
    with opening() as collection:
        collection.ingest(records(5))
    for _ in range(5):
        collection = opening()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(collection.search, ["number3"] * 8))
        collection.close()
    assert notices == []


def test_threads_may_search_while_the_same_vectors_are_made_again(opening):
    collection = opening()
    collection.ingest(records(100))
    stop = threading.Event()

    def ask() -> int:
        count = 0
        while not stop.is_set() or not count:
            assert first(collection.search(f"number{count % 100}")) == f"number{count % 100}"
            count += 1
        return count

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            for _ in range(3):
                collection.reembed()
        finally:
            stop.set()
        assert all(each.result(PATIENCE) for each in asking)
    assert collection.check() == []
    assert len(list((collection.folder / "chroma").iterdir())) == 1


# Other processes, kills

CHILD = """
import sys
sys.path[:0] = {paths!r}
import os, signal
from importlib import import_module
from pathlib import Path
from slow_embedder import Piped
from store import Collection
home, pipe, log, target, calls = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
if target != "-":
    module, owner, method = target.split(":")
    cls = getattr(import_module(module), owner)
    original = getattr(cls, method)
    def wrapped(*args, **kwargs):
        global calls
        calls -= 1
        if calls == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if calls == -1:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(cls, method, wrapped)
with Collection.open(home, embedder=lambda: Piped(pipe, log), notice=print) as collection:
    collection.fill()
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def child(tmp_path):
    """Start a process that fills the collection behind, a text for each byte in `pipe`, until stdin ends."""
    pipe, log = tmp_path / "pipe", tmp_path / "log"
    os.mkfifo(pipe)
    started = []

    def start(target: str = "-", calls: int = 1) -> subprocess.Popen[str]:
        code = CHILD.format(paths=[str(Path(__file__).parents[2]), str(Path(__file__).parents[1])])
        arguments = [sys.executable, "-c", code, str(tmp_path), str(pipe), str(log), target, str(calls)]
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    start.pipe = os.open(pipe, os.O_RDWR)
    start.log = log
    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
    os.close(start.pipe)


def logged(log: Path) -> Counter[str]:
    return Counter(log.read_text().splitlines()) if log.exists() else Counter()


@pytest.mark.parametrize(
    ("target", "calls"),
    [
        ("store.ledger:Ledger:put_vectors", 1),
        ("store.ledger:Ledger:put_vectors", 2),
        ("store.ledger:Ledger:_embedder_row", 2),
        ("store.chroma:ChromaIndex:put", 1),
        ("store.chroma:ChromaIndex:put", 2),
        ("store.ledger:Ledger:cross_out", 1),
        ("store.indexing:VectorIndex:_flush", 2),
        ("slow_embedder:Piped:query", 40),
    ],
)
def test_a_kill_behind_costs_a_batch_at_most(opening, child, target, calls):
    with opening() as collection:
        collection.ingest(records(80), later=True)
    process = child(target, calls)
    os.write(child.pipe, b"." * 500)
    process.wait(PATIENCE)
    assert process.returncode == -signal.SIGKILL
    collection = opening(create=False)
    assert first(collection.search("number79")) == "number79"
    collection.close()
    process = child()
    waited(opening, 80)
    process.communicate(timeout=PATIENCE)
    made = logged(child.log)
    assert sum(made.values()) - len(made) <= BATCH_BEHIND
    collection = opening(create=False)
    assert collection.coverage == filling.Coverage(80, 80)
    assert collection.embed() == 0
    assert collection.check() == []


def waited(opening, count: int) -> None:
    """Return when another process has made so many vectors."""
    with opening(create=False) as reader:
        deadline = time.monotonic() + PATIENCE
        while reader.coverage.vectors != count:
            assert time.monotonic() < deadline, reader.coverage
            select.select([], [], [], 0.02)


def test_another_process_sees_how_far_the_owner_is_and_may_take_its_place(
    opening, child, notices, monkeypatch
):
    monkeypatch.setattr(filling, "RETRY", 0.05)
    with opening() as collection:
        collection.ingest(records(70), later=True)
    owner = child()
    for line in owner.stdout:
        if line == "open\n":
            break
    notices.clear()
    os.write(child.pipe, b"." * BATCH_BEHIND)
    waited(opening, BATCH_BEHIND)
    reader = opening(create=False)
    assert first(reader.search("number69")) == "number69"
    assert reader.search("number3")[0].vector is not None
    assert notices[0] == (
        f"Meaning-search knows {BATCH_BEHIND} of 70 papers so far; keywords know all. "
        f"The others come from process {owner.pid} or, when it has ended, by `chatbot embed`."
    )
    with pytest.raises(CollectionBusy, match=f"process {owner.pid}"):
        reader.embed()
    os.write(child.pipe, b"." * BATCH_BEHIND)
    waited(opening, 2 * BATCH_BEHIND)
    assert first(reader.search("number69")) == "number69"
    assert any(notice.startswith("Meaning-search knows 64 of 70") for notice in notices)
    reader.fill()  # waits for the files
    owner.communicate(timeout=30)
    assert owner.returncode == 0
    finished(reader)
    assert reader.coverage.complete
    assert reader.check() == []
