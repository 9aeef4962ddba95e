"""Papers, hits, sources and proofs as lines on a screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.text import Text

from chatbot.terminal.screen import STYLES, Screen
from chatbot.terminal.text import line, readable
from chatbot.values import Answer, Citation, Claim, Evidence, JudgedBy, NearMiss, Status, Verdict
from store.ingesting import IngestReport
from store.plans import Entry
from store.records import Hit, Paper
from store.suspicion import suspicions

REFUSAL = "The papers don't say."
_ENDED = {
    Status.REFUSED: "refused",
    Status.EXTRACT: "extracts, written by no model",
    Status.CENSUS: "counted over the whole collection, by no model",
}


def name(paper: Paper | Entry, screen: Screen) -> Text:
    """A paper in one line: title or label, arXiv id, date."""
    parts = [f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else "", paper.created or ""]
    text = Text.assemble((readable(paper.name), "bold"))
    for part in filter(None, map(line, parts)):
        text.append(f" {screen.signs.dot} {part}")
    if isinstance(paper, Paper) and suspicions(paper.abstract):
        text.append(f" {screen.signs.dot} ! looks like instructions", "red")
    return text


def papers(screen: Screen, found: Sequence[Paper]) -> None:
    """A list: one line each, its id first, and how many there are."""
    for paper in found:
        text = Text.assemble((line(paper.id), "cyan"), "  ", name(paper, screen))
        screen.print(text, hang=2)
    screen.print(f"{len(found)} paper{'' if len(found) == 1 else 's'}", style="dim")


def paper(screen: Screen, found: Paper) -> None:
    """Everything that is known of one paper."""
    screen.print(name(found, screen), hang=2)
    screen.print()
    for paragraph in found.abstract.split("\n\n"):
        screen.print(readable(paragraph))
    screen.print()
    label = f"{found.label} (found in the abstract)" if found.label_derived else found.label
    details = {
        "id": found.id,
        "label": label,
        "authors": ", ".join(found.authors),
        "categories": ", ".join(found.categories),
        "created": found.created,
        "updated": found.updated,
        "comment": found.comment,
        "venue": found.venue,
        "doi": found.doi,
        "link": found.link,
        "sources": ", ".join(map(str, found.sources)),
        "suspicious": "; ".join(suspicions(found.abstract)),
    }
    for key, value in details.items():
        if value:
            screen.print(Text.assemble((f"{key:<11}", "dim"), line(value)), hang=11)


def hits(screen: Screen, found: Sequence[Hit]) -> None:
    """What a search found, best first, with its scores."""
    for rank, hit in enumerate(found, 1):
        screen.print(Text.assemble(f"{rank:>2}. {hit.score:.3f}  ", name(hit.paper, screen)), hang=4)
        keyword = "no word" if hit.keyword is None else f"keywords {hit.keyword:.2f}"
        vector = "not near" if hit.vector is None else f"similarity {hit.vector:.3f}"
        reranked = "" if hit.rerank is None else f"reranker {hit.rerank:.2f}"
        parts = filter(None, (keyword, vector, reranked, line(hit.paper.id)))
        screen.print(f" {screen.signs.dot} ".join(parts), "dim", 4)
    if not found:
        screen.print("Nothing found.")


def sources(screen: Screen, answer: Answer) -> None:
    """The papers that an answer rests on, each with the sentences that prove it and their verdicts."""
    if not answer.citations:
        return
    screen.print("Sources", style="bold")
    for citation in answer.citations:
        number = f"[{citation.number}] "
        screen.print(Text.assemble((number, "cyan"), name(citation.paper, screen)), hang=len(number))
        # An extract is its own evidence: it stands above already.
        if answer.status is not Status.EXTRACT:
            for verdict, by, evidence in _proofs(answer.claims, citation):
                _judged(screen, verdict, screen.signs.quoted(readable(evidence.text)), len(number), by)
    for claim in answer.claims:
        if claim.translation:
            screen.print(f"Proven as: {line(claim.text)}", style="dim", hang=2)


def unproven(screen: Screen, claims: Iterable[Claim]) -> None:
    """The sentences that the papers don't fully say, and what is missing."""
    done = (Verdict.SUPPORTED, Verdict.UNCHECKED)
    open_claims = [claim for claim in claims if claim.verdict not in done]
    if not open_claims:
        return
    screen.print()
    screen.print("Not proven", style="bold")
    for claim in open_claims:
        _judged(screen, claim.verdict, line(claim.text), 0, claim.judged_by)
        if claim.missing:
            reasons = "; ".join(map(line, claim.missing))
            screen.print(Text(reasons, STYLES[claim.verdict]), indent=4)


def checked(screen: Screen, claim: Claim, cited: Mapping[str, Paper]) -> None:
    """A sentence of somebody's text, its verdict, and the evidence for or against it."""
    _judged(screen, claim.verdict, line(claim.text), 0, claim.judged_by)
    for evidence in claim.evidence:
        screen.print(name(cited[evidence.paper], screen), indent=4, hang=2)
        screen.print(Text(screen.signs.quoted(readable(evidence.text)), "dim"), indent=4, hang=2)
    if claim.missing:
        screen.print(Text("; ".join(map(line, claim.missing)), STYLES[claim.verdict]), indent=4)


