"""Answers while vectors are still being made: each says how far they were, and nothing is embedded meanwhile.

Counts need no vectors, and so are never said to lack any.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from chatbot.values import Answer, Event, Finished
from store.collection import Collection
from store.records import Coverage


def watched(events: Generator[Event, None, None], collection: Collection) -> Generator[Event, None, None]:
    """The events of one answer, made while the work behind holds still."""
    with collection.undisturbed(), closing(events):
        coverage = collection.coverage
        for event in events:
            if isinstance(event, Finished) and not coverage.complete and _needed(event.answer):
                event = replace(event, answer=_told(event.answer, coverage))
            yield event


def _needed(answer: Answer) -> bool:
    """Whether anything was searched for: not if all papers were counted, or looked at."""
    looked = answer.topic is not None and answer.topic.looked == answer.topic.passing
    return answer.census is None and not looked


def _told(answer: Answer, coverage: Coverage) -> Answer:
    return replace(answer, vectors=coverage, dropped=(str(coverage), *answer.dropped))
