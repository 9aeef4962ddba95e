"""Kills, damaged files and servers: nothing that was there is lost, and what is broken is made again."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from store import Collection, HashEmbedder, Record, Source
from store.errors import CollectionDamaged, CollectionError

# Run as a child: ingests, and kills itself when the n-th call of a method is made, or has returned.
CHILD = """
import os, signal, sys
from importlib import import_module
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_damage import records
from store import Collection, HashEmbedder

home, target, when = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
calls, count = int(sys.argv[4]), int(sys.argv[5])
if target != "-":
    module, owner, method = target.split(":")
    cls = getattr(import_module(module), owner)
    original = getattr(cls, method)
    def wrapped(*args, **kwargs):
        global calls
        calls -= 1
        if calls == 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if calls == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(cls, method, wrapped)
with Collection.open(home, embedder=HashEmbedder, create=True) as collection:
    collection.ingest(records(count), lambda p: print(p.phase, p.done, flush=True))
    if "rebuild" in sys.argv:
        collection.rebuild()
"""


def records(count: int) -> list[Record]:
    return [
        Record(f"Paper number{n} studies topic{n % 17} with method{n % 23}.", Source("a.txt", n + 1))
        for n in range(count)
    ]


def child(home: Path, target: str = "-", when: str = "after", calls: int = 1, count: int = 150, *more: str):
    code = CHILD.format(tests=str(Path(__file__).parent))
    arguments = [str(home), target, when, str(calls), str(count), *more]
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


def open_again(home: Path, notices: list[str] | None = None, **options) -> Collection:
    told = [] if notices is None else notices
    return Collection.open(home, embedder=HashEmbedder, notice=told.append, **options)


def assert_whole(collection: Collection, count: int) -> None:
    """Every paper is there once and is its own nearest neighbour in Chroma."""
    assert collection.check() == []
    papers = collection.papers()
    assert len(papers) == count
    index = collection._vector_index()
    index.open()
    vectors = list(collection.embedder.documents([paper.abstract for paper in papers]))
    for paper, nearest in zip(papers, index._opened.query(vectors, 5), strict=True):
        assert paper.id in [id for id, cosine in nearest if cosine > 0.999]
        assert len(collection.sentences(paper.id)) == 1


@pytest.fixture
def filled(tmp_path) -> Path:
    with Collection.open(tmp_path, embedder=HashEmbedder, create=True) as collection:
        collection.ingest(records(150))
    return tmp_path


@pytest.mark.parametrize(
    ("target", "when", "calls"),
    [
        ("store.ledger:Ledger:put_paper", "after", 1),
        ("store.ledger:Ledger:add_record", "after", 77),
        ("store.ledger:Ledger:drop_replaced", "before", 1),
        ("store.ledger:Ledger:put_vectors", "before", 1),
        ("store.ledger:Ledger:put_vectors", "after", 2),
        ("store.chroma:ChromaIndex:put", "before", 1),
        ("store.chroma:ChromaIndex:put", "after", 1),
        ("store.chroma:ChromaIndex:put", "after", 3),
        ("store.ledger:Ledger:set", "after", 1),
        ("store.ledger:Ledger:cross_out", "before", 2),
        ("store.indexing:VectorIndex:_catch_up", "after", 1),
        ("store.indexing:VectorIndex:_tidy", "before", 1),
    ],
)
def test_a_killed_ingest_is_finished_by_the_next(tmp_path, target, when, calls):
    process = child(tmp_path, target, when, calls)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    with open_again(tmp_path, create=True) as collection:
        collection.ingest(records(150))
        assert_whole(collection, 150)


@pytest.mark.parametrize("target", ["store.chroma:ChromaIndex:put", "store.indexing:VectorIndex:_catch_up"])
def test_a_kill_loses_nothing_that_was_there(filled, target):
    process = child(filled, target, "after", 1, 230)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    with open_again(filled) as collection:
        assert collection.count() == 230
        assert {each.abstract for each in records(150)} <= {paper.abstract for paper in collection.papers()}
        assert collection.search("number149")[0].paper.abstract == records(150)[149].abstract


def test_a_killed_rebuild_leaves_the_old_index_or_makes_a_new_one(filled):
    process = child(filled, "store.chroma:ChromaIndex:put", "after", 1, 150, "rebuild")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    notices: list[str] = []
    with open_again(filled, notices) as collection:
        for _ in range(2):
            collection.search("number1")
        assert_whole(collection, 150)
        assert len(list((collection.folder / "chroma").iterdir())) == 1
    assert notices == []


@pytest.mark.slow
@pytest.mark.parametrize("row", [960, 1024, 1088])
def test_a_kill_while_chroma_saves_its_index_is_mended(tmp_path, row):
    process = child(tmp_path, count=1300)
    for line in process.stdout:
        if line.strip() == f"embedding {row}":
            break
    process.kill()
    process.communicate()
    with open_again(tmp_path) as collection:
        collection.ingest(records(1300))
        assert_whole(collection, 1300)


def damage_garble(chroma: Path) -> None:
    for file in chroma.rglob("*.bin"):
        file.write_bytes(os.urandom(max(file.stat().st_size, 64)))


def damage_truncate(chroma: Path) -> None:
    for file in chroma.rglob("*.bin"):
        file.write_bytes(b"")


def damage_delete_vectors(chroma: Path) -> None:
    for folder in chroma.glob("*/*-*"):
        shutil.rmtree(folder)


def damage_database(chroma: Path) -> None:
    for file in chroma.rglob("chroma.sqlite3"):
        file.write_bytes(b"\0garbage" * 1000)


def damage_delete_all(chroma: Path) -> None:
    shutil.rmtree(chroma)


def damage_delete_some_rows(chroma: Path) -> None:
    import chromadb

    client = chromadb.PersistentClient(str(next(chroma.iterdir())))
    (index,) = client.list_collections()
    index.delete(ids=index.get(limit=3, include=[])["ids"])
    client.close()


def damage_wrong_vectors(chroma: Path) -> None:
    import chromadb

    client = chromadb.PersistentClient(str(next(chroma.iterdir())))
    (index,) = client.list_collections()
    ids = index.get(include=[])["ids"]
    index.update(ids=ids, embeddings=[HashEmbedder().query("something else")] * len(ids))
    client.close()


@pytest.mark.parametrize(
    "damage",
    [
        damage_garble, damage_truncate, damage_delete_vectors, damage_database, damage_delete_all,
        damage_delete_some_rows, damage_wrong_vectors,
    ],
)  # fmt: skip
def test_a_damaged_index_is_noticed_at_open_rebuilt_and_said(filled, damage):
    # With fewer than 1,000 rows Chroma keeps the vectors in its log: damage what is there.
    damage(filled / "collections" / "papers" / "chroma")
    notices: list[str] = []
    with open_again(filled, notices) as collection:
        for _ in range(2):  # the first question does not wait for Chroma
            assert collection.search("number42")[0].paper.abstract == records(43)[42].abstract
        assert_whole(collection, 150)
    if damage in (damage_database, damage_delete_all, damage_delete_some_rows, damage_wrong_vectors):
        assert any("rebuilt" in notice for notice in notices)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [damage_garble, damage_truncate, damage_delete_vectors])
def test_a_damaged_saved_index_is_noticed_and_rebuilt(tmp_path, damage):
    with Collection.open(tmp_path, embedder=HashEmbedder, create=True) as collection:
        collection.ingest(records(1300))
    damage(tmp_path / "collections" / "papers" / "chroma")
    notices: list[str] = []
    with open_again(tmp_path, notices) as collection:
        for _ in range(2):
            assert collection.search("number42")[0].paper.abstract == records(43)[42].abstract
        assert_whole(collection, 1300)
    assert any("rebuilt" in notice for notice in notices)


def test_doctor_names_a_damaged_index_and_mends_nothing(filled):
    chroma = filled / "collections" / "papers" / "chroma"
    damage_delete_some_rows(chroma)
    with open_again(filled) as collection:
        assert any("147 papers where the ledger has 150" in problem for problem in collection.check())
        assert any("147 papers where the ledger has 150" in problem for problem in collection.check())


def test_an_index_that_breaks_in_use_is_rebuilt_once(filled, monkeypatch):
    from store.chroma import ChromaIndex

    notices: list[str] = []
    with open_again(filled, notices) as collection:
        expected = [collection.search("number42")[0].paper for _ in range(2)][1]
        original = ChromaIndex.query
        failures = iter([True])

        def failing(self, *arguments):
            if next(failures, False):
                raise CollectionDamaged("Internal error.")
            return original(self, *arguments)

        monkeypatch.setattr(ChromaIndex, "query", failing)
        assert collection.search("number42")[0].paper == expected
    assert len(notices) == 1


def test_a_damaged_ledger_is_said_with_its_path(filled):
    ledger = filled / "collections" / "papers" / "ledger.sqlite3"
    data = bytearray(ledger.read_bytes())
    for place in range(4096, len(data), 4096):
        data[place : place + 512] = b"\xff" * 512
    ledger.write_bytes(data)
    with (
        pytest.raises(CollectionDamaged, match=r"ledger\.sqlite3.*Move the folder"),
        open_again(filled) as collection,
    ):
        collection.papers()


def test_the_owner_dies_and_its_lock_with_it(filled):
    process = child(filled, "store.chroma:ChromaIndex:put", "before", 1, 151)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert (filled / "collections" / "papers" / "owner.pid").exists()
    with open_again(filled) as collection:
        assert collection.ingest(records(152)).papers == 152


@pytest.mark.slow
def test_a_chroma_server_serves_several_readers_and_is_filled_again_when_emptied(server, tmp_path):
    import chromadb

    notices: list[str] = []
    with Collection.open(tmp_path, embedder=HashEmbedder, create=True, chroma_url=server) as collection:
        collection.ingest(records(150))
        assert_whole(collection, 150)
        with open_again(tmp_path, notices, chroma_url=server) as reader:
            for _ in range(2):
                assert reader.search("number42")[0].paper.abstract == records(43)[42].abstract
        assert notices == []
        assert not (collection.folder / "chroma").exists()
    url = server.removeprefix("http://").split(":")
    client = chromadb.HttpClient(host=url[0], port=int(url[1]))
    for each in client.list_collections():
        client.delete_collection(each.name)
    with open_again(tmp_path, notices, chroma_url=server) as collection:
        for _ in range(2):
            assert collection.search("number42")
        assert_whole(collection, 150)
    assert any("rebuilt" in notice for notice in notices)
    assert len(client.list_collections()) == 1


def test_a_chroma_server_that_is_not_there_is_said(tmp_path):
    with Collection.open(
        tmp_path, embedder=HashEmbedder, create=True, chroma_url="http://127.0.0.1:9"
    ) as collection:
        with pytest.raises(CollectionError, match=r"No|server at http://127\.0\.0\.1:9.*chroma run"):
            collection.ingest(records(2))
        assert collection.count() == 2


def test_a_folder_that_cannot_be_written_is_said(filled):
    chroma = filled / "collections" / "papers" / "chroma"
    shutil.rmtree(chroma)
    chroma.write_text("a file where a folder should be")
    with open_again(filled) as collection, pytest.raises(CollectionError, match=r"can't be made.*Check"):
        collection.rebuild()


def test_a_collection_in_a_folder_of_others_is_said(filled):
    folder = filled / "collections" / "papers"
    for left in folder.glob("ledger.sqlite3-*"):
        left.unlink()
    folder.chmod(0o500)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(CollectionError, match=r"can't be written.*CHATBOT_HOME"):
            open_again(filled).close()
    finally:
        folder.chmod(0o700)
