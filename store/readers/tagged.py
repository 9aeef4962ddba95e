"""Tagged references: RIS of any vendor, Web of Science's plain text, PubMed's MEDLINE.

Here the text is cut into references, each with its line; rispy parses them one at a time, so that a broken
one harms no other. Vendors use the tags differently: each field is looked for where any of them puts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from store.exporting.name_order import spoken
from store.exporting.ris import MARK
from store.identifiers import doi
from store.readers import own
from store.readers.dates import iso
from store.readers.document import Document, reject
from store.readers.fields import address, arxiv_of, record
from store.records import Record, Reject, Source

_LONGEST = 4 * 2**20
_LINES = 20_000


@dataclass(frozen=True, slots=True)
class _Flavour:
    """How a kind of tagged text is written, and where its fields stand, best first.

    `tag` matches the beginning of a line with a tag; `ids` are tags that may hold a DOI or an arXiv id.
    """

    start: re.Pattern[str]
    end: re.Pattern[str]
    tag: re.Pattern[str]
    fields: Mapping[str, tuple[str, ...]]
    authors: tuple[str, ...]
    ids: tuple[str, ...]


_RIS = _Flavour(
    start=re.compile(r"TY {1,2}-"),
    end=re.compile(r"ER {1,2}-"),
    tag=re.compile(r"([A-Z][A-Z0-9])  - ?"),
    fields={
        "abstract": ("AB", "N2"),
        "title": ("TI", "T1", "CT", "BT", "ST"),
        "venue": ("JO", "JF", "T2", "JA", "J2", "BT"),
    },
    authors=("AU", "A1"),
    ids=("DO", "UR", "L1", "L2", "M3", "AN", "JO", "T2"),
)
_WOS = _Flavour(
    start=re.compile(r"PT [A-Z]"),
    end=re.compile(r"ER\s*$"),
    tag=re.compile(r"([A-Z][A-Z0-9])(?: |$)"),
    fields={"abstract": ("AB",), "title": ("TI",), "venue": ("SO", "JI")},
    authors=("AF", "AU"),
    ids=("DI", "AR", "UR"),
)
_MEDLINE = _Flavour(
    start=re.compile(r"PMID ?-"),
    end=re.compile(r"(?!)"),
    tag=re.compile(r"([A-Z]{2,4}) {0,2}- ?"),
    fields={"abstract": ("AB",), "title": ("TI", "BTI"), "venue": ("JT", "TA")},
    authors=("FAU", "AU"),
    ids=("AID", "LID", "SO"),
)
_FLAVOURS = (_RIS, _WOS, _MEDLINE)
_REFERENCE = re.compile(r"TY  - [A-Z]{3,}")
_PUBMED = "https://pubmed.ncbi.nlm.nih.gov/{}/"
_CATEGORY = re.compile(
    r"(?:(?:cs|math|stat|eess|physics|cond-mat|astro-ph|q-bio|q-fin|econ)\.[A-Za-z\-]{2,}|quant-ph|hep-[a-z]+)$"
)
# WoS's first lines; Springer's and ACM's exports begin with two lines of their own.
_PREAMBLE = re.compile(r"(?:FN |VR |EF$|Provider:|Content:|Database:|Record \d+ of \d+)")


def recognises(document: Document) -> bool:
    return _flavour(document) is not None


def records(document: Document) -> Iterator[Record | Reject]:
    """A record or a reject for each reference."""
    flavour = _flavour(document) or _RIS
    parser = _parser(flavour)
    for number, lines, inside in _references(document.lines(), flavour):
        if not inside:
            yield reject(document.name, number, "text outside of any reference", " ".join(lines[:10]))
        elif len(lines) >= _LINES or sum(map(len, lines)) > _LONGEST:
            yield reject(document.name, number, "too long for a reference", lines[0])
        else:
            tags, source = _parsed(parser, flavour, lines), Source(document.name, number)
            ours = flavour is _RIS and tags.get("DP") == [MARK]
            yield own.record(source, _own(tags)) if ours else _record(tags, flavour, source)


def _flavour(document: Document) -> _Flavour | None:
    lines = [line for line in document.head[:20_000].split("\n")[:40] if line.strip()]
    for line in lines:
        begun = [flavour for flavour in _FLAVOURS if flavour.start.match(line.lstrip("\ufeff "))]
        if begun:
            return begun[0]
        if not _PREAMBLE.match(line):
            break
    return _RIS if any(_REFERENCE.match(line) for line in lines) else None


def _references(lines: Iterator[str], flavour: _Flavour) -> Iterator[tuple[int, list[str], bool]]:
    """The references with their first line; False for a run of lines that stands in none."""
    found: list[str] = []
    first, inside = 1, False
    for number, line in enumerate(lines, start=1):
        line = line.removeprefix("\ufeff") if number == 1 else line
        if flavour.start.match(line) or flavour.start.match(line.lstrip()):
            if found:
                yield first, found, inside
            found, first, inside = [line.lstrip()], number, True
        elif flavour.end.match(line) and inside:
            yield first, found, True
            found, inside = [], False
        elif line.strip() and not (not inside and (flavour.end.match(line) or _PREAMBLE.match(line))):
            if not found:
                first = number
            if len(found) < _LINES:
                found.append(line)
    if found:
        yield first, found, inside


def _parser(flavour: _Flavour) -> Any:
    """rispy's parser, told to keep every value of every tag in a list."""
    import rispy

    class Tags(dict[str, str]):
        """Every tag is kept under its own name."""

        def __missing__(self, tag: str) -> str:
            return tag

    class Everything(list[str]):
        def __contains__(self, tag: object) -> bool:
            return True

    class Parser(rispy.RisParser):  # type: ignore[misc]
        START_TAG = "TY"

        def parse_line(self, line: str) -> tuple[str | None, str]:
            found = flavour.tag.match(line)
            return (found.group(1), line[found.end() :].strip()) if found else (None, line.strip())

    return Parser(mapping=Tags(), list_tags=Everything(), delimiter_tags_mapping={}, ignore=[])


