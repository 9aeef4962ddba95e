"""`chatbot ask` and `chatbot chat`."""

from __future__ import annotations

import sys

import click

from chatbot.cli import options
from chatbot.cli.assembling import assembled
from chatbot.cli.outcome import Exit, exit_code, print_json
from chatbot.cli.talking import kept, last_of, paper_names, tools

_ENDS = (
    "Exit codes: 0 answered, or extracts where no model is reachable; 3 refused, the papers don't say; "
    "2 wrong usage or setting; 4 collection missing, empty or unreadable; 5 model endpoint failed; "
    "1 another error; 130 Ctrl-C."
)

_papers = options.setting(
    "--papers", metavar="N", type=click.IntRange(min=1), help="Read at most so many papers for an answer."
)

_policy = options.setting(
    "--policy",
    type=click.Choice(["flag", "strict", "off"]),
    help="Unproven sentences: flag shows them as such, strict withdraws them, off checks nothing.",
)


@click.command(epilog=_ENDS)
@click.argument("question", nargs=-1)
@_papers
@_policy
@options.manner
@options.verifier
@options.filters
@options.json_output
@options.place
@options.endpoint
@click.pass_context
def ask(ctx: click.Context, question: tuple[str, ...]) -> None:
    """Answer one QUESTION about the papers, every sentence with its proof.

    Quotes are not needed. "-", or nothing but a pipe, reads the question from stdin.
    """
    from chatbot import shapes
    from chatbot.terminal.answering import last, show
    from chatbot.values import Question, Status

    wanted = Question(_asked(question), filter=options.chosen())
    screen = options.screen()
    with assembled(screen) as assembly:
        events = assembly.chat().stream(wanted)
        answer = last(events, screen) if options.wants_json() else show(events, screen)
    if options.wants_json():
        print_json(shapes.answer(answer))
    ctx.exit(Exit.REFUSED if answer.status is Status.REFUSED else Exit.DONE)


@click.command()
@_papers
@_policy
@options.manner
@options.setting(
    "--save-sessions/--no-save-sessions", default=None, help="Whether the conversation is saved."
)
@click.option(
    "--resume",
    metavar="ID",
    is_flag=False,
    flag_value="last",
    help="Go on with a saved one; no ID: the last.",
)
@options.verifier
@options.filters
@options.place
@options.endpoint
@click.pass_context
def chat(ctx: click.Context, resume: str | None) -> None:
    """Have a conversation about the papers.

    Questions may follow up on each other; /help says what else there is. Ctrl-C stops an answer,
    Ctrl-D leaves. Each line of a pipe is a question; such a conversation is only saved if --save-sessions
    or --resume says so.
    """
    from chatbot.terminal.chat import Conversation
    from chatbot.terminal.commands import COMMANDS
    from chatbot.terminal.completing import completer
    from chatbot.terminal.lines import piped, typed

    screen = options.screen()
    person = sys.stdin.isatty()
    with assembled(screen) as assembly, kept(assembly.settings, screen) as sessions:
        found = last_of(sessions, assembly.settings.collection) if resume == "last" else resume
        answers = assembly.chat()
        assembly.collection.fill()
        offered = tools(assembly, answers, sessions)
        if person:
            names = paper_names(assembly.collection)
            read = typed(assembly.settings.home / "history", completer(COMMANDS, names))
            papers = assembly.collection.count(options.chosen_for(assembly.collection))
            screen.notice(f"{papers} papers. Ask anything about them; /help says what else there is.")
        else:
            read = piped(sys.stdin, screen)
        saving = assembly.settings.save_sessions and (
            person or bool(resume) or options.given("save_sessions") is True
        )
        talk = Conversation(
            answers, offered, read, screen, options.chosen(), saving=saving, resume=found or ""
        )
        failure = talk.run()
    if talk.id:
        screen.notice(f"Saved. Go on with it: chatbot chat --resume {talk.id}")
    ctx.exit(exit_code(failure) if failure else Exit.DONE)


def _asked(words: tuple[str, ...]) -> str:
    """The question: the words of the command line, or stdin. Raises UsageError when there is none."""
    from chatbot.terminal.lines import LONGEST

    piped = words == ("-",) or (not words and not sys.stdin.isatty())
    text = (sys.stdin.read(LONGEST) if piped else " ".join(words)).strip()
    if not text:
        raise click.UsageError('There is no question. Try: chatbot ask "What does GSPO change?"')
    return text
