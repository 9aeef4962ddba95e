"""What single fields of a paper say: whole words, an author's name, a category, a venue, a link to code.

Pure functions of texts, which the ledger lends to SQLite under their names. They are exact and know no
index; what spares SQLite from calling them a hundred thousand times is `filters`' to add.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache

# Where people put code. A page of a project (github.io) or of a model (huggingface.co) is no code yet.
_HOSTS: tuple[str, ...] = (
    "github.com/",
    "gitlab.",
    "bitbucket.org/",
    "codeberg.org/",
    "gitee.com/",
    "sourceforge.net/p",
    "anonymous.4open.science/",
)
_ADDRESS = re.compile(
    r"(?:(?<=www\.)|(?<![\w.-]))(?:github\.com|gitlab(?:\.[\w-]+)+|bitbucket\.org|codeberg\.org|gitee\.com"
    r"|sourceforge\.net/(?:p|projects)|anonymous\.4open\.science)/[\w~]"
)
CODE_WORDS = (
    '"github com" OR gitlab OR "bitbucket org" OR "codeberg org" OR "gitee com" OR "sourceforge net" '
    'OR "anonymous 4open science"'
)
"""An FTS5 query that finds every text with a link to code, and some without."""
_SUBMISSION = re.compile(
    r"\b(?:submitted|submission|(?:in|under|currently) +(?:peer[- ])?review|under-review|in review)\b",
    re.IGNORECASE,
)
_ACCEPTED = re.compile(
    r"\b(?:accepted|published|to appear|appear(?:s|ed|ing)? (?:in|at)|camera)", re.IGNORECASE
)
# ACL 2025, ICCV'25, NeurIPS2025, EMNLP Findings 2025: a name with two capitals, and a year.
_NAMED_VENUE = re.compile(
    r"(?<![\w.])(?P<name>(?=[^\W\d_]*[A-Z][^\W\d_]*[A-Z])[A-Za-z]+(?:[-&/+][A-Za-z]+)*|Interspeech|Neurips)"
    r"(?:[ -](?:Findings|Main|Workshops?|Industry|Demo|Conference))*[ ,]{0,2}['’]?"
    r"(?P<year>20\d\d|\d\d)(?![\w.:])"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_JOINED = re.compile(rf"{_WORD.pattern}(?:[-‐‑]{_WORD.pattern})+")


def fold(text: str) -> str:
    """Small letters, white space folded: how words are compared. Accents stay."""
    return " ".join(text.lower().split())


def says(text: str | None, phrase: str) -> bool:
    """Whether a text has a folded phrase as whole words, whatever the case; a plural s may follow."""
    if not text or not phrase:
        return False
    text = text.lower()
    at = text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        if not (at and _joins(text[at - 1]) and _joins(phrase[0])):
            if not _joins(phrase[-1]) or not _joins(text[end : end + 1]):
                return True
            if text[end] == "s" and not _joins(text[end + 1 : end + 2]):
                return True
        at = text.find(phrase, at + 1)
    return False


def _joins(char: str) -> bool:
    """Whether a character makes a word longer; private ones do, as the keyword index sees it."""
    return char.isalnum() or (char > "\x7f" and unicodedata.category(char) == "Co")


def authored(authors: str, name: str) -> bool:
    """Whether one of the authors (a JSON list) bears the name: all its words, in any order, whatever the
    case and accents. A single letter is the beginning of a word ("B. Yu"). "Zhang-Wei Hong" is no Wei Zhang:
    of what a hyphen joins, all is said or nothing, unless a single word is all that is wanted.
    """
    wanted = _name_words(name)
    small = authors.lower()
    if not wanted or ("\\" not in small and any(word not in small for word in wanted)):
        return False  # most papers, without reading the list
    listed = json.loads(authors)
    together = unaccented("\n".join(listed))
    if any(word not in together for word in wanted):
        return False
    return any(_bears(unaccented(author), wanted) for author in listed)


def _bears(author: str, wanted: tuple[str, ...]) -> bool:
    if len(wanted) > 1:
        for joined in _JOINED.findall(author):
            if not _in_a_row(_WORD.findall(joined), wanted):
                author = author.replace(joined, " ")
    words = _WORD.findall(author)
    return all(any(_said(word, each) for word in words) for each in wanted)


def _in_a_row(words: list[str], wanted: tuple[str, ...]) -> bool:
    starts = range(len(wanted) - len(words) + 1)
    return any(all(map(_said, words, wanted[start:])) for start in starts)


def _said(word: str, wanted: str) -> bool:
    return word.startswith(wanted) if len(wanted) == 1 else word == wanted


@lru_cache(maxsize=256)
def _name_words(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(unaccented(name)))


def unaccented(text: str) -> str:
    """Small letters without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(char for char in apart if not unicodedata.combining(char)).lower()


