"""Does a server's prefix cache serve the next turn of a conversation?

    python -m bench.prefix
    python -m bench.prefix --history 0
    python -m bench.prefix --reading

Dialogues of three turns over the seeds with the configured model (CHATBOT_MODEL, …), answered as `chat`
does, rewriting, answerability and verdicts included. Of each turn is told: the first request about evidence
(how many tokens its prompt is, how many of these the server had cached, seconds until its first token), the
model's odds that the evidence holds the answer, seconds until the answer's first word and its end, counted
from the question. With `--reading` only that request is sent, with room for one token, and the answer is the
sentence that is shown last: what reading the prompt costs, and nothing else. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from chatbot import assembly, settings
from chatbot.answering import Chat
from chatbot.conversation import remembered
from chatbot.model import ChatModel, Done, FirstToken, Message, Part, TextPart
from chatbot.tokens import Encoding
from chatbot.values import Finished, Question, Turn, Usage
from chatbot.verifying import yes_odds
from store.collection import Collection
from store.readers import read as records

PROJECT = Path(__file__).parents[1]
DIALOGUES = (
    ("What is Qwen3Guard?", "In which sizes is it available?", "And how many languages does it support?"),
    ("What is PLawBench?", "How many questions does it contain?", "the same for ProcessBench"),
)


@dataclass
class Seen:
    """The first request about a turn's evidence."""

    prompt: int = 0
    cached: int = 0
    seconds: float = 0.0
    odds: float | None = None


@dataclass
class Probe:
    """A model that notes what its server says of the first request about evidence."""

    model: ChatModel
    reading: bool = False
    seen: Seen | None = None
    rewritings: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def endpoint(self) -> str:
        return self.model.endpoint

    @property
    def local(self) -> bool:
        return self.model.local

    @property
    def window(self) -> int:
        return self.model.window

    @property
    def encoding(self) -> Encoding:
        return self.model.encoding

    @property
    def supports_schema(self) -> bool:
        return self.model.supports_schema

    def stream(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        max_tokens: int | None = None,
        **more: Any,
    ) -> Iterator[Part]:
        if self.reading and schema is not None:
            yield TextPart(_last_sentence(messages))
            yield Done("stop", Usage())
            return
        started, first = time.perf_counter(), None
        parts = self.model.stream(messages, schema=schema, max_tokens=max_tokens, **more)
        for part in cast("Generator[Part]", parts):
            first = first or time.perf_counter() - started
            if isinstance(part, Done):
                if _about_evidence(messages) and self.seen is None:
                    self.seen = Seen(part.usage.prompt_tokens, part.usage.cached_tokens, first)
                elif "Last question: " in messages[-1].content:
                    self.rewritings.append(time.perf_counter() - started)
            yield part

    def first_token(self, messages: Sequence[Message], top: int = 20) -> FirstToken:
        about = _about_evidence(messages)
        if self.reading:
            if about and self.seen is None:
                for _ in self.stream(messages, max_tokens=1):
                    pass
            return FirstToken({}, Usage())
        started = time.perf_counter()
        found = self.model.first_token(messages, top)
        if about and self.seen is None:
            usage, took = found.usage, time.perf_counter() - started
            self.seen = Seen(usage.prompt_tokens, usage.cached_tokens, took, yes_odds(found.scores))
        return found


def _last_sentence(messages: Sequence[Message]) -> str:
    """An answer that says the last sentence shown, as it stands."""
    shown = re.findall(r"^(\d+\.\d+) (.+)$", messages[-1].content, re.MULTILINE)
    return json.dumps({"claims": [{"from": [key], "say": text} for key, text in shown[-1:]]})


def _about_evidence(messages: Sequence[Message]) -> bool:
    return messages[-1].content.startswith("Paper 1: ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--history", type=int, help="tokens of earlier turns at most")
    parser.add_argument("--reading", action="store_true", help="only have the prompts read")
    parser.add_argument("--dialogues", type=int, default=len(DIALOGUES), help="how many of them")
    arguments = parser.parse_args()
    used = settings.load({}, os.environ, Path.cwd())
    if arguments.history is not None:
        used = replace(used, history=arguments.history)
    model = assembly.choose_model(used, notice=print, progress=lambda done, total: None)
    if model is None:
        raise SystemExit("There is no model: say which with CHATBOT_MODEL or CHATBOT_BASE_URL.")
    with (
        tempfile.TemporaryDirectory() as home,
        Collection.open(Path(home), embedder=lambda: assembly.embedder(used), create=True) as collection,
    ):
        collection.ingest(records([PROJECT / "seeds"]))
        collection.search("warm")
        probe = Probe(model, arguments.reading)
        for _ in probe.stream([Message("user", "Say yes.")], max_tokens=1):
            pass  # the server starts, and is no part of the first turn
        print(
            "| turn | question | on its own (by) | prompt | cached | new | s to its first token | odds |",
            end="",
        )
        print(" s to rewrite | s to the first word | s in all | status | answer |")
        print("|" + " --- |" * 13)
        chat = Chat(collection, cast("ChatModel", probe), settings=used)
        for dialogue in DIALOGUES[: arguments.dialogues]:
            talk(dialogue, chat, probe)


def talk(dialogue: Sequence[str], chat: Chat, probe: Probe) -> None:
    history: list[Turn] = []
    numbers: dict[str, int] = {}
    for turn, text in enumerate(dialogue, start=1):
        probe.seen, probe.rewritings = None, []
        question = Question(text, tuple(history), numbers=tuple(numbers.items()))
        for event in chat.stream(question):
            if isinstance(event, Finished):
                answer = event.answer
        history.append(remembered(question, answer))
        numbers |= {each.paper.id: each.number for each in answer.citations}
        seen = probe.seen or Seen()
        made = f"{answer.standalone_question} ({answer.rewritten_by.value})" if answer.rewritten_by else ""
        odds = "" if seen.odds is None else f"{seen.odds:.1f}"
        first, total = answer.timings.first_token, answer.timings.total
        row = [turn, text, made, seen.prompt, seen.cached, seen.prompt - seen.cached, f"{seen.seconds:.1f}"]
        row += [odds, f"{sum(probe.rewritings):.1f}", f"{first or 0:.1f}", f"{total or 0:.1f}"]
        row += [answer.status.value, answer.text.replace("|", "/")]
        print(f"| {' | '.join(map(str, row))} |", flush=True)


if __name__ == "__main__":
    main()
