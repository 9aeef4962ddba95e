"""The public fake does what its docstring says."""

from __future__ import annotations

import pytest

from chatbot.errors import ModelCut, SchemaUnsupported
from chatbot.model import ChatModel, Done, Message, TextPart, ThoughtPart
from chatbot.model.scripted import Call, ScriptedModel

ASK = [Message("user", "What is GSPO?")]


def test_it_is_a_chat_model() -> None:
    chat: ChatModel = ScriptedModel()
    assert (chat.name, chat.window, chat.local, chat.supports_schema) == ("scripted", 8192, False, True)
    assert chat.encoding.name == "qwen (approximate)"


def test_a_text_comes_in_pieces_and_ends() -> None:
    *pieces, done = ScriptedModel(["abcdefgh"], chunk=3).stream(ASK)
    assert pieces == [TextPart("abc"), TextPart("def"), TextPart("gh")]
    assert isinstance(done, Done)


def test_parts_come_as_they_are_and_an_exception_among_them_is_raised_there() -> None:
    parts = ScriptedModel([[ThoughtPart("Hm."), TextPart("Half"), ModelCut("cut")]]).stream(ASK)
    assert [next(parts), next(parts)] == [ThoughtPart("Hm."), TextPart("Half")]
    with pytest.raises(ModelCut):
        next(parts)


def test_a_function_answers_what_it_was_asked() -> None:
    chat = ScriptedModel([lambda call: call.messages[-1].content.upper()], chunk=99)
    assert next(chat.stream(ASK)) == TextPart("WHAT IS GSPO?")


def test_calls_are_kept() -> None:
    chat = ScriptedModel(["a"], logprobs=[{"yes": -0.1}])
    list(chat.stream(ASK, schema={"type": "object"}, max_tokens=5))
    assert chat.first_token(ASK, top=3).scores == {"yes": -0.1}
    assert chat.first_token(ASK).scores == {}
    assert chat.calls[:2] == [Call(tuple(ASK), {"type": "object"}, 5), Call(tuple(ASK), top=3)]


def test_a_schema_it_does_not_support_is_refused_as_real_models_do() -> None:
    chat = ScriptedModel(["a"], supports_schema=False)
    with pytest.raises(SchemaUnsupported):
        next(chat.stream(ASK, schema={}))
    assert next(chat.stream(ASK)) == TextPart("a")


def test_more_calls_than_replies_fail_the_test_that_made_them() -> None:
    with pytest.raises(AssertionError, match="no reply is left for call 1"):
        next(ScriptedModel().stream(ASK))
