"""A text of the reader's, sentence by sentence with its verdict and its evidence, as it is checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from chatbot.values import Claim, Verdict
from chatbot.web.desk import Desk
from chatbot.web.markup import Safe, el
from chatbot.web.papers import facts, name
from chatbot.web.prose import counted, sentence, written
from chatbot.web.verdicts import WORDS, badge
from store.records import Paper

LONGEST = 20_000


def verified(claims: Sequence[Claim], papers: Mapping[str, Paper], *, over: bool) -> Safe:
    """The sentences checked so far, and their tally once it is over."""
    items = [el("li", _checked(claim, papers), class_=f"v-{claim.verdict.value}") for claim in claims]
    counts = Counter(claim.verdict for claim in claims)
    tally = ", ".join(f"{counts[verdict]} {WORDS[verdict]}" for verdict in Verdict if counts[verdict])
    said = (
        f"{counted(len(claims), 'sentence')}: {tally}."
        if over
        else f"{counted(len(claims), 'sentence')} checked …"
    )
    return el(
        "div",
        el("p", said, class_="note", role="status"),
        el("ol", items, class_="checked"),
        class_="verified",
    )


def papers_of(claims: Sequence[Claim], desk: Desk, known: dict[str, Paper]) -> dict[str, Paper]:
    """The papers that claims rest on, added to those that are known. Raises StoreError."""
    for claim in claims:
        for each in claim.evidence:
            if each.paper not in known and (paper := desk.collection.paper(each.paper)) is not None:
                known[each.paper] = paper
    return known


def _checked(claim: Claim, papers: Mapping[str, Paper]) -> list[Safe | None]:
    return [
        el("p", written(claim.text), class_="said"),
        badge(claim),
        el("span", "; ".join(claim.missing), class_="missing") if claim.missing else None,
        *(
            el(
                "blockquote",
                el("q", sentence(each.text, numbers=True)),
                el(
                    "div",
                    el(
                        "button",
                        name(papers[each.paper]),
                        type="button",
                        class_="open",
                        data_do="paper",
                        data_paper=each.paper,
                        data_sentence=each.sentence,
                    ),
                    facts(papers[each.paper]),
                ),
            )
            for each in claim.evidence[:3]
            if each.paper in papers
        ),
    ]
