"""Tables as programs export them: CSV and TSV, with any separator, any names of columns in the first line.

Which column is what is guessed from its name, or given by the user; the user is told. A row that breaks the
rules of CSV (a quote that never closes) costs that row alone.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from store.readers.document import LONGEST_LINE, Document, reject
from store.readers.fields import FIELDS, Plan, fold, picked, plan, record
from store.records import Record, Reject, Source

_SEPARATORS = ",;\t|"
# Fields of which a table of papers has one, and another field; one given by the user tells it too.
_TELLING = ("abstract", "title", "authors", "doi")
# Web of Science's tab-separated export names its columns by its tags; its ID is none.
_WOS_HEADER = re.compile(r"PT\tAU\t")
_DATED_SOURCE = re.compile(r"Date of Publication:\s*([^.;]{4,40})")
_LINES_OF_A_ROW = 2_000
_ROWS_LOOKED_AT = 5
_LONGEST_CELL = 20_000

_Row = tuple[int, list[str] | None]


def recognises(document: Document) -> bool:
    return _separator(document) is not None


def records(document: Document) -> Iterator[Record | Reject]:
    """A record or a reject for each row."""
    separator = _separator(document) or ","
    rows = _rows(document.lines(), separator)
    number, header = next(rows, (1, None))
    if header is None:
        return
    header = [" ".join(name.split()) for name in header]
    names = _numbered(header, document.mapping)
    chosen = _plan(header, document.mapping, separator)
    if names is not header:
        chosen = plan(names, document.mapping)
        rows = _again(number, header, rows)
    if not chosen.picks["abstract"]:
        yield reject(
            document.name,
            number,
            "a table without a column of abstracts: if one is, say which with --map abstract=COLUMN",
            ", ".join(header),
        )
        return
    document.notice(f"{document.name}: a table, read as {chosen}. --map FIELD=COLUMN corrects it.")
    for number, row in rows:
        if row is None:
            reason = "a quote that never closes, or another break in the row"
            yield reject(document.name, number, reason, broken=True)  # it may hide others, or the file's end
        elif len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            reason = f"{len(row)} cells where the first line names {len(names)} columns"
            yield reject(document.name, number, reason, separator.join(row))
        elif any(cell.strip() for cell in row):
            values: dict[str, object] = dict(zip(names, row, strict=False))
            yield record(Source(document.name, number), _dated(picked(values, chosen), values))


def _separator(document: Document) -> str | None:
    """The one that parts the first line into the most names we know; None if the text is no table."""
    head = document.head.lstrip("\n")
    first, _, rest = head[:200_000].partition("\n")
    if not rest.strip() or len(first) > 50_000 or first.lstrip().startswith(("{", "[", "<", "@")):
        return None
    best, most = None, (1, False)
    for separator in _SEPARATORS:
        if separator not in first:
            continue
        rows = itertools.islice(_rows(iter(head[:200_000].split("\n")), separator), _ROWS_LOOKED_AT)
        cells = [row for _, row in rows if row]
        header = cells[0] if cells else []
        picks = _plan(header, document.mapping, separator).picks
        known = sum(bool(picks[field]) for field in FIELDS) if any(map(picks.get, _TELLING)) else 0
        if _is_mapped(header, document.mapping):
            known += 2
        score = known, len(set(map(len, cells))) == 1
        if score > most and known > 1 and len(header) > 1 and max(map(len, header)) < _LONGEST_CELL:
            best, most = separator, score
    return best


def _is_mapped(header: Sequence[str], mapping: Mapping[str, str]) -> bool:
    """Whether the user's words name the column of abstracts."""
    wanted = mapping.get("abstract")
    if wanted is None:
        return False
    return fold(wanted) in map(fold, header) or (wanted.isdecimal() and 1 <= int(wanted[:9]) <= len(header))


def _plan(header: Sequence[str], mapping: Mapping[str, str], separator: str) -> Plan:
    wos = separator == "\t" and _WOS_HEADER.match("\t".join(header))
    return plan(header, mapping, without=("id", "source") if wos else ())


def _numbered(header: list[str], mapping: Mapping[str, str]) -> list[str]:
    """The names of the columns: the header's, or numbers from 1 where the user maps by them."""
    wanted = mapping.get("abstract", "")
    if wanted.isdecimal() and wanted not in header and fold(wanted) not in map(fold, header):
        return [str(place) for place in range(1, len(header) + 1)]
    return header


def _again(number: int, row: list[str], rows: Iterator[_Row]) -> Iterator[_Row]:
    yield number, row
    yield from rows


def _dated(found: dict[str, object], values: Mapping[str, object]) -> dict[str, object]:
    """Embase writes the date into the column of the source alone."""
    date = _DATED_SOURCE.search(str(values.get("Source", ""))[:2_000])
    if "created" not in found and date:
        found["created"] = date.group(1).strip()
    return found


def _rows(lines: Iterator[str], separator: str) -> Iterator[_Row]:
    """The rows with the number of their first line; None for a row that can't be read."""
    ahead: deque[str] = deque()
    number = 1
    columns = 0

    def line() -> str | None:
        return ahead.popleft() if ahead else next(lines, None)

    while (first := line()) is not None:
        if not first.strip(" \r" if separator == "\t" else " \t\r"):
            number += 1
            continue
        taken = [first]
        row = _parsed(taken, separator, line)
        if row is None:  # the lines behind the first are tried as rows of their own
            ahead.extendleft(reversed(taken[1:]))
            del taken[1:]
            if separator == "\t" and first.count(separator) + 1 == columns:
                row = first.split(separator)  # a program that knows no quotes
            else:
                row = _parsed(taken, separator, None)
                row = row if row is not None and len(row) == (columns or len(row)) else None
        columns = columns or len(row or ())
        yield number, row
        number += len(taken)


def _parsed(taken: list[str], separator: str, more: Callable[[], str | None] | None) -> list[str] | None:
    """The row that begins with `taken`, which grows by the lines that it needs; None if it is none.

    Without `more` the row has to end with its first line, and stray quotes are forgiven.
    """

    def feed() -> Iterator[str]:
        yield taken[0] + "\n"
        while more is not None and len(taken) < _LINES_OF_A_ROW and (line := more()) is not None:
            taken.append(line)
            yield line + "\n"

    if len(taken[0]) >= LONGEST_LINE:
        return None
    try:
        row = next(csv.reader(feed(), delimiter=separator, strict=more is not None), [])
    except csv.Error:
        return None
    return None if more is None and row and row[-1].endswith("\n") else row
