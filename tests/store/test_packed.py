"""Gzip and zip files are read where they stand; bombs, damage and nesting are refused with the reason."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.readers import packed, read
from store.records import Record, Reject

ONE = "We introduce Alpha, a method that reads many papers at once, and show what it forgets of them."
LINE = json.dumps({"title": "T", "abstract": ONE}) + "\n"
BIBTEX = f"@article{{a,\n title={{T}}, abstract={{{ONE}}}}}\n"


def zipped(**files: bytes | str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def found(tmp_path: Path, content: bytes, name: str = "pile") -> list[tuple[str, int, str]]:
    """Of each item its source below the folder, its line, and its title or reason."""
    (tmp_path / name).write_bytes(content)
    return [
        (
            item.source.name.removeprefix(f"{tmp_path.as_posix()}/"),
            item.source.line,
            str(item.title) if isinstance(item, Record) else item.reason,
        )
        for item in read([tmp_path / name])
    ]


def test_a_gzip_file_is_read_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    assert found(
        tmp_path, gzip.compress(LINE.encode()) + gzip.compress(BIBTEX.encode()[:0] + LINE.encode())
    ) == [
        ("pile", 1, "T"),
        ("pile", 2, "T"),
    ]


def test_the_files_of_a_zip_are_read_in_order_as_those_of_a_folder(tmp_path: Path) -> None:
    content = zipped(
        **{
            "b.jsonl": LINE,
            "a/b.bib": BIBTEX,
            "a/c.jsonl.gz": gzip.compress(LINE.encode()),
            "a/empty.txt": "",
            "__MACOSX/b.jsonl": LINE,
            ".hidden": LINE,
            "README.md": LINE,
            "notes.txt": "no abstract",
            "x.pdf": b"%PDF-1.7",
        }
    )
    items = found(tmp_path, content)
    assert [(name, line) for name, line, _ in items] == [
        ("pile/a/b.bib", 1),
        ("pile/a/c.jsonl.gz", 1),
        ("pile/a/empty.txt", 1),
        ("pile/b.jsonl", 1),
        ("pile/notes.txt", 1),
        ("pile/x.pdf", 1),
    ]
    assert [said for _, _, said in items if said == "T"] == ["T"] * 3


def test_no_path_of_an_archive_touches_the_file_system(tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    content = zipped(**{"../../evil.jsonl": LINE, "/etc/evil.jsonl": LINE, "c:\\evil.jsonl": LINE})
    assert [said for _, _, said in found(tmp_path, content)] == ["T"] * 3
    assert set(tmp_path.rglob("*")) - before == {tmp_path / "pile"}
    assert not (tmp_path.parent.parent / "evil.jsonl").exists()


@pytest.mark.parametrize("kind", ["gzip", "zip", "gzip in zip"])
def test_a_bomb_is_refused_after_little_work(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "SMALL", 2**20)
    zeros = (LINE + " " * 2**16 + "\n").encode() * 200
    content = {
        "gzip": lambda: gzip.compress(zeros),
        "zip": lambda: zipped(**{"a.jsonl": zeros}),
        "gzip in zip": lambda: zipped(**{"a.jsonl.gz": gzip.compress(zeros)}),
    }[kind]()
    *_, (_, line, said) = found(tmp_path, content)
    assert "zip bomb" in said
    assert line < 400


def test_many_members_share_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "SMALL", 2**16)
    monkeypatch.setattr(packed, "RATIO", 2)
    content = zipped(**{f"{number}.jsonl": LINE * 100 for number in range(20)})
    said = [said for _, _, said in found(tmp_path, content)]
    assert 0 < said.count("T") < 2000
    assert any("zip bomb" in reason for reason in said)


def test_an_archive_in_an_archive_is_refused_but_for_gzip_in_zip(tmp_path: Path) -> None:
    inner = zipped(**{"a.jsonl": LINE})
    twice = gzip.compress(gzip.compress(LINE.encode()))
    for content in (
        zipped(**{"inner.zip": inner}),
        gzip.compress(inner),
        twice,
        zipped(**{"a.gz": twice}),
        gzip.compress(b"x" * 257 + b"ustar" + b"\x00" * 250),
    ):
        ((_, _, said),) = found(tmp_path, content)
        assert said == "an archive in an archive: unpack it"


def test_office_documents_and_encrypted_and_empty_archives_say_what_they_are(tmp_path: Path) -> None:
    assert (
        "office document"
        in found(tmp_path, zipped(**{"[Content_Types].xml": "<x/>", "word/a.xml": "<x/>"}))[0][2]
    )
    assert "no text files" in found(tmp_path, zipped())[0][2]
    locked = bytearray(zipped(**{"a.jsonl": LINE}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + at] |= 1
    assert "encrypted" in found(tmp_path, bytes(locked))[0][2]


def test_an_archive_that_was_cut_gives_what_it_held_and_says_so(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"title": os.urandom(400).hex(), "abstract": ONE}) + "\n" for _ in range(4000))
    whole = gzip.compress(lines.encode())
    *records, (_, line, said) = found(tmp_path, whole[: len(whole) // 2])
    assert len(records) > 1000
    assert line > 1000
    assert "ends too early" in said
    ((_, _, said),) = found(tmp_path, zipped(**{"a.jsonl": lines})[:5000])
    assert "damaged" in said


def test_a_list_of_members_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(**{"a.jsonl": LINE}))
    struct.pack_into("<I", content, content.rindex(b"PK\x05\x06") + 12, 200 * 2**20)
    ((_, _, said),) = found(tmp_path, bytes(content))
    assert "too many files" in said


def test_a_zip_file_may_come_through_a_pipe() -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb") as pipe:
        pipe.write(zipped(**{"a.jsonl": LINE}))
    with os.fdopen(read_end, "rb") as stream:
        (record,) = read(["-"], stdin=stream)
    assert isinstance(record, Record)
    assert record.source.name == "stdin/a.jsonl"


def test_a_gzipped_pasted_text_in_a_folder_is_judged_by_the_name_it_had(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(f"Abstract: {ONE}".encode()))
    (record,) = read([tmp_path])
    assert isinstance(record, Record)
    assert record.source.name.endswith("a.txt.gz")


@given(
    content=st.sampled_from([zipped(**{"a.jsonl": LINE, "b.bib": BIBTEX}), gzip.compress(LINE.encode() * 9)]),
    damage=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 400),
)
def test_no_damage_raises(content: bytes, damage: list[tuple[int, int]], cut: int) -> None:
    broken = bytearray(content)
    for place, value in damage:
        broken[place % len(broken)] = value
    for item in read(["-"], stdin=io.BytesIO(bytes(broken[: len(broken) - cut % len(broken)]))):
        assert isinstance(item, Record | Reject)
