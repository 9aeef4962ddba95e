"""A conversation for others: Markdown, JSON, BibTeX, and HTML in which nobody's text does anything."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import scripted_events as script
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from session_values import TEXTS, answers

from chatbot.errors import SessionError
from chatbot.sessions import Saved, SavedTurn, Session, State
from chatbot.sessions.export import FORMATS, exported, markdown, page, write
from chatbot.sessions.export.laying import pieces
from chatbot.values import Citation, Style
from store.readers import read_text
from store.records import Filter

SESSION = Session("ab12", "papers", "What is GSPO?", "2026-01-01T10:00:00", "2026-01-01T11:00:00", 3)


def saved(*found):
    """A conversation of these answers, or turns."""
    turns = [
        each
        if isinstance(each, SavedTurn)
        else SavedTurn(number, each.question, "2026-01-01", State.FINISHED, each.text, each)
        for number, each in enumerate(found, 1)
    ]
    return Saved(SESSION, tuple(turns))


STOPPED = SavedTurn(3, "And?", "2026", State.STOPPED, "GSPO cl", filter=Filter(since="2025"))
TALK = saved(script.ANSWERED, script.REFUSED, STOPPED)


def test_markdown_has_answers_markers_verdicts_and_references():
    assert markdown(TALK) == (
        "# What is GSPO?\n\nAbout the collection papers, begun 2026-01-01.\n\n"
        "## 1. What is GSPO?\n\n"
        "GSPO clips whole sequences. [1] It is 30 times faster. [1] ◐ It needs no critic. ?\n\n"
        'Not proven:\n\n- ◐ partial: It is 30 times faster. ("30" not in evidence)\n'
        "- ? unsupported: It needs no critic. (nothing shown says it)\n\n"
        "*1 of 3 sentences proven, qwen*\n\n"
        "## 2. Why?\n\nThe papers don't say.\n\n"
        "Nearest papers:\n\n- PLawBench: “PLawBench has 850 questions.”\n\n*refused*\n\n"
        "## 3. And?\n\nAsked of papers: created since 2025.\n\nGSPO cl\n\n"
        "*This answer was stopped before its end*\n\n"
        "## References\n\n[1] GSPO. 2025-07-24. <https://arxiv.org/abs/2507.18071>\n"
    )


def test_json_has_claims_and_evidence():
    shape = json.loads(exported(TALK, "json"))
    claim = shape["turns"][0]["answer"]["claims"][0]
    assert claim["evidence"][0]["text"] == "GSPO clips whole sequences."
    assert shape["papers"][0]["abstract"] == script.GSPO.abstract


def test_bibtex_has_the_cited_papers_once():
    text = exported(saved(script.ANSWERED, script.EXTRACT), "bibtex")
    assert [record.abstract for record in read_text(text, "a.bib")] == [script.GSPO.abstract]


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.addresses, self.text = [], [], ""
        self._style = False

    def handle_starttag(self, tag, attrs):
        self._style = tag == "style"
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("href", "src", "action")]
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)

    def handle_data(self, data):
        self.text += "" if self._style else data

    def handle_endtag(self, tag):
        self._style = False


def parsed(text):
    reader = Reader()
    reader.feed(text)
    return reader


ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "div", "article", "span",
    "a", "details", "summary", "ul", "li", "blockquote", "section", "mark",
    "table", "tr", "th", "td",
}  # fmt: skip


def test_the_page_shows_every_sentence_with_its_verdict_and_its_proof():
    text = page(TALK)
    assert '<span class="claim partial">It is 30 times faster.</span> <a href="#ref-1">[1]</a>' in text
    assert 'aria-label="partial"' in text
    assert "◐ partial:" in text
    assert "“It is 21.59× faster.”" in text
    assert "<mark>GSPO clips whole sequences.</mark> <mark>It is 21.59× faster.</mark>" in text
    assert "prefers-color-scheme: dark" in text
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text


TABLE = replace(
    script.ANSWERED,
    style=Style.TABLE,
    text="| paper | statement | proof |\n|---|---|---|\n"
    "| GSPO | GSPO clips whole sequences. | [1] supported |\n"
    "| a\\|b | It needs no critic. | not proven |",
    claims=(script.CLAIMS[0], script.CLAIMS[2]),
)
LIST = replace(TABLE, style=Style.LIST, text="- GSPO clips whole sequences. [1]\n- It needs no critic.")


def test_a_table_and_a_list_stay_what_they_are():
    text = markdown(saved(TABLE, LIST))
    assert "| paper | statement | proof |\n|---|---|---|\n| GSPO | GSPO clips whole sequences. |" in text
    assert "| a\\|b | It needs no critic. ? | not proven |\n" in text
    assert "- GSPO clips whole sequences. [1]\n- It needs no critic. ?\n" in text
    shown = page(saved(TABLE, LIST))
    assert '<tr><td>GSPO</td><td><span class="claim supported">GSPO clips whole' in shown
    assert '<li><span class="claim unsupported">It needs no critic.</span>' in shown


def test_the_page_loads_nothing_and_runs_nothing():
    read = parsed(page(TALK))
    assert set(read.tags) <= ALLOWED
    assert set(read.addresses) == {"#ref-1", "https://arxiv.org/abs/2507.18071"}


EVIL = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'`"


@given(answers(), TEXTS)
@settings(max_examples=15, phases=(Phase.explicit, Phase.generate))
def test_nobodys_text_becomes_html(answer, title):
    read = parsed(page(replace(saved(answer), session=replace(SESSION, title=title + EVIL))))
    assert set(read.tags) <= ALLOWED
    assert all(re.match(r"#ref-|https?://", each) for each in read.addresses)


def test_poisoned_papers_questions_and_answers_are_text():
    paper = replace(script.GSPO, title=EVIL, abstract=EVIL, arxiv_id=None, url="javascript:alert(1)")
    claim = replace(script.CLAIMS[0], text=EVIL)
    answer = replace(
        script.ANSWERED, question=EVIL, text=f"{EVIL} [1]", claims=(claim,), citations=(Citation(1, paper),)
    )
    read = parsed(page(saved(answer)))
    assert set(read.tags) <= ALLOWED
    assert "javascript:alert(1)" not in read.addresses
    assert "<script>" in read.text
    assert "<script>" not in markdown(saved(answer))
    assert "javascript:" not in markdown(saved(answer))


@given(answers(), st.sampled_from(sorted(FORMATS)))
@settings(max_examples=15, phases=(Phase.explicit, Phase.generate))
def test_every_answer_can_be_exported(answer, format):
    if format == "json" and "inf" in repr(answer):
        return  # JSON has no word for it
    exported(saved(answer), format).encode()


@given(answers())
@settings(max_examples=15, phases=(Phase.explicit, Phase.generate))
def test_pieces_are_the_whole_text(answer):
    laid = "".join(piece.text for piece in pieces(answer))
    without = re.compile(r"(?:\s*\[\d+\])+")
    assert without.sub("", laid) == without.sub("", answer.text)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "a.md"
    write(TALK, "markdown", file)
    assert file.read_text(encoding="utf-8") == markdown(TALK)
    assert file.stat().st_mode & 0o777 == 0o600
    for wrong in (tmp_path, tmp_path / "no" / "a.md"):
        with pytest.raises(SessionError, match="Choose a file"):
            write(TALK, "markdown", wrong)
    assert list(tmp_path.iterdir()) == [file]
