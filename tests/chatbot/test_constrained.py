"""A short question answered in JSON, whatever the endpoint takes and however its reply ends."""

from __future__ import annotations

import pytest

from chatbot.constrained import answered
from chatbot.errors import ModelCut, ModelGarbled, ModelUnreachable, SchemaUnsupported
from chatbot.model import Message, TextPart
from chatbot.model.scripted import Reply, ScriptedModel

SCHEMA = {"type": "object"}
ASKED = [Message("user", "Which?")]
REFUSED = SchemaUnsupported("It takes no schema. Ask again without one.")
CUT = ModelCut("The reply was cut. Ask again.")


@pytest.mark.parametrize("text", ['{"a": 1}', 'Here:\n```json\n{"a": 1}\n```'])
def test_the_object_is_found_with_or_without_words_around_it(text: str) -> None:
    assert answered(ScriptedModel([text]), ASKED, SCHEMA, 10) == {"a": 1}


def test_an_endpoint_that_refuses_the_schema_is_asked_once_more_without_it() -> None:
    model = ScriptedModel([REFUSED, '{"a": 1}'])
    assert answered(model, ASKED, SCHEMA, 10) == {"a": 1}
    assert [call.schema for call in model.calls] == [SCHEMA, None]


@pytest.mark.parametrize(
    "replies",
    [
        [[TextPart('{"a"'), CUT]],
        [REFUSED, [TextPart('{"a"'), CUT]],
        [REFUSED, ModelGarbled("It sent HTML. Check the address.")],
        ["no object"],
        ["[1]"],
    ],
)
def test_a_reply_that_ends_badly_is_no_answer(replies: list[Reply]) -> None:
    assert answered(ScriptedModel(replies), ASKED, SCHEMA, 10) is None


def test_a_model_that_can_t_be_reached_is_said() -> None:
    model = ScriptedModel([ModelUnreachable("Nothing answers. Start it.")])
    with pytest.raises(ModelUnreachable):
        answered(model, ASKED, SCHEMA, 10)