def tally(screen: Screen, claims: Sequence[Claim]) -> None:
    """How many sentences got which verdict."""
    counts = Counter(claim.verdict for claim in claims)
    parts = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]]
    screen.print()
    screen.print(f"{len(claims)} sentence{'' if len(claims) == 1 else 's'}: {', '.join(parts)}", style="dim")


def near_misses(screen: Screen, found: Sequence[NearMiss]) -> None:
    """The papers that came closest to a refused question."""
    if not found:
        return
    screen.print()
    screen.print("Nearest papers", style="bold")
    for miss in found:
        screen.print(name(miss.paper, screen), hang=2)
        screen.print(Text(screen.signs.quoted(readable(miss.evidence.text)), "dim"), indent=4)
        if miss.missing:
            screen.print(f"does not say: {line(', '.join(miss.missing))}", style="dim", indent=4, hang=2)


def premise(screen: Screen, claim: Claim, numbers: Sequence[int]) -> None:
    """What a question took for granted, and that a paper denies it."""
    marker = "".join(f"[{number}]" for number in numbers)
    _judged(screen, claim.verdict, f"{line(claim.text)} The papers say otherwise. {marker}", 0)
    if claim.missing:
        screen.print(Text("; ".join(map(line, claim.missing)), STYLES[claim.verdict]), indent=4)
    screen.print()


def dropped(screen: Screen, answer: Answer) -> None:
    """What was withdrawn or rewritten, and what else was left out on the way."""
    for claim in answer.claims:
        if claim.replaces:
            screen.print(f"Written again: {line(claim.replaces)}", style="dim", hang=2)
    for claim in answer.withdrawn:
        why = "; ".join(map(line, claim.missing)) or "it does not answer the question"
        screen.print(f"Withdrawn: {line(claim.text)} ({why})", style="dim", hang=2)
    for reason in answer.dropped:
        screen.print(line(reason), style="dim", hang=2)


def summary(screen: Screen, answer: Answer) -> None:
    """The last line: how much is proven, how long it took, what it cost, who wrote it."""
    usage = answer.usage
    first = _ENDED.get(answer.status) or _proven(answer.claims)
    if answer.topic is not None:
        first = "papers judged one by one"
    elif answer.census is not None and answer.model:
        first = "counted over the whole collection, as a model understood the question"
    parts = [first]
    if answer.timings.total is not None:
        parts.append(f"{answer.timings.total:.1f} s")
    if usage.prompt_tokens or usage.completion_tokens:
        counted = "" if usage.counted_by == "server" else f" (counted by {line(usage.counted_by)})"
        parts.append(f"{usage.prompt_tokens} + {usage.completion_tokens} tokens{counted}")
    if answer.thoughts is not None:
        parts.append(f"{answer.thoughts.tokens} tokens thought in {answer.thoughts.seconds:.1f} s")
    if answer.model:
        parts.append(line(answer.model))
    screen.print(f" {screen.signs.dot} ".join(parts), style="dim")


def _proven(claims: Sequence[Claim]) -> str:
    sentences = f"{len(claims)} sentence{'' if len(claims) == 1 else 's'}"
    if all(claim.verdict is Verdict.UNCHECKED for claim in claims):
        return f"{sentences}, not checked"
    return f"{sum(claim.verdict is Verdict.SUPPORTED for claim in claims)} of {sentences} proven"


def ingested(screen: Screen, report: IngestReport, collection: str, shown: int | None) -> None:
    """What an ingest did; of the rejects, `shown` at most (None: all), and how many more there are."""
    counts = (
        f"{report.new} new",
        f"{report.updated} updated",
        f"{report.merged} merged",
        f"{report.unchanged} unchanged",
    )
    screen.print(f"{report.read} records: {', '.join(counts)}.", hang=2)
    screen.print(
        f"The collection {line(collection)} has {report.papers} papers; {report.embedded} embedded now."
    )
    if not report.rejects:
        return
    screen.print(f"{len(report.rejects)} rejected:")
    for reject in report.rejects[:shown]:
        excerpt = f" {screen.signs.quoted(line(reject.excerpt))}" if reject.excerpt else ""
        text = Text.assemble((line(str(reject.source)), "cyan"), f" {line(reject.reason)}", (excerpt, "dim"))
        screen.print(text, indent=2, hang=2)
    if shown is not None and len(report.rejects) > shown:
        screen.print(f"… and {len(report.rejects) - shown} more: --rejects shows all.", indent=2)


def _proofs(claims: Iterable[Claim], citation: Citation) -> list[tuple[Verdict, JudgedBy, Evidence]]:
    """The sentences of one paper that claims rest on, each once a verdict, in the order of the claims."""
    proofs = (
        (claim.verdict, claim.judged_by, evidence)
        for claim in claims
        for evidence in claim.evidence
        if evidence.paper == citation.paper.id
    )
    return list(dict.fromkeys(proofs))


def _judged(screen: Screen, verdict: Verdict, text: str, indent: int, by: JudgedBy = JudgedBy.RULES) -> None:
    """A text behind its verdict; a reader is told where a model, and no rule, gave it."""
    word = f"{verdict.value}, a model says" if by is JudgedBy.MODEL else verdict.value
    lead = f"{screen.signs.of(verdict)} {word}: "
    screen.print(Text.assemble((lead, STYLES[verdict]), text), indent=indent, hang=2)
