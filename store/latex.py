"""LaTeX in abstracts, made readable: what people see in a terminal and what search and matching see.

`readable` is for reading and comparing. The verbatim text stays what it is, and evidence always
points into that. Nothing here raises on any text, and time grows linearly with its length: the text
is scanned once, groups are matched once, and no group is rendered twice.

An abstract is mostly prose, in which `%`, `_`, `&`, `{` and "$5" mean themselves, so a full LaTeX parser
would destroy it. The scanner below is therefore our own and timid; what a symbol looks like
(`\\times` is ×, `\\alpha` is α) comes from pylatexenc's tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from store.macros import ACCENTS, CITATIONS, DROPPED_ARGUMENT, ESCAPES, STYLES, WRAPPERS, symbol

_MARKS = re.compile(r"[\\$~`]|--")
_TOKEN = re.compile(
    r"""(?P<url>(?:https?|ftp)://[^\s{}$\\]+)
      | \\(?P<name>[A-Za-z]+)\*?
      | \\(?P<char>.)
      | (?P<tie>(?<=[\w.\]})])~(?=[\w\\$(\[]))
      | (?P<dash>---|(?<=\w)--(?=\w)|(?<=\s)--(?=\s))
      | (?P<quote>``|'')
      | (?P<degree>\^(?:\\circ(?![A-Za-z])|\{\s*\\circ\s*\}))
      | (?P<script>[_^]\{)
      | (?P<brace>[{}])""",
    re.VERBOSE | re.DOTALL,
)
# A dollar or \( \) \[ \]; an escaped dollar is a dollar.
_DELIMITER = re.compile(r"\\[()\[\]\\$]|\$\$?")
# Controls and bidirectional overrides could rewrite a terminal's line; lone surrogates can't be written.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONGEST_MATHS = 1_000

_ACCENT_ARGUMENT = re.compile(r"\s*(?:\{\s*\\?([A-Za-z])\s*\}|\\([ij])(?![A-Za-z])|([A-Za-z]))")


def readable(text: str) -> str:
    """The text with LaTeX made readable and white space folded; never raises.

    Ordinary text passes through, but for white space, control characters and bidirectional
    overrides, which a terminal would obey. A dollar that delimits no maths stays, and so does a macro that is
    neither known nor has an argument.
    """
    text = _UNPRINTABLE.sub("", text)
    if _MARKS.search(text):
        text = "".join(_Scanner(text).pieces())
    return " ".join(unicodedata.normalize("NFC", text).split())


def maths(text: str) -> tuple[tuple[int, int], ...]:
    """The spans of inline and display maths, delimiters included, in order; prices are not maths."""
    spans: list[tuple[int, int]] = []
    opened: re.Match[str] | None = None
    for mark in _DELIMITER.finditer(text):
        kind = mark.group()
        if kind in ("\\\\", "\\$"):
            continue
        if opened is not None and _closes(opened.group(), kind):
            content = (
                text[opened.end() : mark.start()] if mark.start() - opened.end() <= _LONGEST_MATHS else ""
            )
            if _is_maths(kind, content, text[mark.end() : mark.end() + 1]):
                spans.append((opened.start(), mark.end()))
                opened = None
                continue
        if kind not in ("\\)", "\\]"):
            opened = mark
    return tuple(spans)


def _closes(opener: str, closer: str) -> bool:
    return closer == {"\\(": "\\)", "\\[": "\\]"}.get(opener, opener)


def _is_maths(closer: str, content: str, following: str) -> bool:
    if not content.strip():
        return False
    if closer != "$" or any(mark in content for mark in "\\^_{"):
        return True
    # As pandoc does, so that "$5 and $10" are prices: tight delimiters, no digit behind; nor is prose maths.
    tight = content[0] not in " \n\t" and content[-1] not in " \n\t"
    prose = len(re.findall(r"[A-Za-z]{3,}", content)) > 1
    loose = any(mark in content for mark in "=<>+*/") or content.strip().isalpha()
    return not following.isdigit() and not prose and (tight or loose)


@dataclass(slots=True)
class _Scanner:
    """One left-to-right pass. `swaps` says what a brace becomes once its macro has been seen."""

    text: str
    match: dict[int, int] = field(default_factory=dict)
    swaps: dict[int, str] = field(default_factory=dict)
    quoted: int = 0
    last_quote: int = -1

    def pieces(self) -> Iterator[str]:
        self._match_braces()
        self.last_quote = self.text.rfind("''")
        position = 0
        for start, end in maths(self.text):
            yield from self._run(position, start, in_maths=False)
            width = 2 if self.text[start] == "\\" or self.text.startswith("$$", start) else 1
            yield "".join(self._run(start + width, end - width, in_maths=True)).strip()
            position = end
        yield from self._run(position, len(self.text), in_maths=False)

    def _match_braces(self) -> None:
        stack: list[int] = []
        for token in re.finditer(r"\\.|[{}]", self.text, re.DOTALL):
            if token.group() == "{":
                stack.append(token.start())
            elif token.group() == "}" and stack:
                self.match[stack.pop()] = token.start()

    def _run(self, position: int, stop: int, in_maths: bool) -> Iterator[str]:
        while token := _TOKEN.search(self.text, position, stop):
            yield self.text[position : token.start()]
            kind = token.lastgroup
            position = token.end()
            if kind == "name":
                piece, position = self._macro(token, stop, in_maths)
            elif kind == "char":
                piece, position = self._escape(token, stop, in_maths)
            elif kind == "brace":
                piece = self._brace(token, in_maths)
            elif kind == "script":
                piece = self._script(token, in_maths)
            else:
                piece = self._mark(token, in_maths)
            yield piece
        yield self.text[position:stop]

    def _mark(self, token: re.Match[str], in_maths: bool) -> str:
        found = token.group()
        if token.lastgroup == "tie":
            return " "
        if token.lastgroup == "degree":
            return "°"
        if token.lastgroup == "dash" and not in_maths:
            return "—" if len(found) == 3 else "–"
        if token.lastgroup == "quote" and not in_maths:
            if found == "``" and token.end() <= self.last_quote:
                self.quoted += 1
                return "“"
            if found == "''" and self.quoted:
                self.quoted -= 1
                return "”"
        return found

    def _brace(self, token: re.Match[str], in_maths: bool) -> str:
        place = token.start()
        if place in self.swaps:
            return self.swaps[place]
        if in_maths:
            return ""
        # {\em …} and {\"o} group for LaTeX's sake; {this} in prose is the author's.
        if token.group() == "{" and self.text[place + 1 : place + 2] == "\\" and place in self.match:
            self._drop(place)
            return ""
        return token.group()

    def _script(self, token: re.Match[str], in_maths: bool) -> str:
        opening = token.end() - 1
        if in_maths and opening in self.match:
            closing = self.match[opening]
            simple = re.fullmatch(
                r"[+\-−]?[\w.,]*|\\?\w+|\\\w+\{\w+\}", self.text[opening + 1 : closing][:60]
            )
            self.swaps[opening], self.swaps[closing] = ("", "") if simple else ("(", ")")
            return token.group()[0] + self.swaps[opening]
        return token.group()[0] if in_maths else token.group()

    def _drop(self, opening: int, before: str = "", after: str = "") -> None:
        self.swaps[opening], self.swaps[self.match[opening]] = before, after

    def _group(self, position: int, stop: int) -> int | None:
        """Where the group starts that follows `position`, if a whole one does."""
        if self.text.startswith("[", position):
            closing = self.text.find("]", position, min(stop, position + 200))
            position = closing + 1 if closing >= 0 else position
        whole = position in self.match and self.match[position] < stop
        return position if whole else None

    def _macro(self, token: re.Match[str], stop: int, in_maths: bool) -> tuple[str, int]:
        name, after = token.group("name"), token.end()
        if name in ACCENTS and (accented := self._accent(name, after, stop)):
            return accented
        group = self._group(after, stop)
        if name in DROPPED_ARGUMENT and group is not None:
            closing = self.match[group]
            following = self._group(closing + 1, stop)
            if following is not None:
                self._drop(following)
                return "", following
            return "", closing + 1
        if name in CITATIONS and group is not None:
            self._drop(group, "[", "]")
            return "", group
        if name in ("frac", "dfrac", "tfrac", "sqrt") and group is not None:
            return self._fraction(name, group, stop)
        if name == "sqrt":
            return "√", after + self.text.startswith(" ", after, stop)
        if name in STYLES:
            return "", after
        look = None if name in WRAPPERS else symbol(name)
        if look is not None:
            if group is not None and self.match[group] == group + 1:
                self._drop(group)
            return look, after
        if group is not None:
            empty = self.match[group] == group + 1
            self._drop(group)
            return (name if empty else ""), group
        if name in WRAPPERS or in_maths:
            return ("" if name in WRAPPERS else name), after
        return token.group(), after

    def _fraction(self, name: str, group: int, stop: int) -> tuple[str, int]:
        first = self._bracketed(group)
        if name == "sqrt":
            self._drop(group, *first)
            return "√", group
        second = self._group(self.match[group] + 1, stop)
        self._drop(group, first[0], first[1] + ("/" if second is not None else ""))
        if second is not None:
            self._drop(second, *self._bracketed(second))
        return "", group

    def _bracketed(self, group: int) -> tuple[str, str]:
        simple = re.fullmatch(r"\\?[\w.]*", self.text[group + 1 : self.match[group]][:60])
        return ("", "") if simple else ("(", ")")

    def _accent(self, name: str, after: int, stop: int) -> tuple[str, int] | None:
        argument = _ACCENT_ARGUMENT.match(self.text, after, stop)
        # A letter accent needs its braces: `\v x` and `\c` are rarer than a stray backslash before a word.
        if argument is None or (name.isalpha() and "{" not in argument.group()):
            return None
        letter = argument.group(1) or argument.group(2) or argument.group(3)
        return unicodedata.normalize("NFC", letter + ACCENTS[name]), argument.end()

    def _escape(self, token: re.Match[str], stop: int, in_maths: bool) -> tuple[str, int]:
        char, after = token.group("char"), token.end()
        if char in ACCENTS and (accented := self._accent(char, after, stop)):
            return accented
        if char in "%&_#${}":
            return char, after
        if char == "\\":
            line_break = in_maths or not self.text[after : after + 1].strip()
            return (" " if line_break else "\\\\"), after
        if char.isspace():
            return " ", after
        if char in ESCAPES and (in_maths or char in ",-/"):
            return ESCAPES[char], after
        return (char if in_maths else token.group()), after
