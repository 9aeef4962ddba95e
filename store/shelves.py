"""What lies under a home: the collections, described, deleted and renamed as wholes.

A collection is the folder `home/collections/NAME`; nothing outside of `home/collections` is ever touched, and
a link that leads out of it is refused. A kill at any point leaves a collection whole or gone: a folder is
renamed aside in one step before anything of it is removed, and what a killed run left aside is swept later.
Reads no papers and knows no embedder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from store.chroma import Server, delete_collections
from store.collection import LEDGER, check_name, collections
from store.errors import CollectionBusy, CollectionError, NoCollection, StoreError
from store.ledger import Ledger
from store.ownership import OWNER, Ownership

_ASIDE = ".deleted-"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection from outside. `size` is in bytes, `newest` the latest date of a paper, `changed` when its
    files were last written (UTC, ISO 8601; asking may keep vectors, too). `problem` says why nothing else is
    known of it, and the cure."""

    name: str
    size: int
    changed: str | None
    papers: int = 0
    vectors: int = 0
    embedder: str | None = None
    newest: str | None = None
    problem: str | None = None

    @property
    def complete(self) -> bool:
        """Every paper has a vector."""
        return self.problem is None and self.vectors == self.papers


def shelves(home: Path) -> list[Shelf]:
    """The collections under a home, by name. One that is damaged is among them and says so."""
    return [describe(home, name) for name in collections(home)]


def describe(home: Path, name: str) -> Shelf:
    """One collection from outside. Raises NoCollection, CollectionError for a name that can be none."""
    folder = _known(home, name)
    size, changed = _size(folder), _changed(folder)
    try:
        ledger = Ledger(folder / LEDGER)
        try:
            with ledger.snapshot():
                used = ledger.embedder
                vectors = ledger.count_vectors(used[0]) if used else 0
                papers, newest = ledger.count(), ledger.newest()
                return Shelf(name, size, changed, papers, vectors, used[1] if used else None, newest)
        finally:
            ledger.close()
    except NoCollection:  # its making was killed
        return Shelf(name, size, changed)
    except StoreError as error:
        return Shelf(name, size, changed, problem=str(error))


def check_new(home: Path, name: str) -> None:
    """Raise CollectionError unless a collection of that name can be made: the name is one, and free."""
    check_name(name)
    taken = next((each for each in collections(home) if each.lower() == name.lower()), None)
    if taken is not None:
        like = "" if taken == name else ", and not every system tells capitals apart"
        raise CollectionError(f"There is a collection {taken!r} already{like}. Choose another name.")
    folder = home / "collections" / name
    if folder.is_symlink() or folder.exists():
        raise CollectionError(f"{folder} is there already and is no collection. Choose another name.")


def delete(home: Path, name: str, server: Server | None = None) -> str | None:
    """Delete a collection and what it keeps at `server`. What stays there, in a sentence; None: nothing.

    The server's part goes first: it can be made again from the ledger, so a kill in between loses nothing.
    Raises NoCollection, CollectionBusy, CollectionError.
    """
    folder = _folder(home, name)
    with _owned(folder, f"delete the collection {name!r}"):
        served, left = _served(folder), None
        if server is not None and served:
            _delete_served(server, served)
        elif served:
            left = f"It had collections on a Chroma server, which stay: their names begin with {served}."
        elif server is not None and describe(home, name).problem:
            left = f"What it had at {server} stays: its ledger can't be read. Names begin with {name}-."
        _move(folder, folder.with_name(f"{_ASIDE}{name}-{uuid4().hex[:8]}"))
    sweep(home)
    return left


def _delete_served(server: Server, prefix: str) -> None:
    try:
        delete_collections(server, prefix)
    except CollectionError as error:
        raise CollectionError(
            f"{error} Nothing was deleted. Without chroma_url it would be, but for what the server has."
        ) from error


def rename(home: Path, old: str, new: str) -> None:
    """Give a collection another name. On a Chroma server it keeps what it is called there.

    Raises NoCollection, CollectionBusy, CollectionError.
    """
    folder = _folder(home, old)
    check_new(home, new)
    with _owned(folder, f"rename the collection {old!r}"):
        ledger = Ledger(folder / LEDGER)
        try:
            if ledger.get("uid") is not None and ledger.get("served_as") is None:
                ledger.set("served_as", old)
        finally:
            ledger.close()
        _move(folder, folder.with_name(new))
        with suppress(OSError):
            (folder.with_name(new) / OWNER).unlink()  # moved along, while it names this process


def sweep(home: Path) -> None:
    """Remove the files of what is deleted already, where a run was killed or a disk failed. Never raises."""
    with suppress(OSError):
        for aside in (home / "collections").glob(f"{_ASIDE}*"):
            if aside.is_dir() and not aside.is_symlink():
                shutil.rmtree(aside, ignore_errors=True)


def _folder(home: Path, name: str) -> Path:
    """The folder of a collection, to be moved or deleted: it is there, and nowhere else."""
    folder = _known(home, name)
    if folder.is_symlink():
        raise CollectionError(
            f"{folder} is a link that leads to {folder.resolve()}. Remove or rename the link yourself."
        )
    return folder


def _known(home: Path, name: str) -> Path:
    check_name(name)
    known = collections(home)
    if name not in known:
        near = [each for each in known if each.lower() == name.lower()] or known
        raise NoCollection(
            f"There is no collection {name!r}"
            + (f" (there is: {', '.join(near)})" if near else "")
            + ". `chatbot collections` lists them."
        )
    return home / "collections" / name


@contextmanager
def _owned(folder: Path, what: str) -> Iterator[None]:
    """While nobody else may write there."""
    ownership = Ownership(folder)
    if not ownership.take():
        raise CollectionBusy(f"Can't {what}: {ownership.owner()} is using it. Close that first.")
    try:
        yield
    finally:
        ownership.release()


def _move(folder: Path, target: Path) -> None:
    """In one step: nobody ever sees half of it."""
    try:
        folder.rename(target)
    except OSError as error:
        raise CollectionError(
            f"{folder} can't be moved ({error.strerror}). Check the permissions of the folder that it is in, "
            "and close what has its files open."
        ) from error


def _served(folder: Path) -> str | None:
    """How the names of its collections on a Chroma server begin; None if it has none, or nobody can tell."""
    try:
        ledger = Ledger(folder / LEDGER)
    except StoreError:
        return None
    try:
        return ledger.served(folder.name)
    except StoreError:
        return None
    finally:
        ledger.close()


def _size(folder: Path) -> int:
    """Bytes of all its files."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # gone meanwhile
            total += path.stat(follow_symlinks=False).st_size if path.is_file() else 0
    return total


def _changed(folder: Path) -> str | None:
    times = []
    for path in (folder / LEDGER, folder / f"{LEDGER}-wal"):
        with suppress(OSError):
            found = path.stat()
            times += [found.st_mtime] if found.st_size else []
    return datetime.fromtimestamp(max(times), UTC).isoformat(timespec="seconds") if times else None
