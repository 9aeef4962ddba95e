"""The kinds of values that settings have: text, address, key, path, number, choice; each is checked.

A `Kind` takes a value as a flag, the environment or TOML gives it, and the folder that a relative path means.
It raises ValueError whose message completes "it has to be ...". Looks at no file and no network.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from chatbot.endpoint import is_endpoint
from chatbot.languages import LANGUAGES


class Secret(str):
    """A key: a string whose repr does not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


Kind = Callable[[object, Path], object]


def text(value: object, folder: Path) -> str | None:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("a text on one line")
    return value.strip() or None


def short_text(most: int) -> Kind:
    def parse(value: object, folder: Path) -> str | None:
        found = text(value, folder)
        if found is not None and len(found) > most:
            raise ValueError(f"a text of at most {most} characters on one line")
        return found

    return parse


def tongue(value: object, folder: Path) -> str:
    """A language's name, or a word for where it is taken from."""
    found = str(value).strip().lower() if isinstance(value, str) else ""
    if found in ("papers", "question"):
        return found
    names = {name.lower(): name for name in LANGUAGES}
    if found not in names:
        raise ValueError(f"papers, question, or one of {', '.join(LANGUAGES)}")
    return names[found]


def optional_text(value: object, folder: Path) -> str | None:
    """A text; an empty one, or "none" where nothing can be empty, is a value of its own: ""."""
    found = text(value, folder) or ""
    return "" if found.lower() == "none" else found


def secret(value: object, folder: Path) -> Secret | None:
    if not isinstance(value, str) or not (value.isascii() and value.isprintable()) or " " in value.strip():
        raise ValueError("a key: ASCII characters without spaces")
    return Secret(value.strip()) if value.strip() else None


def headers(value: object, folder: Path) -> tuple[tuple[str, Secret], ...]:
    """Headers of requests: a table, or a text with one a line."""
    expected = 'lines such as "Authorization: Bearer KEY", or a table of names and values'
    if isinstance(value, str):
        pairs = [line.partition(":")[::2] for line in value.splitlines() if line.strip()]
    elif isinstance(value, dict):
        pairs = list(value.items())
    else:
        raise ValueError(expected)
    found = []
    for name, text in pairs:
        text = text.strip() if isinstance(text, str) else ""
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name.strip()) or not text:
            raise ValueError(expected)
        if not (text.isascii() and text.isprintable()):
            raise ValueError(expected)
        found.append((name.strip(), Secret(text)))
    return tuple(found)


def url(value: object, folder: Path) -> str | None:
    if value == "":
        return None
    if not isinstance(value, str) or not value.isprintable() or not is_endpoint(value.strip()):
        raise ValueError('an address such as "http://127.0.0.1:8080/v1"')
    return value.strip().rstrip("/")


def path(value: object, folder: Path) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise ValueError("a path")
    try:
        return folder / Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError("a path whose ~ names a user") from error


def switch(value: object, folder: Path) -> bool:
    words = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }
    found = value if isinstance(value, bool) else words.get(str(value).strip().lower())
    if found is None:
        raise ValueError("true or false")
    return found


def collection(value: object, folder: Path) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise ValueError("up to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit")
    return value


def whole(least: int, most: int) -> Kind:
    def parse(value: object, folder: Path) -> int:
        text = str(value).replace("_", "") if not isinstance(value, bool) else ""
        if not re.fullmatch(r"\d{1,12}", text, re.ASCII) or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least:,} to {most:,}")
        return int(text)

    return parse


def number(least: float, most: float) -> Kind:
    def parse(value: object, folder: Path) -> float:
        expected = f"a number from {least:g} to {most:g}"
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(expected)
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise ValueError(expected) from None
        if not math.isfinite(number) or not least <= number <= most:
            raise ValueError(expected)
        return number

    return parse


def one_of(*choices: str) -> Kind:
    def parse(value: object, folder: Path) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return str(value)

    return parse


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown `name`: the one that was meant, or all there are."""
    names = list(names)
    match = difflib.get_close_matches(name, names, 1)
    return f" Did you mean {match[0]}?" if match else f" There are: {', '.join(names)}."
