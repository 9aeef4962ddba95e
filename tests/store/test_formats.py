"""What people export comes in with its fields and true lines; what is broken costs itself, and says why."""

# ruff: noqa: E501 - what other programs write has long lines

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.formats import DATA
from store.errors import SourceError
from store.readers import FIELDS, read, read_text
from store.records import Record, Reject

ONE = "We introduce Alpha, a method that reads many papers at once, and show what it forgets of them."
TWO = "Most readers forget what they have read, and this paper asks why that is and what to do about it."


def parse(text: str, **mapping: str) -> tuple[list[Record], list[Reject]]:
    found = list(read_text(text, "a", mapping=mapping))
    return [item for item in found if isinstance(item, Record)], [
        item for item in found if isinstance(item, Reject)
    ]


def lines(items: list[Record] | list[Reject]) -> list[int]:
    return [item.source.line for item in items]


# What stands in the files was counted with grep, entry by entry, not with these readers.
FORMATS = {
    "arxiv_archive_cs.GL.tsv": (179, {"too short to be an abstract": 1}),
    "asreview_duplicate_records.csv": (0, {"too short to be an abstract": 10, "it has no abstract": 4}),
    "asreview_embase.csv": (6, {}),
    "asreview_embase.ris": (6, {}),
    "asreview_generic.csv": (2, {}),
    "asreview_generic_semicolon.csv": (2, {}),
    "asreview_generic_tab.tsv": (2, {}),
    "asreview_missing_values.csv": (2, {"it has no abstract": 2}),
    "asreview_proquest.ris": (6, {}),
    "asreview_pubmed_zotero.ris": (6, {}),
    "atom_id_0000.0000_s0_m100_8b51d9633a68.xml": (0, {"a feed without entries": 1}),
    "atom_id_0808.05394_1707.08567_s0_m100_42e5aa0ec3af.xml": (1, {}),
    "atom_id_0808.05394_s0_m100_7b0c7d0a7cdd.xml": (0, {"a feed without entries": 1}),
    "atom_id_1605.08386_s0_m100_199195aa31ad.xml": (1, {}),
    "atom_id_1707.08567_s0_m100_6a1afebfc6a3.xml": (1, {}),
    "atom_id_2104.12255v1_s0_m100_6ae69987ffe1.xml": (1, {}),
    "atom_id_abc_s0_m100_b79c8dcf6bc3.xml": (0, {"arXiv's API answered with an error": 1}),
    "atom_id_astro-ph_0601001_s0_m100_3150dca9dc76.xml": (1, {}),
    "atom_id_quant-ph_0201082v1_s0_m100_86989fe779ef.xml": (1, {}),
    "atom_q_testing_s0_m10_bc5a6c384fe9.xml": (10, {}),
    "atom_q_testing_s10_m10_34e56e15aaac.xml": (10, {}),
    "colm2025_openreview.bib": (0, {"it has no abstract": 418}),
    "daily_arxiv_2025-05-15.jsonl": (131, {}),
    "gwf_anthology_style_abstracts.bib": (7, {}),
    "papercopilot_colm2025.json": (418, {}),
    "rispy_example_bom.ris": (0, {"it has no abstract": 1}),
    "rispy_example_utf_chars.ris": (1, {}),
    "rispy_example_wos.ris": (2, {}),
    "uai2024_pmlr_with_abstracts.bib": (192, {"its braces don't balance": 9}),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_real_file_comes_in_or_is_refused_with_a_true_reason(name: str) -> None:
    file = DATA / "formats" / name
    if not file.exists():
        pytest.skip(f"there is no {file}: set CHATBOT_DATA to the folder that has formats")
    found = list(read([file]))
    wanted, reasons = FORMATS[name]
    assert sum(isinstance(item, Record) for item in found) == wanted
    assert Counter(_kind(item.reason) for item in found if isinstance(item, Reject)) == reasons
    text = file.read_text(encoding="utf-8-sig").split("\n")
    for item in found:  # a record's line begins its entry, so its words stand there or a little below
        if isinstance(item, Record) and item.title:
            entry = " ".join(" ".join(text[item.source.line - 1 :][:140]).split())
            assert item.title.split()[-1].strip(".?")[:6] in entry.replace("{", "").replace("}", "")


def _kind(reason: str) -> str:
    return reason.partition(" (")[0].partition(":")[0]


ATOM = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
  <title>arXiv Query</title>
  <entry>
    <id>http://arxiv.org/abs/2505.00001v2</id>
    <title>A title
      on two lines</title>
    <updated>2025-05-20T01:00:00Z</updated><published>2025-05-14T17:59:59Z</published>
    <summary>  {ONE[:50]}
  {ONE[50:]}
</summary>
    <author><name>Ada Lovelace</name></author><author><name>Charles Babbage</name></author>
    <link href="http://arxiv.org/abs/2505.00001v2" rel="alternate"/>
    <link title="pdf" href="http://arxiv.org/pdf/2505.00001v2" rel="related"/>
    <arxiv:comment>12 pages &amp; code</arxiv:comment><arxiv:journal_ref>ACL 2025</arxiv:journal_ref>
    <arxiv:doi>10.1000/X1</arxiv:doi>
    <arxiv:primary_category term="cs.CL"/><category term="cs.LG"/><category term="68T50"/>
  </entry>
  <entry><id>http://arxiv.org/abs/2505.00002v1</id><title>No summary</title></entry>
</feed>"""


def test_atom_gives_every_field() -> None:
    (record,), (reject,) = parse(ATOM)
    assert record == Record(
        abstract=" ".join(f"{ONE[:50]} {ONE[50:]}".split()),
        source=record.source,
        title="A title on two lines",
        arxiv_id="2505.00001",
        doi="10.1000/x1",
        url="http://arxiv.org/abs/2505.00001v2",
        authors=("Ada Lovelace", "Charles Babbage"),
        categories=("cs.CL", "cs.LG"),
        created="2025-05-14",
        updated="2025-05-20",
        comment="12 pages & code",
        venue="ACL 2025",
    )
    assert (record.source.line, reject.source.line, reject.reason) == (4, 19, "it has no abstract")
    assert reject.excerpt == "No summary"


def test_what_was_read_before_xml_breaks_off_is_kept() -> None:
    (record,), rejects = parse(ATOM[: ATOM.index("No summary")])
    assert record.arxiv_id == "2505.00001"
    assert "broken XML" in rejects[-1].reason
    assert rejects[-1].source.line == 19
    (record,), rejects = parse(ATOM.replace("<title>No summary</title>", "</wrong>") + "\n" * 30)
    assert rejects[-1].source.line == 19


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<!DOCTYPE feed [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><feed><entry>&c;</entry></feed>', "entities"),
        ('<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed>&x;</feed>', "entities"),
        ("<feed>" + "<a>" * 5000, "nested deeper"),
        ("<feed><entry>" + "x" * 17 * 2**20, "more than 16 million"),
    ],
)
def test_xml_that_would_do_harm_is_refused(text: str, reason: str) -> None:
    records, rejects = parse(text)
    assert not records
    assert reason in rejects[-1].reason


def test_pubmed_xml_gives_every_field() -> None:
    text = f"""<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/x.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation><PMID Version="1">12345</PMID><Article>
 <Journal><JournalIssue><PubDate><Year>2019</Year><Month>Mar</Month></PubDate></JournalIssue><Title>J. Tests</Title></Journal>
 <ArticleTitle>On <i>Alpha</i>.</ArticleTitle>
 <Abstract><AbstractText Label="AIM">{ONE}</AbstractText><AbstractText Label="RESULTS">{TWO}</AbstractText></Abstract>
 <AuthorList><Author><LastName>Lovelace</LastName><ForeName>Ada</ForeName></Author>
  <Author><CollectiveName>The Group</CollectiveName></Author></AuthorList>
 </Article></MedlineCitation>
 <PubmedData><ArticleIdList><ArticleId IdType="doi">10.1000/own</ArticleId></ArticleIdList>
 <ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.1000/cited</ArticleId></ArticleIdList></Reference>
 </ReferenceList></PubmedData></PubmedArticle>
</PubmedArticleSet>"""
    (record,), rejects = parse(text)
    assert not rejects
    assert record.abstract == f"AIM: {ONE} RESULTS: {TWO}"
    assert (record.title, record.authors) == ("On Alpha.", ("Ada Lovelace", "The Group"))
    assert (record.doi, record.venue, record.created) == ("10.1000/own", "J. Tests", "2019-03")
    assert (record.url, record.source.line) == ("https://pubmed.ncbi.nlm.nih.gov/12345/", 4)


def test_bibtex_gives_every_field() -> None:
    text = f"""% Encoding: UTF-8
@string{{acl = "Proceedings of {{ACL}}"}}

@inproceedings{{key,
  title = {{{{BEARCUBS}}: {{A}} bench for $x^{{2}}$ and Erd{{\\"o}}s}},
  author = "Lovelace, Ada and {{The Big and Good Team}} and de la Cruz, Jr., Jos{{\\'e}} and others",
  booktitle = acl # " 2025",
  year = 2025, month = may,
  eprint = {{2505.00001v3}}, archivePrefix = {{arXiv}}, primaryClass = {{cs.CL}},
  doi = {{https://doi.org/10.1000/X1}}, url = {{https://example.org/a}}, note = {{Best paper}},
  abstract = {{{ONE[:40]}
     {ONE[40:]}}}
}}
"""
    (record,), rejects = parse(text)
    assert not rejects
    assert record.title == '{BEARCUBS}: {A} bench for $x^{2}$ and Erd{\\"o}s'.replace(
        "{BEARCUBS}", "BEARCUBS"
    ).replace("{A}", "A")
    assert record.authors == ("Ada Lovelace", "The Big and Good Team", "José de la Cruz Jr.")
    assert (record.venue, record.created, record.arxiv_id) == (
        "Proceedings of ACL 2025",
        "2025-05",
        "2505.00001",
    )
    assert (record.doi, record.url, record.comment) == ("10.1000/x1", "https://example.org/a", "Best paper")
    assert (record.categories, record.source.line) == (("cs.CL",), 4)
    assert record.abstract == " ".join(f"{ONE[:40]} {ONE[40:]}".split())


def test_an_entry_whose_braces_do_not_balance_harms_no_other() -> None:
    text = "\n".join(
        (
            f"@article{{a, title={{One}}, abstract={{{ONE}}}}}",
            f"@article{{b, title={{Two {{}}, abstract={{{TWO}}}",
            "}",
            f"@article{{c, title={{Three}}, abstract={{{TWO}}}}}",
            "@article{d, title={Four}}",
            f"@article{{c, title={{The key once more}}, abstract={{{ONE} Again.}}}}",
        )
    )
    records, rejects = parse(text)
    assert [record.title for record in records] == ["One", "Three", "The key once more"]
    assert lines(records) == [1, 4, 6]
    assert [(reject.source.line, _kind(reject.reason)) for reject in rejects] == [
        (2, "its braces don't balance"),
        (5, "it has no abstract"),
    ]


def test_an_abstract_that_a_stray_brace_cuts_off_is_not_called_missing() -> None:
    _, (reject,) = parse(f"@article{{a,\n title={{One}}}},\n abstract={{{ONE}}}\n}}\n")
    assert "braces don't balance" in reject.reason


def test_the_parser_of_bibtex_says_nothing_on_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    parse("@article{a, title={One\n@article{b, title = }\n")
    assert capfd.readouterr().err == ""


def test_a_text_that_quotes_a_bibtex_entry_is_no_bibtex_file() -> None:
    records, _ = parse(f"Abstract: {ONE * 3}\n\n@article{{key,\n title = {{X}}}}\n")
    assert [record.abstract for record in records] == [ONE * 3]


def test_ris_of_several_vendors_is_read() -> None:
    text = f"""Provider: Some Publisher
Content: text/plain; charset="UTF-8"

TY  - JOUR
T1  - By Embase
A1  - Liu R.
N2  - {ONE}
JF  - Some Journal
Y1  - 2014///
L2  - http://dx.doi.org/10.1000/X1
ER  -\x20

TY  - JOUR
TI  - By Zotero
AU  - Lovelace, Ada
AU  - Babbage, Charles, Jr.
T2  - Another Journal
DA  - 2019/10//undefined
PY  - 2019
UR  - https://arxiv.org/abs/2505.00001v1
AB  - {TWO[:40]}
{TWO[40:]}
ER  -
stray words
TY  - JOUR
TI  - Without
ER  -
"""
    (one, two), rejects = parse(text)
    assert (one.title, one.authors, one.abstract, one.venue) == (
        "By Embase",
        ("Liu R.",),
        ONE,
        "Some Journal",
    )
    assert (one.created, one.doi, one.source.line) == ("2014", "10.1000/x1", 4)
    assert two.authors == ("Ada Lovelace", "Charles Babbage Jr.")
    assert (two.created, two.arxiv_id, two.venue) == ("2019-10", "2505.00001", "Another Journal")
    assert (two.abstract, two.source.line) == (" ".join(f"{TWO[:40]} {TWO[40:]}".split()), 13)
    assert [(reject.source.line, reject.reason) for reject in rejects] == [
        (24, "text outside of any reference"),
        (25, "it has no abstract"),
    ]


def test_web_of_science_and_medline_are_read() -> None:
    wos = f"""FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Lovelace, A
   Babbage, C
AF Lovelace, Ada
   Babbage, Charles
TI A title on
   two lines
SO JOURNAL
AB {ONE}
PD JUN 8
PY 2004
DI 10.1000/X1
DA 2019-03-18
ER

EF"""
    (record,), rejects = parse(wos)
    assert not rejects
    assert (record.title, record.authors) == ("A title on two lines", ("Ada Lovelace", "Charles Babbage"))
    assert (record.created, record.doi, record.venue) == ("2004-06-08", "10.1000/x1", "JOURNAL")
    assert record.source.line == 3
    medline = f"""
PMID- 12345
OWN - NLM
TI  - A title on
      two lines
LID - 10.1000/X1 [doi]
AB  - {TWO[:40]}
      {TWO[40:]}
FAU - Lovelace, Ada
AU  - Lovelace A
JT  - Journal
DP  - 2019 Jul-Aug

PMID- 12346
TI  - Without
"""
    (record,), (reject,) = parse(medline)
    assert (record.title, record.authors, record.venue) == (
        "A title on two lines",
        ("Ada Lovelace",),
        "Journal",
    )
    assert (record.created, record.doi, record.source.line) == ("2019", "10.1000/x1", 2)
    assert record.abstract == " ".join(f"{TWO[:40]} {TWO[40:]}".split())
    assert reject.source.line == 14


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_is_read_whatever_its_separator(separator: str) -> None:
    rows = [
        ["Article Title", "Author Names", "Zusammenfassung", "Publication Year", "Source title"],
        [
            "One",
            '"Lovelace, Ada; Babbage, Charles"',
            f'"{ONE[:40]}\n{ONE[40:]} ""So"" it says; and, more"',
            "2020",
            "J",
        ],
        ["", "", "", "", ""],
        ["Two", "", "", "2021", "J"],
    ]
    (record,), (reject,) = parse("\n".join(separator.join(row) for row in rows))
    assert record.abstract == " ".join(f'{ONE[:40]} {ONE[40:]} "So" it says; and, more'.split())
    assert (record.title, record.created, record.venue) == ("One", "2020", "J")
    assert record.authors == ("Ada Lovelace", "Charles Babbage")
    assert (record.source.line, reject.source.line, reject.reason) == (2, 5, "it has no abstract")


def test_the_users_mapping_wins_and_is_told() -> None:
    said: list[str] = []
    text = f"Titel,Abstract,Inhalt\nOne,{TWO.replace(',', '')},{ONE.replace(',', '')}\n"
    (guess,) = read_text(text, "a.csv", notice=said.append)
    assert isinstance(guess, Record)
    assert guess.abstract == TWO.replace(",", "")
    (given_,) = read_text(text, "a.csv", mapping={"abstract": "inhalt"}, notice=said.append)
    assert isinstance(given_, Record)
    assert (given_.abstract, given_.title) == (ONE.replace(",", ""), "One")
    assert "abstract=Abstract, title=Titel" in said[0]
    assert "abstract=Inhalt, title=Titel" in said[1]


def test_a_table_with_unknown_names_or_none_is_read_with_a_mapping() -> None:
    text = f"foo;bar\nOne;{ONE}\nTwo;{TWO}\n"
    records, _ = parse(text, abstract="bar", title="foo")
    assert [(record.title, record.source.line) for record in records] == [("One", 2), ("Two", 3)]
    records, _ = parse(text.partition("\n")[2], abstract="2", title="1")
    assert [(record.title, record.source.line) for record in records] == [("One", 1), ("Two", 2)]


def test_a_broken_row_costs_itself_alone() -> None:
    text = f'title,abstract\nOne,{ONE.replace(",", "")}\nTwo,"never closed\nThree,{TWO.replace(",", "")}\nFour,a,b,c\n'
    records, rejects = parse(text)
    assert [(record.title, record.source.line) for record in records] == [("One", 2), ("Three", 4)]
    assert [(reject.source.line, reject.reason.split(",")[0]) for reject in rejects] == [
        (3, "a quote that never closes"),
        (5, "4 cells where the first line names 2 columns"),
    ]


def test_a_tsv_that_knows_no_quotes_is_read() -> None:
    (record,), _ = parse(f'title\tabstract\n"Half a quote\t"{ONE}\n')
    assert record.abstract == f'"{ONE}'


OBJECTS: dict[str, dict[str, object]] = {
    "arXiv's snapshot": {
        "id": "2505.00001", "title": "T", "abstract": f"  {ONE}\n", "comments": "C", "journal-ref": "V",
        "authors": "Ada Lovelace and Charles Babbage (Oxford)", "authors_parsed": [["Lovelace", "Ada", ""], ["Babbage", "Charles", ""]],
        "doi": "10.1000/x1", "categories": "cs.CL cs.LG", "update_date": "2030-01-01",
        "versions": [{"version": "v1", "created": "Wed, 14 May 2025 17:59:59 GMT"}, {"created": "Tue, 20 May 2025 00:00:00 GMT"}],
    },
    "a crawl": {
        "arxiv_id": "http://arxiv.org/abs/2505.00001v1", "name": "T", "title": "T", "summary": ONE, "comment": "C", "venue": "V",
        "authors": [{"name": "Lovelace, Ada"}, "Charles Babbage"], "doi": "https://doi.org/10.1000/X1",
        "categories": ["cs.CL", "cs.LG"], "published": "2025-05-14T00:00:00Z", "updated": "2025-05-20",
    },
    "OpenAlex": {
        "id": "https://openalex.org/W1", "display_name": "T", "doi": "https://doi.org/10.1000/x1", "comment": "C",
        "abstract_inverted_index": {word: [at for at, each in enumerate(ONE.split()) if each == word] for word in ONE.split()},
        "authorships": [{"author": {"display_name": "Ada Lovelace"}}, {"author": {"display_name": "Charles Babbage"}}],
        "publication_date": "2025-05-14", "created_date": "2031-01-01", "updated_date": "2031-01-01", "updated": "2025-05-20",
        "primary_location": {"landing_page_url": "https://example.org", "source": {"display_name": "V"}},
        "locations": [{"landing_page_url": "https://arxiv.org/abs/2505.00001"}], "categories": ["cs.CL", "cs.LG"],
    },
    "Semantic Scholar": {
        "paperId": "ab12", "externalIds": {"ArXiv": "2505.00001", "DOI": "10.1000/x1", "CorpusId": 1}, "title": "T",
        "abstract": ONE, "authors": [{"authorId": "1", "name": "Ada Lovelace"}, {"name": "Charles Babbage"}],
        "venue": "", "journal": {"name": "V"}, "year": 2024, "publicationDate": "2025-05-14", "updated": "2025-05-20",
        "comment": "C", "categories": ["cs.CL", "cs.LG"],
    },
    "OpenReview": {
        "id": "abcdefgh", "forum": "abcdefgh", "pdate": 1747180800000, "cdate": 1700000000000,
        "content": {
            "title": {"value": "T"}, "abstract": {"value": ONE}, "authors": {"value": ["Ada Lovelace", "Charles Babbage"]},
            "venue": {"value": "V"}, "comment": {"value": "C"}, "doi": {"value": "10.1000/x1"}, "updated": {"value": "2025-05-20"},
            "arxiv": {"value": "arXiv:2505.00001"}, "categories": {"value": ["cs.CL", "cs.LG"]},
        },
    },
    "Crossref": {
        "title": ["T"], "abstract": f"<jats:title>Abstract</jats:title><jats:p>{ONE}</jats:p>".replace("<jats:title>Abstract</jats:title>", ""),
        "container-title": ["V"], "DOI": "10.1000/X1", "URL": "https://doi.org/10.1000/x1", "arxiv": "2505.00001",
        "author": [{"given": "Ada", "family": "Lovelace"}, {"given": "Charles", "family": "Babbage"}],
        "issued": {"date-parts": [[2025, 5, 14]]}, "created": {"date-parts": [[2030, 1, 1]]}, "comment": "C",
        "updated": "2025-05-20", "categories": "cs.CL, cs.LG",
    },
}  # fmt: skip


@pytest.mark.parametrize("whose", OBJECTS)
def test_json_gives_every_field_whoever_wrote_it(whose: str) -> None:
    value = OBJECTS[whose]
    for text, line in (
        (json.dumps(value), 1),
        (f"{json.dumps(value)}\n{json.dumps({'title': 'Without'})}\n", 1),
        (f"[\n{json.dumps({'title': 'Without'})},\n{json.dumps(value)}]", 3),
        (json.dumps({"meta": {"count": 1}, "results": [value]}), 1),
        (json.dumps({"message": {"total": 1, "items": [value]}}, indent=1), 5),
    ):
        (record,), rejects = parse(text)
        assert record.source.line == line
        assert len(rejects) == text.count("Without")
        assert (record.abstract, record.title, record.arxiv_id, record.doi) == (
            ONE,
            "T",
            "2505.00001",
            "10.1000/x1",
        )
        assert record.authors == ("Ada Lovelace", "Charles Babbage")
        assert (record.categories, record.comment, record.venue) == (("cs.CL", "cs.LG"), "C", "V")
        assert (record.created, record.updated) == ("2025-05-14", "2025-05-20")


def test_openreview_notes_get_the_address_of_their_forum() -> None:
    (record,), _ = parse(json.dumps(OBJECTS["OpenReview"]))
    assert record.url == "https://openreview.net/forum?id=abcdefgh"


def test_records_by_their_ids_keep_these() -> None:
    text = json.dumps(
        {"2505.00001": {"title": "A", "abstract": ONE}, "2505.00002": {"title": "B", "abstract": TWO}},
        indent=1,
    )
    records, _ = parse(text)
    assert [(record.arxiv_id, record.source.line) for record in records] == [
        ("2505.00001", 2),
        ("2505.00002", 6),
    ]


def test_a_key_that_nobody_knows_is_mapped_also_inside_of_objects() -> None:
    text = json.dumps({"x": {"deep": [{"t": ONE}]}, "n": "Name"})
    assert parse(text)[0] == []
    (record,), _ = parse(text, abstract="x.deep.0.t", title="n")
    assert (record.abstract, record.title) == (ONE, "Name")


def test_a_broken_line_costs_itself_and_a_broken_list_its_end() -> None:
    good = [json.dumps({"title": name, "abstract": ONE + name}) for name in "ABC"]
    records, (reject,) = parse(f"{good[0]}\n{good[1][:-9]}\n\n{good[2]}\n")
    assert [(record.title, record.source.line) for record in records] == [("A", 1), ("C", 4)]
    assert (reject.source.line, "no JSON" in reject.reason) == (2, True)
    records, (reject,) = parse(f"[{good[0]},\n{good[1]},\n{good[2][:-9]}")
    assert [record.title for record in records] == ["A", "B"]
    assert (reject.source.line, "broken JSON" in reject.reason) == (3, True)


def test_json_that_is_of_no_papers_is_one_reject_however_long() -> None:
    records, (reject,) = parse("\n".join(json.dumps({"event": number}) for number in range(5000)))
    assert not records
    assert "not of papers" in reject.reason
    _, rejects = parse(json.dumps({"name": "x", "description": ONE, "version": "1.0.0"}, indent=2))
    assert [reject.reason for reject in rejects] == ["it has neither an abstract nor a title"]


def test_a_placeholder_is_no_abstract_and_says_so() -> None:
    for text in ("[No abstract available]", "N/A", "none", ""):
        _, (reject,) = parse(json.dumps({"title": "T", "abstract": text}))
        assert (reject.reason, reject.excerpt) == ("it has no abstract", "T")


def test_markup_and_entities_go_and_comparisons_stay() -> None:
    dirty = f"<p>{ONE} &amp; if x < y and <i>a</i> > b &lt;b&gt; then H<sub>2</sub>O.</p>"
    (record,), _ = parse(json.dumps({"title": "T", "abstract": dirty}))
    assert record.abstract == f"{ONE} & if x < y and a > b <b> then H2O."


def test_nothing_but_a_web_address_becomes_a_link() -> None:
    (record,), _ = parse(json.dumps({"title": "T", "abstract": ONE, "url": "javascript:alert(1)"}))
    assert record.url is None


@pytest.mark.parametrize("mapped", [{}, {"abstract": "b", "title": "a"}, {"abstract": "1"}])
@given(
    text=st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "<feed>",
                "<entry>",
                "</entry>",
                "<summary>",
                "&amp;",
                "<!--",
                "-->",
                "<!DOCTYPE x [",
                "]>",
                "<?x",
                "?>",
                "<PubmedArticleSet>",
                "<PubmedArticle>",
                "@article{a,",
                "@string{",
                "title = {",
                'abstract = "',
                "}",
                "{",
                "#",
                "\\",
                "$",
                "TY  - JOUR\n",
                "AB  - ",
                "ER  - \n",
                "PT J\n",
                "PMID- 1\n",
                "title,abstract\n",
                "title\tabstract\n",
                '"',
                ",",
                ";",
                "\t",
                "\n",
                '{"abstract":',
                '{"title":',
                '"results":[',
                "[",
                "]",
                "{}",
                ":",
                "1e999",
                "NaN",
                '"abstract_inverted_index":{"a":[0]}',
                '"versions":[{"created":1}]',
                '"externalIds":1',
                "null",
                "a;b\n",
                ONE,
                "\ud800",
                "\x00",
                "2025-05-14",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_no_text_raises_and_lines_stay_within_it(mapped: dict[str, str], text: str) -> None:
    for item in read_text(text, "a", mapping=mapped):
        assert 1 <= item.source.line <= text.count("\n") + 1


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "title",
                "abstract",
                "summary",
                "authors",
                "author",
                "id",
                "doi",
                "url",
                "links",
                "venue",
                "journal",
                "issued",
                "created",
                "versions",
                "content",
                "externalIds",
                "abstract_inverted_index",
                "forum",
                "categories",
                "primary_location",
                "locations",
                "pdate",
                "year",
            ]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60) | st.just(ONE),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["value", "name", "title", "author", "date-parts", "x", "created"]),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=8,
        ),
        max_size=8,
    )
)
def test_no_object_raises(value: dict[str, object]) -> None:
    for item in read_text(json.dumps(value), "a"):
        if isinstance(item, Record):
            assert all(isinstance(name, str) and name for name in (*item.authors, *item.categories))
            assert all(getattr(item, field) != "" for field in FIELDS)


def test_stdin_is_read_by_its_content() -> None:
    stream = io.BytesIO(json.dumps({"title": "T", "abstract": ONE}).encode())
    (record,) = read(["-"], stdin=stream)
    assert isinstance(record, Record)
    assert (record.source.name, record.source.line) == ("stdin", 1)


def test_a_long_file_is_read_without_being_held(tmp_path: Path) -> None:
    import tracemalloc

    line = json.dumps({"title": "T", "abstract": ONE * 20}) + "\n"
    for begin, between, end in (("", "", ""), ("[", ",", "{}]")):
        with (tmp_path / "long.json").open("w") as file:
            file.write(begin)
            for _ in range(8_000):
                file.write(line + between)
            file.write(end)
        tracemalloc.start()
        count = sum(isinstance(item, Record) for item in read([tmp_path / "long.json"]))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == 8_000
        assert peak < (tmp_path / "long.json").stat().st_size * 0.7


def test_a_late_stray_byte_in_a_long_file_changes_one_character(tmp_path: Path) -> None:
    rows = "".join(f"T{number},{ONE.replace(',', '')}\n" for number in range(15_000))
    (tmp_path / "a.csv").write_bytes(
        b"title,abstract\n" + rows.encode() + "Last,É".encode("cp1252") + ONE.replace(",", "").encode()
    )
    *_, last = read([tmp_path / "a.csv"])
    assert isinstance(last, Record)
    assert last.abstract == "É" + ONE.replace(",", "")
    assert last.source.line == 15_002


@pytest.mark.parametrize("source", ["arxiv:", "arxiv:hello", "arxiv:2505.09388,x", "arxiv-search: "])
def test_a_wrong_arxiv_source_is_an_error_before_anything_is_read(source: str) -> None:
    with pytest.raises(SourceError):
        read([source])
