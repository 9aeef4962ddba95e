"""A text that streams: printed word by word as it comes, wrapped at words, never redrawn.

Nothing is moved or erased once it stands, so that a long answer doesn't flicker and a pipe gets the
same text. Of Markdown, `**bold**`, `` `code` ``, headings, lists and tables are shown as what they mean; the
rest is text. A table's row is shown when it is whole.
"""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.text import Text

from chatbot.terminal.screen import Screen
from chatbot.terminal.table import Table
from chatbot.terminal.text import clean

_PIECES = re.compile(r"\s+|\S+")
_MARKDOWN = re.compile(r"(\*\*|`)")
_BULLET = re.compile(r"[-*+•]|\d{1,3}[.)]")
_HEADING = re.compile(r"#{1,6}")
_SENTENCE_ENDS = ".!?。！？"
_MARKER = 4  # columns of " [1]"
_DEEPEST = 12  # columns that a list may be indented
_STYLES = {"**": "bold", "`": "cyan"}


class Flow:
    """Prints on the screen's `out`, as wide as it is at the time."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._column = 0
        self._word = ""  # may go on with the next piece
        self._gap = ""  # white space that is owed: " ", or line ends
        self._indent = 0  # columns before the first word of the line that begins
        self._hang = 0  # columns before the further lines of a list's item
        self._fresh = True  # nothing of the line has come
        self._heading = ""  # the style of a heading's words
        self._open: str | None = None  # the Markdown sign whose end is awaited
        self._row: Text | None = None  # a table's row that is begun
        self._table: Table | None = None
        self.text = ""

    @property
    def mid_line(self) -> bool:
        """Something stands on the line that is not ended."""
        return self._column > 0

    def write(self, text: str) -> None:
        """A piece of the text, of any length."""
        text = clean(text)
        self.text += text
        for piece in _PIECES.findall(text):
            if piece.isspace():
                self._finish_word()
                self._owe(piece)
            else:
                self._word += piece
                if cell_len(self._word) > len(self._word):  # wide scripts have no spaces to wait for
                    *whole, self._word = re.split(r"(?<=[\u2e80-\uffee])", self._word)
                    self._fresh = self._fresh and not whole
                    for part in whole:
                        self._put(part)

    def mark(self, text: str, style: str) -> None:
        """A marker behind what was written so far. White space that was owed comes after it."""
        self._finish_word()
        if self._row is not None:
            self._row.append(f" {text}", style)
            return
        owed, self._gap = self._gap, " " if self._column else ""
        self._put(text, style)
        self._gap = owed

    def end(self) -> None:
        """End the text and its line."""
        self._finish_word()
        self._end_row()
        self._table = None
        if self._column:
            self._newline()
        self._gap, self._open, self._heading, self._hang = "", None, "", 0

    def _owe(self, space: str) -> None:
        *lines, rest = space.split("\n")
        if not lines:
            self._gap = self._gap or " "
            return
        self._end_row()
        ends = min(self._gap.count("\n") + len(lines), 2)
        self._gap, self._fresh, self._heading = "\n" * ends, True, ""
        self._indent = min(len(rest), _DEEPEST)
        if ends == 2:
            self._open = None

    def _finish_word(self) -> None:
        word, self._word = self._word, ""
        if not word or self._begins(word):
            return
        parts = _MARKDOWN.split(word)
        if len(parts) == 1 or not (self._open or word.startswith(("**", "`"))):
            self._put(word, _STYLES.get(self._open or "", ""))
            return
        styled = Text()
        for part in parts:
            if part in _STYLES and self._open in (None, part):
                self._open = None if self._open else part
            else:
                styled.append(part, _STYLES.get(self._open or "", ""))
        self._put(styled)

    def _begins(self, word: str) -> bool:
        """The first word of a line may say what the line is; True if that is all it says."""
        if not self._fresh:
            return False
        self._fresh = False
        if word.startswith("|"):
            self._row = Text()
            if self._table is None:
                self._break()
                self._table = Table(self._screen)
            return False
        self._table = None
        self._hang = 0
        if _HEADING.fullmatch(word):
            self._heading = "bold"
            return True
        if _BULLET.fullmatch(word):
            shown = self._screen.signs.bullet if word in "-*+•" else word
            indent, self._indent = self._indent, 0
            self._hang = indent + cell_len(shown) + 1
            self._break()
            self._screen.out.print(Text(" " * indent + shown), end="", soft_wrap=True)
            self._column, self._gap = indent + cell_len(shown), ""
            return True
        return False

    def _put(self, word: Text | str, style: str = "") -> None:
        """Print a whole word after the white space that is owed."""
        piece = Text(word, style or self._heading) if isinstance(word, str) else word
        if not piece.plain:
            return
        if self._row is not None:
            self._row.append(" " if self._gap and self._row.plain else "")
            self._row.append(piece)
            self._gap = ""
            return
        self._break()
        owed = 1 if self._gap == " " and self._column else 0
        # A sentence's last word takes the place of its marker along to the next line.
        room = _MARKER if not style and piece.plain[-1] in _SENTENCE_ENDS else 0
        if self._column > self._hang and self._column + owed + piece.cell_len + room > self._screen.width:
            self._newline(self._hang)
            owed = 0
        self._screen.out.print(Text(" " * owed) + piece, end="", soft_wrap=True)
        self._column += owed + piece.cell_len
        self._gap = ""
        self._screen.out.file.flush()

    def _break(self) -> None:
        """The line ends that are owed."""
        if "\n" in self._gap:
            for _ in range(self._gap.count("\n") if self._column else 0):
                self._newline()
            self._gap = ""

    def _newline(self, indent: int = 0) -> None:
        self._screen.out.print()
        self._column = indent
        if indent:
            self._screen.out.print(Text(" " * indent), end="", soft_wrap=True)

    def _end_row(self) -> None:
        if self._row is not None and self._table is not None:
            self._table.add(self._row)
            self._screen.out.file.flush()
        self._row = None
