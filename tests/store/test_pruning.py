"""What sources no longer have is counted, kept where nothing is known, and goes as a whole or not at all."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from store import Collection, HashEmbedder
from store.errors import SourceError
from store.ingesting import IngestReport
from store.pruning import Loss, Names, Pruning
from store.readers import read


class Counting(HashEmbedder):
    """Knows how many documents it was given."""

    embedded = 0

    def documents(self, texts):  # type: ignore[no-untyped-def]
        for vector in super().documents(texts):
            type(self).embedded += 1
            yield vector


def abstract(number: int) -> str:
    return f"We study topic{number} with method{number}. Our results on data{number} improve by {number} %."


def entry(number: int, **more: str) -> str:
    fields = {"title": f"Paper {number}", "abstract": abstract(number), **more}
    return f"@article{{p{number},\n" + "".join(f"  {k} = {{{v}}},\n" for k, v in fields.items()) + "}\n"


def bib(path: Path, *numbers: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(map(entry, numbers)))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ingest(*sources: str, remove: bool = True, agree=lambda loss: True) -> IngestReport:  # type: ignore[no-untyped-def]
    with Collection.open(Path("home"), embedder=Counting, create=True) as collection:
        return collection.ingest(read(sources), pruning=Pruning(sources, remove, agree))


def titles() -> list[str]:
    with Collection.open(Path("home"), embedder=HashEmbedder) as collection:
        assert collection.check() == []
        found = collection.papers()
        for paper in found:  # keywords, vectors and sentences follow
            assert collection.search(paper.abstract, 1)[0].paper == paper
            assert collection.sentences(paper.id)
        return sorted(paper.title or "" for paper in found)


def test_without_prune_what_is_gone_is_counted_and_stays(here: Path) -> None:
    bib(here / "papers/a.bib", 1, 2, 3)
    assert ingest("papers", remove=False).pruned.gone == 0
    bib(here / "papers/a.bib", 1)
    report = ingest("papers", remove=False)
    assert (report.pruned.gone, report.pruned.removed, report.papers) == (2, 0, 3)


def test_what_a_source_no_longer_has_goes_and_nothing_else_is_embedded(here: Path) -> None:
    bib(here / "papers/a.bib", 1, 2, 3)
    bib(here / "other.bib", 4)
    ingest("papers", "other.bib")
    bib(here / "papers/a.bib", 3, 1)
    before = Counting.embedded
    report = ingest("papers/")
    assert (report.pruned.removed, report.papers, report.embedded) == (1, 3, 0)
    assert [paper.title for paper in report.pruned.departed] == ["Paper 2"]
    assert Counting.embedded == before
    assert titles() == ["Paper 1", "Paper 3", "Paper 4"]
    with Collection.open(here / "home", embedder=HashEmbedder) as collection:
        assert [hit.paper.title for hit in collection.search("topic2 method2", 9) if hit.keyword] == []


def test_a_paper_that_another_source_has_stays_and_is_made_of_what_is_left(here: Path) -> None:
    (here / "a.bib").write_text(entry(1, year="2020", note="from a", doi="10.1000/a"))
    (here / "b.bib").write_text(entry(1, year="2021", note="from b"))
    ingest("a.bib", "b.bib")
    with Collection.open(here / "home", embedder=HashEmbedder) as collection:
        (paper,) = collection.papers()
    (here / "a.bib").write_text(entry(2))
    report = ingest("a.bib")
    assert (report.pruned.removed, report.pruned.departed, report.embedded) == (1, (), 1)
    with Collection.open(here / "home", embedder=HashEmbedder) as collection:
        left = collection.paper(paper.id)
        assert left is not None
        assert (left.created, left.comment, left.doi) == ("2021", "from b", None)
        assert [source.name for source in left.sources] == ["b.bib"]
        assert collection.paper("10.1000/a") is None


def test_papers_that_a_wrong_record_joined_part_and_have_their_ids_again(here: Path) -> None:
    (here / "a.bib").write_text(entry(1, doi="10.1000/a"))
    (here / "b.bib").write_text(entry(2))
    ingest("a.bib", "b.bib")
    with Collection.open(here / "home", embedder=HashEmbedder) as collection:
        ids = {paper.title: paper.id for paper in collection.papers()}
    wrong = (
        f"@article{{w,\n  title = {{Wrong}},\n  abstract = {{{abstract(2)}}},\n  doi = {{10.1000/a}},\n}}\n"
    )
    (here / "wrong.bib").write_text(wrong + entry(3))
    assert ingest("wrong.bib").papers == 2
    (here / "wrong.bib").write_text(entry(3))
    report = ingest("wrong.bib")
    assert (report.pruned.removed, report.pruned.departed, report.papers) == (1, (), 3)
    with Collection.open(here / "home", embedder=HashEmbedder) as collection:
        again = {paper.title: paper.id for paper in collection.papers()}
        assert {title: again[title] for title in ids} == ids
        assert [source.name for source in collection.paper(ids["Paper 2"]).sources] == ["b.bib"]  # type: ignore[union-attr]
    assert titles() == ["Paper 1", "Paper 2", "Paper 3"]


def test_a_file_that_is_gone_from_a_folder_or_an_archive_takes_its_papers_along(here: Path) -> None:
    bib(here / "papers/a.bib", 1)
    bib(here / "papers/sub/b.bib", 2)
    with zipfile.ZipFile(here / "papers/z.zip", "w") as archive:
        archive.writestr("c.bib", entry(3))
        archive.writestr("d.bib", entry(4))
    ingest("papers")
    (here / "papers/sub/b.bib").unlink()
    with zipfile.ZipFile(here / "papers/z.zip", "w") as archive:
        archive.writestr("d.bib", entry(4))
    ingest("papers")
    assert titles() == ["Paper 1", "Paper 4"]
    (here / "papers/z.zip").unlink()
    ingest("./papers//")
    assert titles() == ["Paper 1"]


def test_a_file_that_was_moved_keeps_its_papers(here: Path) -> None:
    bib(here / "papers/a.bib", 1, 2)
    ingest("papers")
    (here / "papers/a.bib").rename(here / "papers/b.bib")
    report = ingest("papers")
    assert (report.pruned.removed, report.pruned.departed, report.embedded) == (2, (), 0)
    assert titles() == ["Paper 1", "Paper 2"]


def cut_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(os.urandom(2000).hex().encode() + b"\n" + entry(1).encode())[:1500])


def cut_json(path: Path) -> None:
    lines = [json.dumps({"title": f"Paper {n}", "abstract": abstract(n)}) for n in (1, 2)]
    path.write_text("\n".join(lines)[:-20])


BROKEN = {
    "a gzip file cut short": cut_gzip,
    "a broken zip file": lambda path: path.write_bytes(b"PK\x03\x04 and no more"),
    "a PDF": lambda path: path.write_bytes(b"%PDF-1.7 \x00"),
    "a binary file": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "a page of HTML": lambda path: path.write_text("<!doctype html><html><p>Log in</p></html>"),
    "an error of arXiv": lambda path: path.write_text(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#x</id>'
        "<summary>busy</summary></entry></feed>"
    ),
    "an empty reply of arXiv": lambda path: path.write_text('<feed xmlns="http://www.w3.org/2005/Atom"/>'),
    "XML cut short": lambda path: path.write_text("<PubmedArticleSet><PubmedArticle><MedlineCit"),
    "lines of JSON cut short": cut_json,
    "a list of JSON cut short": lambda path: path.write_text('[{"title": "x", "abstract": "y"}, {"ti'),
    "JSON whose keys are unknown": lambda path: path.write_text('[{"Titel": "x", "Inhalt": "y"}]'),
    "a table whose columns are unknown": lambda path: path.write_text("titel;inhalt\nx;y\n"),
    "BibTeX cut short": lambda path: path.write_text((entry(1) + entry(2))[:-40]),
    "BibTeX without abstracts": lambda path: path.write_text("@article{a,\n  title = {Paper 1},\n}\n"),
    "a table whose quote never closes": lambda path: path.write_text(
        f'title,abstract\nPaper 1,"{abstract(1)}"\nPaper 2,"We stu'
    ),
    "text that is no abstract": lambda path: path.write_text("Hello.\n"),
    "a link that leads nowhere": lambda path: (path.unlink(), path.symlink_to("nowhere")),
}


@pytest.mark.parametrize("damage", BROKEN)
def test_where_reading_broke_nothing_is_gone(here: Path, damage: str) -> None:
    bib(here / "papers/a.bib", 1, 2, 3)
    bib(here / "papers/b.bib", 4, 5)
    ingest("papers")
    BROKEN[damage](here / "papers/a.bib")
    bib(here / "papers/b.bib", 4)
    report = ingest("papers")
    assert [paper.title for paper in report.pruned.departed] == ["Paper 5"]
    (kept,) = report.pruned.retained
    assert kept.source == "papers/a.bib"
    assert kept.records == report_missing(report)
    assert kept.reason
    assert titles() == ["Paper 1", "Paper 2", "Paper 3", "Paper 4"]


def report_missing(report: IngestReport) -> int:
    """How many of a.bib's three records were not found: all that were read anew are b.bib's, or known."""
    return 3 - (report.unchanged - 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_opened_loses_nothing(here: Path) -> None:
    bib(here / "papers/closed/a.bib", 1)
    bib(here / "papers/b.bib", 2)
    ingest("papers")
    (here / "papers/closed").chmod(0)
    try:
        report = ingest("papers")
    finally:
        (here / "papers/closed").chmod(0o700)
    assert [(kept.source, kept.records) for kept in report.pruned.retained] == [("papers/closed", 1)]
    assert titles() == ["Paper 1", "Paper 2"]


def test_an_emptied_file_has_lost_everything(here: Path) -> None:
    bib(here / "papers/a.bib", 1)
    bib(here / "papers/b.bib", 2)
    ingest("papers")
    (here / "papers/a.bib").write_text("")
    assert ingest("papers").pruned.removed == 1
    assert titles() == ["Paper 2"]


def test_a_file_that_is_there_and_was_not_read_loses_nothing(here: Path) -> None:
    bib(here / "papers/README.bib", 1)  # passed over in a folder
    bib(here / "papers/b.bib", 2)
    os.link(here / "papers/b.bib", here / "papers/c.bib")  # one file, read once
    ingest("papers/README.bib", "papers/c.bib")
    report = ingest("papers")
    assert sorted(kept.source for kept in report.pruned.retained) == ["papers/README.bib", "papers/c.bib"]
    assert titles() == ["Paper 1", "Paper 2"]


def test_other_sources_and_stdin_are_never_pruned(here: Path) -> None:
    bib(here / "papers/a.bib", 1)
    bib(here / "papers2/a.bib", 2)
    bib(here / "paper", 3)
    ingest("papers", "papers2", "paper")
    with (
        Collection.open(Path("home"), embedder=HashEmbedder) as collection,
        (here / "papers/a.bib").open("rb") as stdin,
    ):
        collection.ingest(read(["-"], stdin=stdin))
    bib(here / "papers/a.bib", 4)
    assert ingest("papers").pruned.removed == 1
    assert titles() == ["Paper 1", "Paper 2", "Paper 3", "Paper 4"]
    (here / "papers2/a.bib").unlink()
    ingest(".")
    assert titles() == ["Paper 1", "Paper 3", "Paper 4"]


@pytest.mark.parametrize(
    ("argument", "source", "covered"),
    [
        ("papers", "papers/a.bib", True),
        ("papers/", "papers/sub/z.zip/a.bib", True),
        ("./papers", "papers", True),
        ("papers", "papers2/a.bib", False),
        ("papers/a.bib", "papers", False),
        (".", "papers/a.bib", True),
        (".", "../a.bib", False),
        (".", "/tmp/a.bib", False),
        (".", "stdin", False),
        (".", "https://arxiv.org/abs/2505.09388", False),
        ("..", "../a.bib", True),
        ("/", "/tmp/a.bib", True),
        ("-", "stdin", False),
        ("arxiv:2505.09388", "https://arxiv.org/abs/2505.09388", False),
        ("arxiv-search:ti:GRPO", "arxiv-search:ti:GRPO", False),
    ],
)
def test_a_source_is_covered_by_itself_and_by_what_it_lies_in(
    argument: str, source: str, covered: bool
) -> None:
    assert (Names.of([argument]).holder(source) is not None) is covered


def test_two_files_of_one_name_in_two_working_directories_stay(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, number in (("one", 1), ("two", 2)):
        bib(here / folder / "refs/a.bib", number)
        monkeypatch.chdir(here / folder)
        with Collection.open(here / "home", embedder=HashEmbedder, create=True) as collection:
            report = collection.ingest(read(["refs"]), pruning=Pruning(("refs",), remove=True))
    (kept,) = report.pruned.retained
    assert (kept.source, kept.records) == ("refs/a.bib", 1)
    assert str(here / "one") in kept.reason
    monkeypatch.chdir(here)
    assert titles() == ["Paper 1", "Paper 2"]


def test_before_a_great_loss_somebody_is_asked_and_no_keeps_everything(here: Path) -> None:
    bib(here / "a.bib", 1, 2, 3)
    ingest("a.bib")
    bib(here / "a.bib", 1, 2)
    asked: list[Loss] = []

    def no(loss: Loss) -> bool:
        asked.append(loss)
        return False

    assert ingest("a.bib", agree=no).pruned.removed == 1  # one of three is no great loss
    assert asked == []
    bib(here / "a.bib", 4)
    report = ingest("a.bib", agree=no)
    assert asked == [Loss(2, 2, 3)]
    assert (report.pruned.gone, report.pruned.removed, report.papers) == (2, 0, 3)


def test_a_run_that_breaks_off_prunes_nothing(here: Path) -> None:
    bib(here / "a.bib", 1, 2)
    ingest("a.bib")

    def items():  # type: ignore[no-untyped-def]
        yield from ()
        raise SourceError("gone")

    with Collection.open(Path("home"), embedder=HashEmbedder) as collection, pytest.raises(SourceError):
        collection.ingest(items(), pruning=Pruning(("a.bib",), remove=True))
    assert titles() == ["Paper 1", "Paper 2"]


CHILD = """
import os, signal, sys
from importlib import import_module
from pathlib import Path
from store import Collection, HashEmbedder
from store.pruning import Pruning
from store.readers import read

