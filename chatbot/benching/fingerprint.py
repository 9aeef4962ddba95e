"""What made a result: prompts, settings, the program itself and the papers. Another of them, another result.

An answer is asked for again when its fingerprint has changed, so that a table never mixes two makes.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import prompts
from chatbot.calibration import Calibration
from chatbot.endpoint import shown
from chatbot.settings import Settings
from store.collection import Collection

_SHAPING = ("papers", "packing", "verifier", "policy", "max_tokens", "window", "context", "embedding_model")
_ROOT = Path(__file__).resolve().parents[2]
# Faces change no answer, and the bench only counts them.
_APART = ("chatbot/cli", "chatbot/terminal", "chatbot/web", "chatbot/api", "chatbot/benching")


def shaping(settings: Settings) -> dict[str, object]:
    """The settings that shape an answer, by name."""
    found: dict[str, object] = {name: getattr(settings, name) for name in _SHAPING}
    for name in ("base_url", "embedding_base_url"):
        found[name] = shown(url) if (url := getattr(settings, name)) else None
    found["embedding_path"] = str(settings.embedding_path) if settings.embedding_path else None
    return found


def of_answers(settings: Settings, calibration: Calibration, collection: Collection) -> str:
    """The fingerprint of the answers that a model gives, its name aside."""
    marks = [f"{name}:{prompts.load(name).fingerprint}" for name in prompts.names() if not _ours(name)]
    marks += [f"{name}={value}" for name, value in shaping(settings).items()]
    marks += [f"supports={calibration.supports} refuse_below={calibration.refuse_below}"]
    return prompts.fingerprint(" ".join([*marks, program(), papers(collection)]))


def papers(collection: Collection) -> str:
    """What the collection holds: reads it whole, a second for 100,000 papers."""
    digest = hashlib.sha256()
    for paper in collection.papers():
        for text in (paper.id, paper.label, paper.title or "", paper.created or "", paper.abstract):
            digest.update(f"{len(text)} {text}".encode("utf-8", "replace"))
    return digest.hexdigest()[:12]


@cache
def program() -> str:
    """The source of everything that makes an answer."""
    digest = hashlib.sha256()
    for room in ("chatbot", "store"):
        for file in sorted((_ROOT / room).rglob("*.py")):
            name = file.relative_to(_ROOT).as_posix()
            if not name.startswith(_APART):
                digest.update(f"{name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _ours(prompt: str) -> bool:
    return prompt.startswith("bench_")
