"""Events into views, views into HTML: always escaped, the same for the same, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_events import ANSWERED, CLAIMS, GSPO, REFUSED, answered, refused

from chatbot.values import Claim, ClaimMade, Delta, FoundBy, Judged, Notice, Retrieved, Verdict
from chatbot.web.answer import as_text, turn
from chatbot.web.charts import bars, without_gaps
from chatbot.web.markup import Safe, el, join, link, text
from chatbot.web.meter import proven
from chatbot.web.papers import abstract, card, marks_of
from chatbot.web.prose import date, sentence, written
from chatbot.web.viewing import State, View, recalled, seen
from store import Collection
from store.plans import Group
from store.records import Paper


class Tags(HTMLParser):
    """What is in a piece of HTML: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def view_of(events: object) -> View:
    view = View("What is GSPO?")
    for event in events:  # type: ignore[attr-defined]
        view = seen(view, event)
    return view


@given(st.text())
def test_whatever_is_said_is_text_and_no_markup(said: str) -> None:
    found = Tags(el("p", said, title=said, data_text=said))
    assert [tag for tag, _ in found.tags] == ["p"]
    assert set(found.tags[0][1]) == {"title", "data-text"}
    for made in (sentence(said), sentence(said, numbers=True), written(said)):
        assert {tag for tag, _ in Tags(made).tags} <= {"b", "span", "strong", "code"}


def test_only_addresses_of_the_web_become_links() -> None:
    for address in (
        "javascript:alert(1)",
        "data:text/html,x",
        "JAVASCRIPT:x",
        "",
        None,
        "//evil.test",
        "file:///x",
    ):
        assert link(address, "a<b") == "a&lt;b"
    [(tag, attributes)] = Tags(link("https://arxiv.org/abs/1", "paper")).tags
    assert tag == "a"
    assert attributes["rel"] == "noopener noreferrer"


def test_a_tag_is_a_name_and_safe_text_stays_what_it_is() -> None:
    with pytest.raises(ValueError, match="no tag"):
        el("img src=x onerror=alert(1)")
    assert join(Safe("<b>"), "<b>", None, ["<i>", 3]) == "<b>&lt;b&gt;&lt;i&gt;3"
    assert text("a\u202eb\u0007") == "ab"


def test_a_view_grows_with_its_events_and_is_the_same_when_it_is_recalled() -> None:
    view = view_of(answered())
    assert view.state is State.DONE
    assert [span.claim for span in view.spans] == list(CLAIMS)
    assert view.notices == ("The endpoint is slow.",)
    kept = recalled(ANSWERED)
    assert [span.claim for span in kept.spans] == list(CLAIMS)
    assert [span.numbers for span in kept.spans] == [(1,), (1,), ()]
    assert as_text(kept) == as_text(view)


def test_thinking_that_was_taken_for_an_answer_goes_when_the_answer_begins() -> None:
    wrong = Claim("Let me think.", Verdict.UNSUPPORTED, FoundBy.NONE)
    view = view_of([Delta("Let me think."), ClaimMade(0, wrong), Delta(" Well"), Notice("It was thinking.")])
    view = seen(seen(view, Delta("\nGSPO clips whole sequences.")), ClaimMade(0, CLAIMS[0], (1,)))
    assert [span.claim for span in view.spans] == [CLAIMS[0]]


def test_a_turn_says_what_is_waited_for_until_there_is_something_to_read() -> None:
    view = View("Which?")
    assert "Searching" in turn(view, lambda _: (), 0)
    assert "Reading 0 papers" in turn(seen(view, Retrieved("Which?", ())), lambda _: (), 0)
    assert "Judging papers: 3 of 39, 1 sure" in turn(seen(view, Judged(3, 39, 1)), lambda _: (), 0)
    assert 'aria-busy="true"' in turn(view, lambda _: (), 0)


def test_every_verdict_has_a_shape_a_word_and_what_is_missing() -> None:
    html = turn(view_of(answered()), lambda _: (), 0)
    for words in ("supported", "partly supported", "not in the papers", "nothing shown says it"):
        assert words in Tags(html).words
    assert "1 of 3 sentences proven" in html
    assert proven(CLAIMS) == "1 of 3 sentences proven"


def test_a_refusal_names_the_nearest_papers_and_a_failure_keeps_the_question() -> None:
    html = turn(view_of(refused()), lambda _: (), 0)
    assert "The papers don&#x27;t say." in html
    assert "PLawBench" in html
    failed = replace(View("Lost?"), state=State.FAILED, error="The endpoint is down. Start it.")
    assert {"again", "edit"} <= {each.get("data-do") for _, each in Tags(turn(failed, lambda _: (), 0)).tags}
    assert REFUSED.text in recalled(REFUSED).answer.text  # type: ignore[union-attr]


def test_the_sentences_that_prove_are_marked_in_the_whole_abstract(seeded: Collection) -> None:
    paper = seeded.paper("PLawBench")
    assert paper is not None
    sentences = seeded.sentences(paper.id)
    cited = next(each for each in sentences if "850" in each.text)
    from chatbot.values import Evidence

    shown = Evidence(paper.id, cited.number, cited.start, cited.end, cited.text)
    claim = Claim("It has 850.", Verdict.SUPPORTED, FoundBy.SCHEMA, (shown,))
    html = abstract(paper, sentences, marks_of((claim,), paper.id))
    marks = [attributes for tag, attributes in Tags(html).tags if tag == "mark"]
    assert [mark["data-sentence"] for mark in marks] == [str(cited.number)]
    assert "<b>850</b>" in html
    assert len(Tags(html).words.split()) == sum(len(each.readable.split()) for each in sentences)


def test_a_card_copies_bibtex_and_links_only_to_the_web() -> None:
    bad = replace(GSPO, arxiv_id=None, url="javascript:alert(1)", title="<script>x</script>")
    found = Tags(card(bad, (), {}))
    assert not [each for tag, each in found.tags if tag in ("a", "script")]
    assert any("@misc" in (each.get("data-text") or "") for _, each in found.tags)


def test_dates_are_written_for_people() -> None:
    assert [date(each) for each in ("2025-07-04", "2025-07", "2025", "2025-13", "soon", None)] == [
        "4 Jul 2025",
        "Jul 2025",
        "2025",
        "2025",
        "soon",
        "",
    ]


def test_maths_is_marked_for_typesetting_and_readable_without() -> None:
    [(tag, attributes)] = Tags(sentence("It is $2.5\\times$ faster.")).tags
    assert tag == "span"
    assert attributes == {"class": "tex", "data-tex": "2.5\\times"}
    assert Tags(sentence("It is $2.5\\times$ faster.")).words == "It is 2.5× faster."


@given(st.lists(st.tuples(st.integers(1990, 2030), st.integers(1, 12)), unique=True, min_size=1))
def test_charts_have_a_bar_for_every_month_between(months: list[tuple[int, int]]) -> None:
    groups = [Group(f"{year}-{month:02}", 1) for year, month in months]
    filled = list(without_gaps(groups))
    places = [int(each.key[:4]) * 12 + int(each.key[5:]) for each in filled]
    assert places == list(range(min(places), max(places) + 1))
    assert sum(each.count for each in filled) == len(groups)
    assert bars(groups, "by month").startswith("<figure")


def test_papers_without_a_sentence_still_show_their_abstract() -> None:
    assert "Nothing &lt;cut&gt;." in abstract(Paper("p", "Nothing <cut>.", "x", True), (), {})
