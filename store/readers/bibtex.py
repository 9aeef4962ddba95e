"""BibTeX and BibLaTeX files.

The text is cut where a line begins with `@word{`, and bibtexparser parses what lies between, one entry at a
time: an entry whose braces don't balance costs itself and no other. `@string`s are put in where they are
used. Braces that only protect capitals go; LaTeX stays.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping

from store.exporting.bibtex import MARK
from store.exporting.escaping import unescaped
from store.latex import maths
from store.readers import own
from store.readers.dates import iso
from store.readers.document import Document, excerpt, reject
from store.readers.fields import arxiv_of, record
from store.readers.names import turned
from store.records import Record, Reject, Source

_ENTRY = re.compile(r"[ \t]*@[ \t]*([A-Za-z]+)[ \t]*[{(]")
_FIRST = re.compile(
    r"""^[ \t]*@[ \t]*(?:
        (?:string|preamble|comment)[ \t]*[{(]
      | (?:[A-Za-z]+[ \t]*\{ | (?:article|book|conference|in[a-z]+|misc|online|[a-z]*thesis)[ \t]*\()
        \s*[^\s,{}()="]*\s*,\s*(?:[\w\-]+\s*=|[})]|$)
    )""",
    re.MULTILINE | re.VERBOSE | re.IGNORECASE,
)
_COMMENT = re.compile(r"^\s*%.*$", re.MULTILINE)
_LONGEST_FOREWORD = 150
_LONGEST = 4 * 2**20
_VENUES = ("journal", "journaltitle", "booktitle", "howpublished", "venue")
_MACRO = re.compile(r"\\(?:[A-Za-z]+\*?|.)\s*$|[_^]$", re.DOTALL)
_IDS = ("arxivid", "arxiv", "doi", "url", "journal", "volume", "note", "howpublished")
_OTHERS = ("others", "et al.", "et al")

# Without a handler of its own its warnings would go to stderr; what it finds wrong is told as Rejects.
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())


def recognises(document: Document) -> bool:
    """Whether the text begins with an entry, comments aside; one that only quotes an entry doesn't."""
    head = document.head[:20_000]
    found = _FIRST.search(head)
    return found is not None and len(_COMMENT.sub("", head[: found.start()]).strip()) < _LONGEST_FOREWORD


def records(document: Document) -> Iterator[Record | Reject]:
    """A record or a reject for each entry. What stands between entries is a comment, by BibTeX's rules."""
    strings: dict[str, str] = {}
    for number, kind, text, last in _entries(document.lines()):
        if kind in ("comment", "preamble"):
            continue
        if len(text) > _LONGEST:
            yield reject(document.name, number, "too long for an entry", text)
            continue
        found = _parsed(text, strings)
        if isinstance(found, str):
            cut = last and text.count("{") > text.count("}")  # the file itself may have been
            yield reject(document.name, number, found, text, broken=cut)
        elif found is not None:
            source = Source(document.name, number)
            ours = own.is_id(found.get(MARK))
            item = own.record(source, _own(found)) if ours else record(source, _values(found))
            if isinstance(item, Reject) and not item.excerpt:
                item = Reject(item.source, item.reason, excerpt(text))
            yield item


def _entries(lines: Iterator[str]) -> Iterator[tuple[int, str, str, bool]]:
    """The blocks that begin with `@word{`: line, word in small letters, text, and whether it is the last."""
    taken: list[str] = []
    first, kind, size = 1, "", 0
    for number, line in enumerate(lines, start=1):
        if opened := _ENTRY.match(line):
            if kind:
                yield first, kind, "\n".join(taken), False
            taken, first, kind, size = [], number, opened.group(1).lower(), 0
        if kind and size <= _LONGEST:
            taken.append(line)
            size += len(line) + 1
    if kind:
        yield first, kind, "\n".join(taken), True


def _parsed(text: str, strings: dict[str, str]) -> Mapping[str, str] | str | None:
    """The fields of an entry, or why it is none; None for a `@string`, which is added to `strings`."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry

    try:
        found = parse_string(text, parse_stack=[])
    except Exception as error:  # whatever it meets, the other entries come in
        return f"bibtexparser can't read this entry ({error})"
    for abbreviation in found.strings:
        strings[abbreviation.key.lower()] = _value(abbreviation.value, strings)
    entries = list(found.entries)
    for block in found.failed_blocks:
        if isinstance(block, DuplicateFieldKeyBlock) and isinstance(block.ignore_error_block, Entry):
            entries.append(block.ignore_error_block)
    fields: dict[str, str] = {}
    for field in entries[0].fields if entries else ():
        fields.setdefault(field.key.lower(), _value(field.value, strings))
    if fields.get("abstract"):
        return fields
    if text.count("{") != text.count("}"):  # then an abstract may have been cut off
        return f"its braces don't balance ({text.count('{')} open, {text.count('}')} close): mend the entry"
    if entries:
        return fields
    if found.strings:
        return None
    return "no entry by BibTeX's rules: mend it"


def _value(raw: str, strings: Mapping[str, str]) -> str:
    """A field's value without its delimiters; parts joined by `#`, abbreviations put in."""
    plain = []
    for part in _joined(raw):
        delimited = len(part) > 1 and (part[0], part[-1]) in (("{", "}"), ('"', '"'))
        plain.append(part[1:-1] if delimited else strings.get(part.lower(), part))
    return "".join(plain).strip()


def _joined(raw: str) -> Iterator[str]:
    """The parts that `#` joins, outside of braces and quotes."""
    start = depth = 0
    quoted = False
    for place, char in enumerate(raw) if "#" in raw else ():
        depth += (char == "{") - (char == "}")
        quoted ^= char == '"' and depth == 0
        if char == "#" and depth == 0 and not quoted:
            yield raw[start:place].strip()
            start = place + 1
    yield raw[start:].strip()


def _own(fields: Mapping[str, str]) -> dict[str, object]:
    """The values of an entry that `store.exporting.bibtex` wrote."""
    eprint = fields.get("eprint") if fields.get("archiveprefix", "").lower() == "arxiv" else None
    texts = {"venue": fields.get("journal") or fields.get("booktitle"), "created": fields.get("date")}
    texts |= {name: fields.get(name) for name in ("abstract", "comment", "doi", "url", "updated")}
    texts |= {"title": _bare(fields.get("title", "")), "arxiv_id": eprint, "id": fields[MARK]}
    return {
        **{name: unescaped(text or "") for name, text in texts.items()},
        "authors": [unescaped(_bare(name)) for name in _parted(fields.get("author", ""), " and ")],
        "categories": [unescaped(_bare(name)) for name in _parted(fields.get("keywords", ""), ", ")],
    }


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("{") and text.endswith("}") else text


def _values(fields: Mapping[str, str]) -> dict[str, object]:
    eprint = fields.get("eprint", "")
    kind = (fields.get("archiveprefix") or fields.get("eprinttype") or "").lower()
    ids = [eprint] if kind in ("arxiv", "") else []
    ids += [fields.get(name, "") for name in _IDS]
    venue = next((fields[name] for name in _VENUES if fields.get(name)), "")
    note = fields.get("comment") or fields.get("note") or ""
    return {
        "abstract": _unbraced(fields.get("abstract", "")),
        "title": _unbraced(fields.get("title", "")),
        "authors": _authors(fields.get("author", "")),
        "arxiv_id": next((known for text in ids if (known := arxiv_of(text))), ""),
        "doi": fields.get("doi", ""),
        "url": fields.get("url", "").replace("\\", ""),
        "venue": _unbraced(venue) if "://" not in venue else "",
        "comment": _unbraced(note),
        "created": _date(fields),
        "categories": fields.get("primaryclass") or fields.get("eprintclass") or "",
    }


def _date(fields: Mapping[str, str]) -> str | None:
    if known := iso(fields.get("date", "").split("/")[0]):
        return known
    year = iso(fields.get("year", "").strip("{} "))
    if year is None or not fields.get("month"):
        return year
    month = fields["month"].strip("{} ")
    return iso(f"{year}-{month.zfill(2)}" if month.isdecimal() else f"{month} {year}") or year


def _authors(text: str) -> list[str]:
    """The names that `and` parts outside of braces, in the order in which they are spoken."""
    names = _parted(" ".join(text.split()), " and ")
    return [_name(name) for name in names if name.strip() and name.strip().lower() not in _OTHERS]


def _parted(text: str, between: str) -> list[str]:
    """The parts of a list, `between` being what stands between them outside of braces."""
    parts, start, depth = [], 0, 0
    for place, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth <= 0 and place >= start and text[place : place + len(between)].lower() == between:
            parts.append(text[start:place])
            start = place + len(between)
    return [*parts, text[start:]]


def _name(name: str) -> str:
    """`von Last, Jr, First` turned; a name in braces is one word."""
    if name.strip().startswith("{") and name.strip().endswith("}") and "}" not in name.strip()[1:-1]:
        return _unbraced(name.strip())
    return _unbraced(turned(name))


def _unbraced(text: str) -> str:
    """A text without the braces that only hold capitals together; those of maths and macros stay."""
    if "{" not in text:
        return text
    kept: list[str] = []
    opened: list[bool] = []
    place = 0
    for start, end in (*maths(text), (len(text), len(text))):
        for at in range(place, start):
            char = text[at]
            if char not in "{}" or text[at - 1 : at] == "\\":
                kept.append(char)
                continue
            if char == "{":
                before = text[max(0, at - 40) : at]
                opened.append(text.startswith("\\", at + 1) or _MACRO.search(before) is not None)
            if opened[-1] if char == "{" else (opened.pop() if opened else True):
                kept.append(char)
        kept.append(text[start:end])
        place = end
    return "".join(kept)
