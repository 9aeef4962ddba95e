"""A small part of `python -m bench.kills`: SIGKILL in the middle loses nothing that was acknowledged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.kills import kills


@pytest.mark.slow
def test_a_kill_loses_no_paper_upload_or_answer_that_was_acknowledged(tmp_path: Path) -> None:
    found = kills(3, 11, tmp_path, longest=3.0)
    assert found.lost == ()
    assert found.papers + found.uploads + found.turns > 0
