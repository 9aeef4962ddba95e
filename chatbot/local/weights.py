"""The models of this machine: which there are, which is in use, where its file is.

Three kinds: the one that travels in packages (pieces), GGUF files that the user has (they stay
where they are and are never deleted), and files fetched from a hub on request (hub). A small
registry in the cache folder remembers the last two and the choice. Nothing is joined or fetched
by looking: only `use` and `prepare` do work, and only `use` with a hub id reaches the network.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from chatbot.errors import LocalModelError
from chatbot.local import gguf, hub, pieces
from chatbot.local.files import expanded, write_json
from chatbot.local.pieces import QWEN, Progress, installed, missing

__all__ = [
    "LocalModel",
    "Progress",
    "State",
    "installed",
    "missing",
    "models",
    "path",
    "prepare",
    "remove",
    "use",
    "verify",
]

_PACKAGES, _FILE = "packages", "file"


class State(StrEnum):
    """READY: its file is there. PACKAGED: its pieces are, to be joined when first used. MISSING: neither."""

    READY = "ready"
    PACKAGED = "packaged"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model of this machine. `path` is None until there is a file; `size` is in bytes.

    `source` is "packages", "file", or the hub id that it came from; `licence` None: not known.
    """

    name: str
    path: Path | None
    size: int
    state: State
    in_use: bool
    source: str
    licence: str | None


@dataclass(frozen=True, slots=True)
class _Added:
    """A registry entry."""

    name: str
    path: str
    source: str
    licence: str | None


@dataclass(frozen=True, slots=True)
class _Registry:
    """What `models.json` holds. `in_use` is the name of an added model; None: the packaged one."""

    in_use: str | None = None
    added: tuple[_Added, ...] = ()


def models(cache: Path) -> list[LocalModel]:
    """All models that are known here, the packaged one first. Joins and fetches nothing."""
    registry = _read(cache)
    return [_packaged(cache, registry), *(_added(entry, registry) for entry in registry.added)]


def use(cache: Path, ref: str, progress: Progress | None = None) -> LocalModel:
    """Make the model `ref` the one in use: a name from `models`, a GGUF file's path, or a hub id.

    A hub id is downloaded now; the packaged model is joined now. Raises LocalModelError.
    """
    known = _find(models(cache), ref)
    if known is not None:
        if known.source == _PACKAGES:
            pieces.join(cache, QWEN, progress)
        elif known.state is State.MISSING and known.source != _FILE:
            hub.fetch(known.source, _hub_folder(cache, known.source), progress)
        path(cache, known.name)
        chosen = None if known.source == _PACKAGES else known.name
        _edit(cache, lambda registry: replace(registry, in_use=chosen))
        return _in_use(cache)
    file = expanded(ref)
    if file.is_file():
        return _add(cache, file.resolve(), _FILE)
    if hub.is_reference(ref):
        return _add(cache, hub.fetch(ref, _hub_folder(cache, ref), progress).resolve(), ref)
    raise LocalModelError(
        f"There is no model {ref!r} here. Known: {', '.join(model.name for model in models(cache))}; "
        "or give the path of a GGUF file, or a hub id such as Qwen/Qwen3-4B-GGUF."
    )


def path(cache: Path, ref: str | None = None) -> Path:
    """Where the file of the model `ref` is (None: of the one in use). Raises LocalModelError if not there."""
    model = _in_use(cache) if ref is None else _find(models(cache), ref)
    if model is None:
        raise LocalModelError(f"There is no model {ref!r} here; see chatbot model list.")
    if model.state is State.READY and model.path is not None:
        return model.path
    cure = (
        f"chatbot model use {model.name} joins it."
        if model.state is State.PACKAGED
        else "Install it (pip install 'proven-chatbot[local]')."
        if model.source == _PACKAGES
        else f"Bring {model.path} back, or: chatbot model remove {model.name}"
    )
    raise LocalModelError(f"The file of the model {model.name} is not there. {cure}")


def prepare(cache: Path, progress: Progress | None = None) -> Path:
    """The file of the model in use, joined from its pieces if need be. Raises LocalModelError."""
    model = _in_use(cache)
    if model.source == _PACKAGES:
        return pieces.join(cache, QWEN, progress)
    return path(cache, model.name)


