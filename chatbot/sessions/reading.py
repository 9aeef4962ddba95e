"""The JSON shape of an answer read as values: the other direction of `chatbot.shapes`.

A key that is not there has its field's default, so that a shape of an older version can be read; one that
is not known is passed over. What a shape only points at, papers, comes from `papers`; a paper that is not
there is made of what the shape tells (its abstract is empty then).

Raises ValueError for what is no such shape.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from chatbot.values import (
    Answer,
    Citation,
    Evidence,
    NearMiss,
    PlannedBy,
    Standing,
    Topic,
    TopicCensus,
    TopicPaper,
    TopicPlan,
)
from store.plans import By, Census, Do, Entry, Group, Plan
from store.records import Coverage, Filter, Paper, Source

Shape = Mapping[str, Any]


def answer(shape: Shape, papers: Mapping[str, Paper] | None = None) -> Answer:
    """The answer that `chatbot.shapes.answer` made the shape of."""
    return _Reader(papers or {}).value(Answer, shape, "answer")  # type: ignore[no-any-return]


def filter(shape: Shape) -> Filter:
    """The filter that `chatbot.shapes.filter` made the shape of."""
    return _Reader({}).value(Filter, shape, "filter")  # type: ignore[no-any-return]


def paper(shape: Shape) -> Paper:
    """The paper that `chatbot.shapes.paper` made the shape of, to the letter."""
    read = _Reader({})
    plain = {key: value for key, value in shape.items() if key not in ("paper", "url", "sources")}
    sources = [read.value(Source, each, "source") for each in shape["sources"]]
    url = shape["source_url"]
    return read.fields(Paper, {**plain, "id": shape["paper"], "url": url}, "paper", sources=tuple(sources))  # type: ignore[no-any-return]


class _Reader:
    def __init__(self, papers: Mapping[str, Paper]) -> None:
        self._papers = papers
        self._special: Mapping[type, Callable[[Shape], object]] = {
            Answer: self._answer,
            Citation: self._citation,
            NearMiss: self._near_miss,
            Census: self._census,
            TopicCensus: self._topic,
            Paper: self._reference,
            Coverage: lambda shape: Coverage(shape["papers"], shape["made"]),
        }

    def value(self, hint: Any, found: Any, where: str) -> Any:
        """`found` as a value of the type; `where` it stands is for the error."""
        options = get_args(hint)
        if get_origin(hint) in (Union, types.UnionType):
            if found is None:
                return None
            [hint] = [each for each in options if each is not type(None)]
            options = get_args(hint)
        if get_origin(hint) is tuple:
            if not isinstance(found, list):
                raise ValueError(f"{where} is no list")
            return tuple(self.value(options[0], each, where) for each in found)
        if is_dataclass(hint):
            if not isinstance(found, Mapping):
                raise ValueError(f"{where} is no object")
            special = self._special.get(hint)  # type: ignore[arg-type]
            try:
                return special(found) if special else self.fields(hint, found, where)
            except (KeyError, TypeError) as error:
                raise ValueError(f"{where} is not complete: {error}") from error
        if isinstance(hint, type) and issubclass(hint, Enum):
            return hint(found)
        if hint is float and type(found) is int:
            return float(found)
        if hint is str and found is None:
            return ""  # `replaces`: nothing is null there
        if type(found) is not hint:
            raise ValueError(f"{where} is a {type(found).__name__}, not a {hint.__name__}")
        return found

    def fields(self, kind: Any, shape: Shape, where: str, **known: object) -> Any:
        """A dataclass whose keys are called as its fields are; those in `known` are read already."""
        read = dict(known)
        for each in fields(kind):
            if each.name in read:
                continue
            if each.name in shape:
                read[each.name] = self.value(
                    _hints(kind)[each.name], shape[each.name], f"{where}.{each.name}"
                )
            elif each.default is MISSING and each.default_factory is MISSING:
                raise ValueError(f"{where} has no {each.name}")
        return kind(**read)

    def _answer(self, shape: Shape) -> Answer:
        by = (shape.get("census") or {}).get("made_by", PlannedBy.RULES)
        return self.fields(Answer, shape, "answer", census_by=PlannedBy(by))  # type: ignore[no-any-return]

    def _citation(self, shape: Shape) -> Citation:
        return Citation(self.value(int, shape["number"], "citation"), self._reference(shape))

    def _near_miss(self, shape: Shape) -> NearMiss:
        return self.fields(NearMiss, shape, "near miss", paper=self._reference(shape))  # type: ignore[no-any-return]

    def _reference(self, shape: Shape) -> Paper:
        id = self.value(str, shape["paper"], "paper")
        if (found := self._papers.get(id)) is not None:
            return found
        known = {key: shape[key] for key in ("label", "title", "arxiv_id", "created", "url")}
        derived = {"id": id, "abstract": "", "label_derived": shape["title"] is None}
        return self.fields(Paper, {**known, **derived}, "paper")  # type: ignore[no-any-return]

    def _census(self, shape: Shape) -> Census:
        asked = Filter() if shape["filter"] is None else self.value(Filter, shape["filter"], "filter")
        by = None if shape["by"] is None else By(shape["by"])
        plan = Plan(Do(shape["do"]), asked, by, self.value(int | None, shape["most"], "most"))
        return Census(
            plan,
            self.value(int, shape["total"], "total"),
            self.value(int, shape["count"], "count"),
            tuple(self._entry(each) for each in shape["papers"]),
            self.value(tuple[Group, ...], shape["groups"], "groups"),
            self.value(int, shape["more_groups"], "more_groups"),
            tuple((str(each["fact"]), int(each["count"])) for each in shape["untold"]),
        )

    def _entry(self, shape: Shape) -> Entry:
        url = shape.get("source_url", shape["url"])
        return self.fields(Entry, {**shape, "id": shape["paper"], "url": url}, "paper")  # type: ignore[no-any-return]

    def _topic(self, shape: Shape) -> TopicCensus:
        text = self.value(str, shape["topic"], "topic")
        topic = Topic(text, shape["question"], shape.get("words", text), shape.get("verb", ""))
        plan = TopicPlan(Do(shape["do"]), topic, self.value(Filter, shape["filter"], "filter"))
        sure = tuple(self._topic_paper(each, Standing.SURE) for each in shape["sure"])
        uncertain = tuple(self._topic_paper(each, Standing.UNCERTAIN) for each in shape["uncertain"])
        return self.fields(  # type: ignore[no-any-return]
            TopicCensus, shape, "topic", plan=plan, sure=sure, uncertain=uncertain
        )

    def _topic_paper(self, shape: Shape, standing: Standing) -> TopicPaper:
        evidence = self.value(Evidence, shape["evidence"], "evidence")
        known = {"paper": self._reference(shape), "standing": standing, "evidence": evidence}
        return self.fields(TopicPaper, shape, "paper", **known)  # type: ignore[no-any-return]


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
