"""From paths to text: which files are meant, and what they say, whatever their encoding.

A folder is read recursively in sorted order. In it, hidden files and folders, `__pycache__`, and README and
LICENSE files are passed over; folders of installed programs (`site-packages`, `node_modules`) are one Reject
each. A path that the user named is read whatever it is called; that it can't be read is an error, of a file
inside a folder a Reject. Never opens anything but regular files.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from store.errors import SourceError
from store.records import Reject, Source

# A pasted text of this size is no pasted text; and the whole file is held in memory.
_LARGEST = 256 * 2**20
_PASSED_OVER = re.compile(r"\.|__pycache__$|readme|licen[cs]e|copying", re.IGNORECASE)
_PROGRAMS = frozenset(("site-packages", "dist-packages", "node_modules"))
_PASTE = "copy the abstracts out of it into a text file"
_BINARY = (
    (b"%PDF-", "a PDF file: PDFs aren't read; paste the abstracts into a text file"),
    (b"PK\x03\x04", f"a zip file or office document: unpack it, or {_PASTE}"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"\x89PNG", f"an image: {_PASTE}"),
    (b"\xff\xd8\xff", f"an image: {_PASTE}"),
    (b"{\\rtf", "an RTF document: save it as plain text"),
    (b"\xd0\xcf\x11\xe0", "an office document: save it as plain text"),
    (b"SQLite format 3", "a SQLite database, not text"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text and the name by which the user knows the file; `met` in a folder, or named itself."""

    name: str
    text: str
    met: bool = False


def texts(paths: Iterable[str | Path]) -> Iterator[Text | Reject]:
    """The texts of all files meant, each once. Raises SourceError at once if a named path can't be read."""
    named = [_checked(path) for path in paths]
    return _texts(named)


def _checked(path: str | Path) -> Path:
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


def _texts(named: list[Path]) -> Iterator[Text | Reject]:
    seen: set[tuple[int, int]] = set()
    for place in named:
        if not place.is_dir():
            yield from _once(place, seen)
            continue
        empty = True
        for file in _walk(place, seen):
            empty = False
            yield from _once(file, seen, met=True) if isinstance(file, Path) else (file,)
        if empty:
            yield _reject(place, "no text files in this folder: put files with abstracts into it")


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


def _once(file: Path, seen: set[tuple[int, int]], *, met: bool = False) -> Iterator[Text | Reject]:
    """The file's text, unless it was read already under another name."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            yield _reject(file, "not a regular file")
        elif status.st_size > _LARGEST:
            yield _reject(file, f"larger than {_LARGEST // 2**20} MB: split it")
        elif _is_new(file, seen):
            yield _text(file, file.read_bytes(), met)
    except OSError as error:
        yield _reject(file, f"can't be read: {error.strerror or error}")


def _text(file: Path, content: bytes, met: bool) -> Text | Reject:
    if not content.strip():
        return _reject(file, "empty file")
    for magic, reason in _BINARY:
        if content.startswith(magic):
            return _reject(file, reason)
    text = decode(content)
    if text is None:
        return _reject(file, f"a binary file, not text: {_PASTE}")
    return Text(file.as_posix(), text, met)


def decode(content: bytes) -> str | None:
    """Bytes as text, or None if they are none: UTF-8, UTF-16 and UTF-32 with or without a mark, else a guess.

    Line ends become `\\n`. Among one-byte encodings cp1252 is assumed unless a tenth of the bytes or more are
    not ASCII; then charset-normalizer guesses.
    """
    text = _unicode(content)
    if text is None:
        if b"\x00" in content:
            return None
        text = _guessed(content)
    controls = sum(1 for char in text[:4096] if char < " " and char not in "\t\n\r\f\v\x1b")
    if controls > len(text[:4096]) / 50:
        return None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _unicode(content: bytes) -> str | None:
    for mark, encoding in (
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    head = content[:2048]
    if b"\x00" in content:
        # In UTF-16 without a mark every other byte of western text is zero.
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if (
                head[start::2].count(0) > len(head) * 0.35
                and head[1 - start :: 2].count(0) < len(head) * 0.05
            ):
                return content.decode(encoding, errors="replace")
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        repaired = content.decode("utf-8", errors="replace")
        broken = repaired.count("\ufffd")
        whole = sum(1 for char in repaired if char > "\x7f") - broken
        return repaired if whole > broken else None


def _guessed(content: bytes) -> str:
    from charset_normalizer import from_bytes

    if sum(byte > 0x7F for byte in content[:65536]) >= len(content[:65536]) / 10:
        best = from_bytes(content[:65536]).best()
        if best is not None:
            return content.decode(best.encoding, errors="replace")
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _reject(file: Path, reason: str) -> Reject:
    return Reject(Source(file.as_posix(), 1), reason)
