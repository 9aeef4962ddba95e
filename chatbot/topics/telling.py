"""A census over a topic in sentences for people."""

from __future__ import annotations

from chatbot.values import TopicCensus


def sentence(census: TopicCensus) -> str:
    """How many papers belong, how many more may, and how many were looked at."""
    verb = "do" if census.plan.topic.verb else "are"
    sure, perhaps = len(census.sure), len(census.uncertain)
    first = (
        f"{_papers(sure)} {_singular(verb) if sure == 1 else verb}"
        if sure
        else f"No paper surely {_singular(verb)}"
    )
    may = "may" if verb == "do" else "may be"
    more = "more " if sure else ""
    second = f"; {perhaps:,} {more}{may}" if perhaps else ""
    return f"{first}{second}. {looked(census)}"


def looked(census: TopicCensus) -> str:
    """How many of which papers were looked at."""
    those = "" if census.plan.filter.empty else f" ({census.plan.filter})"
    were = "was" if census.looked == 1 else "were"
    return f"{census.looked:,} of {_papers(census.passing)}{those} {were} looked at."


def notes(census: TopicCensus, *, asked: bool) -> tuple[str, ...]:
    """What a person should know of how it was judged."""
    found = []
    if census.looked < census.passing:
        left = census.passing - census.looked
        were = "was" if left == 1 else "were"
        found.append(
            f"{_papers(left)} {were} not looked at: others are nearer to the topic. A filter (since:2025, "
            "cat:cs.CL) makes them fewer."
        )
    if census.by_rules and not asked:
        found.append("No model was asked: a paper is sure only where one of its sentences plainly says it.")
    elif census.by_rules:
        found.append(f"{_papers(census.by_rules)} judged by rules: the model gave no yes or no.")
    return tuple(found)


def _singular(verb: str) -> str:
    return {"do": "does", "are": "is"}[verb]


def _papers(count: int) -> str:
    return f"{count:,} paper{'' if count == 1 else 's'}"
