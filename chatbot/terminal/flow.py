"""A text that streams: printed word by word as it comes, wrapped at words, never redrawn.

Nothing is moved or erased once it stands, so that a long answer doesn't flicker and a pipe gets the
same text. Of Markdown, `**bold**` and `` `code` `` are shown as what they mean; the rest is text.
"""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from chatbot.terminal.text import clean

_PIECES = re.compile(r"\s+|\S+")
_MARKDOWN = re.compile(r"(\*\*|`)")
_SENTENCE_ENDS = ".!?。！？"
_MARKER = 4  # columns of " [1]"
_STYLES = {"**": "bold", "`": "cyan"}


class Flow:
    """Prints on `console`, `width` columns wide."""

    def __init__(self, console: Console, width: int) -> None:
        self._console = console
        self._width = width
        self._column = 0
        self._word = ""  # may go on with the next piece
        self._gap = ""  # white space that is owed: " ", or line ends
        self._open: str | None = None  # the Markdown sign whose end is awaited
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
                    for part in whole:
                        self._put(part)

    def mark(self, text: str, style: str) -> None:
        """A marker behind what was written so far. White space that was owed comes after it."""
        self._finish_word()
        owed, self._gap = self._gap, " " if self._column else ""
        self._put(text, style)
        self._gap = owed

    def end(self) -> None:
        """End the text and its line."""
        self._finish_word()
        if self._column:
            self._newline()
        self._gap, self._open = "", None

    def _owe(self, space: str) -> None:
        ends = min((self._gap + space).count("\n"), 2)
        self._gap = "\n" * ends or " "
        if ends == 2:
            self._open = None

    def _finish_word(self) -> None:
        word, self._word = self._word, ""
        if not word:
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

    def _put(self, word: Text | str, style: str = "") -> None:
        """Print a whole word after the white space that is owed."""
        piece = Text(word, style) if isinstance(word, str) else word
        if not piece.plain:
            return
        for _ in range(self._gap.count("\n") if self.text else 0):
            self._newline()
        owed = 1 if self._gap == " " and self._column else 0
        # A sentence's last word takes the place of its marker along to the next line.
        room = _MARKER if not style and piece.plain[-1] in _SENTENCE_ENDS else 0
        if self._column and self._column + owed + piece.cell_len + room > self._width:
            self._newline()
            owed = 0
        self._console.print(Text(" " * owed) + piece, end="", soft_wrap=True)
        self._column += owed + piece.cell_len
        self._gap = ""
        self._console.file.flush()

    def _newline(self) -> None:
        self._console.print()
        self._column = 0
