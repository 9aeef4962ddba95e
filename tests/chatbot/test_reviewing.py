"""A literature review: grouped, written in batches, proven, quoted where it is not, and as a page."""

import json
import re

import bibtexparser
import pytest
from click.testing import CliRunner

from chatbot import assembly, discovery
from chatbot.calibration import DEFAULT
from chatbot.cli import cli
from chatbot.errors import ModelUnreachable
from chatbot.model import FirstToken
from chatbot.model.metered import Metered
from chatbot.model.scripted import ScriptedModel
from chatbot.reviewing.page import markdown, plain
from chatbot.reviewing.parts import Reviewed, Writing
from chatbot.reviewing.themes import chosen_name, grouped, terms, vectors
from chatbot.reviewing.writing import Writer, written
from chatbot.settings import Settings
from chatbot.topics.judging import NEUTRAL
from chatbot.topics.reading import named
from chatbot.values import FoundBy, Judged, JudgedBy, Notice, Usage, Verdict
from store.collection import Collection
from store.embedding import HashEmbedder
from store.records import Record, Source

SHOWN = re.compile(r"^(\d+)\.(\d+) (.+)$", re.MULTILINE)
TOPIC = "long context"


class Writes(ScriptedModel):
    """Judges every paper to belong; writes one shown sentence of each paper, and what `besides` holds."""

    def __init__(self, besides=(), name="long context", fails_at=None, **how):
        super().__init__(**how)
        self.besides = list(besides)
        self.theme = name
        self.fails_at = fails_at
        self.written = 0

    def first_token(self, messages, top=20):
        super().first_token(messages, top)
        if "abstract of one paper" not in messages[0].content:
            return FirstToken({}, Usage())
        nothing = messages[-1].content.partition("\nText: ")[2].startswith(NEUTRAL)
        scores = {"yes": -5.0, "no": -0.01} if nothing else {"yes": -0.01, "no": -5.0}
        return FirstToken(scores, Usage(9, 1))

    def stream(self, messages, *, schema=None, max_tokens=None, thinking=None):
        self._replies = iter([self._reply])
        yield from super().stream(messages, schema=schema, max_tokens=max_tokens)

    def _reply(self, call):
        asked = call.messages[-1].content
        if "Name the group" in asked:
            return json.dumps({"name": self.theme})
        if "An earlier answer" in asked:
            return json.dumps({"claims": []})
        self.written += 1
        if self.fails_at == self.written:
            raise ModelUnreachable("Nothing answers. Start it.")
        first = {}
        for paper, number, text in SHOWN.findall(asked):
            first.setdefault(paper, (f"{paper}.{number}", text))
        claims = [{"from": [key], "say": text} for key, text in first.values()]
        claims += [{"from": [next(iter(first.values()))[0]], "say": each} for each in self.besides]
        return json.dumps({"claims": claims})


def run(collection, model, topic=TOPIC, **how):
    writer = Writer(model and Metered(model), lambda claim, passages: None, DEFAULT)
    settings = Settings(home=collection.folder, cache=collection.folder)
    events = list(written(named(topic), collection, writer, settings, lambda: 0.0, **how))
    assert isinstance(events[-1], Reviewed)
    return events, events[-1].review


@pytest.fixture
def own(tmp_path):
    """Six papers in two plain groups, in a collection that may be written."""
    texts = {
        "Cat": "We study feline whiskers in large rooms. Whiskers bend when cats run. It is so.",
        "Cat2": "We study feline whiskers in small rooms. Whiskers bend when cats jump. It is so.",
        "Cat3": "We study feline whiskers at night. Whiskers bend when cats sleep. It is so.",
        "Sea": "We study deep ocean currents with feline robots. Ocean water flows in deep currents.",
        "Sea2": "We study warm ocean currents with feline robots. Ocean water flows in warm currents.",
        "Sea3": "We study cold ocean currents with feline robots. Ocean water flows in cold currents.",
    }
    with Collection.open(tmp_path, embedder=HashEmbedder(), create=True) as made:
        made.ingest(
            Record(text, Source("a", line), title=name, authors=("Ada Ng",), created="2025")
            for line, (name, text) in enumerate(texts.items(), 1)
        )
        yield made


def test_every_sentence_is_proven_by_the_sentence_it_cites(own):
    _, review = run(own, Writes(), "feline robots")
    claims = [claim for theme in review.themes for claim in theme.claims]
    assert review.sentences == len(claims) >= 6
    assert {claim.verdict for claim in claims} == {Verdict.SUPPORTED}
    abstracts = {paper.id: paper.abstract for paper in own.papers()}
    for claim in claims:
        for each in claim.evidence:
            assert abstracts[each.paper][each.start : each.end] == each.text
    assert {citation.paper.id for citation in review.citations} == set(abstracts)
    assert [citation.number for citation in review.citations] == list(range(1, 7))


