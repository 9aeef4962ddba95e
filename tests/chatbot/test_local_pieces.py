from __future__ import annotations

import base64
import errno
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.errors import LocalModelError
from chatbot.local import pieces
from chatbot.local.pieces import Packaged, join, joined, verify

PIECES = [b"GGUF first " * 1000, b"second " * 1000, b"third"]
WHOLE = b"".join(PIECES)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages: importing one of them is an error."""
    site = tmp_path / "site"
    for number, data in enumerate(PIECES, start=1):
        package = site / f"tiny_piece{number}"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('imported')")
        (package / "data" / f"part{number:02}.bin").write_bytes(data)
        info = site / f"tiny_piece{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: tiny-piece{number}\nVersion: 1.0\n")
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        (info / "RECORD").write_text(
            f"tiny_piece{number}/data/part{number:02}.bin,sha256={digest},{len(data)}\n"
        )
    monkeypatch.syspath_prepend(site)
    importlib.invalidate_caches()
    return site


@pytest.fixture
def model() -> Packaged:
    return Packaged(
        name="tiny",
        title="Tiny",
        size=len(WHOLE),
        sha256=hashlib.sha256(WHOLE).hexdigest(),
        licence="MIT",
        packages=("tiny-piece1", "tiny-piece2", "tiny-piece3"),
    )


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "home" / "models"


def leftovers(cache: Path) -> list[Path]:
    return list(cache.glob("*.part")) + list(cache.glob(".*.part"))


def test_pieces_are_joined_in_order_and_progress_is_told(site: Path, model: Packaged, cache: Path) -> None:
    told: list[tuple[int, int]] = []
    file = join(cache, model, lambda done, total: told.append((done, total)))
    assert file.read_bytes() == WHOLE
    assert told == sorted(told)
    assert told[-1] == (len(WHOLE), len(WHOLE))
    assert joined(cache, model) == file
    assert not leftovers(cache)


def test_the_packages_are_never_imported(site: Path, model: Packaged, cache: Path) -> None:
    join(cache, model)
    assert not [name for name in sys.modules if name.startswith("tiny_piece")]


def test_joined_weights_are_trusted_without_reading_them_or_the_pieces(
    site: Path, model: Packaged, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = join(cache, model)
    shutil.rmtree(site)
    monkeypatch.setattr(hashlib, "sha256", None)
    assert join(cache, model) == file


def test_weights_that_were_touched_are_made_again(site: Path, model: Packaged, cache: Path) -> None:
    file = join(cache, model)
    file.write_bytes(b"x" * len(WHOLE))
    os.utime(file, (1, 1))
    assert joined(cache, model) is None
    assert not verify(cache, model)
    assert join(cache, model).read_bytes() == WHOLE


def test_a_copied_cache_is_checked_and_needs_no_pieces(site: Path, model: Packaged, cache: Path) -> None:
    file = join(cache, model)
    os.utime(file, (1, 1))
    shutil.rmtree(site)
    assert join(cache, model) == file
    assert joined(cache, model) == file


def test_a_wrong_hash_says_what_to_reinstall_and_leaves_nothing(
    site: Path, model: Packaged, cache: Path
) -> None:
    with pytest.raises(LocalModelError, match=r"--force-reinstall .* tiny-piece1 tiny-piece2 tiny-piece3"):
        join(cache, replace(model, sha256="0" * 64))
    assert not leftovers(cache)
    assert not model.file(cache).exists()


def test_a_piece_that_was_changed_is_named_alone(site: Path, model: Packaged, cache: Path) -> None:
    (site / "tiny_piece2" / "data" / "part02.bin").write_bytes(b"SECOND " * 1000)
    with pytest.raises(LocalModelError, match=r"tiny-piece2 were changed.* --no-cache-dir tiny-piece2$"):
        join(cache, model)


def test_missing_packages_are_named(site: Path, model: Packaged, cache: Path) -> None:
    shutil.rmtree(site / "tiny_piece3")
    importlib.invalidate_caches()
    assert "tiny-piece3" in pieces.missing(model)
    assert not pieces.installed(model)
    with pytest.raises(LocalModelError, match="tiny-piece3"):
        join(cache, model)


def test_a_disk_with_too_little_room_says_how_much_is_needed_where(
    site: Path, model: Packaged, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 8, 2))
    with pytest.raises(LocalModelError) as caught:
        join(cache, model)
    assert f"{len(WHOLE):,} bytes in {cache}" in str(caught.value)


def test_a_disk_that_fills_up_meanwhile_says_so_and_leaves_nothing(
    site: Path, model: Packaged, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LocalModelError, match="No space left") as caught:
        join(cache, model)
    assert f"{len(WHOLE):,} bytes" in str(caught.value)
    assert not leftovers(cache)


def test_a_cache_that_can_not_be_made_is_a_sentence(site: Path, model: Packaged, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalModelError, match="CHATBOT_HOME"):
        join(tmp_path / "file" / "models", model)


JOIN = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from chatbot.local.pieces import Packaged, join
packages = ("tiny-piece1", "tiny-piece2", "tiny-piece3")
model = Packaged("tiny", "Tiny", int(sys.argv[3]), sys.argv[4], "MIT", packages)
def progress(done, total):
    if sys.argv[5] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if done == total:
        print("joined", flush=True)
join(Path(sys.argv[2]), model, progress)
"""


def start_join(site: Path, model: Packaged, cache: Path, how: str) -> subprocess.Popen[str]:
    arguments = [str(site), str(cache), str(model.size), model.sha256, how]
    return subprocess.Popen([sys.executable, "-c", JOIN, *arguments], stdout=subprocess.PIPE, text=True)


def test_of_several_processes_one_joins_and_the_others_use_it(
    site: Path, model: Packaged, cache: Path
) -> None:
    processes = [start_join(site, model, cache, "live") for _ in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(outputs) == ["", "", "joined\n"]


def test_what_a_killed_join_left_is_cleaned_up_by_the_next(site: Path, model: Packaged, cache: Path) -> None:
    process = start_join(site, model, cache, "die")
    process.communicate(timeout=60)
    assert process.returncode == -9
    assert leftovers(cache)
    assert joined(cache, model) is None
    assert join(cache, model).read_bytes() == WHOLE
    assert not leftovers(cache)