@lru_cache(maxsize=16_384)  # a hundred thousand papers have some ten thousand lists
def filed(categories: str, category: str) -> bool:
    """Whether a JSON list of categories has this one, or one of this archive ("cs" has "cs.CL").

    "Machine Learning (cs.LG)" is both "cs.LG" and "machine learning".
    """
    wanted = fold(category)
    if "\\" not in categories and wanted not in categories.lower():
        return False
    for each in json.loads(categories):
        whole = fold(each)
        names = {whole, whole.partition(" (")[0], *re.split(r"[\s()\[\],;]+", whole)}
        if wanted in names or any(name.startswith(f"{wanted}.") for name in names):
            return True
    return False


def accepted_at(venue: str | None, comment: str | None, wanted: str) -> bool:
    """Whether the venue, or a comment that tells of no mere submission, names this venue: every word of it,
    whole, whatever the case. A year may be glued to the name or cut to two digits (ACL2025, ICCV'25).
    """
    return _names_venue(venue, wanted) or (not _submitted(comment) and _names_venue(comment, wanted))


def _submitted(comment: str | None) -> bool:
    return bool(comment and _SUBMISSION.search(comment) and not _ACCEPTED.search(comment))


def _names_venue(text: str | None, wanted: str) -> bool:
    patterns = _venue_words(wanted)
    return bool(text and patterns) and all(pattern.search(text or "") for pattern in patterns)


@lru_cache(maxsize=256)
def _venue_words(wanted: str) -> tuple[re.Pattern[str], ...]:
    found = []
    for word in re.findall(r"[^\W_]+", wanted):
        if _YEAR.fullmatch(word):
            pattern = rf"(?<!\d)(?:{word}|(?<=['’]){word[2:]})(?!\d)"
        else:
            pattern = rf"(?<![^\W_]){re.escape(word)}(?![^\W\d_])"
        found.append(re.compile(pattern, re.IGNORECASE))
    return tuple(found)


def venue_of(venue: str | None, comment: str | None) -> str | None:
    """The venue to count a paper under: the one that is recorded, else the first that its comment names with
    a year ("ACL 2025"), unless that is a mere submission; None where none is named.
    """
    if venue and venue.strip():
        return " ".join(venue.split())
    if not comment or _submitted(comment) or not (found := _NAMED_VENUE.search(" ".join(comment.split()))):
        return None
    year = found["year"] if len(found["year"]) == 4 else f"20{found['year']}"
    return f"{found['name']} {year}"


def code(text: str | None) -> bool:
    """Whether a text has an address at a host of source code: GitHub, GitLab, Bitbucket and their like."""
    return _links(text, _HOSTS)


def github(text: str | None) -> bool:
    """Whether a text has an address at GitHub."""
    return _links(text, _HOSTS[:1])


def _links(text: str | None, hosts: tuple[str, ...]) -> bool:
    """Looking for plain strings first is ten times faster than the expression alone."""
    if not text or "/" not in text:
        return False
    small = text.lower()
    for host in hosts:
        at = small.find(host)
        while at >= 0:
            if _ADDRESS.match(small, at):
                return True
            at = small.find(host, at + 1)
    return False
