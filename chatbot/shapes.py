"""The one JSON shape: what `--json` prints and what any other face sends, documented in docs/json.md.

Values in, plain dicts, lists and strings out. Every key is always present, null where nothing is
known. `VERSION` grows when a key changes its meaning or goes; a new key is no new version.
Nothing is computed here, and texts are verbatim: who prints them on a terminal cleans them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from chatbot.values import (
    Answer,
    Citation,
    Claim,
    Evidence,
    Moderated,
    NearMiss,
    PlannedBy,
    SearchPlan,
    Timings,
    TopicCensus,
    TopicPaper,
    Usage,
)
from store.exporting.jsonl import fields
from store.plans import Census, Entry
from store.records import Coverage, Filter, Hit, Paper, Provenance, Source
from store.suspicion import suspicions

if TYPE_CHECKING:
    from pathlib import Path

    from chatbot.benching.calibrating import Measured
    from chatbot.calibration import Calibration
    from chatbot.reviewing.parts import Review
    from chatbot.sessions.values import Saved, Session
    from store.ingesting import IngestReport
    from store.shelves import Shelf

VERSION = 1

Shape = dict[str, object]


def answer(value: Answer) -> Shape:
    """A whole answer, refusals and extracts included."""
    return {
        "version": VERSION,
        "question": value.question,
        "standalone_question": value.standalone_question,
        "rewritten_by": None if value.rewritten_by is None else value.rewritten_by.value,
        "status": value.status.value,
        "text": value.text,
        "claims": [claim(item) for item in value.claims],
        "citations": [citation(item) for item in value.citations],
        "near_misses": [near_miss(item) for item in value.near_misses],
        "premise": None if value.premise is None else claim(value.premise),
        "withdrawn": [claim(item) for item in value.withdrawn],
        "full_text": [_reference(item) for item in value.full_text],
        "dropped": list(value.dropped),
        "usage": usage(value.usage),
        "timings": _timings(value.timings),
        "model": value.model,
        "fingerprint": value.fingerprint,
        "filter": filter(value.filter),
        "census": None if value.census is None else census(value.census, value.census_by),
        "plan": None if value.plan is None else search_plan(value.plan),
        "topic": None if value.topic is None else topic(value.topic),
        "cut": value.cut or None,
        "style": value.style.value,
        "thoughts": None
        if value.thoughts is None
        else {"seconds": value.thoughts.seconds, "tokens": value.thoughts.tokens},
        "moderated": None if value.moderated is None else _moderated(value.moderated),
        "vectors": None if value.vectors is None else coverage(value.vectors),
    }


def coverage(value: Coverage) -> Shape:
    """How many papers meaning-search knows."""
    return {"papers": value.papers, "made": value.vectors}


def search_plan(value: SearchPlan) -> Shape:
    """How a question was searched for."""
    return {
        "made_by": value.made_by.value,
        "parts": [
            {
                "subject": part.subject,
                "query": part.query,
                "papers": list(part.papers),
                "again": part.again,
                "found": part.found,
            }
            for part in value.parts
        ],
        "beyond": list(value.beyond),
        "translated_from": value.translated_from,
        "original": value.original,
        "translation": value.translation,
    }


def filter(value: Filter) -> Shape:
    """Which papers may answer."""
    return {
        "since": value.since,
        "until": value.until,
        "text": value.text,
        "ids": list(value.ids),
        "without": list(value.without),
        "authors": list(value.authors),
        "categories": list(value.categories),
        "titles": list(value.titles),
        "venues": list(value.venues),
        "phrases": list(value.phrases),
        "exclude": list(value.exclude),
        "has": list(value.has),
        "lacks": list(value.lacks),
    }


def census(value: Census, made_by: PlannedBy = PlannedBy.RULES) -> Shape:
    """What was counted over the whole collection, and the papers that count."""
    plan = value.plan
    return {
        "plan": str(plan),
        "made_by": made_by.value,
        "do": plan.do.value,
        "by": None if plan.by is None else plan.by.value,
        "most": plan.most,
        "filter": filter(plan.filter),
        "total": value.total,
        "count": value.count,
        "untold": [{"fact": fact, "count": count} for fact, count in value.untold],
        "groups": [{"key": group.key, "count": group.count} for group in value.groups],
        "more_groups": value.more_groups,
        "papers": [entry(item) for item in value.papers],
        "more_papers": value.count - len(value.papers),
    }


def counted(value: Census, text: str, made_by: PlannedBy = PlannedBy.RULES) -> Shape:
    """A census that was asked for as such, with its sentence."""
    return {"version": VERSION, "text": text, **census(value, made_by)}


def topic(value: TopicCensus) -> Shape:
    """The papers that belong to a topic, and those that may."""
    plan = value.plan
    return {
        "plan": str(plan),
        "do": plan.do.value,
        "topic": plan.topic.text,
        "question": plan.topic.question,
        "filter": filter(plan.filter),
        "total": value.total,
        "passing": value.passing,
        "looked": value.looked,
        "by_rules": value.by_rules,
        "sure": [topic_paper(item) for item in value.sure],
        "uncertain": [topic_paper(item) for item in value.uncertain],
    }


def review(value: Review, page: str) -> Shape:
    """A literature review, with its Markdown."""
    return {
        "version": VERSION,
        "topic": topic(value.topic),
        "themes": [
            {
                "name": theme.name,
                "named_by": theme.named_by.value,
                "papers": [item.id for item in theme.papers],
                "claims": [claim(item) for item in theme.claims],
            }
            for theme in value.themes
        ],
        "citations": [citation(item) for item in value.citations],
        "withdrawn": [claim(item) for item in value.withdrawn],
        "dropped": list(value.dropped),
        "usage": usage(value.usage),
        "model": value.model,
        "markdown": page,
    }


def topic_paper(value: TopicPaper) -> Shape:
    """A paper that belongs to a topic, or may."""
    return {
        **_reference(value.paper),
        "evidence": evidence(value.evidence),
        "judged_by": value.judged_by.value,
        "odds": value.odds,
    }


def judged(value: TopicCensus, text: str, model: str | None, dropped: Iterable[str]) -> Shape:
    """A census over a topic that was asked for as such, with its sentence."""
    return {
        "version": VERSION,
        "text": text,
        "model": model,
        "dropped": list(dropped),
        **topic(value),
    }


def entry(value: Entry) -> Shape:
    """A paper that counts."""
    return {
        "paper": value.id,
        "label": value.label,
        "title": value.title,
        "arxiv_id": value.arxiv_id,
        "doi": value.doi,
        "created": value.created,
        "url": value.link,
        "authors": list(value.authors),
        "categories": list(value.categories),
        "venue": value.venue,
        "comment": value.comment,
    }


def paper(value: Paper) -> Shape:
    """A paper with everything that is known of it: also a line of an export."""
    return fields(value)


def shown(value: Paper, given: Iterable[Provenance]) -> Shape:
    """A paper with everything that is known of it, and where that came from."""
    return {
        **paper(value),
        "provenance": [
            {
                "field": each.field,
                "value": _plain(each.value),
                "sources": [_source(source) for source in each.sources],
                "others": [
                    {"value": _plain(other.value), "sources": [_source(source) for source in other.sources]}
                    for other in each.others
                ],
            }
            for each in given
        ],
    }


def _plain(value: str | tuple[str, ...]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


def papers(values: Iterable[Paper]) -> list[Shape]:
    """A list of papers, in their order."""
    return [paper(value) for value in values]


def hits(values: Iterable[Hit], vectors: Coverage | None = None) -> list[Shape]:
    """Found papers, best first, with their scores; `vectors`: how far these were, if not complete."""
    known = None if vectors is None else coverage(vectors)
    return [
        {
            "rank": rank,
            "score": value.score,
            "keyword": value.keyword,
            "vector": value.vector,
            "rerank": value.rerank,
            "vectors": known,
            **_reference(value.paper),
        }
        for rank, value in enumerate(values, 1)
    ]


def collections(values: Iterable[Shelf], in_use: str) -> list[Shape]:
    """The collections under a home, by name."""
    return [
        {
            "name": value.name,
            "in_use": value.name == in_use,
            "papers": value.papers,
            "vectors": value.vectors,
            "embedder": value.embedder,
            "size": value.size,
            "newest": value.newest,
            "changed": value.changed,
            "problem": value.problem,
        }
        for value in values
    ]


def session(value: Session) -> Shape:
    """A saved conversation, as a list shows it."""
    return {
        "session": value.id,
        "title": value.title,
        "collection": value.collection,
        "created": value.created,
        "changed": value.changed,
        "turns": value.turns,
        "branched_from": value.branched_from,
    }


def sessions(values: Iterable[Session]) -> list[Shape]:
    """Saved conversations, in their order."""
    return [session(value) for value in values]


def saved(value: Saved) -> Shape:
    """A whole conversation: its answers with claims and evidence, and the papers cited as they were."""
    return {
        "version": VERSION,
        **session(value.session),
        "turns": [
            {
                "number": turn.number,
                "question": turn.question,
                "filter": filter(turn.filter),
                "asked": turn.asked,
                "state": turn.state.value,
                "text": turn.text,
                "note": turn.note or None,
                "answer": None if turn.answer is None else answer(turn.answer),
            }
            for turn in value.turns
        ],
        "papers": papers(citation.paper for citation in value.citations),
    }


def ingested(value: IngestReport) -> Shape:
    """What an ingest did."""
    return {
        "version": VERSION,
        "read": value.read,
        "new": value.new,
        "updated": value.updated,
        "merged": value.merged,
        "unchanged": value.unchanged,
        "papers": value.papers,
        "embedded": value.embedded,
        "gone": value.pruned.gone,
        "removed": value.pruned.removed,
        "removed_papers": [
            {"paper": item.id, "label": item.label, "title": item.title} for item in value.pruned.departed
        ],
        "retained": [
            {"name": item.source, "records": item.records, "reason": item.reason}
            for item in value.pruned.retained
        ],
        "vectors_missing": value.vectors_missing,
        "rejects": [
            {**_source(item.source), "reason": item.reason, "excerpt": item.excerpt} for item in value.rejects
        ],
    }


def embedded(made: int, value: Coverage) -> Shape:
    """What the making of missing vectors came to."""
    return {"version": VERSION, "embedded": made, "papers": value.papers, "vectors_missing": value.missing}


def checked(claims: Iterable[Claim], cited: Iterable[Paper]) -> Shape:
    """A checked text: its sentences in order, and the papers that their evidence is of."""
    return {
        "version": VERSION,
        "claims": [claim(item) for item in claims],
        "papers": [_reference(item) for item in cited],
    }


def measured(value: Measured) -> Shape:
    """A threshold and what it is worth."""
    return {
        "threshold": value.threshold,
        "good": value.good,
        "bad": value.bad,
        "right": value.right,
        "precision": value.precision,
        "recall": value.recall,
    }


def calibrated(
    model: str, found: Calibration, before: Calibration, measured: Mapping[str, object], kept: Path | None
) -> Shape:
    """A model's thresholds, as they were and as they are now."""
    return {
        "version": VERSION,
        "model": model,
        "supports": found.supports,
        "refuse_below": found.refuse_below,
        "before": {"supports": before.supports, "refuse_below": before.refuse_below},
        **measured,
        "file": None if kept is None else str(kept),
    }