target, calls = sys.argv[1], int(sys.argv[2])
module, owner, method = target.split(":")
cls = getattr(import_module(module), owner)
original = getattr(cls, method)
def wrapped(*args, **kwargs):
    global calls
    calls -= 1
    if calls == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*args, **kwargs)
setattr(cls, method, wrapped)
with Collection.open(Path("home"), embedder=HashEmbedder) as collection:
    collection.ingest(read(["papers"]), pruning=Pruning(("papers",), remove=True))
"""


@pytest.mark.parametrize(
    ("target", "calls", "done"),
    [
        ("store.ledger:Ledger:drop_records", 1, False),
        ("store.ledger:Ledger:drop_paper", 1, False),
        ("store.ledger:Ledger:drop_paper", 7, False),
        ("store.ledger:Ledger:forget_keys", 1, False),
        ("store.chroma:ChromaIndex:drop", 1, True),
        ("store.ledger:Ledger:cross_out", 1, True),
    ],
)
def test_killed_at_any_moment_it_has_happened_or_not_and_the_next_run_finishes(
    here: Path, target: str, calls: int, done: bool
) -> None:
    bib(here / "papers/a.bib", *range(1, 21))
    (here / "papers/b.bib").write_text("".join(entry(number, note="b") for number in range(1, 11)))
    ingest("papers")
    (here / "papers/b.bib").write_text(entry(21))
    bib(here / "papers/a.bib", 1, *range(12, 21))
    root = str(Path(__file__).parents[2])
    child = subprocess.run(
        [sys.executable, "-c", CHILD, target, str(calls)],
        env={**os.environ, "PYTHONPATH": root},
        check=False,
        timeout=120,
    )
    assert child.returncode == -signal.SIGKILL
    after = [f"Paper {number}" for number in (1, *range(12, 22))]
    with Collection.open(Path("home"), embedder=HashEmbedder) as collection:
        left = {paper.title for paper in collection.papers()}
        assert left == (set(after) if done else {f"Paper {number}" for number in range(1, 22)})
    report = ingest("papers")
    assert (report.pruned.removed == 0) is done
    assert titles() == sorted(after)
