"""The options that commands share, and what a command learns from them.

A global option may stand before the command or behind it; behind wins. What was not given on the
command line stays with the settings: environment, chatbot.toml, defaults.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chatbot.cli.outcome import JSON
from store.records import Filter

if TYPE_CHECKING:
    from chatbot.settings import Settings
    from chatbot.terminal.screen import Screen
    from store.collection import Collection

Wrapped = TypeVar("Wrapped", bound=Callable[..., object])

_FLAGS, _PLAIN, _NO_MODEL, _FILTER = "chatbot.flags", "chatbot.plain", "chatbot.no_model", "chatbot.filter"


def _flag(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None and param.name:
        ctx.meta.setdefault(_FLAGS, {})[param.name] = value


def _switch(key: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def keep(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            ctx.meta[key] = True

    return keep


def _part(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None and param.name:
        ctx.meta.setdefault(_FILTER, {})[param.name] = value


def _parts(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
    if value and param.name:
        ctx.meta.setdefault(_FILTER, {})[param.name] = value


def _several(*names: str, metavar: str, help: str) -> Callable[[Any], Any]:
    """A part of the filter that may be given several times."""
    return click.option(
        *names, metavar=metavar, multiple=True, callback=_parts, expose_value=False, help=help
    )


def _together(*options: Callable[[Any], Any]) -> Callable[[Wrapped], Wrapped]:
    def wrap(function: Wrapped) -> Wrapped:
        for option in reversed(options):
            function = option(function)
        return function

    return wrap


def setting(*names: str, **how: Any) -> Callable[[Any], Any]:
    """An option whose value is the setting of the same name."""
    return click.option(*names, callback=_flag, expose_value=False, **how)


place = _together(
    setting("--home", metavar="DIR", type=click.Path(path_type=Path), help="Where everything is kept."),
    setting("--collection", metavar="NAME", help="Which collection of papers."),
    click.option(
        "--plain",
        is_flag=True,
        callback=_switch(_PLAIN),
        expose_value=False,
        help="No colours, nothing that moves, text alone.",
    ),
)
"""--home --collection --plain"""

_base_url = setting(
    "--base-url", metavar="URL", help="An OpenAI-compatible endpoint; the only one called then."
)
_model = setting("--model", metavar="NAME", help="The model's name there.")
_api_key = setting(
    "--api-key", metavar="KEY", help="Its key. Better in CHATBOT_API_KEY: others can read command lines."
)
_no_model = click.option(
    "--no-model",
    is_flag=True,
    callback=_switch(_NO_MODEL),
    expose_value=False,
    help="Ask no model: answer with the papers' own sentences.",
)

endpoint = _together(_base_url, _model, _api_key, _no_model)
"""--base-url --model --api-key --no-model"""

address = _together(_base_url, _api_key, _no_model)
"""--base-url --api-key --no-model, for a command whose --model is its own"""

verifier = setting(
    "--verifier",
    type=click.Choice(["auto", "fast", "model"]),
    help="Who gives verdicts: fast rules alone, or the model too where they leave it open.",
)
"""--verifier"""

manner = _together(
    setting(
        "--style",
        type=click.Choice(["short", "detailed", "list", "table"]),
        help="How answers are written; each sentence is proven all the same.",
    ),
    setting("--audience", metavar="WHO", help="Who reads the answer: changes its wording alone."),
    setting(
        "--answer-language",
        metavar="LANGUAGE",
        help="papers, question, or a name: sentences are proven, then translated.",
    ),
    setting("--thinking", type=click.Choice(["auto", "on", "off"]), help="Whether a model thinks that can."),
    setting("--thinking-budget", metavar="N", type=click.IntRange(min=1), help="Tokens of thinking at most."),
)
"""--style --audience --answer-language --thinking --thinking-budget"""

filters = _together(
    click.option(
        "--since", metavar="DATE", callback=_part, expose_value=False, help="Papers from 2025, 2025-05, … on."
    ),
    click.option("--until", metavar="DATE", callback=_part, expose_value=False, help="Papers up to then."),
    click.option(
        "--text", metavar="WORDS", callback=_part, expose_value=False, help="Papers that contain these words."
    ),
    _several("--phrase", "phrases", metavar="WORDS", help="… that have exactly these whole words."),
    _several("--exclude", metavar="WORDS", help="… that don't have these whole words."),
    _several("--title", "titles", metavar="WORDS", help="… that have these words in their title."),
    _several("--author", "authors", metavar="NAME", help="… by this author; a part of the name will do."),
    _several("--category", "categories", metavar="CAT", help="… in this category or archive: cs.CL, cs."),
    _several("--venue", "venues", metavar="NAME", help='… that name this venue as theirs: ACL, "ACL 2025".'),
    _several("--id", "ids", metavar="ID", help="… this one alone: by id, arXiv id, DOI or label."),
    _several("--has", metavar="WHAT", help="… that have a date, title, doi, …, or a link to code or github."),
    _several("--lacks", metavar="WHAT", help="… that don't have it."),
)
"""--since --until --text --phrase --exclude --title --author --category --venue --id --has --lacks"""

json_output = click.option(
    "--json",
    is_flag=True,
    callback=_switch(JSON),
    expose_value=False,
    help="Print one JSON value (docs/json.md).",
)
"""--json"""


yes = click.option("--yes", "-y", is_flag=True, help="Don't ask before a large job that costs money.")
"""--yes"""


def settings() -> Settings:
    """The settings of the command that runs; stderr says what is odd about them. Raises SettingsError."""
    from chatbot import settings as module

    found = module.load(_meta().get(_FLAGS, {}), os.environ, Path.cwd())
    for note in found.notes:
        screen().notice(note)
    return found


def given(name: str) -> object:
    """The value of a setting on the command line; None if it was not given there."""
    return _meta().get(_FLAGS, {}).get(name)


def screen() -> Screen:
    """The screen of the command that runs."""
    from chatbot.terminal.screen import Screen

    return Screen(plain=bool(_meta().get(_PLAIN)))


def chosen() -> Filter:
    """The filter of the command that runs; the store checks what is in it."""
    return Filter(**_meta().get(_FILTER, {}))


def chosen_for(collection: Collection) -> Filter:
    """`chosen`, every id in it being one of the collection's papers. Raises FilterError."""
    from chatbot.filtering import known

    return known(chosen(), collection.paper)


def wants_json() -> bool:
    return bool(_meta().get(JSON))


def without_model() -> bool:
    return bool(_meta().get(_NO_MODEL))


def _meta() -> dict[str, Any]:
    return click.get_current_context().meta
