"""Prompts are files with holes, filled completely and literally."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prompts
from prompts import PromptError, Template


def test_variables_are_filled_in() -> None:
    template = Template("greet", "Hello $name, it is ${day}day. That is $$5.")
    assert template.variables == {"name", "day"}
    assert template.render(name="Ada", day="Sun") == "Hello Ada, it is Sunday. That is $5."


@given(st.text())
def test_a_value_stands_as_it_is(value: str) -> None:
    assert Template("t", "a $x b").render(x=value) == f"a {value} b"


def test_dollars_and_braces_in_values_mean_nothing() -> None:
    value = r"$O(\log P)$ ${x} {x} $x $$ %s"
    assert Template("t", '{"q": "$x", "n": {}}').render(x=value) == f'{{"q": "{value}", "n": {{}}}}'


def test_missing_and_unknown_variables_are_named() -> None:
    template = Template("t", "$question $evidence")
    with pytest.raises(PromptError, match=r"prompts/t\.md needs a value for evidence"):
        template.render(question="?")
    with pytest.raises(PromptError, match=r"no variable answer: it has evidence, question"):
        template.render(question="?", evidence="", answer="")


def test_a_stray_dollar_is_an_error() -> None:
    with pytest.raises(PromptError, match=r"\$\$"):
        Template("t", "costs $5")


def test_a_fingerprint_changes_with_the_text_alone() -> None:
    assert Template("a", "x").fingerprint == Template("b", "x").fingerprint
    assert Template("a", "x").fingerprint != Template("a", "y").fingerprint
    assert len(Template("a", "x").fingerprint) == 12


@pytest.mark.parametrize("name", ["nothing-of-this-name", "../pyproject", "a/b", "", "A"])
def test_what_is_no_prompt_is_told(name: str) -> None:
    with pytest.raises(PromptError):
        prompts.load(name)


def test_every_prompt_that_travels_can_be_loaded() -> None:
    for name in prompts.names():
        assert prompts.load(name).text
