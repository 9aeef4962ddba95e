"""The verbs by which people ask what papers do, and which of them mean the same.

Tables and their forms; decides nothing.
"""

from __future__ import annotations

# In each line verbs that say the same of a paper: "builds a dataset" is said by "we introduce a dataset".
_ALIKE = """
    build create introduce present propose construct develop release collect curate publish contribute design
    use employ leverage apply adopt utilize utilise exploit
    study investigate examine analyze analyse explore inspect
    train finetune
    evaluate assess measure test benchmark
    improve enhance boost increase advance strengthen
    reduce decrease lower shrink mitigate alleviate
    outperform surpass beat exceed
    show demonstrate find prove reveal
    discuss cover address tackle treat concern consider
    compress
    compare
    survey review
    extend
    generate synthesize synthesise produce
    scale
    combine integrate merge
    support handle
    detect identify
    predict forecast
    achieve reach attain
    solve
    optimize optimise
    align
    teach
    describe
    mention report claim argue
    rely
    require need
    focus
    deal
    work
    quantize quantise prune distill
    translate
    model
    simulate
    rank retrieve
    question criticize criticise
    replicate reproduce
    recommend suggest
    provide offer
    target
    formalize formalise
    learn
    classify
"""
GROUPS: tuple[tuple[str, ...], ...] = tuple(
    tuple(line.split()) for line in _ALIKE.splitlines() if line.strip()
)


def _ing(verb: str) -> str:
    if verb.endswith("e"):
        return verb[:-1] + "ing"
    return verb + "ing"


BASES: frozenset[str] = frozenset(verb for group in GROUPS for verb in group)
"""What papers do: "build"."""
GENERIC: frozenset[str] = frozenset(verb for group in GROUPS[:7] for verb in group)
"""Verbs that hold of nearly every paper: what they are said of is what tells papers apart."""
PARTICIPLES: dict[str, str] = {_ing(verb): verb for verb in BASES}
"""The same as "papers building …", each with its base."""


def alike(verb: str) -> tuple[str, ...]:
    """The verbs that say the same as `verb`, itself included."""
    return next((group for group in GROUPS if verb in group), (verb,))
