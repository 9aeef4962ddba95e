"""The JSON shape is what docs/json.md says, whatever the values are."""

import json
import re
from dataclasses import replace
from pathlib import Path

from chatbot import shapes
from chatbot.reviewing.parts import Review, Theme
from chatbot.sessions import Saved, SavedTurn, Session, State
from chatbot.values import (
    Answer,
    Citation,
    Claim,
    Evidence,
    FoundBy,
    JudgedBy,
    NearMiss,
    PlannedBy,
    SearchPart,
    SearchPlan,
    Standing,
    Status,
    Timings,
    Topic,
    TopicCensus,
    TopicPaper,
    TopicPlan,
    Usage,
    Verdict,
)
from store.ingesting import IngestReport
from store.plans import By, Census, Do, Entry, Group, Plan
from store.records import Filter, Hit, Paper, Reject, Source
from store.shelves import Shelf

DOCUMENT = Path(__file__).parents[2] / "docs" / "json.md"

EVIDENCE = Evidence("p1", 1, 0, 11, "GSPO clips.")
PAPER = Paper("p1", "GSPO clips.", "GSPO", True, sources=(Source("a.txt", 3),), arxiv_id="2507.18071")
ANSWER = Answer(
    question="Q?",
    standalone_question="Q?",
    status=Status.ANSWERED,
    text="It clips. [1]",
    claims=(Claim("It clips.", Verdict.SUPPORTED, FoundBy.MARKER, (EVIDENCE,)),),
    citations=(Citation(1, PAPER),),
    near_misses=(NearMiss(PAPER, EVIDENCE),),
    premise=Claim("Does it?", Verdict.CONTRADICTED, FoundBy.ALIGNMENT, (EVIDENCE,)),
    withdrawn=(Claim("It flies.", Verdict.UNSUPPORTED, FoundBy.NONE),),
    full_text=(PAPER,),
    dropped=("a marker that pointed nowhere",),
    usage=Usage(12, 3),
    timings=Timings(0.1, 0.2, 0.3, 0.4),
    model="qwen",
    fingerprint="f",
    plan=SearchPlan((SearchPart("GSPO", "GSPO clips", ("p1",), found=True),), PlannedBy.RULES, ("START",)),
)


def documented(heading):
    """The keys of the tables between a heading of the document and the next of the same or a higher level."""
    text = DOCUMENT.read_text(encoding="utf-8")
    start = text.index(f"\n{heading}\n") + 1
    end = re.search(r"\n#+ ", text[start + len(heading) :])
    section = text[start : start + len(heading) + end.start()] if end else text[start:]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_an_answer_has_exactly_the_documented_keys():
    shape = shapes.answer(ANSWER)
    assert list(shape) == documented("## An answer: `chatbot ask --json`")
    assert list(shape["claims"][0]) == documented("### Each of `claims`")
    assert list(shape["premise"]) == list(shape["withdrawn"][0]) == list(shape["claims"][0])
    assert list(shape["claims"][0]["evidence"][0]) == documented("### Each of `evidence`")
    reference = documented("### Each of `citations`")
    assert list(shape["citations"][0]) == reference
    assert list(shape["near_misses"][0]) == reference[1:] + documented("### Each of `near_misses`")
    assert list(shape["usage"]) == documented("### `usage`")
    assert list(shape["timings"]) == documented("### `timings`")
    assert list(shape["filter"]) == documented("### `filter`")
    assert shape["census"] is None
    assert list(shape["plan"]) == documented("### `plan`")
    assert list(shape["plan"]["parts"][0]) == documented("### Each of the `parts` of a plan")


def test_a_conversation_has_exactly_the_documented_keys():
    session = Session("ab", "papers", "What?", "2026-01-01", "2026-01-02", 1)
    [listed] = shapes.sessions([session])
    assert list(listed) == documented("## Saved conversations: `chatbot sessions --json`")
    turn = SavedTurn(1, "What?", "2026-01-01", State.FINISHED, ANSWER.text, ANSWER)
    shape = shapes.saved(Saved(session, (turn,)))
    own = documented("## A conversation: `chatbot sessions show --json`")
    assert own == ["turns", "papers"]
    assert list(shape) == ["version", *listed, "papers"]
    assert list(shape["turns"][0]) == documented("### Each of the `turns` of a conversation")
    assert shape["turns"][0]["answer"] == shapes.answer(ANSWER)
    assert shape["papers"] == [shapes.paper(PAPER)]


