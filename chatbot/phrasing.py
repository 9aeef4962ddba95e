"""A small notation for what people may say, and the words and slots that rules share.

    how many PAPERS [are there] (per|by) <by>

Small words stand for themselves, `[…]` may be left out, `(…|…)` is a choice, words in capitals are a
vocabulary of this module, and `<…>` is a slot, whose text the rule's user reads by its name. A text is
matched as `spaced` gives it: words and commas, each with one space behind it.

Knows words and dates; what a rule means is for `routing` to say.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

_VOCABULARY = {
    "PAPERS": "paper|papers|abstract|abstracts|publication|publications|articles",
    "THERE": "are there|there are|do (you|we|i) have|(have|do) (you|we) got|are (contained|included)|exist",
    "HERE": "(in|of|from) (the|this|your|our|my) [whole] (collection|library|corpus)|in here"
    "|in total|altogether|overall",
    "WRITTEN": "written|created|published|submitted|posted|dated|released|made",
    "PER": "per|by|each|(for|in|from|of) (each|every)|over the",
    "SHOW": "(list|show|give|name|print|plot|draw|what is|what are|which are) [me]",
    "NEW": "newest|latest|most recent",
    "OLD": "oldest|earliest",
    "HAVE": "have|has|having|with|provide|provides|include|includes|share|shares|come with|offer|release"
    "|releases",
    "LACK": "(have|has|with|provide|contain|include) no|without|lack|lacks"
    "|(do not|don't|does not|doesn't) (have|provide|share|link to|release|include)",
    "A": "a|an|any|the|their|its",
    "LINK": "link|links|repository|repositories|repo|repos|url|urls|page|pages",
    "MENTION": "mention|mentions|mentioned|mentioning",
    "WORD": "word|words|term|phrase|name",
    "CONTAIN": "contain|contains|containing|use|uses|say|says|with|have",
}
_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    r"(?:\d{4}-\d\d(?:-\d\d)?|(?:the year )?(?:19|20)\d\d"
    rf"|(?:{_DAY} )?(?:{_MONTH})\.? (?:{_DAY} )?(?:, )?(?:of )?\d{{4}})"
)
_BY = "years?|months?|authors?|categor(?:y|ies)|venues?|conferences?"
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBER = rf"\d{{1,4}}|{'|'.join(_NUMBERS)}"
_QUOTED = '["“](?P<quoted>[^"“”]+)["”] '
_LETTERS = r"[^\W\d_][\w.'-]* "
_SLOTS = {
    "date": f"(?P<date>{_DATE}) ",
    "last": f"(?P<last>{_DATE}) ",
    "by": f"(?P<by>{_BY}) ",
    "number": f"(?P<number>{_NUMBER}) ",
    "again": f"(?P<again>{_NUMBER}) ",
    "person": f"(?:{_QUOTED}|(?P<name>{_LETTERS}(?:{_LETTERS}){{1,4}}?))",
    "venue": rf"(?:{_QUOTED}|(?P<name>(?:[\w&'/-]+ ){{1,6}}?))",
    "term": rf"(?:{_QUOTED}|(?P<name>(?:[^\s\"“”]+ ){{1,8}}?))",
    "quoted": f"{_QUOTED}(?P<name>(?!))?",
    "category": r"(?P<name>[a-z-]{2,10}\.[a-z-]{2,10}) ",
}
_TOKEN = re.compile(r"<\w+>|[()\[\]|]|[^\s()\[\]|]+")
_SIGNS = {"(": "(?:", ")": ")", "[": "(?:", "]": ")?", "|": "|"}


def spaced(text: str) -> str:
    """A text as rules are matched against it: words and commas with one space behind, no sign at the end."""
    text = text.replace("’", "'").strip().rstrip(" ?!.…")
    return "".join(f"{word} " for word in re.sub(r"(?<=\S),(?=\s)", " ,", text).split())


def rule(notation: str) -> re.Pattern[str]:
    """The expression of a rule. Raises KeyError for a slot or vocabulary that is not there."""
    return re.compile(_expression(notation), re.IGNORECASE)


def _expression(notation: str) -> str:
    found = []
    for token in _TOKEN.findall(notation):
        if token in _SIGNS:
            found.append(_SIGNS[token])
        elif token.startswith("<"):
            found.append(_END if token == "<end>" else _SLOTS[token[1:-1]])
        elif token.isupper():
            found.append(f"(?:{_expression(_VOCABULARY[token])})")
        else:
            found.append(re.escape(token) + " ")
    return "".join(found)


# Where a name or term of any words ends: at the end of the question, or before another condition.
_TIMES = (
    f"(?:(?:{_expression('WRITTEN')}))?(?:in|of|from|on|during|since|until|before|after|between) {_DATE} "
)
_NEXT = _expression("and (HAVE|LACK|MENTION|were|was|are|is|accepted|by)|HERE")
_END = rf"(?=$|(?:, )?(?:{_TIMES}|(?:in|of) [a-z-]+\.[a-z-]+ |by \S|{_NEXT}))"


def number(text: str | None) -> int | None:
    """What a <number> says."""
    if text is None:
        return None
    small = text.lower()
    return _NUMBERS.index(small) + 1 if small in _NUMBERS else int(text)


def day(text: str) -> str | None:
    """A <date> as ISO 8601, cut where nothing more is said; None where there is no such day."""
    text = re.sub("^the year ", "", text.strip(), flags=re.IGNORECASE)
    written = text
    if not re.fullmatch(r"\d{4}(?:-\d\d){0,2}", text):
        year = re.search(r"\d{4}$", text)
        month = re.search(rf"(?<![a-z])(?:{_MONTH})", text, re.IGNORECASE)
        if not year or not month:
            return None
        of_month = re.search(rf"(?<!\d){_DAY}(?= )", text[: year.start()])
        written = f"{year[0]}-{_MONTHS[month[0].lower()]:02}"
        written += f"-{int(re.sub('[a-z]', '', of_month[0])):02}" if of_month else ""
    return written if _first(written) else None


def after(text: str) -> str | None:
    """The day after a <date>: after 2024 is since 2025-01-01."""
    first = _first(written) if (written := day(text)) else None
    if first is None or written is None or first.year == date.max.year:
        return None
    if len(written) == 4:
        return first.replace(year=first.year + 1).isoformat()
    days = calendar.monthrange(first.year, first.month)[1] if len(written) == 7 else 1
    return (first + timedelta(days=days)).isoformat()


def before(text: str) -> str | None:
    """The day before a <date>: before 2025-03 is until 2025-02-28."""
    first = _first(written) if (written := day(text)) else None
    return (first - timedelta(days=1)).isoformat() if first and first > date.min else None


def _first(written: str) -> date | None:
    """The first day of a date that may be cut."""
    try:
        return date.fromisoformat(written + "-01-01"[len(written) - 4 :])
    except ValueError:
        return None