def _parsed(parser: Any, flavour: _Flavour, lines: list[str]) -> Mapping[str, list[str]]:
    """The values of a reference by tag; what stands in several lines is several values."""
    found = parser.parse_lines(iter(["TY  - ", *lines[0 if flavour is not _RIS else 1 :], "ER  - "]))
    return {tag: value for tag, value in found[0].items() if isinstance(value, list)} if found else {}


def _own(tags: Mapping[str, list[str]]) -> dict[str, object]:
    """The values of a reference that `store.exporting.ris` wrote."""
    names = {"abstract": "AB", "title": "TI", "venue": "T2", "doi": "DO", "arxiv_id": "AN", "url": "UR"}
    names |= {"comment": "N1", "created": "DA", "updated": "C1", "id": "ID"}
    return {
        **{field: " ".join(tags.get(tag, ())) for field, tag in names.items()},
        "authors": [spoken(name) for name in tags.get("AU", ())],
        "categories": tags.get("KW", ()),
    }


def _record(tags: Mapping[str, list[str]], flavour: _Flavour, source: Source) -> Record | Reject:
    values: dict[str, object] = {}
    for field, names in flavour.fields.items():
        values[field] = next((text for name in names if (text := " ".join(tags.get(name, ())).strip())), "")
    values["authors"] = next((tags[name] for name in flavour.authors if name in tags), [])
    ids = [text for name in flavour.ids for text in tags.get(name, ())]
    values["doi"] = next((known for text in ids if (known := doi(text))), "")
    values["arxiv_id"] = next((known for text in ids if (known := arxiv_of(text))), "")
    values["url"] = next((known for text in tags.get("UR", ()) if (known := address(text))), None)
    values["created"] = _date(tags, flavour)
    values["categories"] = [word for word in tags.get("KW", ()) if _CATEGORY.match(word)]
    if flavour is _MEDLINE and tags.get("PMID", [""])[0].isdecimal():
        values["url"] = _PUBMED.format(tags["PMID"][0])
    return record(source, values)


def _date(tags: Mapping[str, list[str]], flavour: _Flavour) -> str | None:
    """The date of publication: the year, and the day where a tag of the same year tells it."""
    if flavour is _MEDLINE:
        return iso(" ".join(tags.get("DP", ())))
    year = next((known for tag in ("PY", "Y1") for text in tags.get(tag, ()) if (known := iso(text))), None)
    if flavour is _WOS:  # its DA is the day of the export
        return iso(f"{' '.join(tags.get('PD', ()))} {year}") if year and "PD" in tags else year
    day = next((known for text in tags.get("DA", ()) if (known := iso(text))), None)
    if year is None or (day is not None and day.startswith(year)):
        return day
    return year
