"""Which papers of a review are near each other, and what their themes are called.

Spherical k-means over the papers' vectors, begun with papers far from each other: the same papers always fall
into the same themes. A name is the words that most papers of the theme have and few others; a model may
choose a better one, made of words of the theme's abstracts and no others.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import prompts
from chatbot.constrained import answered
from chatbot.evidence import as_data
from chatbot.model import ChatModel, Message
from store.collection import Collection
from store.errors import EmbeddingError
from store.keywords import content_stems, stems
from store.latex import readable
from store.records import Paper

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

MOST = 8
"""Themes of a review at most."""
# Fewer papers are one theme.
_ALONE = 4
_ROUNDS = 50
_TERMS = 3
# What two words that stand together tell more than one.
_TOGETHER = 0.2
_THEME_WORD = re.compile(r"(?![a-z]+ly$)[a-z]{3,}(?:-[a-z]+)*")
_Term = tuple[str, ...]
_LONGEST_NAME = 8
_SHOWN = 12
_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
# Words of abstracts at large, which tell no theme.
_PLAIN = content_stems(
    "paper work propose introduce present method approach framework model language large llm llms show "
    "results experiments performance existing recent novel achieve demonstrate significantly task based "
    "data training improve across various including further state art however while"
)


def vectors(papers: Sequence[Paper], collection: Collection) -> NDArray[numpy.float32]:
    """A vector of length 1 for each paper, shape (papers, dimension): the mean of its sentences' vectors; of
    its stems where there is no embedder."""
    import numpy

    if not papers:
        return numpy.zeros((0, 1), dtype=numpy.float32)
    try:
        rows = [
            numpy.asarray(collection.sentence_vectors(collection.sentences(paper.id))).mean(axis=0)
            for paper in papers
        ]
    except EmbeddingError:
        rows = _of_stems([paper.abstract for paper in papers])
    made = numpy.asarray(rows, dtype=numpy.float32)
    lengths = numpy.linalg.norm(made, axis=1, keepdims=True)
    return numpy.asarray(made / numpy.where(lengths > 0, lengths, 1), dtype=numpy.float32)


def grouped(points: NDArray[numpy.float32]) -> list[list[int]]:
    """The rows in groups, the largest first, each in order; sqrt(n / 2) groups, at most MOST."""
    import numpy

    count = len(points)
    if count < _ALONE:
        return [list(range(count))] if count else []
    k = max(1, min(MOST, round(math.sqrt(count / 2))))
    # Around what all have in common, or every paper on the topic is near every other.
    centred = points - points.mean(axis=0)
    lengths = numpy.linalg.norm(centred, axis=1, keepdims=True)
    centred = centred / numpy.where(lengths > 0, lengths, 1)
    near = numpy.einsum("id,jd->ij", centred, centred)
    chosen = [int(numpy.argmin(near.sum(axis=1)))]
    while len(chosen) < k:
        chosen.append(int(numpy.argmin(near[:, chosen].max(axis=1))))
    centres = centred[chosen]
    own = numpy.full(count, -1)
    for _ in range(_ROUNDS):
        nearest = numpy.einsum("id,kd->ik", centred, centres).argmax(axis=1)
        if (nearest == own).all():
            break
        own = nearest
        for place in range(k):
            if (own == place).any():
                centre = centred[own == place].mean(axis=0)
                centres[place] = centre / (numpy.linalg.norm(centre) or 1)
    groups = [[int(row) for row in numpy.flatnonzero(own == place)] for place in range(k)]
    return sorted((group for group in groups if group), key=lambda group: (-len(group), group[0]))


def terms(groups: Sequence[Sequence[Paper]], besides: str) -> list[str]:
    """A name for each group: what most of its papers say and few others; `besides` are words that name none.
    Two words together count for more than one, if several papers have them so."""
    known = [[_spoken(paper) for paper in group] for group in groups]
    total = sum(map(len, known))
    everywhere = Counter(term for group in known for paper in group for term in paper)
    no_terms = _PLAIN | content_stems(besides)
    names = []
    for group, papers in zip(known, groups, strict=True):
        inside = Counter(term for paper in group for term in paper)
        spelt = {term: said for paper in reversed(group) for term, said in paper.items()}

        def weight(term: _Term, inside: Counter[_Term] = inside, size: int = len(group)) -> float:
            outside = everywhere[term] - inside[term]
            together = _TOGETHER if len(term) > 1 else 0.0
            return inside[term] / size - outside / max(total - size, 1) + together

        ranked = sorted(
            (term for term in inside if not no_terms & set(term) and (len(term) == 1 or inside[term] > 1)),
            key=lambda term: (-weight(term), term),
        )
        best: list[_Term] = []
        for term in ranked:
            if len(best) < _TERMS and not any(set(term) & set(other) for other in best):
                best.append(term)
        names.append(", ".join(spelt[term] for term in best) or papers[0].label)
    return names


def chosen_name(
    papers: Sequence[Paper], theme: str, topic: str, model: ChatModel, max_tokens: int
) -> str | None:
    """The model's name for a theme, None if it says words that the abstracts don't.

    Raises ModelError where the model does not answer.
    """
    listed = "\n".join(f"- {as_data(paper.name)}: {_beginning(paper)}" for paper in papers[:_SHOWN])
    asked = prompts.load("theme_asked").render(topic=as_data(topic), terms=as_data(theme), papers=listed)
    messages = [Message("system", prompts.load("theme").render()), Message("user", asked)]
    found = answered(model, messages, _SCHEMA, min(max_tokens, 128))
    name = found.get("name") if found else None
    if not isinstance(name, str):
        return None
    name = as_data(name).strip(" .\"'“”:")
    said = content_stems(name)
    there = frozenset[str]().union(*(content_stems(_readable(paper)) for paper in papers))
    there |= content_stems(topic)
    fits = bool(said) and not said - there and len(name.split()) <= _LONGEST_NAME
    return name if fits else None


def _spoken(paper: Paper) -> dict[_Term, str]:
    """The paper's words and pairs of words that stand together, by their stems, as they are written. Names,
    numbers and adverbs are no theme."""
    said = [word.strip(".,;:()\"'“”").lower() for word in _readable(paper).split()]
    fit = [bool(_THEME_WORD.fullmatch(word)) and bool(content_stems(word)) for word in said]
    own = [tuple(sorted(each)) for each in stems(said)]
    found: dict[_Term, str] = {}
    for place, word in enumerate(said):
        if not fit[place]:
            continue
        found.setdefault(own[place], word)
        if place + 1 < len(said) and fit[place + 1]:
            found.setdefault((*own[place], *own[place + 1]), f"{word} {said[place + 1]}")
    return found


def _readable(paper: Paper) -> str:
    return readable(f"{paper.title or ''} {paper.abstract}")


def _beginning(paper: Paper) -> str:
    return as_data(" ".join(_readable(paper).split()[:40]))


def _of_stems(texts: Sequence[str]) -> list[list[float]]:
    known = [content_stems(readable(text)) for text in texts]
    counts = Counter(stem for each in known for stem in each)
    places = {stem: place for place, stem in enumerate(sorted(counts))}
    rows = []
    for each in known:
        row = [0.0] * max(len(places), 1)
        for stem in each:
            row[places[stem]] = math.log(1 + len(texts) / counts[stem])
        rows.append(row)
    return rows
