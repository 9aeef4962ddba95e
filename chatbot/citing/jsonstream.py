"""Claims read out of JSON while it is still arriving.

A character at a time, with a state no larger than the nesting: strings are decoded as they come, so that
a sentence can be shown word by word. It reads the schema's shape and passes over everything else; broken
JSON ends the reading, it never raises. What was read until then stays.

What a claim says is prose: it may be several sentences, and small models write markers into it, so it is
read as any other prose is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chatbot.citing.markers import MarkerStream
from chatbot.citing.pieces import Piece, Statement
from chatbot.values import FoundBy

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class JsonStream:
    """Reads `{"claims": [{"from": [...], "say": "..."}, ...]}`; halves of surrogate pairs are passed over."""

    def __init__(self) -> None:
        self._nesting: list[str] = []
        self._key = ""  # the key of the innermost object whose value is being read
        self._string: list[str] | None = None
        self._bare: list[str] = []  # a number that should have been a string: "from": [1.2]
        self._escape = ""  # "\\", or "\\u" and the digits so far
        self._high = 0  # the first half of a surrogate pair
        self._expects_key = False
        self._keys: list[str] = []
        self._prose = MarkerStream()
        self._said: list[Statement] = []
        self._spoken = False  # another claim has been shown

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
            elif self._between(character):
                yield from self._read(self._prose.feed("".join(shown)))
                yield from self._statements()
                shown = []
        yield from self._read(self._prose.feed("".join(shown)))

    def finish(self) -> Iterator[Piece | Statement]:
        """The claim that the end of the text cut short, if it had said anything."""
        yield from self._statements()

    def _read(self, prose: Iterator[Piece | Statement]) -> Iterator[Piece]:
        """What a claim says, to show. Its statements wait for the claim's end: "from" may come last."""
        for each in prose:
            if isinstance(each, Statement):
                self._said.append(each)
            else:
                yield Piece(f" {each.text}") if self._spoken else each
                self._spoken = False

    def _statements(self) -> Iterator[Piece | Statement]:
        yield from self._read(self._prose.finish())
        keys, said = self._keys, self._said
        self._prose, self._keys, self._said, self._key = MarkerStream(), [], [], ""
        self._spoken = self._spoken or bool(said)
        for each in said:
            found_by = FoundBy.SCHEMA if keys else each.found_by
            yield replace(each, keys=tuple(dict.fromkeys([*keys, *each.keys])), found_by=found_by)

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
        self._high = 0
        return None if character == '"' else "" if "\ud800" <= character < "\ue000" else character

    def _in_escape(self, character: str) -> str:
        self._escape += character
        if self._escape[1] != "u":
            self._escape, self._high = "", 0
            return _ESCAPES.get(character, character)
        if len(self._escape) < 6:
            return ""
        digits, self._escape = self._escape[2:], ""
        high, self._high = self._high, 0
        try:
            code = int(digits, 16)
        except ValueError:
            return "\ufffd"
        if 0xD800 <= code < 0xDC00:
            self._high = code
            return ""
        if 0xDC00 <= code < 0xE000:
            return chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00) if high else ""
        return chr(code) if code >= 0 else "\ufffd"

    def _end_string(self) -> None:
        value, self._string = "".join(self._string or ()), None
        if self._expects_key:
            self._key, self._expects_key = value, False
        elif self._naming:
            self._keys.append(value)

    @property
    def _naming(self) -> bool:
        return self._key == "from" and len(self._nesting) in (3, 4)

    def _between(self, character: str) -> bool:
        """Takes a character outside strings; whether a claim ends with it."""
        if self._naming and (character.isdigit() or character == "."):
            self._bare.append(character)
            return False
        if self._bare:
            self._keys.append("".join(self._bare))
            self._bare = []
        if character == '"':
            self._string = []
        elif character in "{[":
            self._nesting.append(character)
            self._expects_key = character == "{"
        elif character in "}]":
            if self._nesting:
                self._nesting.pop()
            self._expects_key = False
            return character == "}" and len(self._nesting) == 2
        elif character == ",":
            self._expects_key = self._nesting[-1:] == ["{"]
        return False
