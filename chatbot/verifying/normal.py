"""One spelling for what means the same: the form in which claims and evidence are compared.

LaTeX is made readable, Unicode folded (NFKC; one dash, one quote, one minus), "×" and "-fold" become
"x", "percent" becomes "%", thousands lose their commas. Letters keep their case: names need it.
Nothing here decides anything.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from store.latex import readable

_DASHES = re.compile("[\u2010-\u2015\u2212\u00ad\ufe58\ufe63\uff0d]")
_QUOTES = re.compile("[\u2018\u2019\u201a\u201b`\u00b4]")
_DOUBLE_QUOTES = re.compile("[\u201c\u201d\u201e\u201f\u00ab\u00bb]|''")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+)(?![\d,]*\d)")
_PERCENT = re.compile(r"\s*(?:percent|per cent|pct)\b(?!age)|(?<=\d)\s+%", re.IGNORECASE)
_TIMES = re.compile(r"(?<=\d)\s*(?:[×✕]|times\b|-?\s?fold\b)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
# Endings that the two spellings of English part over: stabilise, behaviour, modelling, centre, analyse.
_BRITISH = tuple(
    (re.compile(pattern, re.IGNORECASE), by)
    for pattern, by in (
        (r"(?<=[a-z]{3})is(?=(?:e[ds]?|ers?|ing|able|ations?)\b)", "iz"),
        (r"(?<=[a-z]{2}[bcdfglmnpv])our(?=(?:s|ed|ing|al|able|ful|ite|ites)?\b)", "or"),
        (r"(?<=[aeiou])ll(?=(?:ed|ing|ers?)\b)", "l"),
        (r"(?<=[a-z][bt])re\b", "er"),
        (r"(?<=[a-z]{2})lys(?=(?:e[ds]?|ing)\b)", "lyz"),
    )
)


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """The text in its one spelling, white space folded."""
    text = unicodedata.normalize("NFKC", readable(text))
    text = _INVISIBLE.sub("", _DASHES.sub("-", text))
    text = _DOUBLE_QUOTES.sub('"', _QUOTES.sub("'", text))
    text = _THOUSANDS.sub(lambda match: match.group().replace(",", ""), text)
    text = _TIMES.sub("x", _PERCENT.sub("%", text))
    return _SPACE.sub(" ", text).strip()


@lru_cache(maxsize=4096)
def spelled(text: str) -> str:
    """`normal`, and the two spellings of English made one. For comparing words alone: some that are no such
    case change too ("precise"), on both sides alike."""
    text = normal(text)
    for pattern, by in _BRITISH:
        text = pattern.sub(by, text)
    return text