def error(kind: str, message: str) -> Shape:
    """What stands in the place of a result when there is none. `kind` is the error's class name."""
    return {"version": VERSION, "error": {"type": kind, "message": message}}


def dumps(shape: object, *, ascii_only: bool = False) -> str:
    """The text of a shape: indented JSON without NaN."""
    return json.dumps(shape, ensure_ascii=ascii_only, indent=2, allow_nan=False)


def _moderated(value: Moderated) -> Shape:
    return {
        "of": value.of,
        "safety": None if value.safety is None else value.safety.value,
        "categories": list(value.categories),
    }


def claim(value: Claim) -> Shape:
    """A sentence of an answer and its proof."""
    return {
        "text": value.text,
        "verdict": value.verdict.value,
        "found_by": value.found_by.value,
        "missing": list(value.missing),
        "judged_by": value.judged_by.value,
        "replaces": value.replaces or None,
        "translation": value.translation or None,
        "evidence": [evidence(item) for item in value.evidence],
    }


def evidence(value: Evidence) -> Shape:
    """A sentence of an abstract, with its address."""
    return {
        "paper": value.paper,
        "sentence": value.sentence,
        "start": value.start,
        "end": value.end,
        "text": value.text,
    }


def citation(value: Citation) -> Shape:
    """A paper under its number."""
    return {"number": value.number, **_reference(value.paper)}


def near_miss(value: NearMiss) -> Shape:
    """A paper that came close."""
    return {
        **_reference(value.paper),
        "evidence": evidence(value.evidence),
        "missing": list(value.missing),
    }


def _reference(value: Paper) -> Shape:
    """A paper as it is pointed at: enough to name and find it."""
    return {
        "paper": value.id,
        "label": value.label,
        "title": value.title,
        "arxiv_id": value.arxiv_id,
        "created": value.created,
        "url": value.link,
        "suspicions": list(suspicions(value.abstract)),
    }


def _source(value: Source) -> Shape:
    return {"name": value.name, "line": value.line}


def usage(value: Usage) -> Shape:
    """Tokens."""
    return {
        "prompt_tokens": value.prompt_tokens,
        "completion_tokens": value.completion_tokens,
        "cached_tokens": value.cached_tokens,
        "counted_by": value.counted_by,
        "thought_tokens": value.thought_tokens,
    }


def _timings(value: Timings) -> Shape:
    return {
        "rewritten": value.rewritten,
        "planned": value.planned,
        "retrieved": value.retrieved,
        "requested": value.requested,
        "first_token": value.first_token,
        "generated": value.generated,
        "total": value.total,
    }
