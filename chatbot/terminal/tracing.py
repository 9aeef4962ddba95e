"""How the last answer came about, gathered from its events: what `/why` shows."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from rich.text import Text

from chatbot.planning import told
from chatbot.terminal import pages
from chatbot.terminal.answering import hung_up
from chatbot.terminal.screen import Screen
from chatbot.terminal.text import line, readable
from chatbot.values import Answer, Event, Finished, Packed, Retrieved, Status, Timings
from store.records import Paper


@dataclass
class Trace:
    """What was seen of one answer. An answer of a resumed conversation has no events any more."""

    answer: Answer
    retrieved: Retrieved | None = None
    packed: Packed | None = None


class Tracer:
    """Looks at the events of one answer as they pass."""

    def __init__(self) -> None:
        self.trace: Trace | None = None
        self._retrieved: Retrieved | None = None
        self._packed: Packed | None = None

    def watch(self, events: Iterator[Event]) -> Generator[Event]:
        """The same events."""
        with hung_up(events):
            for event in events:
                match event:
                    case Retrieved():
                        self._retrieved = event
                    case Packed():
                        self._packed = event
                    case Finished(answer=answer):
                        self.trace = Trace(answer, self._retrieved, self._packed)
                yield event


def show(screen: Screen, trace: Trace) -> None:
    """The trace on a screen: question, plan, hits with scores, what was shown and left out, timings."""
    answer = trace.answer
    _row(screen, "asked", line(answer.question))
    if answer.standalone_question != answer.question:
        by = getattr(answer, "rewritten_by", None)
        _row(screen, "understood", line(answer.standalone_question) + (f" (by {by.value})" if by else ""))
    if not answer.filter.empty:
        _row(screen, "papers", line(str(answer.filter)))
    if answer.census is not None:
        _row(screen, "plan", line(str(answer.census.plan)))
    elif answer.topic is not None:
        _row(screen, "plan", line(str(answer.topic.plan)))
    elif answer.plan is not None:
        _row(screen, "plan", line(told(answer.plan)))
        for part in answer.plan.parts:
            bears = {True: "something bears on it", False: "nothing bears on it", None: "not searched"}
            again = ", searched for again by its subject alone" if part.again else ""
            _row(screen, "", f"{line(part.query)} ({bears[part.found]}{again})")
    else:
        _row(screen, "plan", "one search, by the question as it stands")
    _found(screen, trace)
    _shown(screen, trace)
    if answer.dropped:
        screen.print()
        screen.print("Left out", style="bold")
        for reason in answer.dropped:
            screen.print(line(reason), indent=2, hang=2)
    screen.print()
    _row(screen, "time", _times(answer.timings) or "not measured")
    usage = answer.usage
    if usage.prompt_tokens or usage.completion_tokens:
        cached = f", {usage.cached_tokens} of them from the cache" if usage.cached_tokens else ""
        _row(screen, "tokens", f"{usage.prompt_tokens} read{cached}, {usage.completion_tokens} written")
    _row(screen, "written by", line(answer.model) if answer.model else "no model")
    if answer.fingerprint:
        _row(screen, "prompts", f"fingerprint {line(answer.fingerprint)}")


def _found(screen: Screen, trace: Trace) -> None:
    if trace.retrieved is None:
        if trace.answer.status is not Status.CENSUS:
            _row(screen, "found", "not kept: the answer was given in an earlier run")
        return
    screen.print()
    screen.print("Found", style="bold")
    pages.hits(screen, trace.retrieved.hits)


def _shown(screen: Screen, trace: Trace) -> None:
    if trace.packed is None or trace.retrieved is None:
        return
    papers: dict[str, Paper] = {hit.paper.id: hit.paper for hit in trace.retrieved.hits}
    papers |= {citation.paper.id: citation.paper for citation in trace.answer.citations}
    count = len(trace.packed.shown)
    screen.print()
    screen.print(f"Shown to the model: {count} sentence{'' if count == 1 else 's'}", style="bold")
    for each in trace.packed.shown:
        label = line(papers[each.paper].label) if each.paper in papers else line(each.paper)
        where = Text.assemble((f"{label} {each.sentence}: ", "cyan"), readable(each.text))
        screen.print(where, indent=2, hang=2)
    if trace.packed.left_out:
        screen.print(f"{trace.packed.left_out} more were found and not shown.", style="dim", indent=2)


def _times(timings: Timings) -> str:
    steps = {
        "rewritten after": timings.rewritten,
        "planned after": timings.planned,
        "found after": timings.retrieved,
        "asked after": timings.requested,
        "first word after": timings.first_token,
        "last word after": timings.generated,
        "done after": timings.total,
    }
    return ", ".join(f"{what} {at:.2f} s" for what, at in steps.items() if at is not None)


def _row(screen: Screen, what: str, text: str) -> None:
    screen.print(Text.assemble((f"{what:<11}", "dim"), text), hang=11)
