"""A model that thinks: measured, bounded, asked again, and never quoted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_upstream import FakeUpstream, Handler, say

from chatbot.answering import Chat
from chatbot.errors import ModelCut
from chatbot.model import Done, Message, Part, Retraction, TextPart, Thinking, ThoughtPart
from chatbot.model.openai_model import OpenAIModel
from chatbot.model.scripted import Call, Reply, ScriptedModel
from chatbot.pondering import Pondered, Remark, room
from chatbot.settings import Settings
from chatbot.values import Answer, Event, Finished, Manner, Notice, Question, Status, Thought, Thoughts, Usage
from store import Collection

ASKED = "How many questions does PLawBench contain?"
FACT = "PLawBench comprises 850 questions across 13 practical legal scenarios."
PLAIN = Usage(10, 20)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, cache=tmp_path)


class Ticking:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def fact(call: Call) -> str:
    found = re.search(r"^(\d+\.\d+) .*850 questions", call.messages[-1].content, re.MULTILINE)
    assert found
    return json.dumps({"claims": [{"from": [found[1]], "say": FACT}]})


def thought(count: int) -> list[Part]:
    return [ThoughtPart("Hmm. ") for _ in range(count)]


def ask(
    collection: Collection, settings: Settings, manner: Manner, *replies: Reply
) -> tuple[Answer, list[Event], ScriptedModel]:
    model = ScriptedModel(replies)
    chat = Chat(collection, model, settings=settings, clock=lambda: 0.0)
    events = list(chat.stream(Question(ASKED, manner=manner)))
    assert isinstance(events[-1], Finished)
    return events[-1].answer, events, model


def notices(events: list[Event]) -> str:
    return " ".join(event.text for event in events if isinstance(event, Notice))


def test_thoughts_are_shown_and_measured_and_no_part_of_the_answer(
    seeded: Collection, settings: Settings
) -> None:
    def reply(call: Call) -> list[Part | Exception]:
        return [*thought(3), TextPart(fact(call)), Done("stop", Usage(10, 20, thought_tokens=7))]

    answer, events, _ = ask(seeded, settings, Manner(), reply)
    assert [event.text for event in events if isinstance(event, Thought)] == ["Hmm. "] * 3
    assert answer.thoughts == Thoughts(0.0, 7)
    assert answer.text == f"{FACT} [1]"
    assert "Hmm" not in repr(answer)


def test_seconds_run_until_the_answer_begins() -> None:
    model = ScriptedModel([[*thought(2), TextPart("It "), TextPart("clips."), Done("stop", PLAIN)]])
    reply = Pondered(model, Manner(), Ticking())
    list(reply.stream([], None, 100))
    assert reply.thoughts is not None
    assert reply.thoughts.seconds == 1.0
    assert reply.thoughts.tokens > 0


def test_what_was_chosen_reaches_the_model_and_leaves_room_to_think(
    seeded: Collection, settings: Settings
) -> None:
    _, _, model = ask(seeded, settings, Manner(thinking="on", thinking_budget=400), fact)
    assert model.calls[0].thinking == Thinking(True, 400)
    assert model.calls[0].max_tokens == settings.max_tokens + 450
    _, _, model = ask(seeded, settings, Manner(thinking="off"), fact)
    assert model.calls[0].thinking == Thinking(False)
    assert model.calls[0].max_tokens == settings.max_tokens


def test_a_small_window_keeps_its_evidence() -> None:
    assert room(Manner(thinking="on"), ScriptedModel(window=2400)) == 800
    assert room(Manner(), ScriptedModel()) == 0
    assert room(Manner(), ScriptedModel(name="Qwen3-8B")) > 0


def test_a_spent_budget_stops_the_thinking_and_is_said(seeded: Collection, settings: Settings) -> None:
    hung_up = []

    def endless(call: Call) -> Iterator[Part | Exception]:
        try:
            while True:
                yield ThoughtPart("Hmm. ")
        finally:
            hung_up.append(True)

    answer, events, model = ask(
        seeded,
        settings,
        Manner(thinking="on", thinking_budget=50),
        endless,  # type: ignore[arg-type]
        fact,
    )
    assert answer.text == f"{FACT} [1]"
    assert hung_up
    assert model.calls[1].thinking == Thinking(False)
    assert "the budget is 50" in notices(events)
    assert answer.thoughts is not None
    assert 50 <= answer.thoughts.tokens <= 80
    assert any("the budget is 50" in dropped for dropped in answer.dropped)


def test_all_thought_and_no_answer_is_asked_again_and_said(seeded: Collection, settings: Settings) -> None:
    silent = [*thought(5), Done("length", PLAIN)]
    answer, events, model = ask(seeded, settings, Manner(), silent, fact)
    assert answer.status is Status.ANSWERED
    assert "gave no answer" in notices(events)
    assert len(model.calls) == 2


def test_a_model_that_never_answers_is_refused_plainly(seeded: Collection, settings: Settings) -> None:
    silent = [*thought(5), Done("length", PLAIN)]
    answer, events, _ = ask(seeded, settings, Manner(), silent, silent)
    assert answer.status is Status.REFUSED
    assert "also when it is told not to think" in notices(events)


def test_an_answer_that_turns_out_to_be_thinking_counts_as_such() -> None:
    parts = [TextPart("Let me see."), Retraction(), TextPart("It clips."), Done("stop", PLAIN)]
    reply = Pondered(ScriptedModel([parts]), Manner(), lambda: 0.0)
    assert [part for part in reply.stream([], None, 100) if isinstance(part, Remark)] == []
    assert reply.thoughts is not None


def test_a_cut_in_the_middle_of_thinking_says_what_to_do(seeded: Collection, settings: Settings) -> None:
    cut = [*thought(3), ModelCut("It fell silent. Ask again.")]
    answer, events, _ = ask(seeded, settings, Manner(), cut)
    assert answer.status is Status.REFUSED
    assert "still thinking" in notices(events)


def test_nothing_thought_is_sent_back_or_searched(seeded: Collection, settings: Settings) -> None:
    secret = [ThoughtPart("the zebra plan"), Done("stop", PLAIN)]
    answer, _, model = ask(seeded, settings, Manner(), secret, fact)
    sent = "".join(message.content for call in model.calls for message in call.messages)
    assert "zebra" not in sent + repr(answer)


def test_a_budget_is_kept_at_a_real_endpoint_that_knows_none() -> None:
    def endless(handler: Handler) -> None:
        if handler.body.get("chat_template_kwargs") == {"enable_thinking": False}:
            say("It clips.")(handler)
            return
        handler.begin()
        while not handler.server.upstream.closing.wait(0.001):
            handler.chunk(reasoning_content="Hmm. ")

    with FakeUpstream(endless) as upstream:
        model = OpenAIModel(upstream.base_url, "Qwen3-8B", window=8192)
        reply = Pondered(model, Manner(thinking="on", thinking_budget=30), lambda: 0.0)
        parts = list(reply.stream([Message("user", "What is GSPO?")], None, 100))
        assert upstream.hung_up.wait(5)
    assert "".join(part.text for part in parts if isinstance(part, TextPart)) == "It clips."
    assert any(isinstance(part, Remark) for part in parts)
