"""What abstracts don't hold: details of a method's set-up that stand in the full text alone.

Asked for a learning rate, the right answer of a collection of abstracts is that it would need the full
text, unless an abstract does say it. The details are general ones of empirical papers; they know no field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from chatbot.evidence import Scored
from chatbot.verifying.names import key, names
from store.records import Paper

# What is asked for, in the words of a question and of a sentence that would hold it.
_DETAILS = tuple(
    (what, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE))
    for what, pattern in (
        ("a learning rate", r"learning[- ]rates?"),
        ("a batch size", r"batch[- ]sizes?"),
        ("hyperparameters", r"hyper-?parameters?"),
        ("the number of epochs", r"epochs?"),
        ("an optimizer", r"optimi[sz]er|adamw?|sgd"),
        ("a weight decay", r"weight decay"),
        ("a dropout rate", r"drop-?out"),
        ("a warm-up", r"warm-?up"),
        ("a random seed", r"(?:random )?seeds?"),
        ("a sampling temperature", r"temperatures?"),
        ("the hardware", r"gpus?|tpus?|gpu[- ]hours?|(?:nvidia )?[ahv]100s?|hardware|accelerators?"),
        (
            "the time or cost of training",
            r"training (?:time|cost|budget)|(?:how long|cost) .{0,40}\btrain\w*",
        ),
        (
            "the authors",
            r"who (?:wrote|has written|authored)|authors? of|written by"
            r"|(?:are|were|is|was|which|list) (?:the )?(?:\w+ )?authors?",
        ),
        ("an affiliation", r"affiliations?|affiliated|which (?:universit(?:y|ies)|institut(?:e|ion)s?|lab)"),
        ("the funding", r"funding|funded|grants?|sponsors?|sponsored"),
        (
            "a number of layers",
            r"(?:number of|how many) (?:\w+ )?(?:layers|attention heads|heads)|hidden size",
        ),
        ("a table", r"table \d+|tables?"),
        ("a figure", r"figure \d+|fig\. ?\d+"),
        ("an equation", r"equations?|formulas?|formulae|proof of"),
        ("an appendix", r"appendix|appendices|supplement(?:ary)?"),
        ("a significance test", r"p-values?|significance tests?|confidence intervals?|standard deviations?"),
        ("an annotation protocol", r"inter-?annotator|annotation guidelines?|(?:paid|payment) per"),
    )
)


def beyond(question: str, ranked: Sequence[Scored]) -> str | None:
    """The detail that is asked for and that no abstract found speaks of; None where there is none."""
    papers = {each.paper.id: each.paper for each in ranked}.values()
    for what, pattern in _DETAILS:
        if not pattern.search(question):
            continue
        if what == "the authors" and any(paper.authors for paper in papers):
            continue
        if not any(pattern.search(each.sentence.readable) for each in ranked):
            return what
    return None


def worth_reading(question: str, found: Iterable[Paper], most: int = 3) -> tuple[Paper, ...]:
    """The papers that the question names and whose full text can be pointed at, best first."""
    asked = {key(name) for name in names(f"about {question}")}
    named = [paper for paper in found if paper.link and key(paper.label) in asked]
    return tuple(named[:most])
