"""The first verdict on a sentence, in milliseconds and without a model.

In this order: numbers and their units, what they are bound to, who beats whom, what comes first, opposite
words and negation, named things, how much of the claim the evidence says, whether it says more, whether it
is put together alike, and how near the two are in meaning. A sentence is called supported only if nothing is
missing, nothing conflicts and all of its words are covered, put together as in the evidence; nearness alone
makes it no more than partial.

It never looks at the question, at the other sentences of the answer or at what the world knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chatbot.values import Verdict
from chatbot.verifying.bindings import elsewhere, misbound, other_ends, other_noun, strange_nouns
from chatbot.verifying.clauses import clauses, meaning, nearest
from chatbot.verifying.names import key, missing_names, names
from chatbot.verifying.normal import normal, spelled
from chatbot.verifying.polarity import alike, denied, opposites, reversed_comparison, turned_comparison
from chatbot.verifying.quantities import Quantity, quantities
from chatbot.verifying.scope import excess, unbounded
from chatbot.verifying.sequence import turned_round
from chatbot.verifying.structure import otherwise
from chatbot.verifying.subjects import meant_before, other_subject
from store.keywords import content_stems, stems, word_stems, words

# Share of the claim's content words that the evidence says. A word that it lacks is too often the one that
# matters: while .85 were enough, 14 of 60 near copies with a wrong word in them ("closed-source", "little")
# passed for that alone. Above SAME the two speak of the same thing, so that a conflict is one; below FAINT
# they rarely do.
SAME = 0.7
FAINT = 0.35
# Cosine (bge-small-en-v1.5) from which a paraphrase that shares few words is at least near:
# bench/results/claims.md.
NEAR = 0.8
# What a model has to be surer of: a near copy with another word in it is more often a changed fact than a
# paraphrase, and a name that stands nowhere is more often made up than another name of the same. Of the near
# copies of `bench.near` that the rules leave open, 11 of 12 true ones have the local Qwen's odds from 2.6 on,
# and 6 of 53 changed ones (18 from 2.1 on).
NEAR_COPY = 1.9
STRANGE_NAME = 0.5
# And so far below its threshold it takes away what the rules granted: of 14 claims with who-does-what turned
# round that the rules let pass it then doubts 9, and of 45 true paraphrases none.
DOUBT = -0.5
# Words of the claim that are worth naming as missing, at most.
_NAMED = 6


# "…, and …", "…; …", "… while …": where one claim is two.
_JOINT = re.compile(r"\s*(?:;|,? \b(?:and|but|while|whereas)\b|, (?=which\b))\s*")
# Words that say that something is so, or that it is not, which polarity judges; whether the evidence says
# them, too, shows nothing.
_LIGHT = (
    "achieve attain obtain reach score report show find propose introduce no not without neither nor cannot"
)
# How a sentence is tied to the one before it, which is no part of what it claims.
_CONNECTIVE = re.compile(
    r"^(?:[A-Z][a-z]+ly|However|Moreover|Furthermore|In addition|Also|Thus|Therefore|Hence|Overall|"
    r"According to [^,]{1,40}),\s+"
)
# An abstract that says "we" may be called so by others.
_SPEAKS_OF_ITSELF = re.compile(r"\b(?:we|our|us|this (?:paper|work|study|article))\b", re.IGNORECASE)
_ITSELF = "paper study work article authors"
# What another text cites by ("[4]", "[2, 3]", "[1-3]") is no number that it claims.
_MARKER = re.compile(r"\s?[\[【［]\^?\d{1,3}(?:\.\d{1,2})?(?:\s?[,;–-]\s?\d{1,3}(?:\.\d{1,2})?)*[\]】］]")


class Layer(StrEnum):
    """What the verdict is made of; each can be left out, to measure what it is worth."""

    NUMBERS = "numbers"
    BINDINGS = "bindings"
    NAMES = "names"
    COMPARISONS = "comparisons"
    ORDER = "order"
    POLARITY = "polarity"
    SCOPE = "scope"
    STRUCTURE = "structure"
    OVERLAP = "overlap"
    SIMILARITY = "similarity"


NOTHING: frozenset[Layer] = frozenset()


@dataclass(frozen=True, slots=True)
class Passage:
    """A readable sentence of evidence, and the names that its own paper goes by.

    An abstract says "we" where a claim says "GSPO": the names stand for that, in this passage alone.
    `context` is the abstract that the sentence stands in: a name that only stands there is not proven to be
    meant, but neither is it made up. `cosine` is the passage's nearness to the claim, where it is known.
    """

    text: str
    known: tuple[str, ...] = ()
    context: str = ""
    cosine: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, what is missing or in conflict, for people, and how sure it is: `settled` needs no model.

    `coverage` is the share in [0, 1] of the claim's content words that the evidence says, `cosine` their
    nearness. Where it is not settled, a model is asked; `margin` is how much surer than usual, in log-odds,
    it has to be for the claim to be supported.
    """

    verdict: Verdict
    missing: tuple[str, ...] = ()
    coverage: float = 0.0
    settled: bool = False
    cosine: float | None = None
    margin: float = 0.0


