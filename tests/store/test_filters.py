"""Filters: which papers pass, exactly, and which ones can't be told."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import filters, sentences
from store.errors import FilterError
from store.facts import accepted_at, authored, code, filed, says, venue_of
from store.ledger import Ledger
from store.records import Filter, Paper

PAPERS = (
    Paper(
        "a",
        "We train RAG models with GRPO. Code: https://github.com/x/y.",
        "RAG",
        False,
        title="RAG: a paper",
        authors=("Bowen Yu", "Ada Müller"),
        categories=("cs.CL", "cs.AI"),
        created="2025-05-14",
        comment="Accepted to ACL 2025 (Main Conference)",
        arxiv_id="2505.00001",
    ),
    Paper(
        "b",
        r"Paragraphs on average leverage LLMs, see \href{https://github.com/x/z}{here}.",
        "B",
        True,
        authors=("Yu, Bo", "J. Smith"),
        categories=("Machine Learning (cs.LG)",),
        created="2025-05",
        comment="Submitted to ACL 2025",
    ),
    Paper("c", "GRPO-based training; naïve long  contexts, see x.github.io/p/.", "C", True, created="2025"),
    Paper("d", "A GRPOX of LLM and pragmatics.", "D", True, venue="EMNLP", comment="gitlab.inria.fr/a"),
)  # fmt: skip


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    opened = Ledger(tmp_path_factory.mktemp("filters") / "ledger.sqlite3", create=True)
    for paper in PAPERS:
        opened.put_paper(paper, sentences.split(paper.id, paper.abstract))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("filter", "passing"),
    [
        (Filter(phrases=("rag",)), "a"),
        (Filter(phrases=("GRPO",)), "ac"),
        (Filter(phrases=("llm",)), "bd"),
        (Filter(phrases=("LLMs",)), "b"),
        (Filter(phrases=("long context",)), "c"),
        (Filter(phrases=("naïve",)), "c"),
        (Filter(phrases=("GRPO", "rag")), "a"),
        (Filter(exclude=("GRPO",)), "bd"),
        (Filter(exclude=("GRPO", "leverage")), "d"),
        (Filter(titles=("a paper",)), "a"),
        (Filter(titles=("GRPO",)), ""),
        (Filter(authors=("bowen yu",)), "a"),
        (Filter(authors=("Yu",)), "ab"),
        (Filter(authors=("B. Yu",)), "ab"),
        (Filter(authors=("Muller", "Yu")), "a"),
        (Filter(authors=("Bow",)), ""),
        (Filter(categories=("CS.cl",)), "a"),
        (Filter(categories=("cs",)), "ab"),
        (Filter(categories=("machine learning",)), "b"),
        (Filter(categories=("c",)), ""),
        (Filter(venues=("ACL",)), "a"),
        (Filter(venues=("acl 2025",)), "a"),
        (Filter(venues=("EMNLP",)), "d"),
        (Filter(venues=("EMNLP 2025",)), ""),
        (Filter(has=("code",)), "abd"),
        (Filter(has=("github",)), "ab"),
        (Filter(lacks=("code",)), "c"),
        (Filter(has=("code", "venue")), "ad"),
        (Filter(lacks=("date",)), "d"),
        (Filter(has=("arxiv", "title", "authors", "categories", "comment")), "a"),
        (Filter(has=("doi",)), ""),
        (Filter(since="2025-05", until="2025-05"), "ab"),
        (Filter(since="2025", until="2025"), "abc"),
        (Filter(until="2025-05-14"), "a"),
    ],
    ids=lambda value: str(value) if isinstance(value, Filter) else value,
)
def test_the_right_papers_pass(ledger, filter, passing):
    assert "".join(ledger.ids(filter)) == passing


@pytest.mark.parametrize(
    ("filter", "untold"),
    [
        (Filter(), {}),
        (Filter(phrases=("GRPO",)), {}),
        (Filter(since="2025-05", until="2025-05"), {"date": "cd"}),
        (Filter(since="2025-05-20"), {"date": "bcd"}),
        (Filter(since="2026"), {"date": "d"}),
        (Filter(authors=("Yu",)), {"authors": "cd"}),
        (Filter(authors=("Yu",), phrases=("GRPO",)), {"authors": "c"}),
        (Filter(authors=("Yu",), since="2025-06"), {"date": "cd", "authors": "cd"}),
        (Filter(venues=("ACL",)), {"venue or comment": "c"}),
        (Filter(categories=("cs.CL",)), {"categories": "cd"}),
    ],
    ids=lambda value: str(value) if isinstance(value, Filter) else "",
)
def test_papers_that_do_not_tell_are_known(ledger, filter, untold):
    found = {
        fact: "".join(id for (id,) in ledger.read(f"SELECT id FROM papers WHERE {sql} ORDER BY row", values))
        for fact, sql, values in filters.undecided(filter)
    }
    assert found == untold


@pytest.mark.parametrize(
    ("filter", "cure"),
    [
        (Filter(since="yesterday"), "Write 2025"),
        (Filter(since="2025-02-30"), "calendar"),
        (Filter(since="2025", until="2024"), "Exchange"),
        (Filter(has=("cheese",)), "They can have: code"),
        (Filter(lacks=("x",)), "They can have: code"),
        (Filter(phrases=("--",)), "for example"),
        (Filter(exclude=("!",)), "for example"),
        (Filter(authors=("",)), "author:"),
        (Filter(categories=(".",)), "cat:cs.CL"),
        (Filter(venues=("?",)), "venue:"),
        (Filter(titles=(" ",)), "for example"),
    ],
)
def test_a_wrong_filter_says_what_is_right(ledger, filter, cure):
    with pytest.raises(FilterError, match=cure):
        ledger.count(filter)


def test_a_filter_says_in_words_what_it_asks():
    everything = Filter(
        "2025-05", "2025", "x", ("p1",), ("p2",), ("Bowen Yu",), ("cs.CL",), ("a",), ("ACL",), ("b",), ("c",),
        ("code",), ("doi",),
    )  # fmt: skip
    assert str(everything) == (
        'created since 2025-05 until 2025 and contains "x" and is p1 and is not p2 and by "Bowen Yu" and in '
        'category cs.CL and accepted at "ACL" and title mentions "a" and mentions "b" and does not mention '
        '"c" and has code and has no doi'
    )
    assert str(Filter()) == ""
    assert str(Filter(since="2025-05", until="2025-05")) == "created in 2025-05"


ODD = st.text(st.sampled_from("aGRPO1 -+'\"*():^_%sé中’\n"), min_size=1, max_size=8)


@given(text=st.text(st.sampled_from("aGRPO1 -+'\"*():^_%sé中’"), max_size=30), words=ODD)
def test_whole_words_are_those_that_an_expression_finds(text, words):
    phrase = filters.facts.fold(words)
    if not any(map(str.isalnum, phrase)):
        return
    before, behind = (
        (r"(?<![^\W_])" if phrase[0].isalnum() else ""),
        (r"s?(?![^\W_])" if phrase[-1].isalnum() else ""),
    )
    direct = re.search(before + re.escape(phrase) + behind, text.lower())
    assert says(text, phrase) is bool(direct)


@given(words=ODD)
def test_the_keyword_index_never_loses_a_paper_that_says_the_words(ledger, words):
    phrase = filters.facts.fold(words)
    if not any(map(str.isalnum, phrase)):
        return
    rows = ledger.read("SELECT id, readable, names FROM papers ORDER BY row")
    direct = [id for id, text, names in rows if says(text, phrase) or says(names, phrase)]
    assert ledger.ids(Filter(phrases=(words,))) == direct
    assert ledger.ids(Filter(exclude=(words,))) == [each.id for each in PAPERS if each.id not in direct]


@given(
    filter=st.builds(
        Filter,
        text=st.none() | ODD,
        authors=st.tuples() | st.tuples(ODD),
        categories=st.tuples() | st.tuples(ODD),
        venues=st.tuples() | st.tuples(ODD),
        titles=st.tuples() | st.tuples(ODD),
    )
)
def test_whatever_stands_in_a_filter_is_bound_and_never_syntax(ledger, filter):
    try:
        passing = set(ledger.ids(filter))
    except FilterError:
        return
    assert passing <= {paper.id for paper in PAPERS}
    assert passing == set(ledger.ids(replace(filter, exclude=("zzz",))))


def test_names_are_compared_by_whole_words_without_accents():
    assert authored('["Vincent C. M\\u00fcller"]', "vincent müller")
    assert authored('["M\\u00fcller, Vincent"]', "V. Muller")
    assert not authored('["V. Muller"]', "Vincent Muller")
    assert not authored('["Ada Yu", "Bowen Li"]', "Bowen Yu")
    assert not authored('["Zhang-Wei Hong", "Wei-Qiang Zhang"]', "Wei Zhang")
    assert authored('["Wei-Qiang Zhang"]', "Wei Qiang Zhang")
    assert authored('["Wei-Qiang Zhang"]', "W.-Q. Zhang")
    assert authored('["Ada Smith-Jones"]', "Jones")
    assert authored('["Sean O\'Brien"]', "o'brien")


def test_a_category_may_be_an_archive_or_stand_in_brackets():
    assert filed('["cs.CL"]', "cs")
    assert not filed('["physics.cs-x"]', "cs")
    assert filed('["Machine Learning (cs.LG)"]', "cs.lg")


@pytest.mark.parametrize(
    ("comment", "wanted", "named"),
    [
        ("Accepted to ACL 2025", "ACL", True),
        ("Accepted by ACL2025", "ACL 2025", True),
        ("ICCV'25", "ICCV 2025", True),
        ("NAACL 2025", "ACL", False),
        ("Submitted to ACL 2025", "ACL", False),
        ("Under review at ICLR 2026", "ICLR", False),
        ("Accepted at ICLR 2026; first submitted to NeurIPS", "ICLR 2026", True),
        ("EMNLP Findings 2025", "emnlp 2025", True),
        ("EMNLP 2024", "EMNLP 2025", False),
        ("12025 pages at ACL", "ACL 2025", False),
    ],
)
def test_a_comment_names_a_venue_unless_it_tells_of_a_submission(comment, wanted, named):
    assert accepted_at(None, comment, wanted) is named


@pytest.mark.parametrize(
    ("venue", "comment", "counted"),
    [
        ("Journal of  X", "ACL 2025", "Journal of X"),
        (None, "Accepted to ACL 2025 (Main Conference)", "ACL 2025"),
        (None, "12 pages, EMNLP Findings 2025", "EMNLP 2025"),
        (None, "Accepted by ICCV'25", "ICCV 2025"),
        (None, "Efficient Reasoning @ NeurIPS2025", "NeurIPS 2025"),
        (None, "Submitted to ACL 2025", None),
        (None, "25 pages, 1 figure", None),
        (None, "May 2025", None),
        (None, None, None),
    ],
)
def test_a_paper_is_counted_under_the_venue_that_it_names(venue, comment, counted):
    assert venue_of(venue, comment) == counted


def test_code_is_an_address_at_a_host_of_code():
    assert code("See https://github.com/QwenLM/x.")
    assert code("(www.github.com/x)")
    assert code("gitlab.inria.fr/a/b")
    assert not code("https://x.github.io/y")
    assert not code("on GitHub soon: github.com")
    assert not code("notgithub.com/x")
    assert not code("Code will be released.")
