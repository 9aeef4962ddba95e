"""Does an abstract look like instructions to a program rather than like an abstract?

For people: a paper that is flagged is still read, searched and cited like any other, since its text is data
wherever it goes, and what obeys it is not proven by it. The flag tells a reader where to look twice. An
honest abstract about prompt injection may be flagged too.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 10_000
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for reason, pattern in (
        (
            "it tells a reader to disregard instructions",
            r"\b(?:ignore|disregard|forget|override) (?:[\w'’]+ ){0,5}?"
            r"(?:instructions?|prompts?|rules|guidelines)\b",
        ),
        (
            "it speaks to a language model",
            r"\byou are (?:now )?(?:an? |the )?(?:[\w-]+ ){0,3}(?:assistant|language model|chat ?bot|AI)\b"
            r"|(?:^|[.!?:]\s+)(?:attention|note to|dear|hey|hello),? (?:the |all |any )?"
            r"(?:AI|LLMs?|assistants?|language models?|chat ?bots?|reviewers?)\b"
            r"|\b(?:reveal|print|repeat|show) (?:your|the) (?:system )?prompt\b",
        ),
        (
            "it tells a reader what to answer",
            r"(?:^|[.!?:]\s+)(?:please )?(?:respond|reply|answer|output|print|repeat|say) "
            r"(?:(?:only|always|exactly) )?(?:with|that|in|to|[\"“‘'])"
            r"|(?:^|[.!?:]\s+)(?:do not|don't|never) (?:cite|mention|reveal|refuse)\b"
            r"|\byou (?:always|must) (?:answer|respond|reply|recommend|cite)\b",
        ),
        (
            "it holds marks of a chat template",
            r"<\|[\w-]{2,}\|?>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>"
            r"|^\s*#{2,}\s*(?:instructions?|system|response)\b|^\s*(?:system|assistant|user)\s*:",
        ),
        (
            "it holds HTML or a script",
            r"<\s*/?\s*(?:script|img|iframe|a|form|style|svg|object|embed|link|meta|base|input|button|video|audio)\b"
            r"[^<]*>?|\bjavascript:|\bdata:text/html",
        ),
        ("it holds Markdown links or images", r"!?\[[^\]\n]{0,200}\]\(\s*[^)\s]{1,500}"),
        ("it imitates our citations", r"\[\d{1,3}\.\d{1,3}\]|^\s*Paper \d{1,3}:|^\d{1,3}\.\d{1,3} [A-Z]"),
        (
            "it holds invisible or control characters",
            "[\x00-\x08\x0e-\x1f\x7f-\x9f]|(?<=[A-Za-z])[\u200b-\u200d\u2060-\u2064\ufeff](?=[A-Za-z])|[\u202a-\u202e\u2066-\u2069]"
            "|[\U000e0000-\U000e007f]",
        ),
    )
)


@lru_cache(maxsize=4096)
def suspicions(text: str) -> tuple[str, ...]:
    """Why the text is no ordinary abstract, in words for people; none for nearly all."""
    found = [reason for reason, sign in _SIGNS if sign.search(text)]
    if len(text) > _LONGEST:
        found.append(f"it has {len(text):,} characters")
    return tuple(found)
