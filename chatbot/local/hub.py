"""GGUF files from a model hub. Called on an explicit command only, never at start-up.

A reference is `owner/repository` or `owner/repository:quantisation`, as llama.cpp writes it. The
files come through huggingface_hub and are checked against the sizes and hashes that the hub gives.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.errors import LocalModelError
from chatbot.local.pieces import Progress

_REFERENCE = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(:(?P<quant>[\w.-]+))?")
_SPLIT = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
_DEFAULT_QUANT = "Q4_K_M"  # what llama.cpp takes too: the common balance of size and loss


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file as the hub lists it: size in bytes, SHA-256 where it is known."""

    name: str
    size: int
    sha256: str | None


def is_reference(text: str) -> bool:
    """Has `text` the form of a hub id?"""
    return _REFERENCE.fullmatch(text) is not None and not text.lower().endswith(".gguf")


def fetch(
    reference: str, folder: Path, progress: Progress | None = None, *, endpoint: str | None = None
) -> Path:
    """Download the model that `reference` names into `folder`; the path of its (first) GGUF file.

    `endpoint` is the hub's address; None: huggingface_hub's own default and HF_ENDPOINT.
    Raises LocalModelError: no such model or quantisation, no network, no room, damaged on the way.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import HfApi, errors, hf_hub_download

    match = _REFERENCE.fullmatch(reference)
    if not match:
        raise LocalModelError(
            f"{reference!r} is no hub id; write owner/repository or owner/repository:Q4_K_M."
        )
    repo = match["repo"]
    try:
        info = HfApi(endpoint=endpoint).model_info(repo, files_metadata=True, timeout=20)
        listed = [
            HubFile(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else None)
            for file in info.siblings or ()
        ]
        chosen = choose(listed, match["quant"], repo)
        _check_room(folder, sum(file.size for file in chosen))
        bar = _bar(sum(file.size for file in chosen), progress)
        paths = [
            Path(hf_hub_download(repo, file.name, local_dir=folder, endpoint=endpoint, tqdm_class=bar))
            for file in chosen
        ]
    except errors.GatedRepoError as error:
        raise LocalModelError(
            f"{repo} asks you to accept its terms on its page first; then set HF_TOKEN and try again."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise LocalModelError(f"The hub has no model {repo} (or not for you). Check the spelling.") from error
    # HTTPError is the root of whichever HTTP library huggingface_hub was built on.
    except (
        errors.HTTPError,  # type: ignore[attr-defined]
        errors.LocalEntryNotFoundError,
        ConnectionError,
        TimeoutError,
    ) as error:
        raise LocalModelError(
            f"The model hub could not give {repo} ({type(error).__name__}). Is this machine online? "
            "A GGUF file that you bring yourself works too: chatbot model use PATH"
        ) from error
    except OSError as error:
        raise LocalModelError(
            f"{repo} can't be kept in {folder}: {error.strerror or error}. Make room, or set CHATBOT_HOME."
        ) from error
    for file, path in zip(chosen, paths, strict=True):
        _check_file(file, path)
    return paths[0]


def choose(files: list[HubFile], quant: str | None, repo: str) -> list[HubFile]:
    """The GGUF files to take: `quant`, else Q4_K_M, else the only kind there is; all parts of a split one.

    Raises LocalModelError that names what there is.
    """
    models = sorted(
        (f for f in files if f.name.lower().endswith(".gguf") and "mmproj" not in f.name.lower()),
        key=lambda file: file.name,
    )
    if not models:
        raise LocalModelError(f"{repo} holds no GGUF file; look for a repository whose name ends in -GGUF.")
    kinds: dict[str, list[HubFile]] = {}
    for file in models:
        kinds.setdefault(_SPLIT.sub(".gguf", file.name), []).append(file)
    wanted = quant or _DEFAULT_QUANT
    pattern = re.compile(rf"(^|[.\-_/]){re.escape(wanted)}([.\-_/]|$)", re.IGNORECASE)
    matching = [parts for name, parts in kinds.items() if pattern.search(name)]
    if not matching and not quant and len(kinds) == 1:
        matching = list(kinds.values())
    if not matching:
        raise LocalModelError(
            f"{repo} has no {wanted}; it has {', '.join(kinds)}. "
            f"Name one of its quantisations, as in {repo}:Q8_0."
        )
    return matching[0]


def _bar(total: int, progress: Progress | None) -> Any:
    """What huggingface_hub is to show its progress with: nothing on the terminal, all of it to `progress`."""
    from tqdm import tqdm  # type: ignore[import-untyped]

    done = 0

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **(options | {"disable": True}))
            self.update(options.get("initial") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            nonlocal done
            done += int(n or 0)
            if progress:
                progress(min(done, total), total)
            return None

    return Bar


def _check_room(folder: Path, needed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise LocalModelError(
            f"The model needs {needed:,} bytes in {folder} and {free:,} are free. Make room."
        )


def _check_file(file: HubFile, path: Path) -> None:
    if file.sha256 is None:
        return
    with path.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    if digest != file.sha256:
        path.unlink(missing_ok=True)
        raise LocalModelError(f"{file.name} was damaged on its way from the hub and is removed; try again.")
