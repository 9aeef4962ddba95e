"""What a question takes for granted, and whether a paper denies it."""

from __future__ import annotations

import pytest

from chatbot.evidence import Scored
from chatbot.premises import doubted, premise
from chatbot.values import Verdict
from store.records import Paper, Sentence


def ranked(*texts: str, label: str = "Alpha-7") -> list[Scored]:
    paper = Paper("p1", " ".join(texts), label, True)
    found, at = [], 0
    for number, text in enumerate(texts, start=1):
        sentence = Sentence("p1", number, at, at + len(text), text, text)
        found.append(Scored(paper, sentence, 1.0 / number, 0.5, None))
        at += len(text) + 1
    return found


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        ("Why did Alpha-7 fail to converge?", "Did Alpha-7 fail to converge?"),
        ("why doesn't pruning help", "Doesn't pruning help?"),
        ("How does the router reduce latency?", "Does the router reduce latency?"),
        ("By how much does A1 outperform B2?", "Does A1 outperform B2?"),
        ("How much faster is A1 than B2?", "Is A1 faster than B2?"),
        ("What makes Alpha-7 unstable?", "Is Alpha-7 unstable?"),
        ("And why is Alpha-7 slower?", "Is Alpha-7 slower?"),
    ],
)
def test_a_question_about_a_reason_takes_the_rest_for_granted(asked: str, taken: str) -> None:
    assert premise(asked) == taken


@pytest.mark.parametrize(
    "asked",
    [
        "What is Alpha-7?",
        "Does Alpha-7 converge?",
        "How many tasks are there?",
        "Which model wins?",
        "Why?",
        "",
    ],
)
def test_other_questions_take_nothing_for_granted(asked: str) -> None:
    assert premise(asked) is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Why did Alpha-7 fail to stabilise MoE training?", "Alpha-7 stabilizes MoE training."),
        ("How does Alpha-7 increase peak memory?", "Alpha-7 reduces peak memory by 41%."),
        ("By how much does GRPO outperform Alpha-7?", "Alpha-7 outperforms GRPO by 12 points."),
        ("How much slower is Alpha-7 than GRPO?", "Alpha-7 is much faster than GRPO."),
        ("How does Alpha-7 improve accuracy by 30%?", "Alpha-7 improves accuracy by 12%."),
        ("Why doesn't Alpha-7 need a critic?", "Alpha-7 does need a critic."),
        ("Why does Alpha-7 need a critic?", "Alpha-7 does not need a critic."),
    ],
)
def test_a_premise_that_a_sentence_denies_is_named_with_it(asked: str, said: str) -> None:
    claim = doubted(asked, ranked("We present Alpha-7, a method for training.", said))
    assert claim is not None
    assert claim.verdict is Verdict.CONTRADICTED
    assert [each.text for each in claim.evidence] == [said]
    assert claim.missing


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Why does Alpha-7 stabilise MoE training?", "Alpha-7 stabilizes MoE training."),
        ("How does Alpha-7 reduce peak memory?", "Alpha-7 reduces peak memory by 41%."),
        ("By how much does Alpha-7 outperform GRPO?", "Alpha-7 outperforms GRPO by 12 points."),
        ("How does Alpha-7 improve accuracy?", "Alpha-7 improves accuracy by 12%."),
        ("Why does Alpha-7 need no critic?", "Alpha-7 does not need a critic."),
        ("Why is Alpha-7 used in hospitals?", "Alpha-7 reduces peak memory by 41%."),
    ],
)
def test_a_premise_that_nothing_denies_is_left_alone(asked: str, said: str) -> None:
    assert doubted(asked, ranked("We present Alpha-7, a method for training.", said)) is None


def test_a_premise_that_some_sentence_says_is_not_doubted() -> None:
    said = ("Alpha-7 does not need a critic on small tasks.", "Alpha-7 needs a critic.")
    assert doubted("Why does Alpha-7 need a critic?", ranked(*said)) is None
