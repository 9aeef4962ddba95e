"""One short question to a model, answered in JSON of a given schema; whatever else it says is no answer.

The endpoint is asked for the schema where it takes one, and its reply is believed nowhere: callers check
the object that comes out.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import cast

from chatbot.errors import ModelCut, ModelGarbled, SchemaUnsupported
from chatbot.model import QUIET, ChatModel, Message, Retraction, TextPart


def answered(
    model: ChatModel, messages: Sequence[Message], schema: Mapping[str, object], max_tokens: int
) -> dict[str, object] | None:
    """The object that the model replies, None if it is none.

    Raises ModelError where the model does not answer at all.
    """
    for wanted in (schema, None) if model.supports_schema else (None,):
        try:
            return _asked(model, messages, wanted, max_tokens)
        except SchemaUnsupported:
            continue
        except (ModelCut, ModelGarbled):
            break
    return None


def _asked(
    model: ChatModel, messages: Sequence[Message], schema: Mapping[str, object] | None, max_tokens: int
) -> dict[str, object] | None:
    said = ""
    parts = model.stream(messages, schema=schema, max_tokens=max_tokens, thinking=QUIET)
    with closing(cast("Generator[object]", parts)):
        for part in parts:
            match part:
                case TextPart(text):
                    said += text
                case Retraction():
                    said = ""
    return _object(said)


def _object(said: str) -> dict[str, object] | None:
    """The one JSON object in a text: fences and words around it are passed over."""
    try:
        found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