_ORDER = (Verdict.UNSUPPORTED, Verdict.PARTIAL, Verdict.CONTRADICTED, Verdict.SUPPORTED)


def weight(verdict: Verdict) -> int:
    """How much a verdict says: of two passages the one whose verdict weighs more is the evidence."""
    return _ORDER.index(verdict)


def judge(claim: str, passages: Sequence[Passage], without: frozenset[Layer] = NOTHING) -> Judgement:
    """What the passages show about `claim`. Every verdict but supported says what is missing.

    One passage has to say the whole claim, or every clause of it. That its words are scattered over
    several proves nothing: "A was made by B" does not follow from one sentence on A and one on B.
    """
    claim = _MARKER.sub("", claim)
    if not normal(claim).strip(" .,;:!?"):
        return Judgement(Verdict.UNSUPPORTED, ("it says nothing",), settled=True)
    if not passages:
        return Judgement(Verdict.UNSUPPORTED, ("no evidence",), settled=True)
    best = _best(claim, passages, without)
    if best.verdict is Verdict.SUPPORTED or len(passages) == 1:
        return best
    clauses = [clause for clause in _JOINT.split(normal(claim)) if content_stems(clause)]
    if len(clauses) > 1:
        judged = [_best(clause, passages, without) for clause in clauses]
        if all(each.verdict is Verdict.SUPPORTED for each in judged):
            quoted = all(each.settled for each in judged)
            coverage = min(each.coverage for each in judged)
            return Judgement(Verdict.SUPPORTED, (), coverage, settled=quoted, margin=0.0 if quoted else DOUBT)
        if best.verdict is Verdict.UNSUPPORTED and any(each.verdict is Verdict.SUPPORTED for each in judged):
            return replace(best, verdict=Verdict.PARTIAL)
    return best


def _best(claim: str, passages: Sequence[Passage], without: frozenset[Layer]) -> Judgement:
    """The verdict of the passage that shows most. A conflict yields to a passage that says it in full."""
    judged = [_single(claim, passage, without) for passage in passages]
    return max(judged, key=lambda each: (weight(each.verdict), each.coverage))


def _single(claim: str, passage: Passage, without: frozenset[Layer]) -> Judgement:
    if _folded(claim) == _folded(passage.text):
        return Judgement(Verdict.SUPPORTED, (), 1.0, settled=True, cosine=passage.cosine)
    words, coverage = _coverage(claim, passage)
    judgement = _judgement(claim, passage, words, coverage, without)
    margin = judgement.margin
    if coverage >= SAME and not judgement.settled and judgement.verdict is not Verdict.SUPPORTED:
        margin = NEAR_COPY
    return replace(judgement, coverage=coverage, cosine=passage.cosine, margin=margin)


def _judgement(
    claim: str, passage: Passage, words: list[str], coverage: float, without: frozenset[Layer]
) -> Judgement:
    """The verdict alone; `words` are those of the claim that the passage lacks."""
    if conflict := _conflict(claim, passage, coverage, without):
        return Judgement(Verdict.CONTRADICTED, (conflict,), settled=True)
    quoted = _folded(claim) in _folded(passage.text)
    structure = Layer.STRUCTURE not in without and coverage >= SAME and not quoted
    if structure and (other := other_subject(claim, passage.text)):
        return Judgement(Verdict.PARTIAL, (f'the evidence says it of "{other}"',), settled=True)
    near = Layer.SIMILARITY not in without and passage.cosine is not None and passage.cosine >= NEAR
    if lacking := _lacking(claim, passage, coverage, near, without):
        return lacking
    if coverage == 1 and Layer.OVERLAP not in without:
        return _covered(claim, passage, quoted, without)
    shown = ", ".join(words[:_NAMED])
    verdict = Verdict.PARTIAL if coverage >= FAINT or near else Verdict.UNSUPPORTED
    missing = (f"not in evidence: {shown}",) if shown else ("little in common",)
    # Another word and another order: a model's yes to that is worth nothing.
    return Judgement(verdict, missing, settled=structure and otherwise(claim, passage.text) is not None)


