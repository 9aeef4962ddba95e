"""Verdicts: what the evidence shows about a sentence of an answer.

`judge` (fast.py) gives the first verdict in milliseconds, from numbers, names, negation, direction and
overlap. Every layer is a module of its own that knows nothing of the others.
"""

from chatbot.verifying.asking import ask, settle, yes_odds
from chatbot.verifying.fast import NOTHING, Judgement, Layer, Passage, judge, lacking, weight

__all__ = [
    "NOTHING",
    "Judgement",
    "Layer",
    "Passage",
    "ask",
    "judge",
    "lacking",
    "settle",
    "weight",
    "yes_odds",
]
