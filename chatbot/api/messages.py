"""A client's messages as a question, its history and the numbers that papers had in it.

What a client sends is conversation and style, never evidence: of an earlier answer only its text is taken,
and which papers it cited, looked up in the collection by the reference list that our texts end with. So a
paper keeps its number, and "it" is what was talked about. A system prompt says for whom the answer is
written, as `audience` does: the model gets it as data, and every sentence is proven all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chatbot.api.failing import invalid
from chatbot.manner import LONGEST_AUDIENCE
from chatbot.values import Manner, Question, Turn
from store.records import Filter, Paper

_REFERENCES = re.compile(r"\n\n(?:References|Nearest papers:)\n(?=- )")
_REFERENCE = re.compile(r"^- \[(\d{1,4})\] .*?(https?://\S+)?$", re.MULTILINE)
_MARKER = re.compile(r" ?\[(?:\d{1,4}|in part|unproven|contradicted)\]")
# What clients say where a person has said nothing.
_USUAL = re.compile(r"you are (?:a|an|chatgpt)\b[^.]{0,40}assistant\.?$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
_READER = "someone who asked for this: "
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
LONGEST_HISTORY = 100
"""Turns that are looked at; what was said before them is forgotten."""


def question(
    messages: Sequence[Mapping[str, Any]],
    paper: Callable[[str], Paper | None],
    filter: Filter = Filter(),
    manner: Manner | None = None,
) -> Question:
    """The last user's message, and what was said before it. `paper` looks one up. Raises Failure."""
    said = [(_role(message, place), _text(message, place)) for place, message in enumerate(messages)]
    spoken = [(role, text) for role, text in said if role in ("user", "assistant")]
    if not spoken or spoken[-1][0] != "user":
        raise invalid("The last message has to be the user's question: role user, with a text.", "messages")
    asked = spoken.pop()[1]
    numbers: dict[str, int] = {}
    turns: list[Turn] = []
    before = ""
    for role, text in spoken:
        if role == "user":
            before = text
        elif before:
            plain, cited = _answer(text, paper)
            for number, id in cited:
                if number not in numbers.values():
                    numbers.setdefault(id, number)
            turns.append(Turn(before, plain, tuple(id for _, id in cited)))
            before = ""
    manner = manner or Manner()
    if manner.audience is None:
        manner = replace(
            manner, audience=reader(text for role, text in said if role in ("system", "developer"))
        )
    return Question(asked, tuple(turns[-LONGEST_HISTORY:]), filter, tuple(numbers.items()), manner)


def reader(instructions: Iterable[str]) -> str | None:
    """Who reads the answer, as a client's own instructions tell; None for none or a usual one. Of long ones
    as many sentences as there is room for are kept, so that none means something else than it did."""
    text = " ".join(" ".join(instructions).split())
    if not text or _USUAL.match(text):
        return None
    room = LONGEST_AUDIENCE - len(_READER)
    if len(text) > room:
        ends = [end.end() for end in _SENTENCE_END.finditer(text, 0, room)]
        text = text[: ends[-1]] if ends else ""
    return _READER + text if text else None


def _role(message: Mapping[str, Any], place: int) -> str:
    role = message.get("role")
    if role not in _ROLES:
        raise invalid(f"messages[{place}].role has to be one of {', '.join(_ROLES)}.", "messages")
    return str(role)


def _text(message: Mapping[str, Any], place: int) -> str:
    """The text of a message: a string, or its parts that are text. Raises Failure for pictures and sounds."""
    content = message.get("content")
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise invalid(f"messages[{place}].content has to be a text, or a list of texts.", "messages")
    texts: list[str] = []
    for part in content:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind not in ("text", "input_text", "output_text", "refusal"):
            raise invalid(
                f"messages[{place}].content holds {str(kind)[:40]!r}: only text can be asked about here.",
                "messages",
            )
        found = part.get("text", part.get("refusal"))
        if not isinstance(found, str):
            raise invalid(f"messages[{place}].content holds a part without its text.", "messages")
        texts.append(found)
    return "\n".join(texts)


def _answer(text: str, paper: Callable[[str], Paper | None]) -> tuple[str, list[tuple[int, str]]]:
    """An earlier answer without its markers and references, and the papers that it cited, by number."""
    parts = _REFERENCES.split(text, maxsplit=1)
    cited: dict[int, str] = {}
    for match in _REFERENCE.finditer(parts[1] if len(parts) > 1 else ""):
        found = paper(match[2]) if match[2] else None
        if found is not None:
            cited.setdefault(int(match[1]), found.id)
    return _MARKER.sub("", parts[0]).strip(), sorted(cited.items())