def _lacking(
    claim: str, passage: Passage, coverage: float, near: bool, without: frozenset[Layer]
) -> Judgement | None:
    """The verdict where numbers or names of the claim are not in the passage; None where all are."""
    text = passage.text
    numbers: tuple[str, ...] = ()
    if Layer.NUMBERS not in without:
        numbers = (*_missing_numbers(claim, passage), *_strangely_counted(claim, text))
    here: tuple[str, ...] = ()
    if Layer.NAMES not in without:
        here = missing_names(claim, [text], passage.known)
    if not numbers and not here:
        return None
    nowhere = missing_names(claim, [text, passage.context], passage.known) if here else ()
    missing = (*numbers, *(f'"{name}" not in evidence' for name in here))
    # A sentence about something else altogether is not half true: its subject has to be there. Nor is one
    # half true whose every number is made up: the numbers are what it is read for.
    subject_lost = bool(nowhere) and nowhere[0] == names(f"the {normal(claim)}")[0]
    numbers_lost = bool(numbers) and len(numbers) == len(quantities(claim))
    half = (coverage >= SAME or near) and not subject_lost and not numbers_lost
    verdict = Verdict.PARTIAL if half else Verdict.UNSUPPORTED
    unmeant = bool(here) and not meant_before(here[0], text, passage.context)
    settled = bool(numbers) or unmeant or (bool(nowhere) and coverage >= SAME)
    margin = STRANGE_NAME if nowhere and not settled else 0.0
    return Judgement(verdict, missing, settled=settled, margin=margin)


def _covered(claim: str, passage: Passage, quoted: bool, without: frozenset[Layer]) -> Judgement:
    """The verdict where the passage says every word of the claim; `quoted`: as it stands."""
    too_much: list[str] = []
    if Layer.SCOPE not in without:
        too_much = [more for clause in clauses(claim) for more in _excess(clause, passage.text)]
        too_much += unbounded(claim, passage.text)
    if too_much:
        return Judgement(Verdict.PARTIAL, tuple(dict.fromkeys(too_much)), settled=True)
    if len(meaning(claim)) < 2 and not quantities(claim) and not quoted:
        return Judgement(Verdict.PARTIAL, ("it says too little to be proven",))
    # All its words are there. Whether who does what is the same a model may doubt, unless it is a quotation.
    if not quoted and Layer.STRUCTURE not in without and (said := otherwise(claim, passage.text)):
        return Judgement(Verdict.PARTIAL, (said,))
    return Judgement(Verdict.SUPPORTED, (), settled=quoted, margin=0.0 if quoted else DOUBT)


def lacking(question: str, sentence: str, known: Sequence[str] = ()) -> tuple[str, ...]:
    """The words of a question that the sentence, and the names its paper goes by, don't say; for people."""
    return tuple(_as_written(question, unsaid(question, Passage(sentence, tuple(known))))[:_NAMED])


def unsaid(claim: str, passage: Passage) -> frozenset[str]:
    """The stems of the claim's content words that the passage, and the names its paper goes by, don't say."""
    return content_stems(spelled(claim)) - _said(passage)


def _folded(text: str) -> str:
    return normal(text).strip(" .,;:!?").casefold()


def _excess(clause: str, evidence: str) -> tuple[str, ...]:
    return excess(clause, nearest(clause, evidence) or evidence)


def _coverage(claim: str, passage: Passage) -> tuple[list[str], float]:
    """The words of the claim that the passage lacks, and the share that it says: of words, or of the pieces
    of names, numbers and compounds if that is less. By pieces alone "was trained on Qwen2.5-7B and 5.9% on
    R1-Distilled-7B" is nearly said where nobody is trained; by words alone so is a compound that is not."""
    light = content_stems(_LIGHT)
    wanted = [
        each - light for each in word_stems(spelled(_CONNECTIVE.sub("", normal(claim)))) if each - light
    ]
    if not wanted:
        # "It achieves this." has nothing but light words: then they count.
        wanted = list(word_stems(spelled(claim)))
    if not wanted:
        return [], 0.0
    there = quantities(passage.text)
    # "13 billion" is said by "13B".
    same = [number.text for number in quantities(claim) if any(number.same(other) for other in there)]
    said = _said(passage, same)
    pieces: frozenset[str] = frozenset().union(*wanted)
    missing = pieces - said
    lacking = max(sum(bool(each - said) for each in wanted) / len(wanted), len(missing) / len(pieces))
    return (_as_written(claim, missing) if missing else []), 1 - lacking


