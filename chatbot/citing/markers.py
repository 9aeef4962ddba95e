"""Markers in prose, read as the prose arrives: `[1]`, `[1.2]`, `[1, 3]`, `[1-3]`, `【1】`, `[^1]`, `(1)`.

A marker belongs to the sentence that it stands in or behind. Brackets in code and maths, links, and
brackets that hold anything but numbers are text. `(1)` is a marker only behind the end of a sentence, not
at the head of an enumeration. Of an open bracket at most 64 characters are held back, so the time is
linear whatever the text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatbot.citing.pieces import Piece, Statement
from chatbot.values import FoundBy
from store.sentences import split

_OPEN = {"[": "]", "【": "】", "［": "］"}
_LIMIT = 64
_INSIDE = re.compile(
    r"\s*\^?\s*\d{1,3}(?:\.\d{1,3})?(?:\s*(?:[,;，、]|-|–|—|†[^\]】］]*)\s*\^?\d{0,3}(?:\.\d{1,3})?)*\s*"
)
_RANGE = re.compile(r"(\d{1,3})\s*[-–—]\s*(\d{1,3})(?![\d.])")
_KEY = re.compile(r"\d{1,3}(?:\.\d{1,3})?")
_END = re.compile(r"[.!?。！？][\"'”’)\]]*$")
_BREAK = re.compile(r"[.!?。！？][\"'”’)\]]*\s|[。！？]|\n")
# A sentence longer than this is ended where it stands: nothing may be held back without a bound.
_LONGEST = 2000


class MarkerStream:
    """Reads prose with markers."""

    def __init__(self) -> None:
        self._bracket = ""  # an open bracket and what follows it, not yet known to be a marker
        self._code = False
        self._maths = False
        self._sentence: list[str] = []
        self._length = 0
        self._keys: list[str] = []
        self._ended = False  # the sentence has ended; only markers and space may still belong to it
        self._space = ""  # white space that is not shown before what follows it is known
        self._cut = False  # a marker was taken out where the space stands

    def feed(self, text: str) -> Iterator[Piece | Statement]:
        """What became known with this piece of text."""
        for character in text:
            yield from self._take(character)

    def finish(self) -> Iterator[Piece | Statement]:
        """The last sentence, and a bracket that never closed."""
        held, self._bracket = self._bracket, ""
        for character in held:
            yield from self._plain(character)
        yield from self._end()

    def _take(self, character: str) -> Iterator[Piece | Statement]:
        if self._bracket:
            self._bracket += character
            closing = _OPEN.get(self._bracket[0], ")")
            if character == closing:
                yield from self._close()
            elif len(self._bracket) > _LIMIT or character == "\n" or character in _OPEN:
                held, self._bracket = self._bracket[:-1], ""
                for each in held:
                    yield from self._plain(each)
                yield from self._take(character)
            return
        behind = character == "(" and self._behind_a_sentence()
        if (character in _OPEN or behind) and not (self._code or self._maths):
            self._bracket = character
        else:
            yield from self._plain(character)

    def _behind_a_sentence(self) -> bool:
        return self._ended or bool(_END.search("".join(self._sentence[-4:]).rstrip()))

    def _close(self) -> Iterator[Piece | Statement]:
        held, self._bracket = self._bracket, ""
        if _INSIDE.fullmatch(held[1:-1]):
            self._keys += _keys(held[1:-1])
            self._cut = True
            return
        for character in held:
            yield from self._plain(character)

    def _plain(self, character: str) -> Iterator[Piece | Statement]:
        if self._ended and not character.isspace():
            yield from self._end()
        if character == "`":
            self._code = not self._code
        elif character == "$" and not self._code:
            self._maths = not self._maths
        if self._ended and character == "\n":
            yield from self._end()
        self._sentence.append(character)
        self._length += 1
        yield from self._show(character)
        if character == "\n":
            self._code = self._maths = False
        if character.isspace() or character in "。！？":
            tail = "".join(self._sentence[-8:])
            self._ended = bool(_BREAK.search(tail)) and self._whole()
        if self._length > _LONGEST:
            yield from self._end()

    def _show(self, character: str) -> Iterator[Piece]:
        """The character, with the space before it; none is left where a marker stood before a full stop."""
        if character.isspace() and character != "\n":
            self._space = " " if self._cut else self._space + character
            return
        space = "" if character == "\n" or (self._cut and character in ".,;:!?") else self._space
        self._space, self._cut = "", False
        yield Piece(space + character)

    def _whole(self) -> bool:
        """Whether what stands here is a sentence, and not cut at "et al." or "Fig. 2"."""
        text = "".join(self._sentence)
        if text.endswith("\n"):
            return bool(text.strip())
        # Seen with a capital behind it, an abbreviation that ends no sentence joins the two.
        return len(split("", f"{text.strip()} Next it goes on.")) > 1

    def _end(self) -> Iterator[Statement]:
        text = " ".join("".join(self._sentence).split())
        text = re.sub(r"\s+([.,;:!?])", r"\1", text)
        keys, found_by = tuple(dict.fromkeys(self._keys)), FoundBy.MARKER if self._keys else FoundBy.NONE
        self._sentence, self._length, self._keys, self._ended = [], 0, [], False
        if any(character.isalnum() for character in text):
            yield Statement(text, keys, found_by)


def _keys(inside: str) -> list[str]:
    keys: list[str] = []

    def spread(match: re.Match[str]) -> str:
        first, last = int(match[1]), int(match[2])
        # "[1-3]" is a list; "[3-1]" and "[1-200]" are no range that anyone was shown.
        return ", ".join(map(str, range(first, last + 1))) if 0 <= last - first < 20 else match.group()

    spelled = _RANGE.sub(spread, re.sub(r"†[^,;，、]*", "", inside))
    keys += _KEY.findall(spelled)
    return keys