def test_what_is_not_proven_is_withdrawn_and_counted(own):
    model = Writes(besides=["Whiskers cure 99 % of all colds."])
    _, review = run(own, model, "feline robots")
    assert len(review.withdrawn) == model.written > 0
    page = markdown(review)
    assert "99" not in page
    assert f"{len(review.withdrawn)} were withdrawn as not proven." in page


def test_papers_are_asked_about_in_batches_and_a_large_theme_once_more(seeded):
    model = Writes(window=100_000)
    events, review = run(seeded, model)
    assert len(review.topic.sure) == 39
    shown = [
        {paper for paper, _, _ in SHOWN.findall(call.messages[-1].content)}
        for call in model.calls
        if call.schema and "claims" in str(call.schema)
    ]
    large = [theme for theme in review.themes if len(theme.papers) > 4]
    assert sum(len(papers) <= 4 for papers in shown) >= 10
    assert large
    assert [each.done for each in events if isinstance(each, Writing)][-1] == 39
    # Every sentence stands once, though it was written again for the whole theme.
    for theme in review.themes:
        texts = [claim.text.casefold() for claim in theme.claims]
        assert len(texts) == len(set(texts))


def test_a_small_window_makes_smaller_batches_and_every_paper_is_still_written_of(own):
    settings = Settings(home=own.folder, cache=own.folder)
    narrow = settings.max_tokens + 400 + 90
    wide, small = Writes(), Writes(window=narrow)
    run(own, wide, "feline robots")
    _, review = run(own, small, "feline robots")
    assert small.written > wide.written
    assert {paper.id for theme in review.themes for paper in theme.papers} == {
        citation.paper.id for citation in review.citations
    }


def test_without_a_model_each_paper_is_quoted_with_the_sentence_for_which_it_belongs(seeded):
    events, review = run(seeded, None)
    assert review.model is None
    assert [each.done for each in events if isinstance(each, Judged)] == list(range(1, 40))
    claims = [claim for theme in review.themes for claim in theme.claims]
    assert len(claims) == len(review.topic.sure) > 4
    assert {claim.found_by for claim in claims} == {FoundBy.EXTRACT}
    sure = {each.paper.id: each.evidence for each in review.topic.sure}
    assert all(claim.evidence == (sure[claim.evidence[0].paper],) for claim in claims)
    assert "written by no model" in markdown(review)


def test_those_that_may_belong_are_listed_or_taken_in(seeded):
    _, without = run(seeded, None)
    _, taken_in = run(seeded, None, uncertain=True)
    may = {each.paper.id for each in without.topic.uncertain}
    assert may
    assert not may & {citation.paper.id for citation in without.citations}
    assert may <= {citation.paper.id for citation in taken_in.citations}
    assert "## Not certain to belong" in markdown(without)
    assert "## Not certain to belong" not in markdown(taken_in)


def test_a_model_that_stops_answering_leaves_the_rest_to_quotations(own):
    events, review = run(own, Writes(fails_at=2), "feline robots")
    assert any(isinstance(each, Notice) and "own sentences" in each.text for each in events)
    assert any("stopped answering" in each for each in review.dropped)
    kinds = {claim.found_by for theme in review.themes for claim in theme.claims}
    assert FoundBy.EXTRACT in kinds
    assert len(review.citations) == 6


def test_judgements_are_kept_between_reviews(own):
    run(own, Writes(), "feline robots")
    again = Writes()
    run(own, again, "feline robots")
    assert not [call for call in again.calls if "abstract of one paper" in call.messages[0].content]


def test_no_paper_no_theme(own):
    _, review = run(own, None, "tax law")
    assert (review.themes, review.citations) == ((), ())
    assert "No paper surely belongs to the topic." in markdown(review)


def test_the_same_papers_fall_into_the_same_themes(seeded):
    papers = seeded.papers()
    points = vectors(papers, seeded)
    groups = grouped(points)
    assert groups == grouped(points.copy())
    assert sorted(row for group in groups for row in group) == list(range(39))
    assert 2 <= len(groups) <= 8
    assert [len(group) for group in groups] == sorted(map(len, groups), reverse=True)
    assert grouped(points[:0]) == []
    assert grouped(points[:3]) == [[0, 1, 2]]
    # Papers that are all alike are no error.
    alike = vectors([papers[0]] * 9, seeded)
    assert sorted(row for group in grouped(alike) for row in group) == list(range(9))


