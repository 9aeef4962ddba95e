"""Claims read out of JSON while it is still arriving.

A character at a time, with a state no larger than the nesting: strings are decoded as they come, so that
a sentence can be shown word by word. It reads the schema's shape and passes over everything else; broken
JSON ends the reading, it never raises. What was read until then stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.citing.pieces import Piece, Statement
from chatbot.values import FoundBy

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": ""}


class JsonStream:
    """Reads `{"claims": [{"from": [...], "say": "..."}, ...]}`."""

    def __init__(self) -> None:
        self._nesting: list[str] = []
        self._key = ""  # the key of the innermost object whose value is being read
        self._string: list[str] | None = None
        self._escape = ""  # "\\", or "\\u" and the digits so far
        self._high = 0  # the first half of a surrogate pair
        self._expects_key = False
        self._keys: list[str] = []
        self._say: list[str] = []

    def feed(self, text: str) -> Iterator[Piece | Statement]:
        """What became known with this piece of text."""
        shown: list[str] = []
        for character in text:
            if self._string is not None:
                if (decoded := self._in_string(character)) is None:
                    self._end_string()
                elif decoded:
                    self._string.append(decoded)
                    if self._saying:
                        shown.append(decoded)
                continue
            statement = self._between(character)
            if statement:
                if shown:
                    yield Piece("".join(shown))
                    shown = []
                yield statement
        if shown:
            yield Piece("".join(shown))

    def finish(self) -> Iterator[Statement]:
        """The claim that the end of the text cut short, if it had said anything."""
        if self._string is not None and self._saying:
            self._say = self._string
        if statement := self._statement():
            yield statement

    @property
    def _saying(self) -> bool:
        return self._key == "say" and not self._expects_key and len(self._nesting) == 3

    def _in_string(self, character: str) -> str | None:
        """The decoded character, "" while an escape is incomplete, None at the closing quote."""
        if self._escape:
            return self._in_escape(character)
        if character == "\\":
            self._escape = "\\"
            return ""
        return None if character == '"' else character

    def _in_escape(self, character: str) -> str:
        self._escape += character
        if self._escape[1] != "u":
            self._escape = ""
            return _ESCAPES.get(character, character)
        if len(self._escape) < 6:
            return ""
        digits, self._escape = self._escape[2:], ""
        try:
            code = int(digits, 16)
        except ValueError:
            return "\ufffd"
        if 0xD800 <= code < 0xDC00:
            self._high = code
            return ""
        if 0xDC00 <= code < 0xE000:
            high, self._high = self._high, 0
            return chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00) if high else "\ufffd"
        return chr(code)

    def _end_string(self) -> None:
        value, self._string = "".join(self._string or ()), None
        if self._expects_key:
            self._key, self._expects_key = value, False
        elif self._saying:
            self._say = [value]
        elif self._key == "from" and self._nesting[-1:] == ["["]:
            self._keys.append(value)

    def _between(self, character: str) -> Statement | None:
        if character == '"':
            self._string = []
        elif character in "{[":
            self._nesting.append(character)
            self._expects_key = character == "{"
        elif character in "}]":
            if self._nesting:
                self._nesting.pop()
            self._expects_key = False
            if character == "}" and len(self._nesting) == 2:
                return self._statement()
        elif character == ",":
            self._expects_key = self._nesting[-1:] == ["{"]
        return None

    def _statement(self) -> Statement | None:
        text, keys = " ".join("".join(self._say).split()), tuple(dict.fromkeys(self._keys))
        self._say, self._keys, self._key = [], [], ""
        return Statement(text, keys, FoundBy.SCHEMA) if text else None
