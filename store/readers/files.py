"""From paths to texts: which files are meant, and what they hold, gzip and zip files included.

A folder is read recursively in sorted order. In it, hidden files and folders, `__pycache__`, and README and
LICENSE files are passed over; folders of installed programs (`site-packages`, `node_modules`) are one Reject
each. A path that the user named is read whatever it is called; that it can't be read is an error, of a file
inside a folder or a zip file a Reject. Never opens anything but regular files.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from store.errors import SourceError
from store.readers import packed
from store.readers.decoding import SAMPLE, decode
from store.readers.decoding import stream as decode_stream
from store.readers.document import LARGEST, Document, Unreadable, reject
from store.records import Reject

_EMPTY = "empty file"
_PASSED_OVER = re.compile(r"\.|__pycache__$|readme|licen[cs]e|copying", re.IGNORECASE)
_PROGRAMS = frozenset(("site-packages", "dist-packages", "node_modules"))
_PASTE = "copy the abstracts out of it into a text file"
_BINARY = (
    (b"%PDF-", "a PDF file: PDFs aren't read; paste the abstracts into a text file"),
    (b"\x89PNG", f"an image: {_PASTE}"),
    (b"\xff\xd8\xff", f"an image: {_PASTE}"),
    (b"{\\rtf", "an RTF document: save it as plain text"),
    (b"\xd0\xcf\x11\xe0", "an office document: save it as plain text"),
    (b"SQLite format 3", "a SQLite database, not text"),
)
_ZIP, _GZIP = (b"PK\x03\x04", b"PK\x05\x06"), b"\x1f\x8b"
_STDIN = "stdin"

Found = Document | Reject


def documents(path: str | Path, stdin: Callable[[], BinaryIO], seen: set[tuple[int, int]]) -> Iterator[Found]:
    """The texts meant by a path; each has to be read before the next is asked for.

    The path `-` is what `stdin` gives. `seen` are files and folders that were read already, which are passed
    over, and it grows. Raises SourceError at once if the path can't be read.
    """
    return _documents(_checked(path), stdin, seen)


def _checked(path: str | Path) -> Path | None:
    """The path, once it is seen that it can be read; None for stdin."""
    if str(path) == "-":
        return None
    if not str(path).strip():
        raise SourceError("An empty path was given. Name a file or a folder with abstracts.")
    place = Path(path)
    try:
        mode = place.stat().st_mode
        if stat.S_ISDIR(mode):
            os.scandir(place).close()
        elif stat.S_ISREG(mode):
            place.open("rb").close()
        else:
            raise SourceError(
                f"{place} is neither a file nor a folder. Save its content as a file and name that."
            )
    except FileNotFoundError:
        raise SourceError(
            f"There is no file or folder {place}. Check the spelling, or where you are."
        ) from None
    except PermissionError:
        raise SourceError(f"{place} may not be read by you. Change its permissions, or copy it.") from None
    except (OSError, ValueError) as error:
        raise SourceError(f"{place} can't be read ({error}). Check the path.") from error
    return place


def _documents(
    place: Path | None, stdin: Callable[[], BinaryIO], seen: set[tuple[int, int]]
) -> Iterator[Found]:
    if place is None:
        yield from _content(_STDIN, stdin(), met=False)
    elif not place.is_dir():
        yield from _once(place, seen)
    else:
        empty = True
        for file in _walk(place, seen):
            empty = False
            yield from _once(file, seen, met=True) if isinstance(file, Path) else (file,)
        if empty:
            yield reject(
                place.as_posix(), 1, "no text files in this folder: put files with abstracts into it"
            )


def _walk(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path | Reject]:
    """The files below a folder, sorted; links are followed, and no folder is entered twice."""
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            if place.is_dir():
                if place.name in _PROGRAMS and place != folder:
                    yield _reject(
                        place, "a folder of installed programs: name it itself if it holds abstracts"
                    )
                elif _is_new(place, seen):
                    inside = sorted(place.iterdir(), key=lambda item: item.name)
                    waiting += [item for item in reversed(inside) if not _PASSED_OVER.match(item.name)]
            else:
                yield place
        except OSError as error:
            yield _reject(place, f"can't be read: {error.strerror or error}")


def _is_new(place: Path, seen: set[tuple[int, int]]) -> bool:
    status = place.stat()
    identity = (status.st_dev, status.st_ino)
    new = identity not in seen
    seen.add(identity)
    return new


def _once(file: Path, seen: set[tuple[int, int]], *, met: bool = False) -> Iterator[Found]:
    """The file's texts, unless it was read already under another name."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            yield _reject(file, "not a regular file")
        elif _is_new(file, seen):
            with file.open("rb") as stream:
                yield from _content(file.as_posix(), stream, met=met)
    except OSError as error:
        yield _reject(file, f"can't be read: {error.strerror or error}")


