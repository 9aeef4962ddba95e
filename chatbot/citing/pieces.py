"""What the readers give out."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.values import FoundBy


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of the answer to show at once, markers taken out."""

    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A finished sentence, and the keys ("1.2", or "1" for a whole paper) that it says it rests on."""

    text: str
    keys: tuple[str, ...]
    found_by: FoundBy