def remove(cache: Path, ref: str) -> int:
    """Forget the model `ref`, and delete what we made or fetched of it. Returns the bytes freed.

    A GGUF file of the user's own is forgotten and stays where it is; packages stay installed.
    The packaged model is in use again if `ref` was. Raises LocalModelError for an unknown name.
    """
    model = _find(models(cache), ref)
    if model is None:
        raise LocalModelError(f"There is no model {ref!r} here; see chatbot model list.")
    freed = 0
    if model.source == _PACKAGES:
        for file in (QWEN.file(cache), QWEN.proof(cache)):
            freed += file.stat().st_size if file.exists() else 0
            file.unlink(missing_ok=True)
        return freed
    _edit(
        cache,
        lambda registry: _Registry(
            in_use=None if registry.in_use == model.name else registry.in_use,
            added=tuple(entry for entry in registry.added if entry.name != model.name),
        ),
    )
    if model.source != _FILE:
        folder = _hub_folder(cache, model.source)
        freed = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        shutil.rmtree(folder, ignore_errors=True)
    return freed


def verify(cache: Path, progress: Progress | None = None) -> bool:
    """Hash the packaged model's joined file in full. False if it is absent or was changed."""
    return pieces.verify(cache, QWEN, progress)


def _in_use(cache: Path) -> LocalModel:
    return next(model for model in models(cache) if model.in_use)


def _find(known: list[LocalModel], ref: str) -> LocalModel | None:
    for model in known:
        if ref == model.name or (model.source not in (_PACKAGES, _FILE) and ref == model.source):
            return model
    given = expanded(ref).resolve()
    return next((model for model in known if model.path is not None and model.path.resolve() == given), None)


def _packaged(cache: Path, registry: _Registry) -> LocalModel:
    file = pieces.joined(cache, QWEN)
    whole = None not in pieces.pieces(QWEN).values()
    state = State.READY if file else State.PACKAGED if whole else State.MISSING
    return LocalModel(QWEN.name, file, QWEN.size, state, registry.in_use is None, _PACKAGES, QWEN.licence)


def _added(entry: _Added, registry: _Registry) -> LocalModel:
    file = Path(entry.path)
    there = file.is_file()
    return LocalModel(
        name=entry.name,
        path=file,
        size=file.stat().st_size if there else 0,
        state=State.READY if there else State.MISSING,
        in_use=registry.in_use == entry.name,
        source=entry.source,
        licence=entry.licence,
    )


def _add(cache: Path, file: Path, source: str) -> LocalModel:
    header = gguf.read_header(file)

    def added(registry: _Registry) -> _Registry:
        name = _free_name(file.stem, {QWEN.name, *(entry.name for entry in registry.added)})
        entry = _Added(name, str(file), source, header.licence)
        return _Registry(in_use=name, added=(*registry.added, entry))

    _edit(cache, added)
    return _in_use(cache)


def _free_name(stem: str, taken: set[str]) -> str:
    number, name = 1, stem
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name


def _hub_folder(cache: Path, reference: str) -> Path:
    """A folder for each reference, quantisation included: what is removed is never another's."""
    return cache / "hub" / reference.replace("/", "--").replace(":", "--")


def _registry_file(cache: Path) -> Path:
    return cache / "models.json"


def _read(cache: Path) -> _Registry:
    file = _registry_file(cache)
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        registry = _Registry(data["in_use"], tuple(_Added(**entry) for entry in data["added"]))
    except FileNotFoundError:
        return _Registry()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LocalModelError(
            f"{file} can't be read ({error}). Remove it, then add your models again with chatbot model use."
        ) from error
    names = {entry.name for entry in registry.added}
    return registry if registry.in_use in names else replace(registry, in_use=None)


def _edit(cache: Path, change: Callable[[_Registry], _Registry]) -> _Registry:
    """Read, change and write the registry while no other process does."""
    from filelock import FileLock

    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / ".models.lock"):
            changed = change(_read(cache))
            write_json(_registry_file(cache), asdict(changed))
    except OSError as error:
        raise LocalModelError(
            f"The list of models can't be written to {cache}: {error.strerror or error}. "
            "Make room or set CHATBOT_HOME."
        ) from error
    return changed
