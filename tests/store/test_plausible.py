"""What a folder holds beside papers stays out of the collection, and is said once a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.readers import read
from store.records import Record, Reject

ROOT = Path(__file__).parents[2]
ABSTRACTS = (
    "Long documents are hard for small language models, because most of the evidence lies far from the "
    "question. We propose to read sentences instead of pages, and train a ranker on 12,000 pairs. On four "
    "benchmarks our method needs a third of the tokens at the same accuracy, and on LongBench it improves "
    "the results by 3.1 points.",
    "The flow about a blunt body at hypersonic speed is investigated. Equations are derived for the shape of "
    "the shock and for the pressure behind it, and solved numerically for Mach numbers from 5 to 20. The "
    "theory agrees with measurements in a tunnel to within four per cent, except near the shoulder.",
    "BACKGROUND Iron deficiency is common after surgery. METHODS In this trial 412 patients were given iron "
    "or placebo for twelve weeks. RESULTS Haemoglobin rose by 1.2 g/dL (95% CI 0.9-1.5; $p < 0.001$) in the "
    "group with iron. CONCLUSIONS Iron by mouth has a small effect that does not last beyond the treatment.",
)
NOVEL = """
The rain had not stopped since morning, and Marta stood at the window with her coat still on, counting the
carts that came up from the harbour. "He will not come," said her aunt from the kitchen. She did not answer.
Below, a boy with a lantern ran across the yard and was gone behind the stable.

They went down to the river when the bells had ended. The old man walked before them with his stick, and
nobody spoke of the letter. At the bridge he turned to look at the house, where one lamp was still burning,
and she saw that he had been weeping for a long time without any of them noticing it.

It was the third winter of the war, and there was no more bread in the shops of the lower town. In the
evening the soldiers sat on the steps of the church and sang. She carried the basket through the snow, and
her brother followed with the dog, which was as thin as the three of them and twice as cheerful.
"""
LETTER = """From: Ada <ada@example.org>
To: Ben <ben@example.org>
Date: Mon, 3 Mar 2025 10:12:44 +0100
Subject: Thursday

Dear Ben, thank you for the keys, which I found under the mat as you had said. The train on Thursday leaves
at nine, so let us meet at the station at half past eight. If it is late, go ahead and keep a seat for me,
please, by the window if you can, and bring the sandwiches that you promised to everybody last time.

Ada
"""
LOG = "".join(
    f"2025-03-03 10:{n // 60:02}:{n % 60:02} INFO worker[{n}] /items took {n} ms\n" for n in range(400)
)
LICENCE = (
    "Redistribution and use in source and binary forms, with or without modification, are permitted if the "
    "copyright notice and this permission appear in all copies. The results of its use, the data and the "
    "performance of this software are without warranty, and no liability for damages is accepted.\n\n"
) * 3
MODULE = '''"""Reads the results of experiments, as this paper proposes, and evaluates the method on data."""

import sys

def main(path: str) -> int:
    """Evaluate a model on a benchmark."""
    with open(path) as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return sum(int(line[1]) for line in lines) if lines else sys.exit("nothing to evaluate")
'''
METADATA = """Metadata-Version: 2.4
Name: models
Version: 1.0
Summary: Models and data for everyone.
Author: Somebody
Requires-Dist: numpy>=1.26
Requires-Dist: httpx>=0.28; extra == "all"

# models

