"""What a line that begins with a slash does in a conversation.

Each command is a method of `Commands`; what it needs beside the conversation, `Tools` offers. A command that
can't be done says why, in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

from chatbot import filtering
from chatbot.sessions import Session, Sessions
from chatbot.terminal import clipboard, opening, pages, sessions, tracing
from chatbot.terminal.screen import Screen
from chatbot.terminal.session import Talk
from chatbot.terminal.text import line
from chatbot.values import Claim, Event, Question, Style
from store.records import Filter, Paper

COMMANDS: Mapping[str, str] = {
    "/help": "what can be done here",
    "/open": "/open 2: the abstract of [2], its proving sentences marked; a label or an id will do",
    "/sources": "the papers and sentences behind the last answer",
    "/why": "how the last answer came about: search, scores, what the model was shown, timings",
    "/papers": "the papers of the collection; /papers WORDS: those that contain the words",
    "/filter": "/filter since:2025 author:Yu has:code: only such papers from now on; /filter off",
    "/model": "which model answers, and which others could; /model NAME: that one from now on",
    "/think": "/think on, off, auto: whether a model thinks that can",
    "/style": "/style short, detailed, list, table: how answers are written",
    "/verify": "/verify TEXT: which sentences of any text do the papers prove?",
    "/save": "saves the conversation from now on; /save TITLE: under that title",
    "/resume": "the saved conversations; /resume 2, or an id: goes on with it",
    "/export": "/export FILE.md, .json, .bib or .html: the conversation as a file",
    "/copy": "the last answer with its references into the clipboard",
    "/clear": "begin a new conversation",
    "/quit": "leave (Ctrl-D does too; Ctrl-C stops an answer)",
}
_LISTED = 15
_THINKING = ("auto", "on", "off")


class Answers(Protocol):
    """What a conversation needs of `chatbot.answering.Chat`."""

    def stream(self, question: Question) -> Iterator[Event]: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What a conversation can use. `use` gives the chat with another model, `offered` the models' names and
    where they are, `model` the one that answers; `check` verifies a text. None: it can't be done here."""

    papers: Callable[[Filter], list[Paper]]
    paper: Callable[[str], Paper | None] = lambda id: None
    count: Callable[[Filter], int] | None = None
    check: Callable[[str, Filter], Iterator[Claim]] | None = None
    model: Callable[[], str | None] = lambda: None
    offered: Callable[[], Sequence[tuple[str, str]]] = lambda: ()
    use: Callable[[str], Answers] | None = None
    sessions: Sessions | None = None
    collection: str = ""


