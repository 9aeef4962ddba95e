"""Filters typed into a question: what is one, what stays the question, and what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.filtering import both, read
from store.errors import FilterError
from store.filters import FACTS
from store.records import Filter


@pytest.mark.parametrize(
    ("text", "question", "filter"),
    [
        ("What is GSPO? since:2025-05", "What is GSPO?", Filter(since="2025-05")),
        ("since:2025-05 until:2025 What is GSPO?", "What is GSPO?", Filter("2025-05", "2025")),
        ("What is new date:2025-05?", "What is new?", Filter("2025-05", "2025-05")),
        ('What is GSPO author:"Bowen Yu"?', "What is GSPO?", Filter(authors=("Bowen Yu",))),
        ("reward hacking author:“Bowen Yu” cat:cs.CL.", "reward hacking.",
         Filter(authors=("Bowen Yu",), categories=("cs.CL",))),
        ("Which data has:code is used id:2505.09388?", "Which data is used?",
         Filter(has=("code",), ids=("2505.09388",))),
        ("How? id:2505.09388v2, id:GSPO", "How?", Filter(ids=("2505.09388v2", "GSPO"))),
        ("long context -survey -has:code", "long context", Filter(exclude=("survey",), lacks=("code",))),
        ("-survey long context", "long context", Filter(exclude=("survey",))),
        ('long context -"position paper"', "long context", Filter(exclude=("position paper",))),
        ('How is it done? "reward hacking"', "How is it done?", Filter(phrases=("reward hacking",))),
        ('long context since:2025 "reward hacking"', "long context",
         Filter("2025", phrases=("reward hacking",))),
        ('"reward hacking" since:2025', "", Filter("2025", phrases=("reward hacking",))),
        ("title:GSPO venue:ACL HAS:Code", "", Filter(titles=("GSPO",), venues=("ACL",), has=("code",))),
        ('text:"long con" -id:p1', "", Filter(text="long con", without=("p1",))),
        ("has:code", "", Filter(has=("code",))),
    ],
)  # fmt: skip
def test_filters_are_taken_out_and_the_question_is_left(text, question, filter):
    found = read(text)
    assert (found.question, found.filter) == (question, filter)
    assert found.words


@pytest.mark.parametrize(
    "text",
    [
        "What is GSPO?",
        "What is GSPO: a method?",
        "What is GSPO:a method?",
        "Which state-of-the-art models are compared?",
        'What does "Hint-infer" mean?',
        'What does SPELL mean by "verifier"?',
        'What does SPELL mean by "verifier"',
        '"Attention is all you need": what is it about?',
        '"What is GSPO?"',
        '"reward hacking"',
        "What does arXiv:2505.09388 propose?",
        "What does https://arxiv.org/abs/2505.09388 propose?",
        "What does the suffix -based mean?",
        "Is 3 - 2 more than -5?",
        "What is the derivative of -x",
        "pre- and post-training",
        "What is new since: 2025?",
        "Which id: does it have?",
        "The author: who is it?",
        "At what time, 12:30, was it?",
        "What is a key:value store?",
        "foo-cat:cs.CL",
        "Was ist »GSPO« – ein Verfahren?",
        "What is the ratio of 3:1?",
        "Compare it vs. “GRPO”",
    ],
)
def test_a_question_stays_a_question(text):
    assert read(text).question == text
    assert read(text).filter.empty


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("What? since:yesterday", "Write 2025, 2025-05"),
        ("What? since:2025-06 until:2025-05", "Exchange"),
        ("What? has:cheese", "They can have: code"),
        ("What? autor:Yu", "Did you mean author:"),
        ("What? catgory:cs.CL", "Did you mean category:"),
        ('What? author:"Bowen Yu', "has no end"),
        ('What? author:""', "Nothing stands behind author:"),
        ("What? -author:Yu", "can't leave papers out"),
        ("What? text:a text:b", "once"),
        ("What? cat:--", "cat:cs.CL"),
    ],
)
def test_a_wrong_filter_is_explained(text, cure):
    with pytest.raises(FilterError, match=cure):
        read(text)


def test_flags_and_words_hold_together():
    flags = Filter("2025", "2025-06", authors=("A",), ids=("p1", "p2"), has=("code",))
    words = Filter("2025-03", "2026", authors=("B", "A"), ids=("p2",), has=("code",))
    assert both(flags, words) == Filter("2025-03", "2025-06", authors=("A", "B"), ids=("p2",), has=("code",))
    assert both(Filter(since="2025-01"), Filter(since="2025")).since in ("2025", "2025-01")
    assert both(flags, Filter()) == both(Filter(), flags) == flags
    with pytest.raises(FilterError, match="among both"):
        both(Filter(ids=("p1",)), Filter(ids=("p2",)))


WORDS = st.text(st.sampled_from("abcxyz"), min_size=2, max_size=6)
QUESTIONS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
FILTERS = st.builds(
    Filter,
    since=st.none() | st.sampled_from(["2024", "2024-05", "2024-05-07"]),
    until=st.none() | st.sampled_from(["2025", "2025-05"]),
    authors=st.lists(QUESTIONS, max_size=2, unique=True).map(tuple),
    titles=st.lists(QUESTIONS, max_size=2, unique=True).map(tuple),
    exclude=st.lists(WORDS, max_size=2, unique=True).map(tuple),
    has=st.lists(st.sampled_from(list(FACTS)), max_size=2, unique=True).map(tuple),
)


@given(question=QUESTIONS, filter=FILTERS, front=st.booleans())
def test_what_was_typed_around_a_question_comes_out_of_it(question, filter, front):
    words = [f"since:{filter.since}"] if filter.since else []
    words += [f"until:{filter.until}"] if filter.until else []
    words += [f'author:"{name}"' for name in filter.authors] + [f'title:"{each}"' for each in filter.titles]
    words += [f"-{word}" for word in filter.exclude] + [f"has:{each}" for each in filter.has]
    found = read(" ".join([*words, question] if front else [question, *words]))
    assert (found.question, found.filter, len(found.words)) == (question, filter, len(words))


@given(st.text(max_size=60) | st.text(st.sampled_from("ab:-\"“”?. since2025'/"), max_size=40))
def test_any_text_is_read_or_refused_with_a_cure(text):
    told = ""
    try:
        found = read(text)
    except FilterError as error:
        told = str(error)
    if told:
        assert told[-1] in ".?"
        return
    assert bool(found.words) is not found.filter.empty
    if not found.words:
        assert found.question == text


@given(st.text(st.characters(exclude_characters=':-"“”'), max_size=60))
def test_a_text_without_the_signs_of_filters_is_left_alone(text):
    assert read(text).question == text
