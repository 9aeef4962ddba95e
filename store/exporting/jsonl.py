"""JSON Lines: a paper a line, with every field to the letter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from store.records import Paper
from store.suspicion import suspicions


def jsonl(papers: Iterable[Paper]) -> Iterator[str]:
    """A line for each paper."""
    for paper in papers:
        yield json.dumps(fields(paper), ensure_ascii=False, allow_nan=False) + "\n"


def fields(paper: Paper) -> dict[str, object]:
    """A paper as JSON: what `chatbot papers --json` shows of it and what a line of an export holds."""
    return {
        "paper": paper.id,
        "label": paper.label,
        "label_derived": paper.label_derived,
        "title": paper.title,
        "abstract": paper.abstract,
        "arxiv_id": paper.arxiv_id,
        "doi": paper.doi,
        "url": paper.link,
        "source_url": paper.url,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "created": paper.created,
        "updated": paper.updated,
        "comment": paper.comment,
        "venue": paper.venue,
        "sources": [{"name": source.name, "line": source.line} for source in paper.sources],
        "suspicions": list(suspicions(paper.abstract)),
    }
