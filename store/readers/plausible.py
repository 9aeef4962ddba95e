"""Whether text that nothing marks can be a pile of abstracts: judged by how it reads, and by its file's name.

A folder holds much that is no paper: programs, licences, logs, letters, manuals. Where no `Abstract:` and no
arXiv id says what a paragraph is, it has to read like an abstract: sentences of words, not code or a table;
no legal text; and at least half of a file's long paragraphs tell of a study in words that abstracts use of
their work: two different ones in a file met in a folder, one in a file that the user named. English alone is
known; in another language abstracts have to be marked. Decides, and keeps nothing.

Measured on what others wrote, with two words and with one: files of three abstracts pass in 100 and 100 %
(arXiv 2025), 95 and 99 % (Cranfield, 1960s), 95 and 99 % (SciFact, medicine); ten passages of Wikipedia in
0.1 and 16 %. Of 1,222 texts in a virtualenv 0 and 5 do; of 1,300 in /usr/share/doc 4 and 26.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

# A paragraph of this length may be an abstract that nothing marks; a marked one may be shorter.
LONG = 200
"""Characters of a paragraph that may be an abstract without a mark."""

# In a folder: files that people paste into, and files that also hold documents of other kinds.
_PASTED = frozenset(("", ".txt", ".text"))
_DOCUMENTS = frozenset((".md", ".markdown"))
_FUNCTION_WORDS = frozenset(
    """
    a also an and are as at be been between both but by can for from had has have in into is it its more
    not of on or our such than that the their these this those to used using was we were which with
    """.split()  # noqa: SIM905
)
_WORD = re.compile(r"[^\W\d_]+")
_SYMBOL = re.compile(r"[{}\[\]<>|=_#`@;~*]|::|->|\(\)|//|\\\\")
_SENTENCE_END = re.compile(r"[.!?][\"')\]”’]*(?:\s|$)")
_LEGAL = re.compile(
    r"\b(?:licen[cs]e|copyright|warrant|liabilit|redistribut|permission|merchantab|sublicen|damages|noninfring)",
    re.IGNORECASE,
)
_STUDY = re.compile(
    r"\b(?:(?:this|the present|our) (?:paper|study|work|article|survey|report|review)"
    r"|we (?:\w+ly |also |then |further |first )?(?:propose|present|introduce|show|study|investigate"
    r"|demonstrate|describe|develop|report|find|found|evaluate|analy[sz]e|examine|argue|explore|observe"
    r"|conduct|derive|compare|train|identify|design|measured|tested|assessed)"
    r"|results?|experiment(?:s|al|ally)?|propose[ds]?|method(?:s|ology)?|approach(?:es)?|models?"
    r"|stud(?:y|ies|ied)|evaluat\w+|investigat\w+|demonstrat\w+|state-of-the-art|outperforms?"
    r"|theor(?:y|etical|em)|hypothes[ie]s|datasets?|data|benchmarks?|analys[ie]s|research\w*|findings"
    r"|evidence|patients|effects?|performance|accuracy|framework|algorithms?|novel|significant(?:ly)?"
    r"|measure\w*|estimat\w+|equations?|conclu\w+)\b",
    re.IGNORECASE,
)
_MARK = "put `Abstract:` before each abstract, if there are any"


def wrong_name(name: str, marked: bool) -> str | None:
    """Why a file of this name, met in a folder, is not read as pasted text; None if it is.

    Read are names that end in .txt, .text or nothing, and of .md and .markdown those that mark abstracts.
    A file that the user names is read whatever its name.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in _PASTED or (suffix in _DOCUMENTS and marked):
        return None
    if suffix in _DOCUMENTS:
        return f"a document without marked abstracts: {_MARK}, or name the file itself"
    return (
        f"in a folder, {suffix} files aren't read as pasted text: name the file itself if it holds abstracts"
    )


def is_prose(paragraph: str) -> bool:
    """Whether it is English sentences: no code, table, markup, list of names or other language.

    The bounds let 99.6 % of arXiv's and SciFact's abstracts pass, formulas included.
    """
    words = _WORD.findall(paragraph)
    common = sum(1 for word in words if word.lower() in _FUNCTION_WORDS)
    plain = sum(1 for char in paragraph if char.isalpha() or char in " .,'-")
    return (
        common >= 0.15 * max(1, len(words))
        and plain >= 0.88 * len(paragraph)
        and len(_SYMBOL.findall(paragraph)) <= 0.12 * len(paragraph.split())
        and _SENTENCE_END.search(paragraph) is not None
    )


def why_not(paragraphs: Sequence[str], words: int) -> str | None:
    """Why the long ones of these paragraphs, the whole of a text without marks, are no abstracts; None if so.

    `words`: how many different words of studies the half of them must hold.
    """
    long = [paragraph for paragraph in paragraphs if len(paragraph) >= LONG]
    if not long:
        return f"no paragraph of {LONG} characters or more, and nothing that marks a shorter one: {_MARK}"
    legal = sum(1 for paragraph in long if _is_legal(paragraph))
    if 2 * legal >= len(long):
        return "a licence or another legal text"
    prose = [paragraph for paragraph in long if is_prose(paragraph)]
    if 2 * len(prose) < len(long):
        return f"mostly code, tables, markup or lists, not sentences in English: {_MARK}"
    studies = sum(1 for paragraph in prose if not _is_legal(paragraph) and _study_words(paragraph) >= words)
    if 2 * studies < len(long):
        return f"it doesn't read like abstracts (few paragraphs tell of a study): {_MARK}"
    return None


def _is_legal(paragraph: str) -> bool:
    return len({found.lower() for found in _LEGAL.findall(paragraph)}) >= 2


def _study_words(paragraph: str) -> int:
    return len({found.lower() for found in _STUDY.findall(paragraph)})
