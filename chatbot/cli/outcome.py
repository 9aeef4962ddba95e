"""How a command ends: its exit code, and one sentence for whatever went wrong.

    0  done; answered (extracts too)
    1  another error
    2  the command line, a setting, a date or the question can't be used
    3  refused: the papers don't say
    4  the collection is missing, empty or can't be used
    5  the model's endpoint failed
  130  stopped by Ctrl-C

No traceback reaches a user who did not ask for it with CHATBOT_DEBUG=1.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from enum import IntEnum

import click

from chatbot import shapes
from chatbot.errors import ChatbotError, LocalModelError, ModelError, QuestionError, SettingsError
from chatbot.terminal.text import line
from store.errors import CollectionError, FilterError, StoreError

JSON = "chatbot.json"
"""The key in `click.Context.meta` that says whether stdout is for JSON."""


class Exit(IntEnum):
    """Exit codes, as docs/commands.md tells them."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    COLLECTION = 4
    MODEL = 5
    STOPPED = 130


def exit_code(error: Exception) -> Exit:
    """The code of an error that ended a command."""
    match error:
        case SettingsError() | QuestionError() | FilterError():
            return Exit.USAGE
        case CollectionError():
            return Exit.COLLECTION
        case ModelError() | LocalModelError():
            return Exit.MODEL
        case _:
            return Exit.FAILED


def sentence(error: Exception) -> str:
    """What went wrong and what to do, in one line."""
    if isinstance(error, ChatbotError | StoreError):
        return line(str(error))
    debug = "CHATBOT_DEBUG=1 shows where."
    if isinstance(error, OSError) and error.strerror:
        at = f" at {error.filename}" if error.filename else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return line(f"The disk is full{at}. Make room, or set CHATBOT_HOME to a folder on another disk.")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return line(
                f"{error.strerror}{at}. Change its permissions, or set CHATBOT_HOME to a folder of yours."
            )
        return line(f"{error.strerror}{at}. {debug}")
    return line(f"Something unexpected went wrong ({type(error).__name__}: {error}). {debug}")


class Group(click.Group):
    """A group whose commands end as this module says."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort) as error:
            if isinstance(error, click.Abort) and not isinstance(error.__context__, KeyboardInterrupt):
                raise  # the end of the input, where a question was asked; else Ctrl-C
            click.echo("\nStopped.", err=True)
            ctx.exit(Exit.STOPPED)
        except BrokenPipeError:
            raise  # click ends quietly: nobody reads any more
        except Exception as error:
            if os.environ.get("CHATBOT_DEBUG"):
                traceback.print_exc()
            message = sentence(error)
            if ctx.meta.get(JSON):
                print_json(shapes.error(type(error).__name__, message))
            click.echo(f"Error: {message}", err=True)
            ctx.exit(exit_code(error))


def print_json(shape: object) -> None:
    """One JSON value on stdout."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    click.echo(shapes.dumps(shape, ascii_only=not encoding.startswith("utf")))
