"""Names of people from the order in which they are spoken to `Last, First`, and back again, to the letter.

Which word is the family's is a guess: the last one, with the small words before it (`van`, `de`). A name of
one word, a group's (`Qwen Team`) and one that a suffix ends stay as they are; one that holds a comma gets
another at its end, as RIS marks the names of organisations.
"""

from __future__ import annotations

import re

_SUFFIX = re.compile(r"(?:jr|sr|i{2,3}|iv|phd|md)\.?$", re.IGNORECASE)
_GROUP = frozenset(
    """
    team group collaboration consortium project lab labs laboratory inc inc. llc ltd ltd. gmbh corporation
    corp corp. ai research university institute foundation society association network community authors
    others al al.
    """.split()  # noqa: SIM905
)


def family_first(name: str) -> str:
    """`Ada Lovelace` as `Lovelace, Ada`."""
    if "," in name:
        return f"{name},"
    words = name.split(" ")
    if len(words) < 2 or _SUFFIX.match(words[-1]) or words[-1].lower() in _GROUP:
        return name
    start = len(words) - 1
    while start > 1 and words[start - 1].islower():
        start -= 1
    return f"{' '.join(words[start:])}, {' '.join(words[:start])}"


def spoken(name: str) -> str:
    """What `family_first` was given."""
    if name.endswith(","):
        return name[:-1]
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma else name
