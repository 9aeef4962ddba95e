"""From a statement to a claim."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.citing import Statement
from chatbot.evidence import Pack, Shown
from chatbot.proving import prove, second_look, unknown
from chatbot.values import FoundBy, JudgedBy, Verdict
from chatbot.verifying import Passage, judge
from chatbot.verifying.asking import DOUBTED
from store.records import Paper, Sentence

TEXTS = {
    "1.1": "We introduce Alpha-7, a model with 13B parameters.",
    "1.2": "It was trained on 4.5 trillion tokens of web text.",
    "1.3": "We outperform Beta-2 on MathBench by 3.1 points.",
    "2.1": "Gamma is a benchmark of 900 questions in 12 languages.",
    "2.2": "All questions were written by experts.",
}
PAPERS = {"1": Paper("p1", "", "Alpha-7", True), "2": Paper("p2", "", "Gamma", True)}
PACK = Pack(
    tuple(
        Shown(key, PAPERS[key[0]], Sentence(PAPERS[key[0]].id, int(key[2:]), 0, len(text), text, text))
        for key, text in TEXTS.items()
    ),
    "",
)


def proven(text: str, *keys: str) -> tuple[Verdict, FoundBy, list[str], tuple[str, ...]]:
    claim, lost = prove(Statement(text, keys, FoundBy.MARKER if keys else FoundBy.NONE), PACK, unknown)
    return claim.verdict, claim.found_by, [each.text for each in claim.evidence], lost


@pytest.mark.parametrize("keys", [("1.2",), ("1",), (), ("2.1",), ("9.9",), ("1.2", "2.2")])
def test_a_true_statement_finds_its_sentence_whatever_it_names(keys: tuple[str, ...]) -> None:
    verdict, found_by, evidence, lost = proven("It was trained on 4.5 trillion tokens.", *keys)
    assert (verdict, evidence) == (Verdict.SUPPORTED, [TEXTS["1.2"]])
    right = bool({"1", "1.2"} & set(keys))
    assert found_by is (FoundBy.MARKER if right else FoundBy.ALIGNMENT)
    assert lost == (("9.9",) if "9.9" in keys else ())


def test_a_paper_s_name_stands_for_we_in_its_own_sentences_only() -> None:
    assert proven("Alpha-7 outperforms Beta-2 on MathBench by 3.1 points.")[0] is Verdict.SUPPORTED
    assert proven("Gamma outperforms Beta-2 on MathBench by 3.1 points.")[0] is not Verdict.SUPPORTED


def test_a_false_number_keeps_the_sentence_that_says_otherwise() -> None:
    verdict, _, evidence, _ = proven("Gamma is a benchmark of 800 questions in 12 languages.", "2.1")
    assert verdict is Verdict.CONTRADICTED
    assert evidence == [TEXTS["2.1"]]


def test_an_unproven_statement_has_no_evidence() -> None:
    verdict, found_by, evidence, _ = proven("Zebras sleep standing up.", "1.1")
    assert (verdict, found_by, evidence) == (Verdict.UNSUPPORTED, FoundBy.NONE, [])


@given(
    st.text(max_size=80), st.lists(st.sampled_from([*TEXTS, "1", "2", "3", "7.7"]), max_size=4, unique=True)
)
def test_every_key_is_either_used_or_told(text: str, keys: list[str]) -> None:
    claim, lost = prove(Statement(text, tuple(keys), FoundBy.MARKER), PACK, unknown)
    assert set(lost) == set(keys) & {"3", "7.7"}
    assert bool(claim.evidence) is (claim.verdict is not Verdict.UNSUPPORTED)
    assert {each.text for each in claim.evidence} <= set(TEXTS.values())


@given(st.sampled_from(sorted(TEXTS)), st.lists(st.sampled_from([*TEXTS, "1", "2"]), max_size=3, unique=True))
def test_a_sentence_that_was_copied_is_proven_by_what_it_was_copied_from(key: str, keys: list[str]) -> None:
    claim, _ = prove(Statement(TEXTS[key], tuple(keys), FoundBy.MARKER), PACK, unknown)
    assert claim.verdict is Verdict.SUPPORTED
    assert [each.text for each in claim.evidence] == [TEXTS[key]]


# Asked again


def again(text: str, odds: float | None, *keys: str) -> tuple[Verdict, JudgedBy, tuple[str, ...]] | None:
    """What a claim becomes when a judge gives `odds`, with the threshold at 0; None if it stays."""
    claim, _ = prove(Statement(text, keys, FoundBy.MARKER if keys else FoundBy.NONE), PACK, unknown)
    found = second_look(claim, PACK, unknown, lambda passages: odds, 0.0)
    return None if found is None else (found.verdict, found.judged_by, found.missing)


PARAPHRASE = "It learnt from 4.5 trillion tokens gathered on the internet."


def test_a_model_s_yes_proves_what_the_rules_left_open() -> None:
    assert proven(PARAPHRASE)[0] is Verdict.PARTIAL
    assert again(PARAPHRASE, 1.0) == (Verdict.SUPPORTED, JudgedBy.MODEL, ())
    assert again(PARAPHRASE, -1.0) is not None
    assert again(PARAPHRASE, -1.0)[0] is Verdict.PARTIAL  # type: ignore[index]


def test_nobody_is_believed_who_does_not_answer() -> None:
    assert again(PARAPHRASE, None) is None


@pytest.mark.parametrize(
    "text",
    [
        "It was trained on 9.5 trillion tokens of web text.",
        "Gamma is a benchmark of 800 questions in 12 languages.",
        "Beta-2 outperforms Alpha-7 on MathBench by 3.1 points.",
    ],
)
def test_what_numbers_and_conflicts_have_settled_no_model_overrules(text: str) -> None:
    assert again(text, 20.0) is None


def test_a_quotation_needs_no_model() -> None:
    asked: list[object] = []
    claim, _ = prove(Statement("All questions were written by experts.", (), FoundBy.NONE), PACK, unknown)
    assert second_look(claim, PACK, unknown, lambda passages: asked.append(passages), 0.0) is None
    assert asked == []


def test_a_model_s_clear_no_takes_away_what_words_alone_granted() -> None:
    turned = "Web text was trained on 4.5 trillion tokens of it."
    assert proven(turned)[0] is Verdict.SUPPORTED
    assert again(turned, 0.5) is None
    assert again(turned, -3.0) == (Verdict.PARTIAL, JudgedBy.MODEL, (DOUBTED,))


def test_a_near_copy_and_a_strange_name_need_a_surer_yes() -> None:
    copy = "Gamma is a benchmark of 900 puzzles in 12 languages."
    assert judge(copy, [Passage(TEXTS["2.1"])]).verdict is not Verdict.SUPPORTED
    strange = "Experts of Holmia composed every question there is."
    weak, strong = again(strange, 0.2, "2.2"), again(strange, 1.0, "2.2")
    assert weak is not None
    assert strong is not None
    assert weak[0] is not Verdict.SUPPORTED
    assert strong[0] is Verdict.SUPPORTED


def test_a_model_is_asked_about_the_claim_s_own_sentence_and_its_neighbours() -> None:
    asked: list[list[str]] = []

    def ask(passages: object) -> float:
        asked.append([each.text for each in passages])  # type: ignore[attr-defined]
        return 1.0

    claim, _ = prove(Statement(PARAPHRASE, ("1.2",), FoundBy.MARKER), PACK, unknown)
    found = second_look(claim, PACK, unknown, ask, 0.0)
    assert found is not None
    assert TEXTS["1.2"] in asked[0]
    assert all(text in (TEXTS["1.1"], TEXTS["1.2"], TEXTS["1.3"]) for text in asked[0])
    assert [each.text for each in found.evidence] == [TEXTS["1.2"]]
    doubted = second_look(claim, PACK, unknown, lambda passages: -3.0, 0.0)
    assert doubted is not None
    assert doubted.evidence == claim.evidence


def test_what_adds_nothing_to_a_model_s_yes_is_no_evidence() -> None:
    # Its name stands in both sentences, and what is claimed in one alone.
    claimed = "Alpha-7 consumed 4.5 trillion tokens scraped anywhere."
    claim, _ = prove(Statement(claimed, ("1.1", "1.2"), FoundBy.MARKER), PACK, unknown)
    found = second_look(claim, PACK, unknown, lambda passages: 9.0, 0.0)
    assert found is not None
    assert found.verdict is Verdict.SUPPORTED
    assert [each.text for each in found.evidence] == [TEXTS["1.2"]]
