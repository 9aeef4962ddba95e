"""Public sets of claims with evidence, whatever their layout, as pairs that people labelled.

Read are JSON lines (`.jsonl`, `.jsonl.gz`) with a claim, its evidence (a text, or a list of sentences) and a
label, under any of the usual names; and a folder in SciFact's layout (`pairs.jsonl`, `corpus.jsonl`). Labels
fall into three: supports, refutes, and neither (a claim that is half supported is not supported).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from chatbot.errors import BenchError
from store.sentences import split


class Label(StrEnum):
    """What people said of a claim and its evidence."""

    SUPPORTS = "supports"
    REFUTES = "refutes"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, the sentences it is held against, and the label. `title` and `context` are their paper's."""

    claim: str
    sentences: tuple[str, ...]
    label: Label
    title: str = ""
    context: str = ""


_CLAIM = ("claim", "statement", "hypothesis", "sentence", "answer_sentence")
_EVIDENCE = (
    "evidence",
    "references",
    "evidences",
    "passage",
    "passages",
    "premise",
    "document",
    "context",
    "text",
    "abstract",
)
_LABEL = ("label", "attribution_label", "verdict", "gold_label", "gold")
_WORDS = {
    Label.SUPPORTS: "support supports supported attributable entailment entails entailed yes true 1",
    Label.REFUTES: "refute refutes refuted contradict contradicts contradicted contradiction contradictory",
    Label.NEITHER: (
        "neutral not_enough_info nei notenoughinfo not_attributable non_attributable not_supported "
        "unsupported partially_supported partial extrapolatory no false 0 none not_entailment unverifiable"
    ),
}
_MEANS = {word: label for label, words in _WORDS.items() for word in words.split()}


def read(path: Path) -> list[Pair]:
    """The pairs of a file or folder. Raises BenchError naming what is wrong and where."""
    if path.is_dir() and (found := _named(path, "pairs")):
        return list(_scifact(found, _named(path, "corpus")))
    if not path.is_file():
        raise BenchError(f"{path} is no file of claims, and no folder with pairs.jsonl and corpus.jsonl.")
    return [_pair(item, f"{path}:{number}") for number, item in _lines(path)]


def half(pair: Pair) -> str:
    """ "tune" or "report", by a hash of the claim: one claim is never in both."""
    return "tune" if hashlib.sha256(pair.claim.strip().encode()).digest()[0] % 2 else "report"


def sample(pairs: Sequence[Pair], most: int, seed: int = 0) -> list[Pair]:
    """At most so many pairs, supporting and other ones alike as far as there are; the same for one seed."""
    chosen = random.Random(seed)
    supporting = [pair for pair in pairs if pair.label is Label.SUPPORTS]
    others = [pair for pair in pairs if pair.label is not Label.SUPPORTS]
    chosen.shuffle(supporting)
    chosen.shuffle(others)
    first = min(len(supporting), max(most // 2, most - len(others)))
    return supporting[:first] + others[: most - first]


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                item = json.loads(line)
                if not isinstance(item, dict):
                    raise BenchError(f"{path}:{number} is no JSON object. One pair a line is expected.")
                yield number, item
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BenchError(f"{path} can't be read ({error}). Give JSON lines, gzipped or not.") from error
    except json.JSONDecodeError as error:
        raise BenchError(f"{path} holds a line that is no JSON ({error}). Give one object a line.") from error


def _pair(item: Mapping[str, Any], place: str) -> Pair:
    claim = _first(item, _CLAIM, place)
    evidence = _first(item, _EVIDENCE, place)
    label = _label(_first(item, _LABEL, place), place)
    texts = [_text(each) for each in evidence] if isinstance(evidence, list) else [_text(evidence)]
    sentences = tuple(
        sentence.readable for text in texts for line in text.splitlines() for sentence in split("", line)
    )
    return Pair(str(claim).strip(), sentences, label, str(item.get("title") or ""), "\n".join(texts))


def _first(item: Mapping[str, Any], names: Sequence[str], place: str) -> Any:
    for name in names:
        if item.get(name) not in (None, ""):
            return item[name]
    raise BenchError(f"{place} has none of the fields {', '.join(names)}. Rename yours to the first of them.")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(value[name]) for name in ("title", "text", "abstract") if value.get(name))
    return str(value)


def _label(value: Any, place: str) -> Label:
    word = str(value).strip().lower().replace(" ", "_").replace("-", "_")
    if word not in _MEANS:
        raise BenchError(
            f"{place}: the label {value!r} is not known. Known are: {', '.join(sorted(_MEANS))}."
        )
    return _MEANS[word]


def _named(folder: Path, name: str) -> Path | None:
    return next(
        (file for suffix in (".jsonl", ".jsonl.gz") if (file := folder / f"{name}{suffix}").is_file()), None
    )


def _scifact(pairs: Path, corpus: Path | None) -> Iterator[Pair]:
    """A claim meets the sentences that prove or refute it; where an abstract says nothing of it, the whole of
    it, of which the verifier takes the best."""
    if corpus is None:
        raise BenchError(f"{pairs.parent} holds no corpus.jsonl beside its pairs.")
    papers = {item["doc_id"]: item for _, item in _lines(corpus)}
    for number, item in _lines(pairs):
        try:
            paper = papers[item["doc_id"]]
            sentences = [str(sentence) for sentence in paper["abstract"]]
            chosen = (
                [sentences[place] for place in item["rationales"][0]] if item["rationales"] else sentences
            )
            label = _label(item["label"], f"{pairs}:{number}")
            yield Pair(
                str(item["claim"]), tuple(chosen), label, str(paper.get("title") or ""), " ".join(sentences)
            )
        except (KeyError, IndexError, TypeError) as error:
            raise BenchError(f"{pairs}:{number} is not in SciFact's layout ({error!r}).") from error
