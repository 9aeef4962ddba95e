"""What a moderation endpoint said, read: Qwen3Guard-Gen's lines, or the JSON of `/moderations`.

    Safety: Unsafe
    Categories: Violent, PII

Where a text holds several labels, the worst counts: who gets a guard to repeat "Safety: Safe" has won
nothing. What holds none is no label, and None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatbot.values import Safety

__all__ = ["Label", "Safety", "generated", "moderated"]

_ORDER = (Safety.SAFE, Safety.CONTROVERSIAL, Safety.UNSAFE)
_SAFETY = re.compile(r"^[\s*_#>-]*Safety[\s*_]*:[\s*_]*(Safe|Unsafe|Controversial)\b", re.I | re.M)
_CATEGORIES = re.compile(r"^[\s*_#>-]*Categor(?:y|ies)[\s*_]*:(.*)$", re.I | re.M)
_THOUGHTS = re.compile(r"^.*</think>", re.S)
# Categories are a guard's own words: shown to people, so few, short and plain.
_MOST, _LONG = 5, 40


@dataclass(frozen=True, slots=True)
class Label:
    """How safe a text is, and in which ways it is not."""

    safety: Safety
    categories: tuple[str, ...] = ()


def generated(text: str) -> Label | None:
    """The label in a guard's text, None if there is none."""
    said = _THOUGHTS.sub("", text)
    found = [Safety(match.lower()) for match in _SAFETY.findall(said)]
    if not found:
        return None
    worst = max(found, key=_ORDER.index)
    named = [part for line in _CATEGORIES.findall(said) for part in line.split(",")]
    return Label(worst, _plain(named))


def moderated(reply: object) -> Label | None:
    """The label in the JSON of `/moderations`, None if there is none. That shape knows no third class."""
    results = reply.get("results") if isinstance(reply, dict) else None
    if not isinstance(results, list) or not results:
        return None
    named: list[str] = []
    flags = []
    for result in results:
        flagged = result.get("flagged") if isinstance(result, dict) else None
        if not isinstance(flagged, bool):
            return None
        flags.append(flagged)
        categories = result.get("categories")
        if isinstance(categories, dict):
            named += [str(name) for name, holds in categories.items() if holds is True]
    return Label(Safety.UNSAFE, _plain(named)) if any(flags) else Label(Safety.SAFE)


def _plain(names: list[str]) -> tuple[str, ...]:
    cleaned = (re.sub(r"[^\w&/ -]", "", name).strip()[:_LONG] for name in names)
    return tuple(dict.fromkeys(name for name in cleaned if name and name.lower() != "none"))[:_MOST]
