"""Numbers with their units and scales: what a text counts or measures.

"18 trillion tokens", "12,500", "21.59x", "4% to 8%", "0.6B", "three roles" are quantities. The digits of
a name (Qwen2.5, GPT-4o, AIME24, pass@8) and of an enumeration ("(1) …") are none.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from chatbot.verifying.normal import normal

_SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9,
    "t": 1e12, "trillion": 1e12,
}  # fmt: skip
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80}
# "one" and "zero" are seldom counts ("one of the", "zero-shot"): they are no quantities.
WORDS: dict[str, int] = (
    {word: value for value, word in enumerate(_SMALL.split()) if value > 1} | _TENS | {"ninety": 90}
)
_FOLDS = {"twofold": 2, "threefold": 3, "fourfold": 4, "fivefold": 5, "tenfold": 10}
_MULTIPLES = {"half": 0.5, "twice": 2, "thrice": 3, "double": 2, "triple": 3}

_NUMBER = re.compile(
    r"""(?<![\w.@/-])(?P<sign>[-+](?=\d))?(?P<currency>[$€£])?
        (?P<digits>\d+(?:\.\d+)?)
        (?:\s?(?P<percent>%)|(?P<times>x)(?![\w])|(?:-?\s?(?P<word>thousand|million|billion|trillion|bn)\b)
           |(?P<suffix>[kKMBT])(?![\w]))?
        (?P<unit>\s?%)?(?P<points>[\s-](?:percentage[\s-])?points?\b)?""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(
    r"(?<![\w-])(" + "|".join([*WORDS, *_FOLDS, *_MULTIPLES, "hundred"]) + r")(?![\w])", re.IGNORECASE
)
_ENUMERATOR = re.compile(r"(?:^|(?<=\s))\(?\d{1,2}\)")
# "3x to 7x", "0.6 to 235 billion", "4% - 8%": the first number shares what the second one bears.
_RANGE = re.compile(r"^\s?(?:-|~|to|and)\s?$")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as a text gives it.

    `value` is scaled ("18 trillion" is 1.8e13); `unit` is "%", "x", "points", a currency sign or "";
    `noun` is the word that follows, in small letters, or ""; `text` is as written, at `start` to `end`.
    """

    value: float
    unit: str
    noun: str
    text: str
    start: int
    end: int

    def same(self, other: Quantity) -> bool:
        """Whether the two say the same number; a unit that one of them leaves out does not part them."""
        units = {self.unit, other.unit} - {""}
        return len(units) <= 1 and math.isclose(self.value, other.value, rel_tol=1e-9)


@lru_cache(maxsize=4096)
def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities of a text, in order. Positions are those of `normal(text)`."""
    text = normal(text)
    hidden = _ENUMERATOR.sub(lambda match: " " * len(match.group()), text)
    found = [
        _from_digits(hidden, match) for match in _NUMBER.finditer(hidden) if _stands_alone(hidden, match)
    ]
    for match in _WORD.finditer(hidden):
        # The hundred of "two hundred" is no number of its own.
        if not any(one.start <= match.start() < one.end for one in found):
            found.append(_from_word(hidden, match))
    found.sort(key=lambda quantity: quantity.start)
    return tuple(_share(hidden, found))


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """A number that runs on into letters, or into another dotted part, belongs to a name."""
    after = text[match.end() : match.end() + 2]
    return not re.match(r"[A-Za-z_@]|\.\d|-\d|/\d", after)


def _from_digits(text: str, match: re.Match[str]) -> Quantity:
    value = float(match["digits"])
    if match["sign"] == "-":
        value = -value
    scale = match["word"] or match["suffix"]
    if scale:
        value *= _SCALES[scale.lower()]
    unit = "%" if match["percent"] or match["unit"] else "x" if match["times"] else match["currency"] or ""
    # "4 points", "4 percentage points" and "4% points" are one thing, and "4%" is another.
    unit = "points" if match["points"] else unit
    return Quantity(value, unit, _noun(text, match.end()), match.group().strip(), match.start(), match.end())


def _from_word(text: str, match: re.Match[str]) -> Quantity:
    word = match[1].lower()
    if word in _FOLDS:
        value, unit = float(_FOLDS[word]), "x"
    elif word in _MULTIPLES:
        value, unit = float(_MULTIPLES[word]), "x"
    else:
        value, unit = float(WORDS.get(word, 100)), ""
    end = match.end()
    if scale := re.match(r"[\s-](hundred|thousand|million|billion|trillion)\b", text[end:], re.IGNORECASE):
        value *= _SCALES.get(scale[1].lower(), 100.0)
        end += scale.end()
    return Quantity(value, unit, _noun(text, end), text[match.start() : end], match.start(), end)


def _noun(text: str, end: int) -> str:
    following = re.match(r"[\s-]*([A-Za-z][A-Za-z-]*)", text[end : end + 40])
    return following[1].lower() if following else ""


def _share(text: str, found: list[Quantity]) -> list[Quantity]:
    shared = []
    for index, this in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        quantity = this
        if following and _RANGE.match(text[this.end : following.start]):
            unit = this.unit or following.unit
            scale = next((s for s in (1e12, 1e9, 1e6, 1e3) if following.value >= s), 1.0)
            value = this.value * scale if this.value < 1e3 and following.text[-1:].isalpha() else this.value
            quantity = Quantity(value, unit, this.noun, this.text, this.start, this.end)
        shared.append(quantity)
    return shared
