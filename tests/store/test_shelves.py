"""Collections as wholes: described, deleted, renamed; whole or gone, and nothing beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from store import Collection, HashEmbedder, Record, Source, collections, shelves
from store.errors import CollectionBusy, CollectionError, NoCollection

RECORDS = [
    Record(
        f"We study violins number{number} and report what we found in them.",
        Source("a.txt", number),
        created=f"2025-0{number}",
    )
    for number in range(1, 6)
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Collection.open(tmp_path, "papers", HashEmbedder, create=True) as collection:
        collection.ingest(RECORDS)
    Collection.open(tmp_path, "empty", HashEmbedder, create=True).close()
    return tmp_path


def folder(home: Path, name: str = "papers") -> Path:
    return home / "collections" / name


def killed(home: Path, where: str, call: str) -> None:
    """Do `call` in a process that is killed when it comes to `where`."""
    code = (
        "import os, signal, sys, pathlib, shutil\n"
        "from store import shelves\n"
        f"def die(*a, **k): os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{where} = die\n"
        f"home = pathlib.Path(sys.argv[1]); {call}\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_collection_is_described_from_outside(home: Path) -> None:
    empty, papers = shelves.shelves(home)
    assert (papers.name, papers.papers, papers.vectors, papers.complete) == ("papers", 5, 5, True)
    assert papers.embedder == HashEmbedder().name
    assert papers.newest == "2025-05"
    assert papers.size > 10_000
    assert papers.changed
    assert papers.problem is None
    assert (empty.papers, empty.vectors, empty.embedder, empty.newest) == (0, 0, None, None)


def test_describing_changes_nothing(home: Path) -> None:
    before = shelves.shelves(home)
    assert shelves.shelves(home) == before


def test_papers_without_vectors_are_counted(home: Path) -> None:
    with Collection.open(home, "papers", HashEmbedder) as collection:
        collection._ledger._do("DELETE FROM vectors WHERE paper = 1")
    shelf = shelves.describe(home, "papers")
    assert (shelf.papers, shelf.vectors, shelf.complete) == (5, 4, False)


def test_a_damaged_collection_is_described_as_such_with_its_cure_and_can_be_deleted(home: Path) -> None:
    for left in folder(home).glob("ledger.sqlite3*"):
        left.write_bytes(b"no database" * 1000)
    shelf = shelves.describe(home, "papers")
    assert shelf.problem
    assert "ingest your sources again" in shelf.problem
    assert not shelf.complete
    assert shelves.delete(home, "papers") is None
    assert collections(home) == ("empty",)


def test_one_whose_making_was_killed_is_empty(home: Path) -> None:
    folder(home, "begun").mkdir()
    (folder(home, "begun") / "ledger.sqlite3").touch()
    assert shelves.describe(home, "begun").papers == 0


def test_a_deleted_collection_is_gone_with_its_files_and_others_stay(home: Path) -> None:
    (home / "collections" / "mine.txt").write_text("a file of the user's")
    assert shelves.delete(home, "papers") is None
    assert sorted(path.name for path in (home / "collections").iterdir()) == ["empty", "mine.txt"]


@pytest.mark.parametrize(
    "name", ["../collections/papers", "..", ".", "", "/etc", "a/b", "papers\n", ".deleted-x"]
)
def test_a_name_is_never_a_path(home: Path, name: str) -> None:
    for act in (shelves.delete, shelves.describe, shelves.check_new):
        with pytest.raises(CollectionError, match="can't name"):
            act(home, name)
    with pytest.raises(CollectionError, match="can't name"):
        shelves.rename(home, "papers", name)
    assert collections(home) == ("empty", "papers")


def test_a_name_that_is_not_there_names_those_that_are(home: Path) -> None:
    with pytest.raises(NoCollection, match=r"no collection 'Papers' \(there is: papers\)"):
        shelves.delete(home, "Papers")
    with pytest.raises(NoCollection, match=r"there is: empty, papers.*chatbot collections"):
        shelves.delete(home, "other")
    with pytest.raises(NoCollection, match="no collection 'papers'"):
        shelves.delete(home / "nowhere", "papers")


def test_a_link_is_never_followed_out(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with Collection.open(elsewhere, "papers", HashEmbedder, create=True) as collection:
        collection.ingest(RECORDS)
    folder(home, "linked").symlink_to(folder(elsewhere))
    for act in (lambda: shelves.delete(home, "linked"), lambda: shelves.rename(home, "linked", "new")):
        with pytest.raises(CollectionError, match="is a link that leads to"):
            act()
    assert shelves.describe(home, "linked").papers == 5
    (folder(home) / "link").symlink_to(folder(elsewhere))
    shelves.delete(home, "papers")
    assert shelves.describe(elsewhere, "papers").papers == 5


def test_one_that_another_process_owns_is_left_alone(home: Path) -> None:
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, pathlib\n"
            "from store.ownership import Ownership\n"
            "own = Ownership(pathlib.Path(sys.argv[1]))\n"
            "print(own.take(), flush=True); sys.stdin.read()",
            str(folder(home)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    try:
        assert owner.stdout.readline() == "True\n"
        with pytest.raises(CollectionBusy, match=f"Can't delete.*process {owner.pid} is using it"):
            shelves.delete(home, "papers")
        with pytest.raises(CollectionBusy, match="Can't rename"):
            shelves.rename(home, "papers", "other")
        assert shelves.describe(home, "papers").papers == 5
    finally:
        owner.communicate("")
    shelves.delete(home, "papers")
    assert collections(home) == ("empty",)


def test_a_kill_before_the_step_aside_leaves_it_whole(home: Path) -> None:
    killed(home, "shelves._move", "shelves.delete(home, 'papers')")
    with Collection.open(home, "papers", HashEmbedder) as collection:
        assert collection.check() == []
        assert collection.count() == 5


def test_a_kill_while_files_go_leaves_it_gone_and_the_next_command_sweeps(home: Path) -> None:
    killed(home, "shutil.rmtree", "shelves.delete(home, 'papers')")
    assert collections(home) == ("empty",)
    assert [shelf.name for shelf in shelves.shelves(home)] == ["empty"]
    assert len(list((home / "collections").iterdir())) == 2
    shelves.sweep(home)
    assert [path.name for path in (home / "collections").iterdir()] == ["empty"]


def test_a_renamed_collection_is_the_same_under_another_name(home: Path) -> None:
    (folder(home) / "calibration.json").write_text("{}")
    shelves.rename(home, "papers", "renamed")
    assert collections(home) == ("empty", "renamed")
    assert sorted(p.name for p in folder(home, "renamed").iterdir() if p.name == "owner.pid") == []
    with Collection.open(home, "renamed", HashEmbedder) as collection:
        assert collection.check() == []
        assert collection.count() == 5
        assert (collection.folder / "calibration.json").exists()


@pytest.mark.parametrize("new", ["empty", "EMPTY", "papers"])
def test_a_name_that_is_taken_is_refused_whatever_its_case(home: Path, new: str) -> None:
    with pytest.raises(CollectionError, match="already"):
        shelves.rename(home, "papers", new)
    with pytest.raises(CollectionError, match="already"):
        shelves.check_new(home, new)
    assert collections(home) == ("empty", "papers")


def test_a_place_that_something_else_has_is_refused(home: Path) -> None:
    folder(home, "other").mkdir()
    with pytest.raises(CollectionError, match="is no collection"):
        shelves.rename(home, "papers", "other")


def test_a_killed_rename_leaves_one_of_the_names(home: Path) -> None:
    killed(home, "shelves._move", "shelves.rename(home, 'papers', 'other')")
    assert collections(home) == ("empty", "papers")


def test_a_folder_that_cannot_be_moved_is_said(home: Path) -> None:
    (home / "collections").chmod(0o500)
    try:
        if os.access(home / "collections", os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(CollectionError, match=r"can't be moved.*Check"):
            shelves.delete(home, "papers")
    finally:
        (home / "collections").chmod(0o700)
