"""An answer as text, and back again, to the letter.

It is the JSON shape of the answer, and beside it what the shape only points at or leaves out: its papers as
they were (the collection may change), the addresses of counted papers, the words of a topic.

`unpacked` raises ValueError for what `packed` has not made.
"""

from __future__ import annotations

import json
from typing import Any

from chatbot import shapes
from chatbot.sessions import reading
from chatbot.values import Answer
from store.records import Paper


def packed(answer: Answer) -> str:
    """The text of an answer: ASCII, in one line."""
    shape: dict[str, Any] = shapes.answer(answer)
    if answer.census is not None:
        for entry, each in zip(answer.census.papers, shape["census"]["papers"], strict=True):
            each["source_url"] = entry.url
    if answer.topic is not None:
        topic = answer.topic.plan.topic
        shape["topic"] |= {"words": topic.words, "verb": topic.verb}
    papers = [shapes.paper(paper) for paper in _papers(answer).values()]
    return json.dumps({"answer": shape, "papers": papers}, separators=(",", ":"))


def unpacked(text: str) -> Answer:
    """The answer again."""
    try:
        kept = json.loads(text)
        papers = [reading.paper(each) for each in kept["papers"]]
        return reading.answer(kept["answer"], {paper.id: paper for paper in papers})
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"what is kept of the answer is not complete: {error}") from error


def _papers(answer: Answer) -> dict[str, Paper]:
    """Every paper that the answer holds, by id."""
    found = [citation.paper for citation in answer.citations]
    found += [miss.paper for miss in answer.near_misses]
    found += answer.full_text
    if answer.topic is not None:
        found += [each.paper for each in (*answer.topic.sure, *answer.topic.uncertain)]
    return {paper.id: paper for paper in found}
