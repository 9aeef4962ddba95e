"""Pasted abstracts come in with what belongs to them, and nothing is lost in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import SourceError
from store.readers import read, read_text
from store.records import Record, Reject

SEEDS = Path(__file__).parents[2] / "seeds"
ONE = (
    "We introduce Alpha, a method that reads many papers at once and never forgets a single one of them. " * 3
)
TWO = "Most readers forget what they have read, and this paper asks why that is and what to do about it. " * 3
ONE, TWO = ONE.strip(), TWO.strip()


def parse(text: str) -> tuple[list[Record], list[Reject]]:
    found = list(read_text(text, "a.txt"))
    return [item for item in found if isinstance(item, Record)], [
        item for item in found if isinstance(item, Reject)
    ]


def test_the_seeds_hold_fifty_records_and_twenty_have_an_id_and_a_date() -> None:
    found = list(read([SEEDS]))
    records = [item for item in found if isinstance(item, Record)]
    rejects = [item for item in found if isinstance(item, Reject)]
    assert len(records) == 50
    assert sum(1 for record in records if record.arxiv_id and record.created) == 20
    assert [reject.excerpt for reject in rejects] == ["additional authors not shown"] * 3
    assert {record.arxiv_id: record.comment for record in records if record.comment} == {
        "2510.24345": "EMNLP Findings 2025",
        "2407.10671": "25 pages, 1 figure",
        "2509.23863": "Preprint under review",
        "2506.05760": "Work in progress",
        "2505.17667": "Technical Report",
        "2506.06292": "Accepted to ACL 2025 (Main Conference)",
        "2406.01014": "22 pages, 11 figures, 10 Tables",
    }
    dated = {record.arxiv_id: (record.created, record.updated) for record in records}
    assert dated["2510.26167"] == ("2025-10-30", "2025-10-31")
    assert dated["2505.09388"] == ("2025-05-14", None)


@pytest.mark.parametrize(
    "marker", ["Abstract:", "abstract: ", "ABSTRACT\n", "Abstract— ", "**Abstract:** ", "## Abstract\n\n"]
)
def test_a_marked_abstract_is_found_however_it_is_marked(marker: str) -> None:
    records, rejects = parse(f"{marker}{ONE}\n{marker}{TWO}")
    assert [record.abstract for record in records] == [ONE, TWO]
    assert not rejects


def test_a_block_keeps_its_comment_id_and_dates() -> None:
    block = (
        f"{ONE}\n\n12 pages\n\narXiv:2505.09388v2 [cs.CL]\nCreated: 2025-05-14 Updated: 2025-05-20\n\n"
        f"{TWO}\nadditional authors not shown\n\narXiv:cs/0601001\nCreated: 14 May 2006"
    )
    (one, two), rejects = parse(block)
    assert (one.comment, one.arxiv_id, one.created, one.updated) == (
        "12 pages",
        "2505.09388",
        "2025-05-14",
        "2025-05-20",
    )
    assert one.categories == ("cs.CL",)
    assert (two.comment, two.arxiv_id, two.created, two.source.line) == (None, "cs/0601001", "2006-05-14", 8)
    assert [reject.excerpt for reject in rejects] == ["additional authors not shown"]


def test_a_listing_with_fields_before_the_abstract_is_read() -> None:
    listing = "\n".join(
        f"arXiv:2505.0000{number} [pdf, other]\nTitle: Paper {number}\nAuthors: A. One, B. Two and C. Three\n"
        f"Comments: {number} pages\nSubjects: Computation and Language (cs.CL); Machine Learning (cs.LG)\n"
        f"DOI: 10.1000/X{number}\nAbstract: {text}\n"
        for number, text in ((1, ONE), (2, TWO))
    )
    (one, two), rejects = parse(listing)
    assert (one.title, one.arxiv_id, one.comment, one.doi) == (
        "Paper 1",
        "2505.00001",
        "1 pages",
        "10.1000/x1",
    )
    assert one.authors == ("A. One", "B. Two", "C. Three")
    assert two.categories == ("cs.CL", "cs.LG")
    assert (two.title, two.arxiv_id, two.abstract) == ("Paper 2", "2505.00002", TWO)
    assert not rejects


def test_ids_that_come_first_belong_to_the_abstract_behind_them() -> None:
    (one, two), _ = parse(f"arXiv:2505.00001\n\n{ONE}\n\narXiv:2505.00002\n\n{TWO}\n")
    assert (one.arxiv_id, two.arxiv_id) == ("2505.00001", "2505.00002")


def test_both_layouts_may_stand_in_one_file() -> None:
    (one, two, three), rejects = parse(
        f"Abstract:{ONE}\n\n{TWO}\n\nACL 2025\n\narXiv:2505.00002\nCreated: 2025-05\n\nAbstract: {ONE} More."
    )
    assert (one.arxiv_id, one.comment) == (None, None)
    assert (two.arxiv_id, two.comment, two.created) == ("2505.00002", "ACL 2025", "2025-05")
    assert three.arxiv_id is None
    assert not rejects


def test_an_abstract_wrapped_over_lines_is_one_abstract() -> None:
    words = ONE.split(" ")
    wrapped = "\n".join(" ".join(words[start : start + 8]) for start in range(0, len(words), 8))
    (record,), rejects = parse(f"Abstract: {wrapped}\n\narXiv:2505.00001\n")
    assert (record.abstract, record.arxiv_id) == (ONE, "2505.00001")
    assert not rejects


def test_paragraphs_alone_are_abstracts() -> None:
    records, rejects = parse(f"{ONE}\n\n{TWO}\n")
    assert [record.abstract for record in records] == [ONE, TWO]
    assert not rejects


def test_stray_lines_are_reported_once_for_each_run() -> None:
    _, rejects = parse(f"additional authors\n\nnot shown\nAbstract:{ONE}\nShow more\nAbstract:{TWO}")
    assert [(reject.source.line, reject.excerpt) for reject in rejects] == [
        (1, "additional authors not shown"),
        (5, "Show more"),
    ]


def test_an_id_without_an_abstract_is_rejected_and_takes_no_other_papers_abstract() -> None:
    (record,), (reject,) = parse(
        f"arXiv:2505.00001\nCreated: 2025-05-01\n\n{TWO}\n\narXiv:2505.00002\nCreated: 2025-05-02\n"
    )
    assert (record.arxiv_id, record.created) == ("2505.00002", "2025-05-02")
    assert (reject.source.line, reject.excerpt) == (1, "arXiv:2505.00001")


def test_a_long_text_that_nothing_marks_is_reported_where_other_records_are_marked() -> None:
    (record,), (reject,) = parse(f"{ONE}\n\n{TWO}\n\narXiv:2505.00002\n")
    assert record.abstract == TWO
    assert reject.source.line == 1
    assert "Abstract:" in reject.reason


@pytest.mark.parametrize(
    ("text", "reason"), [("Abstract: Too short.", "too short"), (f"Abstract: {'word ' * 9000}", "too long")]
)
def test_an_implausible_abstract_is_rejected(text: str, reason: str) -> None:
    records, (reject,) = parse(text)
    assert not records
    assert reason in reject.reason


def test_a_date_that_is_none_is_left_out_and_said() -> None:
    (record,), (reject,) = parse(f"{ONE}\n\narXiv:2505.00002\nCreated: 2025-13-40 Updated: 2025-05-02\n")
    assert (record.created, record.updated) == (None, "2025-05-02")
    assert (reject.source.line, reject.reason.split(":")[0]) == (4, "not a date")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_make_no_difference(tmp_path: Path, encoding: str, line_end: str) -> None:
    text = f"Abstract: Erdös said “no” – {ONE}\n\nAbstract: {TWO}"
    (tmp_path / "a.txt").write_bytes(text.replace("\n", line_end).encode(encoding))
    one, two = read([tmp_path / "a.txt"])
    assert isinstance(one, Record)
    assert one.abstract == f"Erdös said “no” – {ONE}"
    assert isinstance(two, Record)
    assert two.abstract == TWO


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "zip"),
        (b"\x1f\x8b....", "gzip"),
        (bytes(range(256)) * 4, "binary"),
        (b'<?xml version="1.0"?><mods></mods>', "<mods>"),
        (b"<!DOCTYPE html><html><body>x", "HTML"),
        (b"%0 Journal Article\n%T Title\n%X Abstract\n", "EndNote"),
        (b"title,year,doi\nA,2020,10.1000/a\n", "without a column of abstracts"),
    ],
)
def test_what_is_not_read_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "papers").write_bytes(content)
    (reject,) = read([tmp_path / "papers"])
    assert isinstance(reject, Reject)
    assert reason in reject.reason
    assert (reject.source.name, reject.source.line) == ((tmp_path / "papers").as_posix(), 1)


def test_a_folder_is_read_in_order_under_the_name_the_user_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pile" / "deep").mkdir(parents=True)
    for name in ("b.txt", "a.txt", "deep/c", ".hidden", "README.md", "LICENSE"):
        (tmp_path / "pile" / name).write_text(f"Abstract: {name} {ONE}")
    (tmp_path / "pile" / "x.pdf").write_bytes(b"%PDF-1.5")
    monkeypatch.chdir(tmp_path)
    names = [item.source.name for item in read(["pile/", "pile/a.txt"])]
    assert names == ["pile/a.txt", "pile/b.txt", "pile/deep/c", "pile/x.pdf"]


def test_a_loop_of_links_and_a_broken_link_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"Abstract: {ONE}")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    found = {Path(item.source.name).name: item for item in read([tmp_path])}
    assert isinstance(found.pop("a.txt"), Record)
    assert set(found) == {"self", "gone", "pipe"}


def test_a_folder_without_files_says_so(tmp_path: Path) -> None:
    (reject,) = read([tmp_path])
    assert isinstance(reject, Reject)
    assert "no text files" in reject.reason


@pytest.mark.parametrize("path", ["nowhere.txt", "", "a\x00b"])
def test_a_named_path_that_is_not_there_is_an_error_before_anything_is_read(path: str) -> None:
    with pytest.raises(SourceError):
        read([SEEDS, path])


def test_a_line_of_five_megabytes_is_read_and_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("word " * 1_000_000)
    (reject,) = read([tmp_path / "a.txt"])
    assert isinstance(reject, Reject)


LINES = st.sampled_from(
    [
        "",
        "Abstract:" + ONE,
        ONE,
        TWO,
        "Abstract:",
        "arXiv:2505.00001",
        "Created: 2025-05-01",
        "Created: soon",
        "Title: T",
        "x",
        "ACL 2025",
        "Authors: A",
    ]
)


@given(st.lists(LINES, max_size=12) | st.lists(st.text(max_size=60), max_size=8))
def test_every_line_is_accounted_for_and_nothing_raises(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = list(read_text(text, "a.txt"))
    assert [item.source.line for item in found] == sorted(item.source.line for item in found)
    assert (
        bool(found) or not text.strip() or not any(map(str.isalnum, text)) or set(lines) <= {"", "Abstract:"}
    )
