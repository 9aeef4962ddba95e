"""The prompts: one template a file, `prompts/NAME.md`, for people who read prompts and don't program.

    load("answer").render(question="What is GSPO?", evidence="[1] GSPO is ...")

A template names its variables as `$name`; a literal dollar is `$$`. Values are put in as they are, once:
a `$` or a brace in a value means nothing. This room imports nothing of ours and decides nothing.
"""

from __future__ import annotations

import hashlib
import re
import string
from dataclasses import dataclass
from functools import cache
from importlib import resources


class PromptError(Exception):
    """A template that is missing or malformed, or variables that don't fit it: a fault of the program."""


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt with holes. Raises PromptError where a dollar begins no variable."""

    name: str
    text: str

    def __post_init__(self) -> None:
        if not string.Template(self.text).is_valid():
            raise PromptError(f"prompts/{self.name}.md has a stray dollar: write $$ for a literal one.")

    @property
    def variables(self) -> frozenset[str]:
        """The names of its variables."""
        return frozenset(string.Template(self.text).get_identifiers())

    @property
    def fingerprint(self) -> str:
        """Another text, another fingerprint."""
        return fingerprint(self.text)

    def render(self, **variables: str) -> str:
        """The text with every variable filled in. Raises PromptError naming those missing or unknown."""
        if missing := sorted(self.variables - variables.keys()):
            raise PromptError(f"prompts/{self.name}.md needs a value for {_listed(missing)}.")
        if unknown := sorted(variables.keys() - self.variables):
            known = f"it has {_listed(sorted(self.variables))}" if self.variables else "it has none"
            raise PromptError(f"prompts/{self.name}.md has no variable {_listed(unknown)}: {known}.")
        return string.Template(self.text).substitute(variables)


@cache
def load(name: str) -> Template:
    """The template `prompts/NAME.md`, without the white space at its end. Raises PromptError."""
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise PromptError(f"{name!r} is no name of a prompt: small letters, digits, - and _ only.")
    file = resources.files(__name__) / f"{name}.md"
    if not file.is_file():
        raise PromptError(f"There is no prompts/{name}.md: there are {_listed(names())}.")
    return Template(name, file.read_text(encoding="utf-8").rstrip())


def fingerprint(text: str) -> str:
    """The first twelve hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def names() -> list[str]:
    """The names of all templates there are, sorted."""
    files = (file.name for file in resources.files(__name__).iterdir())
    return sorted(name.removesuffix(".md") for name in files if name.endswith(".md"))


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
