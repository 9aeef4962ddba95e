"""Abstracts as people paste them into a text file.

Three habits, also mixed in one file:

- a line that starts with `Abstract:`, fields before it or after it, or none;
- the abstract as a paragraph, a comment, then `arXiv:ID` and `Created: D [Updated: D]`;
- the id first and the abstract behind it; or paragraphs alone, in a file that has no marks at all.

Copying leaves stray lines. Whatever belongs to no record becomes a Reject, one for each run of lines. A
date that is no date leaves its field empty, and a Reject says so; the record is kept. Lines of an abstract
that an editor wrapped are joined by a space.

A text without any mark (`Abstract:`, an arXiv id) is taken only if it reads like abstracts, as
`store.readers.plausible` judges; else the whole of it is one Reject. However much is left over, a text gives
at most a hundred Rejects and one that counts the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from store.readers import plausible
from store.readers.document import Document, excerpt, reject
from store.readers.lines import Line, recognise
from store.records import Record, Reject, Source

_LONG_PARAGRAPH = plausible.LONG
_LONGEST = 20_000
_SHORTEST_MARKED = 40
_SHORTEST_WORDS = 8
# Lines longer than this were not wrapped by an editor: each holds a paragraph of its own.
_UNWRAPPED = 200
_LONG_COMMENT = re.compile(
    r"\d+ (?:pages?|figures?|tables?)\b|accepted |published (?:in|at|as)|to appear|appear(?:s|ed) in|preprint"
    r"|submitted "
    r"|under review|work in progress|technical report|in proceedings|proc\.|camera|project page|code ",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"additional authors|(?:△|▽|show|view|download|see|less|more)\b.{0,30}$|\W*\d*\W*$", re.IGNORECASE
)
_MARKS = ("abstract", "arxiv")
_UNMARKED = "text between records that nothing marks as an abstract: put `Abstract:` before it if it is one"
_NO_PROSE = "not sentences in English: put `Abstract:` before it if it is an abstract"
# Rejects of one text that are told one by one.
_TOLD = 100
_SENTENCE_END = re.compile(r"[.!?。！？][\"'”’)\]}$]*$")


@dataclass(slots=True)
class _Block:
    """A run of lines that say one thing: an abstract, a paragraph, or one line of metadata."""

    kind: str
    lines: list[Line]
    after_blank: bool = True

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines if line.text)

    @property
    def number(self) -> int:
        return self.lines[0].number


@dataclass(slots=True)
class _Draft:
    """A record in the making."""

    abstract: _Block | None = None
    values: dict[str, str] = field(default_factory=dict)
    blocks: list[_Block] = field(default_factory=list)
    asides: list[_Block] = field(default_factory=list)

    def take(self, block: _Block) -> None:
        self.blocks.append(block)
        for name, value in block.lines[0].values.items():
            self.values.setdefault(name, value)


def recognises(document: Document) -> bool:
    """Any text: this format takes what no other claims."""
    return True


def records(document: Document) -> Iterator[Record | Reject]:
    """The records of a pasted text, and Rejects for all that is none, by line.

    Of a file that was met in a folder the name counts, and it has to be likelier.
    """
    return _records(document.text(), document.name.removesuffix(".gz"), document.name, met=document.met)


def _records(text: str, file: str, name: str, *, met: bool) -> Iterator[Record | Reject]:
    lines = [recognise(number, line) for number, line in enumerate(text.split("\n"), start=1)]
    blocks = list(_blocks(lines))
    marked = any(block.kind in _MARKS for block in blocks)
    reason = plausible.wrong_name(file, marked) if met else None
    if reason is None and not marked:
        reason = plausible.why_not([block.text for block in blocks], words=2 if met else 1)
    if reason is not None:
        first = next((line for line in lines if line.text), Line(1, "blank", ""))
        return iter([reject(name, first.number, reason, first.text)])
    drafts, strays = _Assembly(blocks).drafts()
    found: list[Record | Reject] = []
    for draft in drafts:
        outcome = _finish(draft, name, marked)
        found.append(outcome)
        found += _wrong_dates(draft, name)
    found += _runs(strays, lines, name)
    return _told(sorted(found, key=lambda item: item.source.line))


def _told(found: Sequence[Record | Reject]) -> Iterator[Record | Reject]:
    """All records; of the rejects the first ones, and where the others begin and how many they are."""
    untold = sum(isinstance(item, Reject) for item in found) - _TOLD
    told = 0
    for item in found:
        if isinstance(item, Record):
            yield item
            continue
        told += 1
        if told <= _TOLD:
            yield item
        elif told == _TOLD + 1:
            reason = f"from here on, pieces of text that are no records: {untold}"
            yield Reject(item.source, reason, item.excerpt)


def _blocks(lines: Sequence[Line]) -> Iterator[_Block]:
    block: _Block | None = None
    blank = True
    for line in lines:
        if line.kind == "blank":
            if block and not (block.kind == "abstract" and not block.text):
                yield block
                block = None
            blank = True
        elif line.kind == "text" and block and _continues(block, line):
            block.lines.append(line)
            blank = False
        else:
            if block:
                yield block
            block = _Block(line.kind, [line], blank)
            blank = False
    if block:
        yield block


def _continues(block: _Block, line: Line) -> bool:
    """Whether a line of text goes on with the block before it, no blank line being between."""
    if block.kind in ("arxiv", "dates"):
        return False
    if block.kind == "field":
        return len(block.lines) < 4 and len(line.text) < _UNWRAPPED and line.text[:1].islower()
    last = block.lines[-1].text
    if not last:
        return True
    unwrapped = len(last) >= _UNWRAPPED
    return not (unwrapped and (_SENTENCE_END.search(last) or len(line.text) < _UNWRAPPED / 2))


class _Assembly:
    """Puts blocks together into drafts, and keeps what is left over."""

    def __init__(self, blocks: Sequence[_Block]) -> None:
        self._blocks = blocks
        self._heads = _ids_come_first(blocks)
        self._done: list[_Draft] = []
        self._strays: list[_Block] = []
        self._draft = _Draft()

    def drafts(self) -> tuple[list[_Draft], list[_Block]]:
        for place, block in enumerate(self._blocks):
            if block.kind == "abstract" or (block.kind == "text" and len(block.text) >= _LONG_PARAGRAPH):
                self._abstract(place, block)
            elif block.kind == "text":
                self._draft.asides.append(block)
            else:
                self._metadata(place, block)
        self._close()
        return self._done, self._strays

    def _abstract(self, place: int, block: _Block) -> None:
        draft = self._draft
        if draft.abstract and block.kind == "text" and self._is_comment(place, block):
            draft.asides.append(block)
            return
        orphaned = block.kind == "text" and "title" not in draft.values and not self._heads
        if draft.abstract or (orphaned and draft.blocks):
            self._close()
            draft = self._draft
        self._strays += draft.asides
        draft.asides = []
        draft.abstract = block
        draft.blocks.append(block)

    def _is_comment(self, place: int, block: _Block) -> bool:
        """A long comment stands between an abstract and its id and starts as comments do."""
        following = self._blocks[place + 1] if place + 1 < len(self._blocks) else None
        tail = following is not None and following.kind == "arxiv" and not self._heads
        return tail and len(block.text) < 2 * _LONG_PARAGRAPH and bool(_LONG_COMMENT.match(block.text))

    def _metadata(self, place: int, block: _Block) -> None:
        values = block.lines[0].values
        draft = self._draft
        if self._begins(place, block):
            self._close()
            draft = self._draft
        elif block.kind == "arxiv" and draft.abstract is None:
            self._promote(draft)
        if not values and block.kind != "dates" and block.kind != "field":
            self._strays.append(block)
            return
        if draft.abstract and draft.asides and "comment" not in values:
            self._comment(draft)
        draft.take(block)
        for extra in block.lines[1:]:
            name = next(iter(values), "")
            if name in draft.values:
                draft.values[name] += " " + extra.text

    def _begins(self, place: int, block: _Block) -> bool:
        """Whether this line of metadata is the first of a new record."""
        draft = self._draft
        if not draft.blocks:
            return False
        values = block.lines[0].values
        if any(name in draft.values for name in values if name != "categories"):
            return True
        if draft.abstract is None:
            return False
        if block.kind == "arxiv":
            return self._heads or self._leads_to_title(place)
        return "title" in values or self._heads

    def _leads_to_title(self, place: int) -> bool:
        for block in self._blocks[place + 1 :]:
            if block.after_blank or block.kind in ("abstract", "text"):
                return block.kind == "abstract" and not block.after_blank
            if "title" in block.lines[0].values:
                return True
        return False

    def _promote(self, draft: _Draft) -> None:
        """A paragraph too short to be taken for an abstract is one all the same if an id follows it."""
        for block in draft.asides:
            if len(block.text.split()) >= _SHORTEST_WORDS and _SENTENCE_END.search(block.text):
                draft.asides.remove(block)
                draft.abstract = block
                draft.blocks.append(block)
                return

    def _comment(self, draft: _Draft) -> None:
        """The last aside before the id is the paper's comment, unless it is the page's furniture."""
        for block in reversed(draft.asides):
            if "comment" not in draft.values and not _FURNITURE.match(block.text):
                draft.values["comment"] = block.text
                draft.blocks.append(block)
                draft.asides.remove(block)
                break

    def _close(self) -> None:
        self._strays += self._draft.asides
        if self._draft.blocks:
            self._done.append(self._draft)
        self._draft = _Draft()


def _ids_come_first(blocks: Sequence[_Block]) -> bool:
    """Whether in this text an id stands before its abstract, judged by how the text begins and ends."""
    order = [
        "id" if block.kind == "arxiv" else "abstract"
        for block in blocks
        if block.kind in ("arxiv", "abstract")
        or (block.kind == "text" and len(block.text) >= _LONG_PARAGRAPH)
    ]
    return order[:1] == ["id"] and order[-1:] == ["abstract"] and order.count("id") >= order.count("abstract")


def _finish(draft: _Draft, name: str, marked: bool) -> Record | Reject:
    first = min(block.number for block in draft.blocks)
    source = Source(name, first)
    if draft.abstract is None:
        return Reject(source, "an id, a date or a title without an abstract", excerpt(draft.blocks[0].text))
    text = draft.abstract.text
    if draft.abstract.kind == "text" and marked and not draft.values:
        return Reject(source, _UNMARKED, excerpt(text))
    if not marked and not plausible.is_prose(text):
        return Reject(source, _NO_PROSE, excerpt(text))
    if len(text) > _LONGEST:
        return Reject(source, f"{len(text):,} characters are too long for an abstract", excerpt(text))
    if len(text) < _SHORTEST_MARKED or len(text.split()) < _SHORTEST_WORDS:
        return Reject(source, "too short to be an abstract", excerpt(text))
    values = draft.values
    return Record(
        abstract=text,
        source=source,
        title=values.get("title"),
        arxiv_id=values.get("arxiv_id"),
        doi=values.get("doi"),
        url=values.get("url"),
        authors=_names(values.get("authors", "")),
        categories=tuple(values.get("categories", "").split()),
        created=values.get("created"),
        updated=values.get("updated"),
        comment=values.get("comment"),
        venue=values.get("venue"),
    )


def _names(text: str) -> tuple[str, ...]:
    parts = re.split(r"\s*;\s*|\s*,\s*(?:and\s+)?|\s+and\s+", text)
    return tuple(part.strip() for part in parts if part.strip())


def _wrong_dates(draft: _Draft, name: str) -> Iterator[Reject]:
    for block in draft.blocks:
        line = block.lines[0]
        if line.wrong:
            yield Reject(
                Source(name, line.number), "not a date: the paper is kept without it", excerpt(line.wrong)
            )


def _runs(strays: Sequence[_Block], lines: Sequence[Line], name: str) -> Iterator[Reject]:
    """One reject for each run of stray lines with nothing but blank lines between."""
    numbers = sorted(line.number for block in strays for line in block.lines)
    run: list[int] = []
    for number in numbers:
        if run and any(lines[between - 1].kind != "blank" for between in range(run[-1] + 1, number)):
            yield _stray(run, lines, name)
            run = []
        run.append(number)
    if run:
        yield _stray(run, lines, name)


def _stray(run: Sequence[int], lines: Sequence[Line], name: str) -> Reject:
    text = " ".join(lines[number - 1].text for number in run)
    reason = "stray line between records" if len(run) == 1 else f"{len(run)} stray lines between records"
    return Reject(Source(name, run[0]), reason, excerpt(text))
