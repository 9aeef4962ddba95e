"""Texts of others made harmless for a terminal: no escape sequence, control or direction override passes.

Papers, models and users may write anything; a terminal obeys some of it (colours, titles, cursor
moves, text shown backwards). What has a meaning for people stays as it is.
"""

from __future__ import annotations

import re
import unicodedata

# CSI, then strings with a terminator (titles, links, …), then the short ones. One without its end is
# not swallowed: it loses the ESC alone, so that nothing of the text is hidden.
_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x1b\x07]{0,4096}(?:\x07|\x1b\\)|[ -/]*[0-OQ-WYZ`-~])"
)
_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them


def clean(text: str) -> str:
    """`text` without anything a terminal would obey; line ends are "\\n", a tab is a space."""
    if text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", _SEQUENCE.sub("", text))
    return "".join(_harmless(char) for char in text)


def line(text: str) -> str:
    """`clean`, in one line, white space folded."""
    return " ".join(clean(text).split())


def readable(text: str) -> str:
    """A sentence of an abstract for people: LaTeX made readable, cleaned, in one line."""
    from store.latex import readable as without_latex

    return line(without_latex(text))


def _harmless(char: str) -> str:
    if char in "\n" or char.isprintable() or char in _JOINERS:
        return char
    if char == "\t":
        return " "
    category = unicodedata.category(char)
    if category == "Cs":  # half a surrogate pair can't be written at all
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in ("Cc", "Cf") else char
