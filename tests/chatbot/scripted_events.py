"""Scripted answers for the tests of the faces: papers, claims, and a chat that replays events."""

from chatbot.values import (
    Answer,
    Citation,
    Claim,
    ClaimMade,
    ClaimRevised,
    Delta,
    Evidence,
    Finished,
    FoundBy,
    NearMiss,
    Notice,
    Retrieved,
    Status,
    Thought,
    Timings,
    Usage,
    Verdict,
)
from store.records import Hit, Paper

GSPO = Paper(
    "p1",
    "GSPO clips whole sequences. It is 21.59$\\times$ faster.",
    "GSPO",
    True,
    arxiv_id="2507.18071",
    created="2025-07-24",
)
OTHER = Paper("p2", "PLawBench has 850 questions.", "PLawBench", True)
FIRST = Evidence("p1", 1, 0, 27, "GSPO clips whole sequences.")
SECOND = Evidence("p1", 2, 28, 57, "It is 21.59$\\times$ faster.")
CLAIMS = (
    Claim("GSPO clips whole sequences.", Verdict.SUPPORTED, FoundBy.MARKER, (FIRST,)),
    Claim("It is 30 times faster.", Verdict.PARTIAL, FoundBy.MARKER, (SECOND,), ('"30" not in evidence',)),
    Claim("It needs no critic.", Verdict.UNSUPPORTED, FoundBy.NONE, (), ("nothing shown says it",)),
)
ANSWERED = Answer(
    "What is GSPO?",
    "What is GSPO?",
    Status.ANSWERED,
    "GSPO clips whole sequences. [1] It is 30 times faster. [1] It needs no critic.",
    CLAIMS,
    (Citation(1, GSPO),),
    dropped=("2 of 9 sentences found were not shown to the model.",),
    usage=Usage(412, 96),
    timings=Timings(0.1, 0.2, 3.0, 7.14),
    model="qwen",
    fingerprint="f",
)
REFUSED = Answer(
    "Why?",
    "Why?",
    Status.REFUSED,
    "The papers don't say.",
    near_misses=(NearMiss(OTHER, Evidence("p2", 1, 0, 28, "PLawBench has 850 questions.")),),
    timings=Timings(total=1.0),
)
EXTRACT = Answer(
    "What is GSPO?",
    "What is GSPO?",
    Status.EXTRACT,
    "GSPO clips whole sequences. [1]",
    (Claim("GSPO clips whole sequences.", Verdict.SUPPORTED, FoundBy.EXTRACT, (FIRST,)),),
    (Citation(1, GSPO),),
    timings=Timings(total=0.5),
)


def answered():
    """An answer of three sentences, thought about first, the second one checked again."""
    yield Retrieved("What is GSPO?", (Hit(GSPO, 0.9, 3.0, 0.8),))
    yield Thought("Let me see. ")
    yield Thought("It clips.")
    yield Delta("GSPO clips wh")
    yield Delta("ole sequences.")
    yield Delta(" ")
    yield ClaimMade(0, CLAIMS[0], (1,))
    yield Delta("It is 30 times faster.")
    yield ClaimMade(1, CLAIMS[0], (1,))
    yield Delta(" It needs no critic.")
    yield ClaimMade(2, CLAIMS[2], ())
    yield Notice("The endpoint is slow.")
    yield ClaimRevised(1, CLAIMS[1], (1,))
    yield Finished(ANSWERED)


def refused():
    yield Retrieved("Why?", ())
    yield Finished(REFUSED)


def extracted():
    yield Delta("GSPO clips whole sequences.")
    yield ClaimMade(0, EXTRACT.claims[0], (1,))
    yield Finished(EXTRACT)


class FakeChat:
    """Replays `replies`, one a question: functions that give events. Keeps the questions."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.questions = []
        self.closed = 0

    def stream(self, question):
        self.questions.append(question)
        reply = self.replies.pop(0)
        try:
            yield from reply()
        finally:
            self.closed += 1
