"""What Tab completes: commands, what they take, and the labels and ids of papers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from chatbot.terminal.text import line

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer

ARGUMENTS: Mapping[str, Sequence[str]] = {
    "/think": ("on", "off", "auto"),
    "/style": ("short", "detailed", "list", "table"),
    "/filter": (
        "since:", "until:", "author:", "cat:", "title:", "venue:", "has:code", "has:date", "id:", "off",
    ),
}  # fmt: skip
_OF_PAPERS = ("/open", "/papers")
_SHORTEST = 2  # letters of a word of a question before labels are offered for it
_MOST = 40


def completions(
    text: str, commands: Iterable[str], names: Callable[[], Sequence[tuple[str, str]]]
) -> list[tuple[str, int, str]]:
    """What the text before the cursor may become: (text, how many letters it takes the place of, told).

    `names` are what papers may be called by, each with what is told of it.
    """
    command, space, rest = text.partition(" ")
    if text.startswith("/") and not space:
        return [(each, len(text), "") for each in commands if each.startswith(text)]
    word = text[len(text) - len(text.split(" ")[-1]) :]
    if command in ARGUMENTS:
        return [(each, len(word), "") for each in ARGUMENTS[command] if each.startswith(word)]
    if text.startswith("/") and command not in (*_OF_PAPERS, "/verify"):
        return []
    begun = rest.lstrip() if command in _OF_PAPERS else word
    if len(begun) < _SHORTEST and command not in _OF_PAPERS:
        return []
    folded = begun.casefold()
    found = [(each, len(begun), told) for each, told in names() if each.casefold().startswith(folded)]
    return found[:_MOST]


def completer(commands: Iterable[str], names: Callable[[], Sequence[tuple[str, str]]]) -> Completer:
    """`completions` for prompt_toolkit."""
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document

    known = tuple(commands)

    class Names(Completer):
        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
            text = document.text_before_cursor
            # While somebody types, only commands are offered; papers when Tab asks for them.
            if not (text.startswith("/") or complete_event.completion_requested):
                return
            for each, taken, told in completions(text, known, names):
                yield Completion(each, -taken, display_meta=line(told))

    return Names()
