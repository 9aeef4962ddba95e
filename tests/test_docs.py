"""The documents say what is there: held by tests, not trusted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatbot.cli import cli
from prompts import names as prompt_names

PROJECT = Path(__file__).parents[1]
PAGES = sorted(
    page for page in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("seeds/*.md")]
)


@pytest.mark.parametrize("room", ["chatbot", "store"])
def test_the_architecture_names_every_module_of_a_room(room: str) -> None:
    text = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folder = PROJECT / room
    modules = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/*.py")
    }
    missing = sorted(name for name in modules - {"__init__"} if not re.search(rf"\b{name}\b", text))
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    lost = [target for target in targets if not (page.parent / target).exists()]
    assert not lost


def test_every_command_is_documented() -> None:
    text = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8")
    missing = [name for name in cli.commands if f"`chatbot {name}" not in text]
    assert not missing


def test_every_command_that_the_readme_shows_exists() -> None:
    shown = set(
        re.findall(r"^ +chatbot ([a-z]+)", (PROJECT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert shown
    assert shown <= set(cli.commands)


def test_the_changelog_has_a_section_for_what_is_not_released() -> None:
    assert "## Unreleased" in (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_prompt_is_used() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "chatbot").rglob("*.py"))
    unused = [name for name in prompt_names() if f'"{name}"' not in sources]
    assert not unused
