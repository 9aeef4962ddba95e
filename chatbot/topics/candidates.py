"""Which papers are looked at for a topic: all that pass if they are few, else the nearest, generously cut."""

from __future__ import annotations

from chatbot.values import TopicPlan
from store.collection import Collection
from store.records import Paper

MOST = 200
"""Papers that are looked at for a topic at most. Up to so many that pass its filter are all looked at."""


def candidates(plan: TopicPlan, collection: Collection) -> tuple[list[Paper], int]:
    """The papers to look at, the nearest first where not all are; and how many pass. Raises StoreError."""
    passing = collection.count(plan.filter)
    if passing <= MOST:
        return collection.papers(plan.filter), passing
    return [hit.paper for hit in collection.search(plan.topic.words, MOST, plan.filter)], passing
