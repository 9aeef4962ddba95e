"""The line under an answer, and the trace behind its "Why?"."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.planning import told
from chatbot.values import Answer, Claim, Packed, PlannedBy, Status, Verdict
from chatbot.web.markup import EMPTY, Safe, el, join
from chatbot.web.prose import counted, sentence
from chatbot.web.viewing import State, View

_ENDED = {
    Status.REFUSED: "refused",
    Status.EXTRACT: "the papers' own sentences, written by no model",
    Status.CENSUS: "counted over the whole collection",
}


def meter(view: View) -> Safe:
    """How much is proven, how long it took, what it cost, who wrote it."""
    answer = view.answer
    if answer is None:
        return EMPTY
    parts = [_first(answer)]
    timings, usage = answer.timings, answer.usage
    if timings.first_token is not None:
        parts.append(f"first word {timings.first_token:.1f} s")
    if timings.total is not None:
        parts.append(f"{timings.total:.1f} s")
    if usage.prompt_tokens or usage.completion_tokens:
        parts.append(f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens")
    if (speed := _speed(answer)) is not None:
        parts.append(f"{speed:.0f} tokens/s")
    if answer.model:
        parts.append(answer.model)
    dots = [join(el("span", " · ", class_="dot") if at else EMPTY, part) for at, part in enumerate(parts)]
    return el("p", dots, class_="meter")


def trace(view: View) -> Safe:
    """Why it is this answer: what was searched for, what was found, what was shown and dropped, and when."""
    answer = view.answer
    if answer is None or view.state is State.RUNNING:
        return EMPTY
    rows: list[tuple[str, Safe]] = []
    if answer.standalone_question != answer.question:
        rows.append(("Understood as", el("span", answer.standalone_question)))
    if answer.plan is not None:
        rows.append(("Plan", el("span", told(answer.plan))))
    if answer.census is not None:
        by = "a model" if answer.census_by is PlannedBy.MODEL else "rules"
        rows.append(("Planned by", el("span", by)))
    if not answer.filter.empty:
        rows.append(("Only papers", el("span", str(answer.filter))))
    if view.hits:
        rows.append(("Found", _hits(view)))
    if view.packed is not None:
        rows.append(("Shown", _shown(view.packed)))
    if answer.dropped:
        rows.append(("Left out", el("ul", [el("li", each) for each in answer.dropped])))
    rows.append(("Times", el("span", _times(answer))))
    if answer.usage.cached_tokens:
        rows.append(("Cached", el("span", f"{counted(answer.usage.cached_tokens, 'token')} of the prompt")))
    if answer.usage.counted_by != "server":
        rows.append(("Counted by", el("span", answer.usage.counted_by)))
    if answer.fingerprint:
        rows.append(("Fingerprint", el("code", answer.fingerprint)))
    return el(
        "details",
        el("summary", "Why?"),
        el("dl", [join(el("dt", key), el("dd", value)) for key, value in rows]),
        class_="why",
    )


def proven(claims: Sequence[Claim]) -> str:
    """`3 of 4 sentences proven`."""
    sentences = counted(len(claims), "sentence")
    if claims and all(claim.verdict is Verdict.UNCHECKED for claim in claims):
        return f"{sentences}, not checked"
    return f"{sum(claim.verdict is Verdict.SUPPORTED for claim in claims)} of {sentences} proven"


def _first(answer: Answer) -> str:
    if answer.topic is not None:
        return "papers judged one by one"
    if answer.census is not None and answer.model:
        return "counted over the whole collection, as a model understood the question"
    return _ENDED.get(answer.status) or proven(answer.claims)


def _speed(answer: Answer) -> float | None:
    timings = answer.timings
    if timings.total is None or timings.first_token is None or answer.status is not Status.ANSWERED:
        return None
    seconds = timings.total - timings.first_token
    return answer.usage.completion_tokens / seconds if seconds > 0.05 else None


def _times(answer: Answer) -> str:
    steps = (
        ("rewritten", answer.timings.rewritten),
        ("planned", answer.timings.planned),
        ("searched", answer.timings.retrieved),
        ("model asked", answer.timings.requested),
        ("first word", answer.timings.first_token),
        ("last word", answer.timings.generated),
        ("finished", answer.timings.total),
    )
    return (
        ", ".join(f"{name} {seconds:.2f} s" for name, seconds in steps if seconds is not None) or "not kept"
    )


def _shown(packed: Packed) -> Safe:
    """The sentences that the model was given."""
    more = f"; {packed.left_out:,} more were found" if packed.left_out else ""
    papers = len({each.paper for each in packed.shown})
    told = f"{counted(len(packed.shown), 'sentence')} of {counted(papers, 'paper')}{more}"
    return el(
        "details", el("summary", told), el("ol", [el("li", sentence(each.text)) for each in packed.shown])
    )


def _hits(view: View) -> Safe:
    cited = {each.paper.id: each.number for each in (view.answer.citations if view.answer else ())}
    rows = [
        el(
            "tr",
            el("td", f"[{cited[hit.paper.id]}]" if hit.paper.id in cited else ""),
            el("td", sentence(hit.paper.name)),
            el("td", f"{hit.score:.3f}", class_="number"),
            el("td", "–" if hit.keyword is None else f"{hit.keyword:.2f}", class_="number"),
            el("td", "–" if hit.vector is None else f"{hit.vector:.3f}", class_="number"),
            el("td", "" if hit.rerank is None else f"{hit.rerank:.2f}", class_="number"),
        )
        for hit in view.hits or ()
    ]
    heads = ("", "Paper", "Score", "Words", "Vectors", "Reranker")
    reranked = any(hit.rerank is not None for hit in view.hits or ())
    head = el("tr", [el("th", each, scope="col") for each in (heads if reranked else heads[:-1])])
    return el("div", el("table", el("thead", head), el("tbody", rows)), class_="table")
