"""Papers that are written as JSONL, BibTeX or RIS are the same papers when they are read again."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Collection, HashEmbedder
from store.errors import StoreError
from store.exporting import FORMATS, bibtex, jsonl, ris, write
from store.exporting.citekeys import Keys
from store.exporting.escaping import escaped, folded, unescaped
from store.exporting.name_order import family_first, spoken
from store.merging import merge
from store.readers import read, read_text
from store.records import Filter, Paper, Record, Source

SEEDS = Path(__file__).parents[2] / "seeds"
ABSTRACT = "We study how a method clips whole sequences and find that it is stable in all of our runs."
SOURCE = Source("a.txt", 3)


def paper(id: str = "p0123456789", **fields: object) -> Paper:
    """A paper as the store would make it of one record."""
    return merge(id, [Record(**{"abstract": ABSTRACT, "source": SOURCE, **fields})])  # type: ignore[arg-type]


def again(format: str, *papers: Paper) -> list[Paper]:
    """What our readers and the merging make of an export, with the sources that the papers had."""
    found = list(read_text("".join(FORMATS[format](papers)), f"export.{format}"))
    assert all(isinstance(item, Record) for item in found), found
    records = [item for item in found if isinstance(item, Record)]
    made = [merge(record.id or "?", [record]) for record in records]
    return [replace(new, sources=old.sources) for new, old in zip(made, papers, strict=True)]


def flat(found: Paper) -> Paper:
    """The paper as BibTeX and RIS can hold it: on one line, without control characters."""
    kept = merge(
        found.id,
        [
            Record(
                folded(found.abstract),
                SOURCE,
                folded(found.title or "") or None,
                found.arxiv_id,
                found.doi,
                found.url,
                found.authors,
                found.categories,
                found.created,
                found.updated,
                folded(found.comment or "") or None,
                folded(found.venue or "") or None,
            )
        ],
    )
    return replace(kept, sources=found.sources)


# What breaks BibTeX, RIS and lines, thickly strewn.
_NASTY = st.lists(
    st.sampled_from(
        [
            *"{}\\%&#_$^~\"'=,@()[]#",
            *(
                "\\{",
                "\\}",
                "{}",
                "\\\\",
                "{\\%}",
                "{{}\\%}",
                "{\\textbackslash}",
                "\\textbraceleft",
                "\\lbrace",
            ),
            *(
                "$x_i$",
                "\\alpha",
                "\\emph{a}",
                "&amp;",
                "<b>x</b>",
                "@misc{k,",
                "abstract = {",
                " and ",
                "50%",
                "é",
            ),
            *(
                "\nER  - ",
                "\nTY  - JOUR\n",
                "\nAB  - ",
                "\n@article{x,\n",
                "\u2028",
                "\x85",
                "\t",
                "\x00",
                "中",
                "🎻",
            ),
            *("word", " ", " "),
        ]
    ),
    max_size=30,
).map("".join)
_ANY = st.one_of(_NASTY, st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
_LINE = _ANY.map(folded)
_NAMES = st.lists(
    st.one_of(_LINE, st.sampled_from(["Ada Lovelace", "others", "and", "et al.", "Acme, Inc.", "B,"]))
)
_NAMES = _NAMES.map(lambda names: tuple(name for name in names if name))
_DATES = st.one_of(
    st.none(),
    st.dates().map(str),
    st.dates().map(lambda day: str(day)[:7]),
    st.dates().map(lambda day: str(day)[:4]),
)
_PAPERS = st.builds(
    paper,
    id=st.from_regex(r"p[0-9a-f]{10}(-[1-9][0-9]?)?", fullmatch=True),
    abstract=_ANY.map(lambda text: f"{ABSTRACT} {text} End."),
    title=st.one_of(st.none(), _LINE.map(lambda text: text or None)),
    arxiv_id=st.sampled_from([None, "2505.09388", "cs/0601001", "math.GT/0309136"]),
    doi=st.sampled_from([None, "10.1000/a_b(1)#{x}", "10.48550/arxiv.2505.09388"]),
    url=st.sampled_from(
        [None, "https://a.example/x_y?q=%7B#z", "https://a.example/{\\_}\\", "https://arxiv.org/abs/1"]
    ),
    authors=_NAMES,
    categories=_NAMES,
    created=_DATES,
    updated=_DATES,
    comment=st.one_of(st.none(), _LINE.map(lambda text: text or None)),
    venue=st.sampled_from([None, "Proc. of X", "Journal {of} Y_1 & Z", "ACL 2025"]),
)


@settings(max_examples=300)
@given(_PAPERS)
def test_a_paper_in_jsonl_is_the_same_paper_to_the_letter(found: Paper) -> None:
    assert again("jsonl", found) == [found]


@settings(max_examples=400)
@given(_PAPERS)
@pytest.mark.parametrize("format", ["bibtex", "ris"])
def test_a_paper_in_bibtex_or_ris_is_the_same_paper_on_one_line(format: str, found: Paper) -> None:
    assert again(format, found) == [flat(found)]


@settings(max_examples=500)
@given(_ANY, st.booleans())
def test_what_was_escaped_is_read_again_and_its_braces_balance_however_they_are_counted(
    text: str, typeset: bool
) -> None:
    made = escaped(text, typeset=typeset)
    assert unescaped(made) == text
    assert not made.endswith("\\")
    for counted in (made, re.sub(r"\\[{}]", "", made)):
        depth = 0
        for char in counted:
            depth += (char == "{") - (char == "}")
            assert depth >= 0
        assert depth == 0


@given(_LINE)
def test_a_turned_name_is_turned_back(name: str) -> None:
    assert spoken(family_first(name)) == name


def test_names_are_turned_as_reference_managers_expect_them() -> None:
    names = ["Ada Lovelace", "Ludwig van Beethoven", "Qwen Team", "Plato", "Sammy Davis Jr.", "Acme, Inc."]
    assert list(map(family_first, names)) == [
        "Lovelace, Ada",
        "van Beethoven, Ludwig",
        "Qwen Team",
        "Plato",
        "Sammy Davis Jr.",
        "Acme, Inc.,",
    ]


def test_latex_stays_and_what_would_break_typesetting_is_shown_by_a_group() -> None:
    assert escaped(r"50\% of $x_i$, \emph{so}") == r"50\% of $x_i$, \emph{so}"
    assert escaped("50% of a_b & c #1 for $5") == r"50{\%} of a{\_}b {\&} c {\#}1 for {\$}5"
    assert escaped("a } b { c") == r"a {\textbraceright} b {\textbraceleft} c"
    assert escaped("https://a.example/x_y%20#z", typeset=False) == "https://a.example/x_y%20#z"


def test_an_entry_is_what_people_expect() -> None:
    found = paper(
        title="GSPO: Clipping & more",
        arxiv_id="2507.18071",
        authors=("Ada Lovelace", "Simon and Garfunkel"),
        categories=("cs.LG", "cs.CL"),
        created="2025-07-24",
        venue="Proceedings of ACL",
        comment="12 pages",
    )
    assert "".join(bibtex([found])) == (
        "@inproceedings{lovelace2025gspo,\n"
        "  title = {{GSPO: Clipping {\\&} more}},\n"
        "  author = {Ada Lovelace and {Simon and Garfunkel}},\n"
        "  booktitle = {Proceedings of ACL},\n"
        "  date = {2025-07-24},\n"
        "  year = {2025},\n"
        "  month = jul,\n"
        "  eprint = {2507.18071},\n"
        "  archiveprefix = {arXiv},\n"
        "  primaryclass = {cs.LG},\n"
        f"  abstract = {{{ABSTRACT}}},\n"
        "  keywords = {cs.LG, cs.CL},\n"
        "  comment = {12 pages},\n"
        "  chatbot-id = {p0123456789}\n"
        "}\n\n"
    )
    assert "".join(ris([found])).splitlines()[:8] == [
        "TY  - JOUR",
        "DP  - proven-chatbot",
        "ID  - p0123456789",
        "TI  - GSPO: Clipping & more",
        "AU  - Lovelace, Ada",
        "AU  - and Garfunkel, Simon",  # a guess, taken back when it is read
        "PY  - 2025",
        "DA  - 2025/07/24",
    ]


@settings(max_examples=200)
@given(st.lists(_PAPERS, min_size=1, max_size=3))
def test_bibtexparser_reads_every_entry_with_its_fields(found: list[Paper]) -> None:
    import bibtexparser

    library = bibtexparser.parse_string("".join(bibtex(found)))
    assert [block.error for block in library.failed_blocks] == []
    assert len(library.entries) == len(found)
    for entry, each in zip(library.entries, found, strict=True):
        assert unescaped(entry["abstract"]) == folded(each.abstract)
        assert entry["chatbot-id"] == each.id
        assert ("date" in entry) == bool(each.created)


def test_bibtexparser_shows_what_the_escapes_mean() -> None:
    import bibtexparser
    from bibtexparser.middlewares import LatexDecodingMiddleware

    found = paper(abstract=f"{ABSTRACT} 50% of a_b & c #1.", title="Cost & {BERT}")
    library = bibtexparser.parse_string(
        "".join(bibtex([found])), append_middleware=[LatexDecodingMiddleware()]
    )
    assert library.entries[0]["abstract"] == f"{ABSTRACT} 50% of a_b & c #1."
    assert library.entries[0]["title"] == "Cost & BERT"


@settings(max_examples=200)
@given(st.lists(_PAPERS, min_size=1, max_size=3))
def test_rispy_reads_every_reference_with_its_fields(found: list[Paper]) -> None:
    import rispy

    entries = rispy.loads("".join(ris(found)))
    assert len(entries) == len(found)
    for entry, each in zip(entries, found, strict=True):
        assert entry["abstract"] == folded(each.abstract)
        assert len(entry.get("authors", [])) == len(each.authors)
        assert entry["id"] == each.id
        assert entry.get("title") == (folded(each.title) if each.title else None)


@given(st.lists(_PAPERS, max_size=8))
def test_citation_keys_are_ascii_and_no_two_are_the_same(found: list[Paper]) -> None:
    keys = Keys()
    given = [keys.of(each) for each in found]
    assert len(set(given)) == len(given)
    assert all(re.fullmatch("[a-z0-9-]+", key) for key in given)


def test_citation_keys_say_who_when_and_what_and_collisions_get_letters() -> None:
    keys = Keys()
    gspo = paper(title="The GSPO of all", authors=("Jürgen Müller-Lüdenscheidt",), created="2025-07")
    assert [keys.of(gspo) for _ in range(3)] == [
        "mullerludenscheidt2025gspo",
        "mullerludenscheidt2025gspoa",
        "mullerludenscheidt2025gspob",
    ]
    assert keys.of(paper(title="Attention Is All You Need", created="2017")) == "attention2017"
    assert keys.of(paper(title="论文", authors=("王伟",))) == "p0123456789"
    letters = [keys.of(gspo) for _ in range(30)]
    assert letters[-1] == "mullerludenscheidt2025gspoaf"


def test_an_id_of_another_shape_is_not_kept_and_odd_values_do_no_harm() -> None:
    line = json.loads("".join(jsonl([paper()])))
    odd = {**line, "source_url": "javascript:x", "authors": [1, None, "A"], "created": "soon", "title": 7}
    (found,) = read_text(json.dumps(odd), "x.jsonl")
    assert isinstance(found, Record)
    assert (found.url, found.authors, found.created, found.title) == (None, ("A",), None, None)
    (found,) = read_text(json.dumps({**line, "paper": "../../etc"}), "x.jsonl")
    assert isinstance(found, Record)
    assert found.id is None


def test_what_chatbot_papers_shows_is_read_to_the_letter_too() -> None:
    whole = [json.loads(line) for line in jsonl([paper(url="https://a.example/x"), paper("p1111111111")])]
    found = list(read_text(json.dumps(whole, indent=2), "papers.json"))
    assert [record.id for record in found if isinstance(record, Record)] == ["p0123456789", "p1111111111"]
    older = {key: value for key, value in whole[0].items() if key != "source_url"}
    (record,) = read_text(json.dumps(older), "papers.json")
    assert isinstance(record, Record)
    assert record.url == "https://a.example/x"


@pytest.mark.parametrize("format", FORMATS)
def test_an_exported_collection_fills_an_empty_one_with_the_same_papers(format: str, tmp_path: Path) -> None:
    file = tmp_path / f"export.{format}"
    twins = [
        Record(ABSTRACT, Source("twins", line), arxiv_id=f"2505.0000{line}", title="Twins") for line in (1, 2)
    ]
    with Collection.open(tmp_path, "first", HashEmbedder, create=True) as first:
        first.ingest([*read([SEEDS]), *twins])
        before = first.papers()
        assert write(first.each(), format, file) == len(before) == first.count()
    with Collection.open(tmp_path, "second", HashEmbedder, create=True) as second:
        report = second.ingest(read([file]))
        after = second.papers()
        assert not report.rejects
        assert [replace(each, sources=()) for each in after] == [replace(each, sources=()) for each in before]
        assert second.ingest(read([file])).unchanged == len(before)


def test_only_papers_that_pass_a_filter_are_handed_out_and_few_at_a_time(seeded: Collection) -> None:
    some = Filter(since="2025-06")
    assert sorted(each.id for each in seeded.each(some)) == sorted(each.id for each in seeded.papers(some))
    assert len(list(islice(seeded.each(), 2))) == 2


class TestWriting:
    def test_a_failure_leaves_what_was_there(self, tmp_path: Path) -> None:
        file = tmp_path / "x.jsonl"
        file.write_text("old")

        def failing():  # type: ignore[no-untyped-def]
            yield paper()
            raise RuntimeError

        with pytest.raises(RuntimeError):
            write(failing(), "jsonl", file)
        assert file.read_text() == "old"
        assert list(tmp_path.iterdir()) == [file]

    def test_a_link_stays_a_link_and_a_file_keeps_its_mode(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target.ris", tmp_path / "link.ris"
        target.write_text("old")
        target.chmod(0o600)
        link.symlink_to(target)
        assert write([paper()], "ris", link) == 1
        assert link.is_symlink()
        assert target.read_text().startswith("TY  - ")
        assert target.stat().st_mode & 0o777 == 0o600

    def test_what_is_no_file_is_written_to_as_it_is(self) -> None:
        assert write([paper()], "jsonl", Path(os.devnull)) == 1

    def test_a_place_that_cannot_be_written_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match=r"can't be written.*Choose"):
            write([paper()], "jsonl", tmp_path / "no" / "x.jsonl")
        with pytest.raises(StoreError, match="is a folder"):
            write([paper()], "jsonl", tmp_path)
