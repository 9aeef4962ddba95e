from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from gguf_files import write_gguf

from chatbot.errors import LocalModelError
from chatbot.local import hub, pieces, weights
from chatbot.local.weights import State, models, path, prepare, remove, use


@pytest.fixture(autouse=True)
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pieces.Packaged:
    """The packaged model, in one small piece."""
    data = b"GGUF tiny"
    package = tmp_path / "site" / "tiny_weights" / "data"
    package.mkdir(parents=True)
    (package / "part01.bin").write_bytes(data)
    monkeypatch.syspath_prepend(tmp_path / "site")
    tiny = pieces.Packaged(
        "tiny", "Tiny", len(data), hashlib.sha256(data).hexdigest(), "MIT", ("tiny-weights",)
    )
    monkeypatch.setattr(weights, "QWEN", tiny)
    return tiny


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "home" / "models"


def names(cache: Path) -> list[tuple[str, State, bool]]:
    return [(model.name, model.state, model.in_use) for model in models(cache)]


def test_looking_joins_nothing_and_writes_nothing(cache: Path) -> None:
    assert names(cache) == [("tiny", State.PACKAGED, True)]
    assert not cache.exists()


def test_the_model_in_use_is_joined_when_it_is_needed(cache: Path) -> None:
    file = prepare(cache)
    assert names(cache) == [("tiny", State.READY, True)]
    assert path(cache) == path(cache, "tiny") == file


def test_a_path_is_asked_for_before_the_join_is_told_how(cache: Path) -> None:
    with pytest.raises(LocalModelError, match="chatbot model use tiny"):
        path(cache)


def test_a_gguf_file_is_used_where_it_is_and_survives_its_removal(cache: Path, tmp_path: Path) -> None:
    mine = write_gguf(tmp_path / "mine.gguf")
    model = use(cache, str(mine))
    assert (model.name, model.path, model.source, model.licence, model.in_use) == (
        "mine",
        mine,
        "file",
        "mit",
        True,
    )
    assert prepare(cache) == mine
    assert remove(cache, "mine") == 0
    assert mine.exists()
    assert names(cache) == [("tiny", State.PACKAGED, True)]


def test_the_same_file_is_added_once_and_another_of_its_name_beside_it(cache: Path, tmp_path: Path) -> None:
    first = write_gguf(tmp_path / "mine.gguf")
    (tmp_path / "other").mkdir()
    second = write_gguf(tmp_path / "other" / "mine.gguf")
    assert [use(cache, str(file)).name for file in (first, second, first)] == ["mine", "mine-2", "mine"]
    assert len(models(cache)) == 3


def test_a_file_that_went_away_is_missing_and_says_so(cache: Path, tmp_path: Path) -> None:
    mine = write_gguf(tmp_path / "mine.gguf")
    use(cache, str(mine))
    mine.unlink()
    assert names(cache)[1] == ("mine", State.MISSING, True)
    with pytest.raises(LocalModelError, match="Bring"):
        prepare(cache)
    use(cache, "tiny")
    with pytest.raises(LocalModelError, match="Bring"):
        use(cache, "mine")
    assert names(cache)[0] == ("tiny", State.READY, True)


def test_removing_the_packaged_model_frees_its_bytes_and_it_can_be_joined_again(
    cache: Path, tiny: pieces.Packaged
) -> None:
    prepare(cache)
    assert remove(cache, "tiny") >= tiny.size
    assert names(cache) == [("tiny", State.PACKAGED, True)]
    assert prepare(cache).exists()


@pytest.mark.parametrize("what", ["nothing", "no/such/file.gguf", "../x", ""])
def test_an_unknown_model_is_refused_with_what_there_is(cache: Path, what: str) -> None:
    with pytest.raises(LocalModelError, match="Known: tiny"):
        use(cache, what)
    with pytest.raises(LocalModelError, match="chatbot model list"):
        remove(cache, what)


def test_a_file_that_is_no_gguf_is_not_added(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(LocalModelError, match="not a GGUF"):
        use(cache, str(tmp_path / "note.txt"))
    assert len(models(cache)) == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"in_use": 1}', '{"in_use": "x", "added": [{"bad": 1}]}'])
def test_a_broken_registry_says_what_to_do(cache: Path, text: str) -> None:
    cache.mkdir(parents=True)
    (cache / "models.json").write_text(text)
    with pytest.raises(LocalModelError, match="Remove it"):
        models(cache)


def test_a_hub_model_is_kept_with_its_source_and_removed_whole(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(reference: str, folder: Path, progress: weights.Progress | None) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return write_gguf(folder / "Qwen3-4B-Q4_K_M.gguf")

    monkeypatch.setattr(hub, "fetch", fetch)
    model = use(cache, "Qwen/Qwen3-4B-GGUF:Q4_K_M")
    assert (model.name, model.source) == ("Qwen3-4B-Q4_K_M", "Qwen/Qwen3-4B-GGUF:Q4_K_M")
    assert model.path is not None
    assert model.path.is_relative_to(cache)
    model.path.unlink()
    assert use(cache, "Qwen3-4B-Q4_K_M").state is State.READY  # fetched again
    assert remove(cache, "Qwen3-4B-Q4_K_M") > 0
    assert not any((cache / "hub").iterdir())


def test_the_registry_is_a_readable_file(cache: Path, tmp_path: Path) -> None:
    use(cache, str(write_gguf(tmp_path / "mine.gguf")))
    assert json.loads((cache / "models.json").read_text())["in_use"] == "mine"
