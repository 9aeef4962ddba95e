"""Verdicts: what the evidence shows about a sentence of an answer.

`judge` (fast.py) gives the first verdict in milliseconds, from numbers, names, negation, direction, overlap
and how the words are put together. What it leaves open a `Judge` is asked (asking.py), who tells log-odds.
Every layer is a module of its own that knows nothing of the others.
"""

from chatbot.verifying.asking import Judge, ask, passage_text, settle, yes_odds
from chatbot.verifying.fast import NOTHING, Judgement, Layer, Passage, judge, lacking, unsaid, weight

__all__ = [
    "NOTHING",
    "Judge",
    "Judgement",
    "Layer",
    "Passage",
    "ask",
    "judge",
    "lacking",
    "passage_text",
    "settle",
    "unsaid",
    "weight",
    "yes_odds",
]
