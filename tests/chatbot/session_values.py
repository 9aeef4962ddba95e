"""Strategies for Hypothesis: whole answers, of any kind, whose papers are of one collection."""

from dataclasses import fields, is_dataclass, replace
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from chatbot.values import Answer, Standing, TopicCensus
from store.plans import Census
from store.records import Paper

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


def of_type(hint, papers):
    """Values of a type: every field of every dataclass is filled, papers are among `papers`."""
    if hint is Paper:
        return st.sampled_from(papers)
    if get_origin(hint) in (Union, UnionType):
        return st.one_of(*(of_type(each, papers) for each in get_args(hint)))
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        if inner[-1] is Ellipsis:
            return st.lists(of_type(inner[0], papers), max_size=2).map(tuple)
        return st.tuples(*(of_type(each, papers) for each in inner))
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        made = st.builds(hint, **{each.name: of_type(hints[each.name], papers) for each in fields(hint)})
        return made.map(consistent)
    if hint is str:
        return TEXTS
    if hint is float:
        return st.floats(allow_nan=False)
    return st.none() if hint is type(None) else st.from_type(hint)


def consistent(value):
    """What the program itself sees to: sure papers are SURE, who planned a census is told of a census, what
    papers don't tell has a name."""
    if isinstance(value, TopicCensus):
        return replace(
            value,
            sure=tuple(replace(each, standing=Standing.SURE) for each in value.sure),
            uncertain=tuple(replace(each, standing=Standing.UNCERTAIN) for each in value.uncertain),
        )
    if isinstance(value, Census):
        return replace(value, untold=tuple(("date", count) for _, count in value.untold))
    if isinstance(value, Answer) and value.census is None:
        return replace(value, census_by=Answer.__dataclass_fields__["census_by"].default)
    return value


@st.composite
def papers(draw):
    """Some papers with different ids."""
    hints = get_type_hints(Paper)
    how = {each.name: of_type(hints[each.name], []) for each in fields(Paper)}
    how["created"] = st.sampled_from([None, "2025", "2025-05", "2025-05-14"])
    one = st.builds(Paper, **how)
    return draw(st.lists(one, min_size=1, max_size=3, unique_by=lambda paper: paper.id))


@st.composite
def answers(draw):
    """Answers, refusals, extracts and censuses with anything in them."""
    return draw(of_type(Answer, draw(papers())))
