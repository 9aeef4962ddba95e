"""Markers in prose, read as it arrives: `[1]`, `[1.2]`, `[1, 3]`, `[1-3]`, `【1】`, `［1］`, `[^1]`, `(1)`.

A marker belongs to the sentence that it stands in or behind; where the answer begins with one, each marker
leads its sentence. Left as text: brackets in code and maths, links (`[1](…)`), definitions (`[1]: …`),
intervals (`[0, 1]`) and brackets that hold anything but numbers. `(1)` is a marker only behind the end of a
sentence, not at the head of an enumeration.

Of an open bracket at most 64 characters are held back, so the time is linear whatever the text is. What
is shown is what was said, but for markers and the space before them; a statement is what was shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from chatbot.citing.pieces import Piece, Statement
from chatbot.values import FoundBy
from store.sentences import split

_OPEN = {"[": "]", "【": "】", "［": "］"}
_LIMIT = 64
_NUMBER = r"\^?(?:(?:papers?|sentences?)\s+)?\d{1,3}(?:\.\d{1,3})?"
_PART = rf"{_NUMBER}(?:\s*[-–—]\s*{_NUMBER})?(?:†[^,;，、]*)?"
_INSIDE = re.compile(rf"\s*{_PART}(?:\s*(?:[,;，、]|\band\b|&)\s*{_PART})*\s*", re.IGNORECASE)
_KEYS = re.compile(r"(?:(\d+)\.)?(\d+)(?:\s*[-–—]\s*\^?(?:(\d+)\.)?(\d+))?")
_STOPS = "。！？"
_CLOSERS = "\"'”’)]*_」』"
_END = re.compile(rf"[.!?…{_STOPS}][{re.escape(_CLOSERS)}]*$")
# Of what stands before a full stop, enough to know "et al." and "Fig. 2", and little enough to look at often.
_TAIL = 40
# A sentence longer than this is ended where it stands: nothing may be held back without a bound.
_LONGEST = 2000
# "[1-3]" is a list; "[3-1]" and "[1-200]" are no range that anyone was shown.
_LONGEST_RANGE = 20


class MarkerStream:
    """Reads prose with markers."""

    def __init__(self) -> None:
        self._out: list[Piece | Statement] = []
        self._shown: list[str] = []  # since the last piece
        self._bracket = (
            ""  # an open bracket and what follows it, or a marker of which the next character decides
        )
        self._closed = False  # the bracket has closed
        self._verbatim = _Verbatim()
        self._sentence: list[str] = []  # as shown
        self._speaks = False  # there is a letter or digit in it
        self._keys: list[str] = []
        self._leads: bool | None = None  # the answer begins with a marker; None until that is known
        self._ended = False  # the sentence has ended; only markers and space may still belong to it
        self._space: list[str] = []  # white space that is not shown before what follows it is known
        self._cut = False  # a marker was taken out where the space stands

    def feed(self, text: str) -> Iterator[Piece | Statement]:
        """What became known with this piece of text."""
        for character in text:
            self._take(character)
        yield from self._flushed()

    def finish(self) -> Iterator[Piece | Statement]:
        """The last sentence, and a bracket that never closed."""
        if self._closed:
            self._mark()
        self._release()
        self._end()
        yield from self._flushed()

    def _take(self, character: str) -> None:
        if self._closed:
            link = character == "(" or (character == ":" and not self._speaks)
            self._release() if link else self._mark()
        if self._bracket:
            if len(self._bracket) < _LIMIT and character != "\n" and character not in _OPEN:
                self._bracket += character
                if character == _OPEN.get(self._bracket[0], ")"):
                    self._closed = bool(_INSIDE.fullmatch(self._bracket[1:-1])) and bool(
                        _keys(self._bracket[1:-1])
                    )
                    if not self._closed:
                        self._release()
                return
            self._release()
        if self._opens(character):
            self._bracket = character
        else:
            self._plain(character)

    def _opens(self, character: str) -> bool:
        if character in _OPEN:
            return self._verbatim.allows(bool(self._space))
        behind = self._ended or bool(_END.search("".join(self._sentence[-4:])))
        return character == "(" and behind and self._verbatim.allows(bool(self._space))

    def _mark(self) -> None:
        """The bracket is a marker."""
        held, self._bracket, self._closed = self._bracket, "", False
        if self._leads is None:
            self._leads = True
        if self._leads and self._ended:
            self._end()
        self._keys += _keys(held[1:-1])
        self._cut = True

    def _release(self) -> None:
        """The bracket is text."""
        held, self._bracket, self._closed = self._bracket, "", False
        for character in held:
            self._plain(character)

    def _plain(self, character: str) -> None:
        if character.isspace():
            self._pause(character)
            return
        # A quote that closes behind a full stop belongs to its sentence.
        if self._ended and (self._space or self._cut or character not in _CLOSERS):
            self._end()
        self._verbatim.see(character)
        if not (self._cut and character in ".,;:!?"):
            self._show(self._space)
        self._space, self._cut = [], False
        self._show([character])
        if character.isalnum():
            self._speaks = True
            self._leads = self._leads or False
        if character in _STOPS and self._speaks and not self._verbatim.fenced:
            self._ended = True
        if len(self._sentence) > _LONGEST:
            self._end()

    def _pause(self, character: str) -> None:
        self._verbatim.see(character)
        if character == "\n" and not self._verbatim.fenced:
            if self._ended:
                self._end()
            self._ended = self._speaks
        elif not (self._space or self._cut or self._ended or self._verbatim.fenced):
            self._ended = self._speaks and _ends("".join(self._sentence[-_TAIL:]))
        if character == "\n":
            self._show(["\n"])
            self._space, self._cut = [], False
        elif self._cut:
            self._space = [character]
        else:
            self._space.append(character)

    def _show(self, characters: list[str]) -> None:
        self._shown += characters
        self._sentence += characters

    def _end(self) -> None:
        text = " ".join("".join(self._sentence).split())
        found_by = FoundBy.MARKER if self._keys else FoundBy.NONE
        if self._speaks:
            self._flush()
            self._out.append(Statement(text, tuple(dict.fromkeys(self._keys)), found_by))
        self._sentence, self._speaks, self._keys, self._ended = [], False, [], False
        self._verbatim.sentence()

    def _flush(self) -> None:
        if self._shown:
            self._out.append(Piece("".join(self._shown)))
            self._shown = []

    def _flushed(self) -> list[Piece | Statement]:
        self._flush()
        out, self._out = self._out, []
        return out


class _Verbatim:
    """Whether what stands here is code or maths, in which a bracket is a bracket."""

    def __init__(self) -> None:
        self.fenced = False
        self._code = False
        self._maths = False
        self._display = False
        self._ticks = 0
        self._last = ""

    def see(self, character: str) -> None:
        self._ticks = self._ticks + 1 if character == "`" else 0
        if character == "\n":
            self._code = self._maths = self._display = False
        elif self._ticks == 3:
            self.fenced, self._code = not self.fenced, False
        elif character == "`" and not self.fenced:
            self._code = not self._code
        elif character == "$" and self._last not in ("$", "\\") and not self._code:
            self._maths = not self._maths
        elif self._last == "\\" and character in "()[]":
            self._display = character in "(["
        self._last = character

    def sentence(self) -> None:
        """A new sentence begins: a dollar that nothing closed was a price's."""
        self._maths = False

    def allows(self, spaced: bool) -> bool:
        """Whether a marker may begin here. A dollar may be a price's: in maths no space precedes "[1]"."""
        if self.fenced or self._code or self._display or self._last == "\\":
            return False
        return spaced or not self._maths