def test_a_census_has_exactly_the_documented_keys():
    entry = Entry("p1", "GSPO", None, "2507.18071", None, None, ("A",), ("cs.CL",), "2025-07", None, None)
    plan = Plan(Do.COUNT, Filter(since="2025"), By.MONTH, 3)
    counted = Census(plan, 9, 2, (entry,), (Group("2025-07", 2),), 1, (("date", 4),))
    shape = shapes.answer(replace(ANSWER, status=Status.CENSUS, census=counted))["census"]
    assert list(shape) == documented("### `census`")
    assert list(shape["papers"][0]) == documented("### Each of the `papers` of a census")
    assert (shape["plan"], shape["more_papers"]) == ("count by month (3 most) where created since 2025", 1)
    assert shape["untold"] == [{"fact": "date", "count": 4}]
    own = shapes.counted(counted, "Two.")
    assert list(own) == documented("## A census: `chatbot census --json`") + list(shape)


def test_a_census_over_a_topic_has_exactly_the_documented_keys():
    topic = Topic("use GRPO", "Does the paper use GRPO?", "use GRPO", "use")
    belongs = TopicPaper(PAPER, Standing.SURE, EVIDENCE, JudgedBy.MODEL, 2.5)
    found = TopicCensus(TopicPlan(Do.COUNT, topic, Filter(since="2025")), 9, 3, 2, (belongs,))
    answer = replace(ANSWER, status=Status.CENSUS, topic=found)
    shape = shapes.answer(answer)["topic"]
    assert list(shape) == documented("### `topic`")
    references = documented("### Each of `citations`")[1:]
    assert list(shape["sure"][0]) == references + documented(
        "### Each of the `sure` and `uncertain` of a topic"
    )
    assert shape["plan"] == 'count where created since 2025 and judged to "use GRPO"'
    own = shapes.judged(found, "One.", "qwen", ("a note",))
    assert list(own) == documented("### Asked over a topic") + list(shape)


def test_a_review_has_exactly_the_documented_keys():
    found = TopicCensus(TopicPlan(Do.LIST, Topic("are about x", "Is the paper about x?", "x")), 9, 3, 2)
    theme = Theme("clipping", (PAPER,), ANSWER.claims)
    shape = shapes.review(Review(found, (theme,), ANSWER.citations, ANSWER.withdrawn), "# A page")
    assert list(shape) == documented("## A review: `chatbot review --json`")
    assert list(shape["themes"][0]) == documented("### Each of the `themes` of a review")


def test_papers_and_hits_have_exactly_the_documented_keys():
    (paper,) = shapes.papers([PAPER])
    assert list(paper) == documented("## Papers: `chatbot papers --json`")
    assert paper["sources"] == [{"name": "a.txt", "line": 3}]
    (hit,) = shapes.hits([Hit(PAPER, 0.9, None, 0.7)])
    assert list(hit) == documented("## Hits: `chatbot search --json`")
    assert (hit["rank"], hit["score"], hit["keyword"], hit["vector"]) == (1, 0.9, None, 0.7)


def test_an_error_has_exactly_the_documented_keys():
    shape = shapes.error("ModelUnreachable", "Nothing answers.")
    assert list(shape) == documented("## Errors")
    assert shape["error"] == {"type": "ModelUnreachable", "message": "Nothing answers."}


def test_what_an_ingest_did_has_exactly_the_documented_keys():
    shape = shapes.ingested(IngestReport(3, 1, rejects=(Reject(Source("a.txt", 7), "too short", "Hm"),)))
    assert list(shape) == documented("## What an ingest did: `chatbot ingest --json`")
    assert shape["rejects"] == [{"name": "a.txt", "line": 7, "reason": "too short", "excerpt": "Hm"}]


def test_collections_have_exactly_the_documented_keys():
    (shelf,) = shapes.collections([Shelf("papers", 9, None, 2, 1)], "papers")
    assert list(shelf) == documented("## Collections: `chatbot collections --json`")
    assert (shelf["in_use"], shelf["papers"], shelf["vectors"], shelf["problem"]) == (True, 2, 1, None)


def test_an_empty_answer_has_the_same_keys_as_a_full_one():
    empty = shapes.answer(Answer("Q?", "Q?", Status.REFUSED, ""))
    assert list(empty) == list(shapes.answer(ANSWER))
    assert empty["model"] is None
    assert empty["timings"]["total"] is None
    assert empty["claims"] == empty["citations"] == empty["near_misses"] == empty["dropped"] == []


def test_texts_survive_json_verbatim_even_where_only_ascii_can_be_written():
    odd = Answer("Was heißt $\\alpha$? \x1b[31m \ud800", "Q?", Status.REFUSED, "„Ja“")
    for ascii_only in (True, False):
        text = shapes.dumps(shapes.answer(odd), ascii_only=ascii_only)
        assert json.loads(text) == shapes.answer(odd)
    assert shapes.dumps(shapes.answer(odd), ascii_only=True).isascii()


def test_the_verdicts_and_states_are_the_documented_words():
    text = DOCUMENT.read_text(encoding="utf-8")
    for word in (*Status, *Verdict, *FoundBy):
        assert f"`{word.value}`" in text
