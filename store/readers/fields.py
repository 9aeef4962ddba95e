"""Which column or key means which field, and a record of what was found there.

Tables, JSON and all tagged formats end here, so that an abstract is judged and cleaned in one way: white
space is folded, markup and entities that exports leave in it go, LaTeX stays. A record without an abstract
is a Reject that says so.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from store.identifiers import arxiv_id, arxiv_id_of_doi, doi
from store.readers.dates import iso
from store.readers.document import excerpt
from store.readers.names import authors, listed
from store.records import Record, Reject, Source

SHORTEST, LONGEST = 40, 20_000
"""Characters of an abstract."""

# Names, folded, in the order of preference; what stands first and is not empty wins.
NAMES: Mapping[str, tuple[str, ...]] = {
    field: tuple(names.split())
    for field, names in {
        "abstract": """
            abstract abstracttext paperabstract abstractnote summary abstracten ab zusammenfassung kurzfassung
            résumé resume resumen resumo riassunto 摘要 аннотация text
            """,
        "title": """
            title articletitle documenttitle papertitle primarytitle displayname titel titre título
            titulo titolo 标题 題名 название ti
            """,
        "authors": """
            authorsparsed authors author authorfullnames authornames authornamesraw authorlist
            authortext authorships creators creator firstauthors autoren autor auteurs autores autori
            作者 авторы au
            """,
        "arxiv_id": """
            arxivid arxiv arxivnumber eprint externalids id paperid ids entryid doi abs url link links pdf
            pdfurl paperurl urlabs volume
            """,
        "doi": "doi digitalobjectidentifier externalids doilink doiurl ids di elocationid",
        "url": """
            url urls link paperurl landingpageurl openreviewurl site abs urlabs entryid articleurl htmlurl
            pdfurl pdf id ur
            """,
        "venue": """
            venue publicationvenue journal journalref journalreference sourcetitle journalbook
            publicationtitle journaltitle containertitle booktitle journalname conference proceedings
            zeitschrift revue revista hostvenue 期刊 so source
            """,
        "comment": "comment comments arxivcomment authorcomment kommentar",
        "created": """
            created published publicationdate publisheddate publishedat datepublished datesubmitted submitted
            submitteddate submissiondate coverdate pubdate date issued publishedonline publishedprint
            publicationyear pubyear year jahr année año anno 年份 pdate cdate py
            """,
        "updated": "updated updateddate updatedate updatedat lastupdated lastmodified modified",
        "categories": """
            categories arxivcategories category subjects primarycategory primarycat categorieslist catégories
            kategorien
            """,
    }.items()
}
FIELDS = tuple(NAMES)
_NONE = re.compile(
    r"\W*(?:no abstract(?: (?:is )?(?:available|provided|found))?|(?:abstract )?(?:not|un)[ -]?available"
    r"|n\.?/?a\.?|none|null|nan|tbd|abstract)\W*$",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,7}|#x[\da-fA-F]{2,6});")
_TAG = re.compile(
    r"</?(?:jats:[a-z\-]+|p|br|div|span|sec|abstracttext)(?:\s+[\w:\-]+=[^<>]{0,200})?\s?/?>", re.IGNORECASE
)
_STYLED = re.compile(
    r"<(i|b|em|strong|sub|sup|u|sc|tt|italic|bold|h[1-6])>(.{0,2000}?)</\1>", re.IGNORECASE | re.DOTALL
)
_CATEGORY = re.compile(r"[a-z][a-z\-]+(?:\.[A-Za-z][A-Za-z\-]+)?$")
_ARXIV_WHOLE = re.compile(
    r"(?:arxiv[:\s]*)?(\d\d(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z\-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?$", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://\S+$")


def fold(name: str) -> str:
    """A column's or key's name as names are compared: letters and digits, in small letters."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", name).casefold()))


@dataclass(frozen=True, slots=True)
class Plan:
    """Which of a source's names give which field, best first."""

    picks: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        return ", ".join(f"{field}={' or '.join(names)}" for field, names in self.picks.items() if names)


def plan(names: Sequence[str], mapping: Mapping[str, str], without: Iterable[str] = ()) -> Plan:
    """The plan for a source that has these names: what `mapping` gives, and guesses for the other fields.

    `without` are folded names that mean something else in this source. A "text" is an abstract only where
    there is a title.
    """
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(fold(name), []).append(name)
    barred = frozenset(without)
    picks: dict[str, tuple[str, ...]] = {}
    for field, known in NAMES.items():
        wanted = mapping.get(field)
        if wanted is not None and (given := [wanted] if wanted in names else folded.get(fold(wanted), [])):
            picks[field] = tuple(given)
        else:
            picks[field] = tuple(
                name for each in known if each not in barred for name in folded.get(each, ())
            )
    if not picks["title"] and "abstract" not in mapping:
        picks["abstract"] = tuple(name for name in picks["abstract"] if fold(name) != "text")
    return Plan(picks)


