"""Which language is a text in, if not English? From its script, or from its small words.

    language("什么方法可以压缩长上下文？")     "Chinese"
    language("What is ¿?")                  None

None means English, or that nobody can tell: then nothing is done about it. An English question must never
be taken for another (bench/languages.py counts how often one is).
Knows words, no names; asks nobody.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from chatbot.small_words import ASKING, ENGLISH, PARTICLES, SMALL

# Hyphens stay inside, and what touches a digit is no word: E-Commerce, A2C.
_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?:-[^\W\d_]+)*(?![\w-])")
# Hangul, kana, Han: their words are not parted by spaces, or are short.
_DENSE = {
    "CJK": "Chinese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "THAI": "Thai",
}
_SCRIPTS = {
    "CYRILLIC": "Russian",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "GREEK": "Greek",
    "DEVANAGARI": "Hindi",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "TELUGU": "Telugu",
    "GEORGIAN": "Georgian",
    "ARMENIAN": "Armenian",
}
# Letters that one language of a script has and its best-known one has not.
_LETTERS = (
    ("CYRILLIC", "Ukrainian", "іїєґ"),
    ("ARABIC", "Urdu", "ٹڈڑےں"),
    ("ARABIC", "Persian", "پچژگ"),
)

# Letters that tell near languages apart where their small words don't.
_MARKS = {"Spanish": "ñ¿¡", "Portuguese": "ãõç", "Swedish": "å", "German": "ß"}

LANGUAGES = tuple(
    sorted({"English", *SMALL, *_DENSE.values(), *_SCRIPTS.values(), *(name for _, name, _ in _LETTERS)})
)
"""The languages that can be told, by their English names."""


@lru_cache(maxsize=1024)
def language(text: str) -> str | None:
    """The language of a text in English ("Chinese"), None if it is English or can't be told."""
    text = unicodedata.normalize("NFC", text)
    found = [match.group() for match in _WORD.finditer(text)]
    # Capitals are names (AI, DES), but for a first letter.
    small = [word.lower() for word in found if word[1:].islower() or word.islower()]
    english = sum(word in ENGLISH for word in small)
    if not text.isascii():
        # A title in the middle of a question makes it no English one: 《Attention Is All You Need》.
        around = sum(word.lower() in ENGLISH for word in found if word.islower() or text.startswith(word))
        if (name := _by_script(text, around)) is not None:
            return name
    return _by_words(small, text, len(found), english)


def _by_script(text: str, english: int) -> str | None:
    """The language of the letters of another script than Latin, if no English sentence is around them."""
    letters = Counter(_script(letter) for letter in text if letter.isalpha() and not letter.isascii())
    dense = sum(letters[script] for script in _DENSE)
    if dense >= 2 and dense > 3 * english:
        if letters["HIRAGANA"] + letters["KATAKANA"] >= 2:
            return "Japanese"
        return _DENSE[max(_DENSE, key=lambda script: letters[script])]
    script = max(_SCRIPTS, key=lambda each: letters[each])
    if letters[script] < 3 or letters[script] <= 5 * english:
        return None
    # Single letters are symbols: α, β and γ.
    if script == "GREEK" and not re.search("[\u0370-\u03ff]{3}", text):
        return None
    for of, name, own in _LETTERS:
        if of == script and any(letter in text.lower() for letter in own):
            return name
    return _SCRIPTS[script]


def _by_words(small: list[str], text: str, count: int, english: int) -> str | None:
    """The language whose small words are most: clearly more than English ones, and one among them that no
    English text has. `count`: words of the text."""
    hits = {name: [word for word in small if word in own] for name, own in SMALL.items()}
    asks = {name: [word for word in small if word in own] for name, own in ASKING.items()}
    marked = {name for name, letters in _MARKS.items() if any(letter in text for letter in letters)}
    best = max(SMALL, key=lambda name: (len(hits[name]) + len(asks[name]), name in marked))
    if asks[best] and not english:
        return best
    own = {word for word in hits[best] if len(word) > 1 and word not in ENGLISH | PARTICLES}
    few = len(set(hits[best])) < 2 or 5 * len(hits[best]) < count
    return None if few or not own or len(hits[best]) <= english else best


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0].split("-")[0]
