"""What a model is shown of earlier turns: a sliding window over them, counted in tokens.

    shown = fitted(turns, encoding, budget)
    [system, *shown.messages, the question with its evidence]

As in DeepMiner (arXiv:2510.08276), what weighs most leaves first. A turn's evidence leaves when the turn is
over: each turn searches again, a model may point only at what its prompt shows, and the keys of an older one
would mean other sentences. The text of its answer stays, without markers; then whole turns leave, the oldest
first. The window moves in coarse steps, by half of the budget: between two steps messages are only appended,
so that the prompt's beginning stays the same and a server's prefix cache serves the next turn.

Turns that rest on no paper (refusals, counts of many) tell a model nothing and are not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.evidence import as_data
from chatbot.following.past import MARKER
from chatbot.model import Message
from chatbot.tokens import Encoding
from chatbot.values import Turn

LOCAL_TOKENS = 240
"""For a model on this machine, where a token of the prompt costs 13 ms (see `answering.PACKED_TOKENS`): three
short turns. Of these only the newest was not read before."""
MOST_TOKENS = 2000
"""For any other: a question stands on its own before it is answered, so more would tell little."""
# Of the prompt's room at most this part goes to earlier turns, of that at most this part to one of them.
_SHARE = 4
_ONE = 3
# What a message costs beside its text, in ChatML and its like.
_AROUND = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """Messages of earlier turns, what they cost in tokens, and how many turns left the window (`left`) or
    lost the end of their answer (`cut`)."""

    messages: tuple[Message, ...] = ()
    tokens: int = 0
    left: int = 0
    cut: int = 0

    @property
    def dropped(self) -> str:
        """What was dropped, for people; "" if nothing was."""
        told = []
        if self.left:
            turns = "1 earlier turn was" if self.left == 1 else f"{self.left} earlier turns were"
            told.append(f"{turns} not shown to the model")
        if self.cut:
            told.append(f"{self.cut} earlier answer{'s were' if self.cut > 1 else ' was'} shown only in part")
        return f"{' and '.join(told)}: there is no more room for them (CHATBOT_HISTORY)." if told else ""


NONE_SHOWN = Shown()


def budget(room: int, *, local: bool, configured: int | None = None) -> int:
    """Tokens for earlier turns, of a prompt that has `room`. It depends on nothing that changes from turn to
    turn, or the window would move with it."""
    most = configured if configured is not None else LOCAL_TOKENS if local else MOST_TOKENS
    return max(0, min(most, room // _SHARE))


def fitted(turns: Sequence[Turn], encoding: Encoding, budget: int) -> Shown:
    """The turns that fit into `budget` tokens, as messages."""
    told = [turn for turn in turns if turn.cited]
    if not told or budget <= 0:
        return Shown(left=len(told))
    spoken = [_spoken(turn, encoding, budget // _ONE) for turn in told]
    sizes = [size for _, size, _ in spoken]
    first = start(sizes, budget)
    kept = spoken[first:]
    return Shown(
        tuple(message for messages, _, _ in kept for message in messages),
        sum(sizes[first:]),
        first,
        sum(cut for _, _, cut in kept),
    )


def start(sizes: Sequence[int], budget: int) -> int:
    """The first turn of the window, of turns that cost `sizes` tokens, in their order.

    When a turn makes the window too large it moves on until half of the budget is used, and then stays there:
    what it is after n turns depends on these alone, so it is the same whoever asks, and it moves rarely.
    """
    first = used = 0
    for place, size in enumerate(sizes):
        used += size
        if used > budget:
            while first <= place and 2 * used > budget:
                used -= sizes[first]
                first += 1
    return first


def _spoken(turn: Turn, encoding: Encoding, most: int) -> tuple[tuple[Message, Message], int, bool]:
    """A turn as two messages of at most `most` tokens, its size, and whether its answer was cut."""
    asked = encoding.cut(as_data(turn.asked), max(most // 2 - _AROUND, 1))
    said = as_data(MARKER.sub("", turn.answer)).replace(" .", ".")
    left = max(most - encoding.count(asked) - 2 * _AROUND, 1)
    short = encoding.cut(said, left)
    if short != said:
        short = short.rsplit(" ", 1)[0]
    size = encoding.count(asked) + encoding.count(short) + 2 * _AROUND
    return (Message("user", asked), Message("assistant", short or "…")), size, short != said