@lru_cache(maxsize=1024)
def _ends(tail: str) -> bool:
    """Whether a sentence ends here, and is not cut at "et al." or "Fig. 2"."""
    if not _END.search(tail):
        return False
    # Seen with a capital behind it, an abbreviation that ends no sentence joins the two. Only the last two
    # words matter; brackets that opened before them would mislead.
    last = " ".join(tail.split()[-2:]).translate({ord(bracket): None for bracket in "()[]{}"})
    return len(split("", f"It is {last} Next it goes on.")) > 1


def _keys(inside: str) -> list[str]:
    """The keys that a marker names; none if one of them is 0, which is an interval's."""
    keys: list[str] = []
    for match in _KEYS.finditer(re.sub(r"†[^,;，、]*", "", inside)):
        paper, first, last_paper, last = match.groups()
        ends = [f"{paper}.{first}" if paper else first]
        if last:
            # "1.2-4" and "1.2-1.4" are sentences of one paper.
            prefix = f"{paper}." if paper and last_paper in (None, paper) else ""
            apart = (paper is None) != (last_paper is None) and not prefix
            if (not paper or prefix) and not apart and 0 <= int(last) - int(first) < _LONGEST_RANGE:
                ends = [f"{prefix}{number}" for number in range(int(first), int(last) + 1)]
            else:
                ends.append(f"{last_paper}.{last}" if last_paper else last)
        keys += ends
    return [] if "0" in keys else keys