def test_plainly_different_papers_are_parted_and_named_by_their_words(own):
    papers = own.papers()
    groups = [[papers[row] for row in rows] for rows in grouped(vectors(papers, own))]
    assert {frozenset(paper.label[:3] for paper in group) for group in groups} == {
        frozenset({"Cat"}),
        frozenset({"Sea"}),
    }
    for group, name in zip(groups, terms(groups, "feline"), strict=True):
        assert "feline" not in name
        assert any(word in group[0].abstract.lower() for word in name.split(", "))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ('{"name": "Ocean currents"}', "Ocean currents"),
        ('{"name": "Quantum finance"}', None),
        ('{"name": ""}', None),
        ('{"name": 7}', None),
        ("Ocean currents", None),
        ('{"name": "ocean water currents deep warm cold robots flows water ocean"}', None),
    ],
)
def test_a_models_name_is_taken_only_if_the_abstracts_have_its_words(own, said, name):
    sea = [paper for paper in own.papers() if paper.label.startswith("Sea")]
    assert chosen_name(sea, "x", "robots", ScriptedModel([said]), 64) == name


def test_a_name_by_a_model_is_said_to_be_one(own):
    _, review = run(own, Writes(name="study"), "feline robots")
    assert {theme.named_by for theme in review.themes} == {JudgedBy.MODEL}
    _, review = run(own, Writes(name="Quantum finance"), "feline robots")
    assert {theme.named_by for theme in review.themes} == {JudgedBy.RULES}


@pytest.mark.parametrize(
    "evil",
    [
        "# Heading",
        "- item",
        "1. item",
        "> quoted",
        "[text](javascript:alert(1))",
        "![image](http://x/y.png)",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "`code` *bold* _it_ **b** ~~s~~",
        "| a | b |",
        "line\n\n# Heading\n\n[1]: http://x",
        "&lt;b&gt; \x1b[31m\u202e",
        "=====",
        "---",
        "+ plus",
    ],
)
def test_nothing_in_titles_labels_and_sentences_marks_anything_up(evil):
    text = plain(evil)
    assert "\n" not in text
    assert "<" not in text
    assert not re.search(r"(?<!\\)[`*_\[\]|#]", text)
    assert not re.match(r"(?:[-+=>]|\d+\.) ?", text)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_titles_in_the_references_are_plain(tmp_path):
    evil = "[click](http://evil) <b># Cows"
    with Collection.open(tmp_path, embedder=HashEmbedder(), create=True) as made:
        made.ingest(
            [Record("We study cows on farms. They are big.", Source("a", 1), title=evil, url="x y>z")]
        )
        _, review = run(made, None, "cows")
    page = markdown(review)
    assert len(review.citations) == 1
    assert "[click]" not in page.replace("\\[click\\]", "")
    assert "<b>" not in page
    assert "x y&gt;z" in page


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("CHATBOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "discover", list)
    monkeypatch.setattr(assembly, "local_file", lambda settings: None)
    monkeypatch.setattr(assembly, "embedder", lambda settings: HashEmbedder())
    assert CliRunner().invoke(cli, ["ingest", "--demo"]).exit_code == 0
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_the_command_prints_the_page_or_writes_it_with_its_references(shell, tmp_path):
    printed = shell("review", "--no-model", "long context")
    assert printed.exit_code == 0
    assert printed.stdout.startswith("# Literature review: long context\n")
    out = tmp_path / "own.md"
    assert shell("review", "--no-model", "long", "context", "--out", out).exit_code == 0
    assert out.read_text("utf-8") == printed.stdout
    entries = bibtexparser.parse_string((tmp_path / "own.bib").read_text("utf-8")).entries
    assert len(entries) == printed.stdout.split("## References")[1].count("\n[")
    again = shell("review", "--no-model", "long context", "--out", out)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert shell("review", "--no-model", "long context", "--out", out, "--force").exit_code == 0
    assert sorted(path.suffix for path in tmp_path.glob("own*")) == [".bib", ".md"]


def test_references_of_another_page_are_not_written_over(shell, tmp_path):
    (tmp_path / "own.bib").write_text("mine")
    assert shell("review", "--no-model", "long context", "--out", tmp_path / "own.md").exit_code == 2
    assert (tmp_path / "own.bib").read_text() == "mine"
    assert not (tmp_path / "own.md").exists()


def test_wrong_use_and_no_paper_are_told(shell, tmp_path):
    assert shell("review", "--no-model", "tax law for penguins").exit_code == 3
    assert shell("review", "?!").exit_code == 2
    wrong = shell("review", "long context", "--out", tmp_path / "own.docx")
    assert (wrong.exit_code, ".md" in wrong.stderr) == (2, True)


def test_filters_hold_in_a_review_too(shell):
    shape = json.loads(shell("review", "--no-model", "--json", "long context since:2025-05").stdout)
    every = json.loads(shell("review", "--no-model", "--json", "long context").stdout)
    assert shape["topic"]["passing"] < every["topic"]["passing"] == 39
    assert all(citation["created"] >= "2025-05" for citation in shape["citations"])
    assert shape["markdown"].startswith("# Literature review")