[![CI](https://example.org/badge.svg)](https://example.org) `pip install models`, [docs](https://example.org)
"""
RECORD = "".join(f"models/part{number}.py,sha256=0Ab{number}x_Zq,{number}812\n" for number in range(60))


def papers(*paths: Path) -> tuple[list[Record], list[Reject]]:
    found = list(read(paths))
    return [item for item in found if isinstance(item, Record)], [
        item for item in found if isinstance(item, Reject)
    ]


@pytest.mark.parametrize("name", ["three.txt", "three", "three.TXT"])
def test_abstracts_without_any_mark_are_papers_in_a_folder_too(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("\n\n".join(ABSTRACTS))
    records, rejects = papers(tmp_path)
    assert [record.abstract for record in records] == list(ABSTRACTS)
    assert not rejects


@pytest.mark.parametrize("abstract", ABSTRACTS)
def test_one_abstract_alone_is_a_paper(tmp_path: Path, abstract: str) -> None:
    (tmp_path / "one.md").write_text(abstract)
    records, rejects = papers(tmp_path / "one.md")
    assert [record.abstract for record in records] == [abstract]
    assert not rejects


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (NOVEL, "doesn't read like abstracts"),
        (LETTER, "doesn't read like abstracts"),
        (LOG, "mostly code"),
        (LOG.replace("\n", "\n\n"), "no paragraph"),
        (LICENCE, "legal"),
        (MODULE, "mostly code"),
        (METADATA, "no paragraph"),
        (RECORD, "mostly code"),
        ("pip\nsetuptools\n", "no paragraph"),
    ],
    ids=["novel", "letter", "log", "sparse log", "licence", "module", "metadata", "record", "names"],
)
@pytest.mark.parametrize("named", [True, False], ids=["named", "met in a folder"])
def test_what_is_no_pile_of_abstracts_is_one_reject(
    tmp_path: Path, text: str, reason: str, named: bool
) -> None:
    (tmp_path / "some.txt").write_text(text)
    records, (reject,) = papers(tmp_path / "some.txt" if named else tmp_path)
    assert not records
    assert reason in reject.reason
    assert reject.excerpt


def test_our_own_source_holds_no_paper() -> None:
    records, rejects = papers(ROOT / "chatbot")
    assert not records
    assert len({reject.source.name for reject in rejects}) == len(rejects)


def test_a_virtual_environment_holds_no_paper_and_says_so_once_a_file(tmp_path: Path) -> None:
    package = tmp_path / "env" / "lib" / "models-1.0.dist-info"
    package.mkdir(parents=True)
    for name, text in (
        ("METADATA", METADATA),
        ("RECORD", RECORD),
        ("LICENSE.txt", LICENCE),
        ("entry_points.txt", "[console_scripts]\nmodels = models:main\n"),
        ("top_level.txt", "models\n"),
        ("main.py", MODULE),
        ("NOTICE", LICENCE),
    ):
        (package / name).write_text(text)
    for folder in ("site-packages", "node_modules", "__pycache__", ".git"):
        (tmp_path / "env" / folder).mkdir()
        (tmp_path / "env" / folder / "abstracts.txt").write_text("\n\n".join(ABSTRACTS))
    records, rejects = papers(tmp_path / "env")
    assert not records
    assert [Path(reject.source.name).name for reject in rejects] == [
        "METADATA",
        "NOTICE",
        "RECORD",
        "entry_points.txt",
        "main.py",
        "top_level.txt",
        "node_modules",
        "site-packages",
    ]


def test_a_folder_that_is_named_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "a.txt").write_text(ABSTRACTS[0])
    records, _ = papers(tmp_path / "node_modules")
    assert len(records) == 1


@pytest.mark.parametrize("name", ["a.py", "a.rst", "a.conf"])
def test_a_name_of_another_kind_is_read_only_if_the_user_names_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(f"Abstract: {ABSTRACTS[0]}")
    records, (reject,) = papers(tmp_path)
    assert not records
    assert "name the file itself" in reject.reason
    assert len(papers(tmp_path / name)[0]) == 1


def test_a_document_in_a_folder_is_read_only_if_it_marks_its_abstracts(tmp_path: Path) -> None:
    (tmp_path / "manual.md").write_text("\n\n".join(ABSTRACTS))
    (tmp_path / "notes.md").write_text(f"# Title\n\n## Abstract\n\n{ABSTRACTS[0]}\n")
    (record,), rejects = papers(tmp_path)
    assert record.source.name.endswith("notes.md")
    assert "without marked abstracts" in next(
        reject.reason for reject in rejects if "manual" in reject.source.name
    )


def test_code_between_abstracts_is_a_reject_of_its_own(tmp_path: Path) -> None:
    code = "x = [" + ", ".join(f"f({number})" for number in range(60)) + "]"
    (tmp_path / "a.txt").write_text("\n\n".join((*ABSTRACTS, code)))
    records, (reject,) = papers(tmp_path)
    assert len(records) == len(ABSTRACTS)
    assert "not sentences" in reject.reason


def test_of_a_file_full_of_strays_a_hundred_are_told_and_the_others_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"Show more\nAbstract: {ABSTRACTS[0]}\n" * 250)
    records, rejects = papers(tmp_path)
    assert len(records) == 250
    assert len(rejects) == 101
    assert rejects[-1].reason.endswith(": 150")
    assert rejects[-1].source.line == 201
