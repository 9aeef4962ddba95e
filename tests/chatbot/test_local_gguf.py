from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from gguf_files import gguf_bytes, write_gguf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.errors import LocalModelError
from chatbot.local.gguf import Header, read_header

WHOLE = gguf_bytes(
    {
        "general.architecture": "qwen3",
        "general.tags": ["chat", "small"],
        "general.numbers": [1, 2, 3],
        "general.name": "Qwen3 4B",
        "general.license": "apache-2.0",
        "qwen3.context_length": 40960,
        "tokenizer.ggml.tokens": ["a", "b"],
    }
)


def test_a_header_says_architecture_name_licence_and_window(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(WHOLE)
    assert read_header(file) == Header("qwen3", "Qwen3 4B", "apache-2.0", 40960)


def test_what_a_file_does_not_say_is_none(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(gguf_bytes({}))
    assert read_header(file) == Header("unknown", None, None, None)


def test_another_kind_of_file_is_named_as_such(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(b"PK\x03\x04 a zip")
    with pytest.raises(LocalModelError, match="not a GGUF model"):
        read_header(file)


def test_another_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(gguf_bytes({}, version=1))
    with pytest.raises(LocalModelError, match="version 1"):
        read_header(file)


def test_a_folder_or_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.gguf"):
        with pytest.raises(LocalModelError, match="can't be read"):
            read_header(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_damage_ends_in_anything_but_a_header_or_our_error(tmp_path: Path, data: st.DataObject) -> None:
    damaged = bytearray(WHOLE[: data.draw(st.integers(4, len(WHOLE)))])
    for place in data.draw(st.lists(st.integers(4, len(damaged) - 1) if len(damaged) > 4 else st.nothing())):
        damaged[place] = data.draw(st.integers(0, 255))
    file = tmp_path / "damaged.gguf"
    file.write_bytes(bytes(damaged))
    with suppress(LocalModelError):
        read_header(file)


def test_written_files_of_the_other_tests_are_valid(tmp_path: Path) -> None:
    assert read_header(write_gguf(tmp_path / "b.gguf", context=512)).context_length == 512