class Commands:
    """The commands of one conversation on `screen`."""

    def __init__(self, talk: Talk, tools: Tools, screen: Screen) -> None:
        self.trace: tracing.Trace | None = None
        self.switched: Answers | None = None
        """The chat with the model that was chosen last, if one was."""
        self._talk = talk
        self._tools = tools
        self._screen = screen
        self._resumable: tuple[Session, ...] = ()

    def do(self, text: str) -> bool:
        """Do what the line says; False: leave. Raises ChatbotError, StoreError."""
        word, _, rest = text.partition(" ")
        if word == "/quit":
            return False
        method = {name: getattr(self, f"_{name[1:]}") for name in COMMANDS if name != "/quit"}.get(word)
        if method is None:
            near = get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else "/help says what there is."
            self._screen.print(f"There is no command {line(word)}. {hint}")
        else:
            method(rest.strip())
        return True

    def _help(self, rest: str) -> None:
        screen = self._screen
        screen.print("Ask anything about the papers; a question may follow up on the last one.")
        for command, meaning in COMMANDS.items():
            screen.print(f"{command:<10}{meaning}", indent=2, hang=10)
        screen.print("Alt+Enter begins a new line, Tab completes, Up shows what was typed before.", indent=2)

    def _open(self, rest: str) -> None:
        if not rest:
            self._screen.print("Which paper? /open 2, or a label or an id.")
            return
        wanted = rest.strip("[] ")
        cited = {citation.number: citation.paper for citation in self._talk.saved.citations}
        number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 5 else None
        paper = cited.get(number) if number is not None else None
        if paper is None:
            paper, number = self._tools.paper(rest), None
        if paper is None:
            known = f"[{min(cited)}] to [{max(cited)}]" if cited else "none so far"
            self._screen.print(f"There is no paper {line(rest)}. Cited: {known}; /papers lists all.")
            return
        if number is None:
            number = next((each for each, found in cited.items() if found.id == paper.id), None)
        last = self._talk.last
        opening.show(self._screen, paper, number, last.claims if last else ())

    def _sources(self, rest: str) -> None:
        answer = self._talk.last
        if answer is None:
            self._screen.print("Nothing has been answered yet.")
        elif not answer.citations:
            self._screen.print("The last answer rests on no paper.")
            pages.near_misses(self._screen, answer.near_misses)
        else:
            pages.sources(self._screen, answer)
            pages.unproven(self._screen, answer.claims)

    def _why(self, rest: str) -> None:
        answer = self._talk.last
        if answer is None:
            self._screen.print("Nothing has been answered yet.")
            return
        known = self.trace is not None and self.trace.answer is answer
        tracing.show(self._screen, self.trace if known and self.trace else tracing.Trace(answer))

    def _papers(self, rest: str) -> None:
        words = rest or self._talk.filter.text
        pages.papers(self._screen, self._tools.papers(replace(self._talk.filter, text=words)))

    def _filter(self, rest: str) -> None:
        screen, talk = self._screen, self._talk
        if rest in ("off", "none"):
            talk.filter = Filter()
        elif rest:
            found = filtering.read(rest)
            if found.question:
                screen.print(f"{line(found.question)} is no filter. For example: /filter since:2025 has:code")
                return
            talk.filter = filtering.known(found.filter, self._tools.paper)
        tools = self._tools
        count = tools.count(talk.filter) if tools.count else len(tools.papers(talk.filter))
        told = "All papers" if talk.filter.empty else f"Only papers: {line(str(talk.filter))}"
        screen.print(f"{told} {screen.signs.dot} {count:,} paper{'' if count == 1 else 's'}")

    def _model(self, rest: str) -> None:
        screen, tools = self._screen, self._tools
        offered = [] if rest and not rest.isdigit() else list(tools.offered())
        if rest:
            name = offered[int(rest) - 1][0] if rest.isdigit() and 0 < int(rest) <= len(offered) else rest
            if tools.use is None:
                screen.print("The model can't be changed here.")
                return
            self.switched = tools.use(name)
        now = tools.model()
        screen.print(
            f"Answered by {line(now)}." if now else "No model answers: the papers' own sentences do."
        )
        for place, (name, where) in enumerate(offered if not rest else (), 1):
            screen.print(f"{place:>2}. {line(name)} {screen.signs.dot} {line(where)}", hang=4)
        if not rest and tools.use is not None:
            screen.print("/model NAME changes it.", style="dim")

    def _think(self, rest: str) -> None:
        if rest and rest not in _THINKING:
            self._screen.print(f"Thinking can be {', '.join(_THINKING)}.")
            return
        if rest:
            self._talk.manner = replace(self._talk.manner, thinking=rest)
        self._screen.print(f"Thinking: {self._talk.manner.thinking or 'as configured'}.")

    def _style(self, rest: str) -> None:
        if rest and rest not in list(Style):
            self._screen.print(f"A style can be {', '.join(Style)}.")
            return
        if rest:
            self._talk.manner = replace(self._talk.manner, style=Style(rest))
        style = self._talk.manner.style
        self._screen.print(f"Style: {style.value if style else 'as configured'}.")

    def _verify(self, rest: str) -> None:
        if not rest or self._tools.check is None:
            self._screen.print("Which text? /verify TEXT, or chatbot verify FILE.")
            return
        claims = []
        for claim in self._tools.check(rest, self._talk.filter):
            cited = {
                each.paper: paper
                for each in claim.evidence
                if (paper := self._tools.paper(each.paper)) is not None
            }
            pages.checked(self._screen, claim, cited)
            claims.append(claim)
        pages.tally(self._screen, claims)

    def _save(self, rest: str) -> None:
        if self._tools.sessions is None:
            self._screen.print("There is no place to save it. /export FILE.md writes it to a file.")
            return
        id = self._talk.keep(self._tools.sessions, rest)
        self._screen.print(f"Saved as it goes. Go on with it later: chatbot chat --resume {id}")

    def _resume(self, rest: str) -> None:
        screen, kept = self._screen, self._tools.sessions
        if kept is None:
            screen.print("There are no saved conversations here.")
            return
        if not rest:
            found = kept.list(self._tools.collection, most=_LISTED)
            self._resumable = found
            sessions.listed(screen, found, numbered=True)
            screen.print("/resume 1 goes on with the first." if found else "No conversation is saved yet.")
            return
        place = int(rest) if rest.isdigit() and len(rest) < 4 else 0
        listed = self._resumable or kept.list(self._tools.collection, most=_LISTED)
        self.resume(listed[place - 1].id if 0 < place <= len(listed) else rest)

    def resume(self, id: str) -> None:
        """Go on with a saved conversation, the beginning of whose id this is. Raises SessionError."""
        kept = self._tools.sessions
        if kept is None:
            return
        saved = kept.load(id)
        screen = self._screen
        sessions.heading(screen, saved.session)
        for turn in saved.turns:
            screen.print()
            sessions.turn(screen, turn)
        self._talk.resume(saved)
        if saved.session.collection != self._tools.collection:
            screen.notice(
                f"That conversation was about the collection {line(saved.session.collection)}; "
                f"further questions are asked of {line(self._tools.collection)}."
            )
        else:
            for change in saved.changes(self._tools.paper):
                screen.notice(change)

    def _export(self, rest: str) -> None:
        from chatbot.sessions import export

        file = Path(rest).expanduser() if rest else None
        format = export.named(file) if file else None
        if file is None or format is None:
            self._screen.print(f"Where to? /export FILE, whose name ends in {', '.join(export.ENDINGS)}.")
        elif file.exists():
            self._screen.print(f"{line(str(file))} is there already. Give another name.")
        elif not self._talk.saved.turns:
            self._screen.print("Nothing has been answered yet.")
        else:
            kept, id = self._tools.sessions, self._talk.id
            # The file has the turns, too, that were stopped.
            export.write(kept.load(id) if kept and id else self._talk.saved, format, file)
            self._screen.print(f"Written to {line(str(file))} ({format}).")

    def _copy(self, rest: str) -> None:
        from chatbot.sessions.export.citing import link, reference

        answer = self._talk.last
        if answer is None:
            self._screen.print("Nothing has been answered yet.")
            return
        cited = [
            " ".join(filter(None, (f"[{each.number}]", reference(each.paper), link(each.paper))))
            for each in answer.citations
        ]
        text = "\n".join([answer.text, *([""] if cited else []), *cited]) + "\n"
        self._screen.print(clipboard.copy(text, self._screen))

    def _clear(self, rest: str) -> None:
        self._talk.clear()
        self._screen.print("A new conversation.")
