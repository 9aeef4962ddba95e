"""PubMed's XML: articles and book chapters."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from store.readers.dates import iso
from store.readers.document import Document, reject
from store.readers.elements import all_text, child, children, elements, root
from store.readers.fields import record
from store.records import Record, Reject, Source

_ARTICLES = ("PubmedArticle", "PubmedBookArticle")
_ROOTS = ("PubmedArticleSet", "PubmedBookArticleSet", *_ARTICLES)


def recognises(document: Document) -> bool:
    return root(document.head) in _ROOTS


def records(document: Document) -> Iterator[Record | Reject]:
    """A record or a reject for each article."""
    empty = True
    for line, article in elements(document.pieces(), _ARTICLES):
        empty = False
        yield _record(article, Source(document.name, line))
    if empty:
        yield reject(document.name, 1, "PubMed's XML without articles: nothing was found")


def _record(item: Element, source: Source) -> Record | Reject:
    citation = child(item, "MedlineCitation")
    if citation is None:
        citation = child(item, "BookDocument")
    article = child(citation, "Article")
    if article is None:
        article = citation
    number = all_text(child(citation, "PMID"))
    title = child(article, "ArticleTitle")
    return record(
        source,
        {
            "abstract": _abstract(child(article, "Abstract")),
            "title": all_text(title) or all_text(child(article, "VernacularTitle")),
            "authors": [
                name for author in children(child(article, "AuthorList"), "Author") if (name := _name(author))
            ],
            "doi": _doi(item, article),
            "url": f"https://pubmed.ncbi.nlm.nih.gov/{number}/" if number.isdecimal() else "",
            "venue": all_text(child(article, "Journal", "Title"))
            or all_text(child(article, "Book", "BookTitle")),
            "created": _date(article),
        },
    )


def _abstract(abstract: Element | None) -> str:
    """All parts of an abstract, each behind its label ("METHODS:")."""
    parts = []
    for part in children(abstract, "AbstractText"):
        label, text = part.get("Label", "").strip(), all_text(part)
        if text:
            parts.append(f"{label}: {text}" if label and label.upper() != "UNLABELLED" else text)
    return " ".join(parts)


def _name(author: Element) -> str:
    last = all_text(child(author, "LastName"))
    first = all_text(child(author, "ForeName")) or all_text(child(author, "Initials"))
    whole = " ".join(part for part in (first, last, all_text(child(author, "Suffix"))) if part)
    return whole or all_text(child(author, "CollectiveName"))


def _doi(item: Element, article: Element | None) -> str:
    """The article's own; the DOIs of what it cites stand deeper."""
    for place in children(article, "ELocationID"):
        if place.get("EIdType") == "doi":
            return all_text(place)
    for data in ("PubmedData", "PubmedBookData"):
        for place in children(child(item, data, "ArticleIdList"), "ArticleId"):
            if place.get("IdType") == "doi":
                return all_text(place)
    return ""


def _date(article: Element | None) -> str | None:
    """The electronic article's day if there is one, else the issue's date."""
    places = (
        child(article, "ArticleDate"),
        child(article, "Journal", "JournalIssue", "PubDate"),
        child(article, "Book", "PubDate"),
    )
    for place in places:
        if place is None:
            continue
        year, month, day = (all_text(child(place, name)) for name in ("Year", "Month", "Day"))
        if month.isdecimal():
            found = iso("-".join(part for part in (year, month, day) if part))
        else:
            found = iso(" ".join(part for part in (year, month, day) if part) or all_text(place))
        if found:
            return found
    return None