def _content(name: str, stream: BinaryIO, *, met: bool) -> Iterator[Found]:
    """What a stream of bytes holds: a text, or those of an archive."""
    chunks = packed.chunks(stream)
    try:
        sample, whole = _sample(chunks)
        if sample.startswith(_ZIP):
            seekable = stream if stream.seekable() else _held(sample, chunks)
            empty = True
            for member in packed.members(seekable):
                if not _passed_over(member.name):
                    empty = False
                    yield _member(f"{name}/{member.name}", member)
            if empty:
                yield reject(name, 1, "no text files in this archive")
        elif sample.startswith(_GZIP):
            unfolded = packed.gunzipped(itertools.chain((sample,), chunks))
            yield _text(name, *_sample(unfolded), unfolded, met)
        else:
            yield _text(name, sample, whole, chunks, met)
    except Unreadable as error:
        yield reject(name, 1, str(error), broken=True)


def _passed_over(member: str) -> bool:
    parts = [part for part in member.split("/") if part not in ("", ".", "..")]
    return any(_PASSED_OVER.match(part) or part == "__MACOSX" for part in parts)


def _member(name: str, member: packed.Member) -> Found:
    """The text of a file in a zip file, which may be gzipped once more."""
    if member.empty:
        return reject(name, 1, _EMPTY)
    try:
        chunks: Iterator[bytes] = member.open()
        sample, whole = _sample(chunks)
        if sample.startswith(_GZIP):
            chunks = packed.gunzipped(itertools.chain((sample,), chunks), member.budget)
            sample, whole = _sample(chunks)
        return _text(name, sample, whole, chunks, True)
    except Unreadable as error:
        return reject(name, 1, str(error), broken=True)


def _sample(chunks: Iterator[bytes]) -> tuple[bytes, bool]:
    """The first megabyte, more or less, and whether that is all."""
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) >= SAMPLE:
            return bytes(found), False
    return bytes(found), True


def _held(sample: bytes, chunks: Iterator[bytes]) -> BinaryIO:
    """A zip file that came through a pipe; its list of members stands at its end."""
    held = io.BytesIO()
    for chunk in itertools.chain((sample,), chunks):
        held.write(chunk)
        if held.tell() > LARGEST:
            raise Unreadable(f"a zip file of more than {LARGEST // 2**20} MB in a pipe: save it as a file")
    return held


def _text(name: str, sample: bytes, whole: bool, rest: Iterator[bytes], met: bool) -> Found:
    if whole and not sample.strip():
        return reject(name, 1, _EMPTY)
    if sample.startswith((*_ZIP, _GZIP)) or sample[257:262] == b"ustar":
        return reject(name, 1, "an archive in an archive: unpack it", broken=True)
    for magic, reason in _BINARY:
        if sample.startswith(magic):
            return reject(name, 1, reason, broken=True)
    binary = reject(name, 1, f"a binary file, not text: {_PASTE}", broken=True)
    if whole:
        text = decode(sample)
        return binary if text is None else Document(name, text, met=met)
    pieces = decode_stream(sample, rest)
    return binary if pieces is None else Document(name, next(pieces), pieces, met)


def _reject(file: Path, reason: str) -> Reject:
    """What stands there, or below, is not known."""
    return reject(file.as_posix(), 1, reason, broken=True)
