"""What a question cost: every reply of the model, whatever it was asked for and however it ended."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from chatbot.answering import Chat
from chatbot.errors import ModelCut
from chatbot.model import ChatModel, Done, FirstToken, Message, Retraction, TextPart, ThoughtPart
from chatbot.model.metered import Metered
from chatbot.model.scripted import Call, ScriptedModel
from chatbot.settings import Settings
from chatbot.values import Question, Usage
from store.collection import Collection

ASK = [Message("user", "What is GSPO?")]
ONE, TWO = Usage(10, 3, 4), Usage(20, 5, 6, thought_tokens=2)


def test_the_cost_of_all_replies_adds_up() -> None:
    meter = Metered(ScriptedModel([[Done("stop", ONE)], [TextPart("It."), Done("stop", TWO)]]))
    assert meter.usage == Usage()
    assert list(meter.stream(ASK)) == [Done("stop", ONE)]
    list(meter.stream(ASK))
    assert meter.usage == Usage(30, 8, 10, thought_tokens=2)


def test_a_token_that_is_asked_for_its_odds_costs_as_well() -> None:
    meter = Metered(ScriptedModel(logprobs=[{"yes": -0.1}]))
    assert meter.first_token(ASK) == FirstToken({"yes": -0.1}, meter.usage)
    assert meter.usage == Usage(len("What is GSPO?"), 1, counted_by="characters")


def test_it_is_the_model_that_it_is_given() -> None:
    model = ScriptedModel(name="qwen", window=512, local=True, supports_schema=False)
    meter: ChatModel = Metered(model)
    told = (meter.name, meter.endpoint, meter.window, meter.local, meter.supports_schema, meter.encoding.name)
    assert told == ("qwen", "scripted", 512, True, False, model.encoding.name)
    assert "ScriptedModel" in repr(meter)


@pytest.mark.parametrize("stopped", [True, False], ids=["hung up on", "cut"])
def test_of_a_reply_without_an_end_what_arrived_is_counted(stopped: bool) -> None:
    model = ScriptedModel(
        [[ThoughtPart("Hmm, what now?"), TextPart("GSPO clips sequences."), ModelCut("It broke. Ask again.")]]
    )
    meter = Metered(model)
    parts = cast("Generator[object]", meter.stream(ASK))
    next(parts), next(parts)
    if stopped:
        parts.close()
    else:
        with pytest.raises(ModelCut):
            next(parts)
    count = model.encoding.count
    thought, said = count("Hmm, what now?"), count("GSPO clips sequences.")
    prompt = model.encoding.count_messages(ASK)
    assert meter.usage == Usage(
        prompt, thought + said, counted_by=model.encoding.name, thought_tokens=thought
    )


def test_what_is_taken_back_was_thinking() -> None:
    model = ScriptedModel([[TextPart("Let me see."), Retraction(), TextPart("It"), ModelCut("It broke.")]])
    meter = Metered(model)
    with pytest.raises(ModelCut):
        list(meter.stream(ASK))
    assert meter.usage.thought_tokens == model.encoding.count("Let me see.")


def test_nothing_that_arrived_costs_nothing() -> None:
    meter = Metered(ScriptedModel([[ModelCut("It broke. Ask again.")]]))
    with pytest.raises(ModelCut):
        list(meter.stream(ASK))
    parts = cast("Generator[object]", Metered(ScriptedModel([])).stream(ASK))
    parts.close()
    assert meter.usage == Usage()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, cache=tmp_path)


def test_an_answer_tells_all_that_it_cost(seeded: Collection, settings: Settings) -> None:
    """The odds first, then the answer, a verdict that the rules leave open, and what of each was read."""

    def reply(call: Call) -> str:
        key = call.messages[-1].content.partition("\n1.")[2].partition(" ")[0]
        said = "In GSPO the ratio of importance rests on how likely a sequence is, it would seem."
        return json.dumps({"claims": [{"from": [f"1.{key}"], "say": said}]})

    model = ScriptedModel([reply], logprobs=[{"yes": -0.1}] * 9, local=True)
    answer = Chat(seeded, model, settings=settings).ask(Question("What does GSPO define?"))
    asked = [sum(len(message.content) for message in call.messages) for call in model.calls]
    assert len([call for call in model.calls if call.top is not None]) > 1
    assert answer.usage.prompt_tokens == sum(asked)
    assert answer.usage.completion_tokens > len(model.calls) - 1


def test_another_question_begins_at_nothing(seeded: Collection, settings: Settings) -> None:
    model = ScriptedModel(['{"claims": []}'] * 2, logprobs=[{"yes": -0.1}] * 2, local=True)
    chat = Chat(seeded, model, settings=settings)
    first, second = (chat.ask(Question("What does GSPO define?")) for _ in range(2))
    assert first.usage == second.usage
