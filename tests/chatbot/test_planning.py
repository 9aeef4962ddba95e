"""Questions about several papers: parted in their own words, never lost, never searched for without end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot import planning
from chatbot.dividing import divided
from chatbot.planning import MOST_PARTS, Known, by_rules, looks_parted, named_in
from chatbot.searching import MOST_SEARCHES, Searches
from chatbot.values import PlannedBy, SearchPart, SearchPlan
from store import Collection
from store.keywords import content_stems
from store.records import Filter

ASKED = "How do WebSailor and DeepMiner differ in how they make training questions?"


def parts(collection: Collection, question: str) -> list[str]:
    plan = by_rules(question, named_in(collection))
    return [part.query for part in plan.parts] if plan else []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            ASKED,
            [
                "WebSailor in how they make training questions",
                "DeepMiner in how they make training questions",
            ],
        ),
        ("WebSailor vs DeepMiner", ["WebSailor", "DeepMiner"]),
        (
            "What do SPELL and QwenLong-L1 have in common in their use of data?",
            ["SPELL in their use of data", "QwenLong-L1 in their use of data"],
        ),
        (
            "Compare Qwen2, Qwen2.5 and Qwen3 on long context.",
            ["Qwen2 on long context", "Qwen2.5 on long context", "Qwen3 on long context"],
        ),
        (
            "Do both Qwen3 Embedding and WebSailor support many languages?",
            ["Qwen3 Embedding support many languages", "WebSailor support many languages"],
        ),
        ("What is the difference between ToolRM and WorldPM?", ["ToolRM", "WorldPM"]),
        ("Which of PLawBench and MTR-Bench is larger?", ["PLawBench is larger", "MTR-Bench is larger"]),
        (
            "How does WebSailor's training differ from DeepMiner's?",
            ["WebSailor training", "DeepMiner training"],
        ),
        (
            "How many questions does PLawBench contain, and what does MTR-Bench evaluate?",
            ["How many questions does PLawBench contain", "what does MTR-Bench evaluate"],
        ),
        ("Compare 2507.02592 with 2510.08276 on data", ["2507.02592 on data", "2510.08276 on data"]),
        # A name that one paper alone uses, where it is what is compared.
        ("Compare DUPO and GSPO", ["DUPO", "GSPO"]),
    ],
)
def test_what_names_several_papers_gets_a_search_for_each(
    seeded: Collection, question: str, expected: list[str]
) -> None:
    assert parts(seeded, question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What does GSPO change compared with GRPO?",  # no paper is about GRPO alone
        "Which Qwen3 models does Qwen3Guard build on?",  # two names, no comparison
        "How do Alphanet and Zorbium differ?",
        "How does Qwen3-VL-Embedding compare with Qwen3-VL-Reranker?",  # one paper
        "How do models differ?",
        "What is GSPO and how does it work?",
        "",
    ],
)
def test_what_is_about_one_paper_or_none_stays_whole(seeded: Collection, question: str) -> None:
    assert parts(seeded, question) == []


def test_a_name_that_is_no_paper_stays_in_what_all_parts_ask(seeded: Collection) -> None:
    found = parts(seeded, "How do WebSailor and DeepMiner do on BrowseComp and Zorbium?")
    assert found == ["WebSailor do on BrowseComp and Zorbium", "DeepMiner do on BrowseComp and Zorbium"]


def test_subjects_beyond_the_fourth_are_named_not_forgotten(seeded: Collection) -> None:
    question = "Compare GSPO, SPELL, MUSEG, ToolRM, CoRT and START."
    plan = by_rules(question, named_in(seeded))
    assert plan is not None
    assert ([part.subject for part in plan.parts], plan.beyond) == (
        ["GSPO", "SPELL", "MUSEG", "ToolRM"],
        ("CoRT", "START"),
    )
    assert "CoRT, START" in planning.told(plan)


NAMES = ("Alpha-1", "BetaNet", "GAMMA", "DeltaX", "EpsilonQA", "ZetaRL")
GLUE = "how do does and or vs compare differ in common between both of training the data , ? ; what"
WORDS = (*NAMES, *GLUE.split())


def alike(name: str) -> Known:
    return Known((name,), own=True) if name in NAMES else Known()


@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text())
def test_a_plan_is_made_of_the_question_s_words_and_loses_no_subject(question: str) -> None:
    plan = by_rules(question, alike)
    if plan is None:
        return
    assert 2 <= len(plan.parts) <= MOST_PARTS
    words = set(re.split(r"[\s,;?]+", question))
    for part in plan.parts:
        assert set(part.query.split()) <= words
        assert part.subject in part.query or set(part.subject.split()) <= set(part.query.split())
    named = {name for name in NAMES if name in words}
    kept = " ".join([*(part.query for part in plan.parts), *plan.beyond]).split()
    assert named <= set(kept)


@given(st.text(), st.lists(st.text(), max_size=6))
def test_a_model_s_plan_has_no_word_of_its_own(question: str, searches: list[str]) -> None:
    plan = divided(question, searches)
    for part in plan.parts if plan else ():
        assert content_stems(part.query) <= content_stems(question)


def test_a_model_s_parts_are_believed_only_in_the_question_s_words() -> None:
    question = "How do outcome supervision and process supervision differ in cost?"
    plan = divided(question, ["outcome supervision cost", "process supervision cost"])
    assert plan is not None
    assert plan.made_by is PlannedBy.MODEL
    assert divided(question, ["outcome supervision cost", "DeepMind supervision"]) is None
    assert divided(question, ["outcome", "cost"]) is None, "it forgets half"
    assert divided(question, ["process supervision", "process supervision?"]) is None
    assert divided(question, [question]) is None


def test_a_model_may_part_only_what_compares_unnamed_things(seeded: Collection) -> None:
    named = named_in(seeded)
    assert looks_parted("What is the difference between outcome and process supervision?", named)
    assert looks_parted("How are errors found, and which rewards are verifiable?", named)
    assert not looks_parted("What does GSPO change compared with GRPO?", named)
    assert not looks_parted("What is reward hacking and how is it reduced?", named)
    assert not looks_parted("How many questions are there?", named)


# The searches


@pytest.mark.parametrize("count", range(5))
def test_searches_are_bounded_and_each_part_is_told(seeded: Collection, count: int) -> None:
    plan = SearchPlan(
        tuple(SearchPart(f"zebra{place}", f"zebra{place} bananas") for place in range(count)),
        translated_from="Chinese",
        original="斑马吃香蕉吗",
    )
    searches = Searches(seeded, 8, Filter())
    found = searches.found("Do zebras eat bananas?", plan)
    assert searches.count == min(2 + 2 * count, MOST_SEARCHES) <= 10
    assert found.plan is not None
    assert [(part.found, part.again) for part in found.plan.parts] == [(False, True)] * count


def test_each_part_s_paper_is_found_and_its_sentences_take_turns(seeded: Collection) -> None:
    plan = by_rules(ASKED, named_in(seeded))
    found = Searches(seeded, 8, Filter()).found(ASKED, plan)
    assert [hit.paper.label for hit in found.hits[:2]] == ["WebSailor", "DeepMiner"]
    assert [each.paper.label for each in found.ranked[:2]] == ["WebSailor", "DeepMiner"]
    assert [group[0].paper.label for group in found.groups[:2]] == ["WebSailor", "DeepMiner"]
    assert len(found.hits) <= 8


def test_a_part_whose_paper_the_filter_hides_is_told(seeded: Collection) -> None:
    plan = by_rules(ASKED, named_in(seeded))
    found = Searches(seeded, 8, Filter(since="2025-10")).found(ASKED, plan)
    assert found.plan is not None
    assert [(part.subject, part.found) for part in found.plan.parts] == [
        ("WebSailor", False),
        ("DeepMiner", True),
    ]
    assert all(hit.paper.label != "WebSailor" for hit in found.hits)


def test_fewer_papers_than_parts_are_not_more(seeded: Collection) -> None:
    found = Searches(seeded, 1, Filter()).found(ASKED, by_rules(ASKED, named_in(seeded)))
    assert [hit.paper.label for hit in found.hits] == ["WebSailor"]


def test_planning_costs_an_ordinary_question_no_look_up(tmp_path: Path) -> None:
    def never(name: str) -> Known:
        raise AssertionError(name)

    assert by_rules("How many questions does PLawBench contain?", never) is None
    assert not looks_parted("How many questions does PLawBench contain?", never)
