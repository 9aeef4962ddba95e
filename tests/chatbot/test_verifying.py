"""The fast verdict: what it must never call supported, and what it must."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support_pairs import FALSE, MISSED, TRUE, UNPROVEN

from chatbot.values import Verdict
from chatbot.verifying import Judgement, Passage, judge
from chatbot.verifying.names import definitions, missing_names, names
from chatbot.verifying.normal import normal
from chatbot.verifying.quantities import quantities


def judged(claim: str, *evidence: str, known: tuple[str, ...] = ()) -> Judgement:
    return judge(claim, [Passage(text, known) for text in evidence])


@pytest.mark.parametrize(("claim", "evidence"), sorted(set(TRUE) - set(UNPROVEN)))
def test_a_paraphrase_is_supported(claim: str, evidence: str) -> None:
    judgement = judged(claim, evidence)
    assert (judgement.verdict, judgement.missing) == (Verdict.SUPPORTED, ())


@pytest.mark.parametrize(("claim", "evidence"), sorted(set(FALSE) - set(MISSED)))
def test_a_claim_with_one_fact_changed_is_not_supported_and_says_why(claim: str, evidence: str) -> None:
    judgement = judged(claim, evidence)
    assert judgement.verdict is not Verdict.SUPPORTED
    assert judgement.missing


@pytest.mark.parametrize(("claim", "evidence"), MISSED)
@pytest.mark.xfail(strict=True, reason="who does what to whom needs more than words: a model's verdict")
def test_a_claim_that_only_a_model_can_see_through(claim: str, evidence: str) -> None:
    assert judged(claim, evidence).verdict is not Verdict.SUPPORTED


# Verdicts and their order


def test_nothing_supports_a_claim_without_evidence_or_words() -> None:
    assert judged("Training is stable.").missing == ("no evidence",)
    assert judged(" . ", "Training is stable.").missing == ("it says nothing",)


def test_a_conflict_weighs_more_than_a_missing_name() -> None:
    judgement = judged("Alpha-7 increases peak memory by 41%.", "We reduce peak memory by 41%.")
    assert judgement.verdict is Verdict.CONTRADICTED


def test_half_of_what_is_claimed_is_partial_and_the_rest_is_named() -> None:
    evidence = "Alpha-7 was trained on 18 trillion tokens of web text."
    judgement = judged("Alpha-7 was trained on 18 trillion tokens of web text for 30 days.", evidence)
    assert judgement.verdict is Verdict.PARTIAL
    assert any('"30' in each for each in judgement.missing)


@pytest.mark.parametrize(
    ("claim", "lacking"),
    [
        ("Alpha was trained on Beta2.5-7B and 5.9% on R1-Distilled-7B.", "trained"),
        ("Alpha was quantized from Beta2.5-7B with 35.9% on GPT-4o-2024.", "quantized"),
    ],
)
def test_long_names_and_numbers_do_not_outweigh_what_is_said_of_them(claim: str, lacking: str) -> None:
    said = "Alpha achieves a 35.9% improvement on Beta2.5-7B and GPT-4o-2024, and 5.9% on R1-Distilled-7B."
    found = judge(claim, [Passage(said, ("Alpha",))])
    assert found.verdict is Verdict.PARTIAL
    assert found.missing == (f"not in evidence: {lacking}",)


def test_a_claim_about_something_else_is_unsupported() -> None:
    assert judged("Bananas grow in warm countries.", "Training is stable.").verdict is Verdict.UNSUPPORTED


def test_words_scattered_over_several_sentences_prove_nothing() -> None:
    one, other = "Beta-2 is a language model.", "Gamma was developed by a laboratory in Delta."
    assert (
        judged("Beta-2 was developed by a laboratory in Delta.", one, other).verdict is not Verdict.SUPPORTED
    )


def test_two_clauses_may_rest_on_two_sentences() -> None:
    one, other = "Beta-2 was trained on 3 trillion tokens.", "Beta-2 reaches 71.5 on MathBench."
    claim = "Beta-2 was trained on 3 trillion tokens, and Beta-2 reaches 71.5 on MathBench."
    assert judged(claim, one, other).verdict is Verdict.SUPPORTED


def test_a_known_name_stands_for_we() -> None:
    evidence = "We outperform Beta-2 on all tasks."
    assert judged("Alpha-7 outperforms Beta-2 on all tasks.", evidence).verdict is not Verdict.SUPPORTED
    assert judged("Alpha-7 outperforms Beta-2 on all tasks.", evidence, known=("Alpha-7",)).verdict is (
        Verdict.SUPPORTED
    )
    reversed_ = judged("Beta-2 outperforms Alpha-7 on all tasks.", evidence, known=("Alpha-7",))
    assert reversed_.verdict is Verdict.CONTRADICTED


def test_a_sentence_about_another_subject_is_not_supported() -> None:
    evidence = "We outperform Beta-2 on MathBench by 3.1 points with half the memory."
    assert judged(f"Gamma{evidence[2:]}", evidence).missing == ("not in evidence: Gamma",)


def test_how_a_sentence_is_tied_to_the_one_before_is_no_part_of_it() -> None:
    for tie in ("Additionally, ", "However, ", "According to the paper, "):
        assert judged(f"{tie}training is stable.", "Training is stable.").verdict is Verdict.SUPPORTED


# Quantities


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("18 trillion tokens", 18e12, ""),
        ("18T tokens", 18e12, ""),
        ("12,500 items", 12500, ""),
        ("12500 items", 12500, ""),
        ("12.5k items", 12500, ""),
        ("a 0.6B model", 6e8, ""),
        ("32B parameters", 32e9, ""),
        ("21.59x faster", 21.59, "x"),
        ("21.59$\\times$ faster", 21.59, "x"),
        ("3 times faster", 3, "x"),
        ("3-fold", 3, "x"),
        ("threefold", 3, "x"),
        ("twice as fast", 2, "x"),
        ("7\\% fewer", 7, "%"),
        ("7 percent fewer", 7, "%"),
        ("7 per cent fewer", 7, "%"),
        ("4.5 points", 4.5, "points"),
        ("4.5 percentage points", 4.5, "points"),
        ("4.5% points", 4.5, "points"),
        ("three roles", 3, ""),
        ("twenty languages", 20, ""),
        ("two hundred hours", 200, ""),
        ("a loss of -3.2", -3.2, ""),
        ("$5 each", 5, "$"),
    ],
)
def test_quantities_are_read_with_scale_and_unit(text: str, value: float, unit: str) -> None:
    [found] = quantities(text)
    assert (found.value, found.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize(
    "text",
    (  # noqa: SIM905
        "Qwen2.5 GPT-4o AIME24 pass@8 Qwen2.5-72B Gemini-2.0 (1) (2) zero-shot 2D top-k one ResNet-50 v2.0 "
        "GPT-4-turbo Llama-3.1-8B"
    ).split(),
)
def test_digits_of_names_and_enumerations_are_no_quantities(text: str) -> None:
    assert quantities(text) == ()


def test_a_range_shares_its_unit_and_scale() -> None:
    assert [(q.value, q.unit) for q in quantities("from 4 to 8%")] == [(4, "%"), (8, "%")]
    assert [q.value for q in quantities("0.6 to 235 billion parameters")] == [0.6e9, 235e9]
    assert [q.unit for q in quantities("3 to 7x")] == ["x", "x"]


# Names


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Qwen3 is open.", "Qwen3-VL is open."),
        ("Qwen2.5 is open.", "Qwen2 is open."),
        ("It uses GPT-4.", "It uses GPT-4o."),
        ("It uses GRPO.", "It uses GSPO."),
        ("It beats AlphaGo.", "It beats AlphaZero."),
        ("Alpha reaches more.", "Alpha-7 reaches more."),
    ],
)
def test_a_name_is_not_said_by_another_like_it(claim: str, evidence: str) -> None:
    assert missing_names(claim, [evidence])


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("It uses Qwen2.5 72B.", "It uses Qwen2.5-72B."),
        ("It uses Qwen2.5-72B.", "It uses Qwen2.5 72B."),
        ("It beats LLMs.", "It beats an LLM."),
        ("It is GSPO's idea.", "It is the idea of GSPO."),
        ("AlpacaEval 2 is hard.", "Alpaca Eval-2 is hard."),
        ("It is GRPO.", "It is GRPO-based."),
        ("It uses GPT-4o.", "It uses Gemini-2.0/GPT-4o."),
        ("STP is fast.", "Staged Token Pruning (STP) is fast."),
        ("Staged Token Pruning (STP) is fast.", "STP is fast."),
        ("Training is stable.", "We see stable training."),
    ],
)
def test_a_name_is_said_in_any_spelling(claim: str, evidence: str) -> None:
    assert missing_names(claim, [evidence]) == ()


def test_a_capital_at_a_sentences_head_makes_no_name() -> None:
    assert names("Training is stable. Memory falls.") == ()
    assert names("We thank Paris for Training.") == ("Paris", "Training")


def test_acronyms_are_known_by_their_definitions() -> None:
    assert definitions("We propose Staged Token Pruning (STP), and more.") == (
        ("STP", "Staged Token Pruning"),
    )


# Laws

_WORDS = """
we the model method training memory data tokens accuracy increases reduces is are not only some all may and
but while on with without of before after 12 41% 3.5x 84.2 two GSPO Alpha-7 MathBench outperforms , ; ( )
$\\alpha$ compared respectively from to first then fails
"""
_sentences = st.lists(st.sampled_from(_WORDS.split()), min_size=1, max_size=25).map(" ".join)


@given(st.text(), st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=2))
def test_judging_never_raises(claim: str, evidence: list[str], known: list[str]) -> None:
    judgement = judge(claim, [Passage(text, tuple(known)) for text in evidence])
    assert 0 <= judgement.coverage <= 1
    assert bool(judgement.missing) is (judgement.verdict is not Verdict.SUPPORTED)


@given(_sentences, st.lists(_sentences, max_size=2))
def test_a_copy_of_its_evidence_is_always_supported(sentence: str, others: list[str]) -> None:
    """The law: a text that is more than punctuation is supported by itself, whatever stands beside it."""
    assume(normal(sentence).strip(" .,;:!?"))
    assert judged(sentence, sentence).verdict is Verdict.SUPPORTED
    assert judged(sentence, *others, sentence).verdict is Verdict.SUPPORTED


@given(st.text())
def test_a_copy_of_any_text_is_supported(text: str) -> None:
    assume(normal(text).strip(" .,;:!?"))
    assert judged(text, text).verdict is Verdict.SUPPORTED


@given(_sentences, st.data())
def test_one_changed_digit_is_never_supported(sentence: str, data: st.DataObject) -> None:
    places = [place for place, character in enumerate(sentence) if character.isdigit()]
    assume(places)
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([each for each in "123456789" if each != sentence[place]]))
    changed = sentence[:place] + digit + sentence[place + 1 :]
    there = {quantity.value for quantity in quantities(sentence)} | set(names(sentence))
    # Where the new number is said by the sentence too, it may be a true claim.
    assume(not {quantity.value for quantity in quantities(changed)} | set(names(changed)) <= there)
    assert judged(changed, sentence).verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("claim", "evidence", "proven"),
    [
        (
            "TreeNet relies on hand-written rules.",
            "However, existing parsers rely on hand-written rules.",
            False,
        ),
        (
            "TreeNet relies on costly labels.",
            "While these approaches are fast, they rely on costly labels.",
            False,
        ),
        (
            "Existing parsers rely on hand-written rules.",
            "Existing parsers rely on hand-written rules alone.",
            True,
        ),
        ("TreeNet relies on raw text.", "Unlike existing parsers, our method relies on raw text.", True),
        ("TreeNet outperforms existing parsers.", "Existing parsers are outperformed by TreeNet.", True),
        ("TreeNet relies on raw text.", "Existing parsers need rules, but we rely on raw text.", True),
    ],
)
def test_what_is_said_of_others_is_not_said_of_the_paper(claim: str, evidence: str, proven: bool) -> None:
    judgement = judge(claim, [Passage(evidence, ("TreeNet",))])
    assert (judgement.verdict is Verdict.SUPPORTED) is proven, judgement


def test_what_stands_otherwise_is_named() -> None:
    evidence = "FlexCache keeps full attention on fresh tokens and sparse attention on old ones."
    swapped = judged("FlexCache keeps sparse attention on fresh tokens.", evidence)
    assert swapped.verdict is Verdict.PARTIAL
    assert "together" in swapped.missing[0]
    assert not swapped.settled  # a model may know better


def test_a_long_sentence_that_says_one_word_again_and_again_costs_no_time() -> None:
    evidence = " ".join(["data", "model"] * 190)
    claim = " ".join(["model", "data"] * 190)
    assert judged(claim, evidence).verdict is not Verdict.CONTRADICTED
    longer = judged(" ".join(["model", "model", "data"] * 900), " ".join(["data", "model"] * 2100))
    assert longer.verdict is Verdict.PARTIAL
