"""Citation keys: `lovelace2025analytical`. ASCII, and the same for the same paper in every export.

Where several papers would have one key, the older paper of the export keeps it and the others get a letter.
"""

from __future__ import annotations

import re
import string
import unicodedata

from store.records import Paper

_WORD = re.compile(r"[a-z0-9]+")
_SMALL = frozenset(
    """
    a an and are as at by can do does for from how in into is it its of on or our that the their this to
    towards toward using via we what when where which why with
    """.split()  # noqa: SIM905
)
_LONGEST = 24


class Keys:
    """Gives each paper of an export a key that no other has."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._times: dict[str, int] = {}

    def of(self, paper: Paper) -> str:
        """A key for the paper; another one each time."""
        base = _base(paper)
        key = base
        while key in self._given:
            self._times[base] = times = self._times.get(base, 0) + 1
            key = base + _letters(times)
        self._given.add(key)
        return key


def _base(paper: Paper) -> str:
    author = _ascii(paper.authors[0].split(" ")[-1]) if paper.authors else []
    about = [word for word in _ascii(paper.name) if word not in _SMALL]
    who = "".join(author)[:_LONGEST]
    year = paper.created[:4] if paper.created else ""
    what = about[0][:_LONGEST] if about else ""
    key = f"{who}{year}{what}" if who else f"{what}{year}"
    return key if who or what else paper.id


def _ascii(text: str) -> list[str]:
    """The words of a text in small ASCII letters and digits, accents gone."""
    plain = unicodedata.normalize("NFKD", re.sub(r"['’\-]", "", text)).encode("ascii", "ignore").decode()
    return _WORD.findall(plain.lower())


def _letters(number: int) -> str:
    """1 is a, 26 is z, 27 is aa."""
    found = ""
    while number:
        number, letter = divmod(number - 1, 26)
        found = string.ascii_lowercase[letter] + found
    return found
