"""Thoughts and answer are told apart, whatever the chunks."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.model import Part, Retraction, TextPart, ThoughtPart
from chatbot.model.thinking import Splitter


def split(
    chunks: list[str], *, complete: bool = True, opened: bool = False, json: bool = False
) -> list[Part]:
    splitter = Splitter(opened=opened, json=json)
    parts = [part for chunk in chunks for part in splitter.feed(chunk)]
    return parts + list(splitter.end(complete=complete))


def fold(parts: list[Part]) -> tuple[str, str]:
    """What a consumer ends up with: the answer and the thoughts."""
    answer, thoughts = "", ""
    for part in parts:
        match part:
            case TextPart(text):
                answer += text
            case ThoughtPart(text):
                thoughts += text
            case Retraction():
                thoughts += answer
                answer = ""
    return answer, thoughts


@pytest.mark.parametrize(
    ("text", "answer", "thoughts"),
    [
        ("Plain.", "Plain.", ""),
        ("<think>Hm.</think>\n\nYes.", "Yes.", "Hm."),
        ("<think>\n\n</think>\n\nYes.", "Yes.", ""),
        ("Hm, well.</think>Yes.", "Yes.", "Hm, well."),
        ("<think>Never closed. Yes.", "", "Never closed. Yes."),
        ("<think>a<think>b</think>c</think>d", "d", "abc"),
        ("One. <think>Hm.</think>Two.", "One. Two.", "Hm."),
        ("1 < 2 and 2 </b> <thin> 3", "1 < 2 and 2 </b> <thin> 3", ""),
        ("ends in <thin", "ends in <thin", ""),
        ("", "", ""),
        ("</think>", "", ""),
    ],
)
def test_thoughts_are_kept_apart(text: str, answer: str, thoughts: str) -> None:
    assert fold(split([text])) == (answer, thoughts)
    assert fold(split(list(text))) == (answer, thoughts)


pieces = st.sampled_from(["<think>", "</think>", "<", "</", "think>", "a", " ", "\n", "{", "b.", "<thinker>"])


@given(
    st.lists(pieces, max_size=12), st.lists(st.integers(0, 60)), st.booleans(), st.booleans(), st.booleans()
)
def test_chunks_never_change_the_result(
    texts: list[str], cuts: list[int], opened: bool, json: bool, complete: bool
) -> None:
    text = "".join(texts)
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[start:end] for start, end in itertools.pairwise(edges)]

    def result(chunks: list[str]) -> tuple[str, str]:
        answer, thoughts = fold(split(chunks, opened=opened, json=json, complete=complete))
        return answer, "".join(thoughts.split())  # white space between thoughts carries nothing

    assert result(chunks) == result([text]) == result(list(text))


@given(st.text(alphabet="ab <{", max_size=30), st.text(alphabet="ab <{", max_size=30), st.booleans())
def test_what_stands_before_a_closing_tag_is_never_answer(before: str, after: str, opened: bool) -> None:
    answer, thoughts = fold(split(list(before + "</think>" + after), opened=opened))
    assert (answer, thoughts) == (after.lstrip(), before.lstrip())


def test_a_reply_known_to_begin_as_thinking_needs_no_retraction() -> None:
    parts = split(["Hm", ", well.</th", "ink>", "Yes."], opened=True)
    assert Retraction() not in parts
    assert fold(parts) == ("Yes.", "Hm, well.")


def test_a_reply_wrongly_taken_for_thinking_is_given_whole_at_its_end() -> None:
    assert split(["It is", " four."], opened=True)[-1] == TextPart("It is four.")
    assert fold(split(["It is", " fo"], opened=True, complete=False)) == ("", "It is fo")


def test_a_tag_inside_the_json_that_was_asked_for_is_text() -> None:
    text = '{"text": "They wrap thoughts in <think> and </think>."}'
    assert fold(split(list(text), json=True)) == (text, "")
    assert fold(split(list("Hm.</think>" + text), json=True)) == (text, "Hm.")
    assert fold(split(list(text), json=True, opened=True)) == (text, "")


def test_the_splitter_tells_what_to_expect_of_the_next_reply() -> None:
    surprised = Splitter()
    list(surprised.feed("Hm.</think>Yes."))
    assert surprised.retracted
    mistaken = Splitter(opened=True)
    list(mistaken.feed("Yes."))
    list(mistaken.end())
    assert mistaken.mistaken


def test_a_megabyte_of_angle_brackets_takes_linear_time() -> None:
    begun = time.perf_counter()
    for text in ("<" * 1_000_000, "<think></think>" * 70_000, "</think>" * 100_000):
        split([text])
    assert time.perf_counter() - begun < 10
