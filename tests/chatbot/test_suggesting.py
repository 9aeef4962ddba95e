"""Suggested questions: of this collection, answerable by it, the same every time, and quick."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from chatbot import suggesting
from chatbot.answering import Chat
from chatbot.settings import load
from chatbot.values import Answer, Question, Status
from store import Collection, HashEmbedder, Record, Source


@pytest.fixture
def chat(seeded: Collection, tmp_path: Path) -> Chat:
    return Chat(seeded, None, settings=load({"home": tmp_path}, {}, tmp_path))


def test_first_questions_are_answered_by_the_papers_that_they_are_made_of(
    seeded: Collection, chat: Chat
) -> None:
    found = suggesting.first(seeded, most=8)
    assert len(found) == 8
    for each in found:
        answer = chat.ask(Question(each.text))
        assert answer.status is not Status.REFUSED
        if each.paper:
            assert each.paper in {citation.paper.id for citation in answer.citations}
        else:
            assert answer.status is Status.CENSUS


def test_the_same_papers_give_the_same_questions_each_about_another_paper(seeded: Collection) -> None:
    found = suggesting.first(seeded)
    assert found == suggesting.first(seeded)
    assert len({each.paper for each in found}) == len(found)
    assert len({each.text for each in found}) == len(found)


def test_what_follows_is_about_the_cited_papers_or_near_them_and_was_not_asked_before(
    seeded: Collection, chat: Chat
) -> None:
    asked = "How many questions does PLawBench contain?"
    answer = chat.ask(Question(asked))
    found = suggesting.following(seeded, answer, (asked,))
    assert found
    again = suggesting.following(seeded, answer, (asked, found[0].text.upper()))
    assert found[0] not in again
    for each in found:
        assert chat.ask(Question(each.text)).status is not Status.REFUSED


def test_after_a_refusal_the_nearest_papers_are_asked_about(seeded: Collection, chat: Chat) -> None:
    answer = chat.ask(Question("Which recipe does GSPO use for apple pie with cinnamon?"))
    if answer.status is Status.REFUSED:
        assert all(each.text for each in suggesting.following(seeded, answer))


def test_nothing_is_suggested_where_nothing_can_be_answered(tmp_path: Path) -> None:
    with Collection.open(tmp_path, embedder=HashEmbedder(), create=True) as collection:
        assert suggesting.first(collection) == ()
        collection.ingest([Record("we look at things. they are there.", Source("a.txt", 1))])
        assert suggesting.first(collection) == ()
        none = Answer("Why?", "Why?", Status.REFUSED, "The papers don't say.")
        assert suggesting.following(collection, none) == ()


def test_a_question_whose_answer_is_not_found_is_not_answerable(seeded: Collection) -> None:
    paper = seeded.paper("GSPO")
    other = seeded.paper("PLawBench")
    assert paper is not None
    assert other is not None
    numbers = tuple(each.number for each in seeded.sentences(paper.id) if "GSPO" in each.readable)
    assert suggesting.answerable(seeded, "What is GSPO?", paper.id, numbers)
    assert not suggesting.answerable(seeded, "What is GSPO?", other.id, (1,))
    assert not suggesting.answerable(seeded, "What is Zorblax-9?", paper.id, numbers)
    assert not suggesting.answerable(seeded, "What is GSPO?", "", ())


@pytest.mark.slow
def test_many_papers_take_no_longer_than_few(tmp_path: Path) -> None:
    with Collection.open(tmp_path, embedder=HashEmbedder(), create=True) as collection:
        collection.ingest(
            Record(
                f"We introduce Bench{number}, a benchmark. Bench{number} contains {number + 7} tasks about "
                f"topic{number % 97} and is publicly available.",
                Source("many.txt", number + 1),
                title=f"Bench{number}: a benchmark of topic{number % 97}",
                created=f"20{10 + number % 15}-{1 + number % 12:02}-01",
            )
            for number in range(3_000)
        )
        suggesting.first(collection)
        began = time.monotonic()
        found = suggesting.first(collection)
        assert len(found) == suggesting.MOST
        assert time.monotonic() - began < 5