def picked(values: Mapping[str, object], chosen: Plan) -> dict[str, object]:
    """The values of a source's record by field: of each field the first that is not empty."""
    found: dict[str, object] = {}
    for field, names in chosen.picks.items():
        if field == "arxiv_id":
            found[field] = _arxiv_of(values, names)
            continue
        for name in names:
            value = values.get(name)
            if field == "doi" and value:
                value = doi(str(value))
            elif field == "url" and value:
                value = address(value)
            if value and not (isinstance(value, str) and not value.strip()):
                found[field] = value
                break
    return found


def _arxiv_of(values: Mapping[str, object], names: Iterable[str]) -> str | None:
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and (known := arxiv_of(value)):
            return known
        if isinstance(value, list | tuple):
            for item in value:
                if isinstance(item, str) and (known := arxiv_of(item)):
                    return known
    return None


def arxiv_of(text: str) -> str | None:
    """The arXiv id that a field is, or that the address or DOI in it is of; a mere mention in it is none."""
    text = text.strip()
    if found := _ARXIV_WHOLE.match(text):
        return arxiv_id(found.group(1))
    small = text[:300].lower()
    if "arxiv.org/" in small:
        return arxiv_id(text[small.index("arxiv.org/") :][:80].removesuffix(".pdf"))
    if "10.48550/" in small:
        return arxiv_id_of_doi(text)
    if found := re.search(r"(?:arxiv:\s*|\babs/)(\S+)", text[:300], re.IGNORECASE):
        return arxiv_id(found.group(1))
    return None


def address(value: object) -> str | None:
    """The first web address of a value, or None: nothing else may become a link."""
    items = value if isinstance(value, list | tuple) else [value]
    for item in items:
        if isinstance(item, str) and (found := _ADDRESS.match(item.strip().split(" ", 1)[0].rstrip(";,"))):
            return found.group()
    return None


def flat(value: object) -> str:
    """A value as text: of a list its first item, of an object its name."""
    while True:
        if isinstance(value, str):
            return value
        if isinstance(value, list | tuple):
            value = value[0] if value else ""
        elif isinstance(value, Mapping):
            keys = ("value", "name", "display_name", "title", "text", "raw")
            value = next((value[key] for key in keys if value.get(key)), "")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        else:
            return ""


def clean(text: str) -> str:
    """A text without the markup that exports leave in it, white space folded. LaTeX stays."""
    if "<" in text and len(text) <= 5 * LONGEST:
        text = _TAG.sub(" ", text)
        for _ in range(3):
            text, changed = _STYLED.subn(r"\2", text)
            if not changed:
                break
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    return " ".join(text.split())


def categories(value: object) -> tuple[str, ...]:
    """Categories of a text or a list; arXiv's are parted by spaces, others by `;` or commas."""
    if isinstance(value, str):
        parts: Sequence[object] = listed(value) or ()
        if not parts:
            words = [word for word in re.split(r"[\s,;|]", value) if word]
            parts = words if all(map(_CATEGORY.match, words)) else re.split(r"[;,|]", value)
    else:
        parts = value if isinstance(value, list | tuple) else ()
    found = (part for item in parts for part in [" ".join(flat(item).split())])
    return tuple(dict.fromkeys(part for part in found if part))


def record(source: Source, values: Mapping[str, object]) -> Record | Reject:
    """The record that these values make, or why they make none. Keys are names of Record's fields."""
    title = clean(flat(values.get("title"))) or None
    abstract = clean(flat(values.get("abstract")))
    reason = why_not(abstract)
    if reason is not None:
        return Reject(source, reason, excerpt(title or abstract))
    return Record(
        abstract=abstract,
        source=source,
        title=title,
        arxiv_id=arxiv_of(flat(values.get("arxiv_id"))),
        doi=doi(flat(values.get("doi"))),
        url=address(values.get("url")),
        authors=authors(values.get("authors")),
        categories=categories(values.get("categories")),
        created=iso(values.get("created")),
        updated=iso(values.get("updated")),
        comment=clean(flat(values.get("comment"))) or None,
        venue=clean(flat(values.get("venue"))) or None,
    )


def why_not(abstract: str) -> str | None:
    """Why a field is no abstract; None if it can be one."""
    if not abstract or (len(abstract) < 80 and _NONE.match(abstract)):
        return "it has no abstract"
    if len(abstract) < SHORTEST:
        return f"too short to be an abstract ({len(abstract)} characters of {SHORTEST})"
    if len(abstract) > LONGEST:
        return f"{len(abstract):,} characters are too long for an abstract"
    return None
