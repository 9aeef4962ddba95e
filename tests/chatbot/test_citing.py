"""The reader of answers: markers and schema, however the text arrives."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.citing import AnswerReader, Piece, Statement, align, answer_schema
from chatbot.values import FoundBy


def read(chunks: Iterable[str]) -> tuple[str, list[Statement]]:
    """The text shown, and the statements."""
    reader = AnswerReader()
    out: list[Piece | Statement] = []
    for chunk in chunks:
        out += reader.feed(chunk)
    out += reader.finish()
    shown = "".join(each.text for each in out if isinstance(each, Piece))
    return shown, [each for each in out if isinstance(each, Statement)]


def said(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.text, each.keys) for each in read([text])[1]]


def cut(text: str, places: Iterable[int]) -> list[str]:
    ends = [*sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


# Text in which everything that means something to the readers is frequent.
_PIECES = r"""
[1]  [1.2]  [  ]  (1)  【2】  1  .  。  $  `  ```  \  (  :  !  "  [0, 1]  [1-3]  ^  {  }  é  \[
,  et al.  Fig. 2  GSPO works  It is fast.  {"claims":[  {"from":["1.1"],  "say":"It. [1.2]
"}  \u00e9  \ud83d
"""
prose = st.lists(
    st.sampled_from([*re.split(r"  |\n", _PIECES.strip()), " ", "\n"]) | st.text(max_size=5), max_size=30
).map("".join)


@given(prose, st.lists(st.integers(0, 10_000), max_size=8))
def test_chunk_borders_never_change_what_is_read(text: str, places: list[int]) -> None:
    assert read(cut(text, places)) == read([text]) == read(text)


@given(st.text() | st.text(alphabet='[](){}【】［］`$\\"0123.,-^ \n'))
def test_no_text_makes_it_raise(text: str) -> None:
    for fed in (text, '{"claims":[{"from":["1.1"],"say":"' + text, "{" + text, "```json\n{" + text):
        read([fed])


@given(prose)
def test_nothing_that_was_said_is_lost_but_markers_and_space(text: str) -> None:
    shown, statements = read(["It is said: " + text])
    # What remains is what was said, in order; what is gone are whole markers and space.
    rest = iter("It is said: " + text)
    assert all(any(character == other for other in rest) for character in shown)
    words = re.sub(r"[^a-zA-Zé]", "", text)
    assert re.sub(r"[^a-zA-Zé]", "", shown) == "Itissaid" + words
    # And the statements are what was shown, but for stretches without a letter or digit.
    folded = "".join(character for character in shown if character.isalnum())
    told = "".join(character for each in statements for character in each.text if character.isalnum())
    assert told == folded


@pytest.mark.parametrize(
    ("marker", "keys"),
    [
        ("[1]", ("1",)),
        ("[1.2]", ("1.2",)),
        ("[1, 3]", ("1", "3")),
        ("[1; 3]", ("1", "3")),
        ("[1.2 and 2.1]", ("1.2", "2.1")),
        ("[1-3]", ("1", "2", "3")),
        ("[1.2-1.4]", ("1.2", "1.3", "1.4")),
        ("[1.2–4]", ("1.2", "1.3", "1.4")),
        ("[1.2-2.1]", ("1.2", "2.1")),
        ("[3-1]", ("3", "1")),
        ("[1-200]", ("1", "200")),
        ("[1][2]", ("1", "2")),
        ("[2] [2]", ("2",)),
        ("【1】", ("1",)),
        ("【1†source】", ("1",)),
        ("［1］", ("1",)),
        ("[^1]", ("1",)),
        ("[ 1 ]", ("1",)),
        ("[Paper 2]", ("2",)),
        ("[Sentences 1.2, 1.3]", ("1.2", "1.3")),
    ],
)
def test_every_spelling_of_a_marker_is_read_and_taken_out(marker: str, keys: tuple[str, ...]) -> None:
    for text in (
        f"Training is stable {marker}.",
        f"Training is stable. {marker}",
        f"Training is stable.{marker}",
    ):
        shown, [statement] = read(text)
        assert (shown.strip(), statement.keys) == ("Training is stable.", keys)
        assert (statement.text, statement.found_by) == ("Training is stable.", FoundBy.MARKER)


def test_a_number_in_parentheses_is_a_marker_only_behind_a_sentence() -> None:
    assert said("Training is stable. (1)") == [("Training is stable.", ("1",))]
    assert said("There are two: (1) speed, and (2) size.") == [
        ("There are two: (1) speed, and (2) size.", ())
    ]
    assert said("Training is stable. (see below) Good.")[0] == ("Training is stable.", ())


@pytest.mark.parametrize(
    "text",
    [
        "Call `x[1]` twice.",
        "```\nvalue[1] = 2\n```",
        "The term $x[1]$ is small.",
        "The term $$x[1]$$ is small.",
        r"The term \(x[1]\) is small.",
        r"So \[ y = x [1] \] holds.",
        "See [the page](http://example.org/a[1) for more.",
        "See [1](http://example.org) for more.",
        "[12]: http://example.org",
        "Weights lie in [0, 1] always.",
        "It was shown in [2019] already.",
        "It says [sic] so.",
        "An open [1",
        "An open [1, and the rest.",
        "An empty [] pair.",
    ],
)
def test_brackets_that_are_no_markers_are_left_alone(text: str) -> None:
    shown, statements = read(text)
    assert shown == text
    assert all(each.keys == () and each.found_by is FoundBy.NONE for each in statements)


def test_a_price_does_not_hide_the_markers_behind_it() -> None:
    assert said("It costs $5 [1]. Size is $6 [2].") == [("It costs $5.", ("1",)), ("Size is $6.", ("2",))]


def test_each_marker_belongs_to_the_sentence_it_stands_in_or_behind() -> None:
    text = "Training is stable [1.1]. Memory falls, cf. Fig. 2. [1.2] [2.1] Nothing, e.g. speed, changes."
    assert said(text) == [
        ("Training is stable.", ("1.1",)),
        ("Memory falls, cf. Fig. 2.", ("1.2", "2.1")),
        ("Nothing, e.g. speed, changes.", ()),
    ]


def test_markers_lead_their_sentences_where_the_answer_begins_with_one() -> None:
    text = "[1.1] Training is stable. [1.2] Memory falls.\n[2.1] Speed grows."
    assert said(text) == [
        ("Training is stable.", ("1.1",)),
        ("Memory falls.", ("1.2",)),
        ("Speed grows.", ("2.1",)),
    ]


def test_a_statement_is_given_as_soon_as_the_next_sentence_begins() -> None:
    reader = AnswerReader()
    assert [type(each) for each in reader.feed("Training is stable [1]. M")] == [Piece, Statement, Piece]


def test_a_closing_quote_belongs_to_its_sentence() -> None:
    assert said("他说“很好。”[1] 可以。") == [("他说“很好。”", ("1",)), ("可以。", ())]


texts = st.text(
    alphabet=st.characters(exclude_characters="[【［($`\\", exclude_categories=["Cs"]), max_size=60
)
claims = st.lists(
    st.fixed_dictionaries(
        {"from": st.lists(st.sampled_from(["1.1", "1.2", "2.1"]), max_size=3), "say": texts}
    ),
    max_size=4,
)


@given(claims, st.booleans(), st.sampled_from([None, 0, 3]), st.booleans(), st.booleans())
def test_json_is_read_as_json_reads_it_however_it_is_written(
    wanted: list[dict[str, Any]], ascii: bool, indent: int | None, reverse: bool, fenced: bool
) -> None:
    ordered = [dict(reversed(each.items())) if reverse else each for each in wanted]
    text = json.dumps({"claims": ordered}, ensure_ascii=ascii, indent=indent)
    shown, statements = read(f"```json\n{text}\n```" if fenced else text)
    assert "".join(shown.split()) == "".join("".join(each["say"].split()) for each in wanted)
    # A claim without a letter or digit says nothing; any other is one sentence or more, with its keys.
    rest = list(statements)
    for each in wanted:
        left = [character for character in each["say"] if character.isalnum()]
        while left:
            statement = rest.pop(0)
            letters = [character for character in statement.text if character.isalnum()]
            assert letters == left[: len(letters)]
            assert statement.keys == tuple(dict.fromkeys(each["from"]))
            left = left[len(letters) :]
    assert rest == []


def test_each_sentence_of_a_claim_bears_its_keys_and_its_own_markers() -> None:
    answer = {"claims": [{"from": ["1.1"], "say": "Training is stable. Memory falls [1.2]."}]}
    shown, statements = read(json.dumps(answer))
    assert shown == "Training is stable. Memory falls."
    assert [(each.text, each.keys, each.found_by) for each in statements] == [
        ("Training is stable.", ("1.1",), FoundBy.SCHEMA),
        ("Memory falls.", ("1.1", "1.2"), FoundBy.SCHEMA),
    ]


def test_claims_are_shown_apart() -> None:
    text = '{"claims":[{"from":["1.1"],"say":"It is fast."},{"from":["1.2"],"say":"It is small."}]}'
    assert read(text)[0] == "It is fast. It is small."


@pytest.mark.parametrize("named", ["[1.2]", '"1.2"', '["1.2"]', "1.2", "[ 1.2 ]"])
def test_keys_are_read_even_where_the_schema_was_not_kept(named: str) -> None:
    assert said(f'{{"claims":[{{"from":{named},"say":"It is fast."}}]}}') == [("It is fast.", ("1.2",))]


def test_json_cut_short_gives_what_arrived() -> None:
    assert said('{"claims":[{"from":["1.1"],"say":"Training is sta') == [("Training is sta", ("1.1",))]


def test_halves_of_a_surrogate_pair_are_passed_over() -> None:
    text = r'{"claims":[{"from":["1.1"],"say":"a\ud83d b\ude00 \ud83d\ude00 \ud83d"}]}'
    assert said(text) == [("a b \U0001f600", ("1.1",))]


_HOSTILE = {
    "brackets": "[",
    "open markers": "[1",
    "digits": "1",
    "stops": ". ",
    "sentences": "a. ",
    "abbreviations": "et al. ",
    "parentheses": "a. (",
    "long markers": "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,",
    "ranges": "[1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-",
    "keywords": "[paper sentences papers ",
    "space": " ",
    "lines": "a\n",
    "ticks": "`",
    "dollars": "$",
    "quotes": ".\"'",
    "backslashes": "\\[",
    "ideographs": "。",
    "one word": "a",
}


def _steps(text: str) -> int:
    """Calls made, in Python and in C: a measure of work that no busy machine changes."""
    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        read(cut(text, range(0, len(text), 100)))
    finally:
        sys.setprofile(None)
    return steps


@pytest.mark.parametrize("head", ["x", '{"claims":[{"from":[', '{"claims":[{"say":"', '{"claims":'])
@pytest.mark.parametrize("kind", _HOSTILE)
def test_work_grows_no_faster_than_the_text(kind: str, head: str) -> None:
    small, large = (_steps(head + _HOSTILE[kind] * (size // len(_HOSTILE[kind]))) for size in (4_000, 8_000))
    assert large <= 2.2 * small + 200


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", _HOSTILE)
def test_much_of_anything_is_read(kind: str) -> None:
    text = "x" + _HOSTILE[kind] * (250_000 // len(_HOSTILE[kind]))
    shown, _ = read(cut(text, range(0, len(text), 1_000)))
    assert len(shown) > 25_000 or kind == "space"


def test_the_schema_admits_exactly_the_keys_shown() -> None:
    schema = json.loads(json.dumps(answer_schema(["1.1", "2.3"], least=0)))
    claims = schema["properties"]["claims"]
    assert claims["items"]["properties"]["from"]["items"] == {"enum": ["1.1", "2.3"]}
    assert claims["minItems"] == 0


# Alignment

_SHOWN = [
    "We train a model on 18 trillion tokens.",
    "The model reaches 84.2 on MMLU and beats Llama-3.",
    "All weights are released under an open licence.",
]


def test_a_statement_is_aligned_to_the_sentence_that_says_it() -> None:
    assert align("It reaches 84.2 on MMLU.", _SHOWN) == (1,)


def test_a_statement_of_two_facts_is_aligned_to_both_sentences() -> None:
    assert set(align("Trained on 18 trillion tokens, it reaches 84.2 on MMLU.", _SHOWN)) == {0, 1}


def test_what_nothing_shown_speaks_of_is_aligned_to_nothing() -> None:
    assert align("Bananas grow in warm countries.", _SHOWN) == ()
    assert align("", _SHOWN) == align("It reaches 84.2.", []) == ()


@given(st.text(), st.lists(st.text(), max_size=4))
def test_alignment_gives_places_that_exist(statement: str, shown: list[str]) -> None:
    found = align(statement, shown)
    assert len(set(found)) == len(found) <= 2
    assert all(0 <= place < len(shown) for place in found)
