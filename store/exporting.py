"""Papers in the formats of others. Texts stand as the sources gave them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from store.records import Paper

_SPECIAL = re.compile(r"(?<!\\)([&%#])")


def bibtex(papers: Iterable[Paper]) -> str:
    """BibTeX entries, one a paper, each key once: author, year and a word of the title or label."""
    keys: dict[str, int] = {}
    return "".join(f"{_entry(paper, _key(paper, keys))}\n" for paper in papers)


def _entry(paper: Paper, key: str) -> str:
    kind = "inproceedings" if paper.venue else "misc"
    fields = {
        "title": paper.name,
        "author": " and ".join(paper.authors),
        "year": (paper.created or "")[:4],
        "booktitle": paper.venue or "",
        "eprint": paper.arxiv_id or "",
        "archiveprefix": "arXiv" if paper.arxiv_id else "",
        "doi": paper.doi or "",
        "url": paper.link or "",
        "abstract": paper.abstract,
    }
    verbatim = ("doi", "url", "eprint")
    lines = [
        f"  {name} = {{{_balanced(value if name in verbatim else _escaped(value))}}},"
        for name, value in fields.items()
        if value
    ]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _balanced(text: str) -> str:
    """The text in one line, without its braces if they would end the field or never close it."""
    line = " ".join(text.split())
    depth = 0
    for char in re.sub(r"\\[{}]", "", line):
        depth += (char == "{") - (char == "}")
        if depth < 0:
            break
    # BibTeX counts escaped braces as well.
    whole = depth == 0 and line.count("{") == line.count("}")
    return line if whole else line.replace("{", "").replace("}", "")


def _key(paper: Paper, keys: dict[str, int]) -> str:
    """ASCII, and once: a second of the same gets a letter, the 27th a number."""
    name = paper.authors[0].split(",")[0].split()[-1] if paper.authors and paper.authors[0].split() else ""
    word = next((each for each in re.findall(r"\w{4,}", paper.name)), paper.id)
    wanted = _ascii(f"{name}{(paper.created or '')[:4]}{word}") or paper.id
    count = keys.get(wanted, 0)
    keys[wanted] = count + 1
    return wanted if not count else f"{wanted}{chr(96 + count)}" if count < 27 else f"{wanted}-{count}"


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", folded.lower())