def _said(passage: Passage, same: Sequence[str] = ()) -> frozenset[str]:
    itself = [_ITSELF] if _SPEAKS_OF_ITSELF.search(passage.text) else []
    texts = map(spelled, [passage.text, *passage.known, *alike(passage.text), *itself])
    return content_stems(" ".join([*texts, *same]))


def _as_written(claim: str, missing: frozenset[str]) -> list[str]:
    """The words of the claim whose stems are missing, in their order."""
    own = words(normal(claim))
    return [word for word, each in zip(own, stems(list(map(spelled, own))), strict=True) if each & missing]


def _conflict(claim: str, passage: Passage, coverage: float, without: frozenset[Layer]) -> str | None:
    """What the evidence says otherwise. Only where the two speak of the same thing at all."""
    if coverage < FAINT:
        return None
    text = passage.text
    if Layer.BINDINGS not in without and (bound := misbound(claim, [text])):
        name, number, others = bound
        return f'"{number.text}" for {name}, but the evidence says {_listed(others)}'
    if Layer.COMPARISONS not in without and (pair := reversed_comparison(claim, [text], passage.known)):
        winner, loser = (_as_named(name, claim) for name in pair)
        return f"the evidence has {loser} ahead of {winner}, not behind"
    if Layer.COMPARISONS not in without and coverage >= SAME and (sides := turned_comparison(claim, text)):
        return f'the evidence has "{sides[1]}" ahead of "{sides[0]}", not behind'
    if Layer.NUMBERS not in without and (other := _other_number(claim, text, coverage)):
        return other
    if coverage < 0.5:
        return None
    if Layer.ORDER not in without and turned_round(claim, text):
        return "the evidence has it in another order"
    if Layer.BINDINGS not in without and coverage >= SAME and (moved := elsewhere(claim, text)):
        return f'"{moved[0].text}" is said of something else: {moved[1]}'
    return None if Layer.POLARITY in without else _opposite(claim, text, coverage)


def _as_named(folded: str, text: str) -> str:
    """A compared name as the text writes it."""
    return next((name for name in names(f"the {normal(text)}") if key(name) == folded), folded)


def _other_number(claim: str, text: str, coverage: float) -> str | None:
    if counted := other_noun(claim, text):
        return f'"{_counted(counted[0])}", but the evidence says {", ".join(map(_counted, counted[1]))}'
    if ends := other_ends(claim, text):
        return f'"{ends[0]}", but the evidence says "{ends[1]}"'
    for number in _absent(claim, text):
        rivals = _rivals(number, text)
        if rivals and coverage >= SAME:
            return f'"{number.text}" not in evidence: {_listed(rivals)}'
    return None


def _opposite(claim: str, text: str, coverage: float) -> str | None:
    for clause in clauses(claim):
        theirs = nearest(clause, text) or text
        if words := opposites(clause, [theirs]):
            return f'"{words[0]}" where the evidence says "{words[1]}"'
    if coverage >= SAME and denied(claim, text):
        return "one of the two denies what the other says"
    return None


def _counted(number: Quantity) -> str:
    return f"{number.text} {number.noun}"


def _absent(claim: str, evidence: str) -> list[Quantity]:
    there = quantities(evidence)
    return [number for number in quantities(claim) if not any(number.same(other) for other in there)]


def _rivals(number: Quantity, evidence: str) -> list[Quantity]:
    """Other quantities of the evidence that stand where this one should: same unit, same noun."""
    noun = number.noun[:5]
    return [
        other
        for other in quantities(evidence)
        if other.unit == number.unit and (number.unit or (noun and other.noun[:5] == noun))
    ]


def _missing_numbers(claim: str, passage: Passage) -> tuple[str, ...]:
    """Numbers that the passage lacks. One that the paper's name bears is part of the name ("Type 1")."""
    named = [number for name in passage.known for number in quantities(name)]
    return tuple(
        f'"{number.text}" not in evidence'
        for number in _absent(claim, passage.text)
        if not any(number.same(other) and number.noun[:5] == other.noun[:5] for other in named)
    )


def _strangely_counted(claim: str, evidence: str) -> tuple[str, ...]:
    return tuple(f'"{_counted(number)}" not in evidence' for number in strange_nouns(claim, evidence))


def _listed(numbers: Sequence[Quantity]) -> str:
    return ", ".join(dict.fromkeys(number.text for number in numbers))
