"""What gzip and zip files hold, as streams of bytes; bombs are refused.

Nothing is ever unpacked to disk, and a member's name is a label that no path is made of. An archive may
unfold to 200 times its size (or 64 MB, if that is more) and to 8 GB at most, counted while it is read,
whatever its headers claim. A gzip file in a zip file is read; anything packed deeper is refused.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from store.readers.document import Unreadable

CHUNK = 2**18
RATIO = 200
"""How many times its own size an archive may unfold to. Abstracts as JSON pack 3 to 8 times."""

SMALL = 64 * 2**20
"""Bytes that any archive may unfold to, whatever its ratio."""

LARGEST = 8 * 2**30
"""Bytes that no archive may unfold to."""

# Of a zip file: the list of members is held whole, some 100 bytes each.
_LARGEST_DIRECTORY = 4 * 2**20
_OFFICE = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, struct.error, OverflowError)


@dataclass(slots=True)
class Budget:
    """What one archive may still unfold to; `packed` tells how many packed bytes that came from."""

    packed: Callable[[], int]
    used: int = 0

    def spend(self, size: int) -> None:
        """Raises Unreadable once the archive has unfolded to more than is plausible."""
        self.used += size
        if self.used > LARGEST:
            raise Unreadable(f"it unfolds to more than {LARGEST // 2**30} GB: unpack and split it")
        if self.used > max(SMALL, RATIO * self.packed()):
            raise Unreadable(
                f"it unfolds to more than {RATIO} times its size, as no abstracts do: refused as a zip bomb"
            )


class _Counted(io.RawIOBase):
    """A stream made of chunks, which knows how many bytes were taken from it."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = memoryview(b"")
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        self.taken += size
        return size


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """What a stream holds, in pieces. Raises Unreadable where it breaks off."""
    try:
        while chunk := stream.read(CHUNK):
            yield chunk
    except _BROKEN as error:
        raise Unreadable(_why(error)) from error


def gunzipped(packed: Iterable[bytes], budget: Budget | None = None) -> Iterator[bytes]:
    """What gzipped bytes unfold to. Raises Unreadable if they are damaged, or a bomb."""
    counted = _Counted(packed)
    own = Budget(lambda: counted.taken)
    with gzip.GzipFile(fileobj=io.BufferedReader(counted, CHUNK)) as unfolding:
        for chunk in chunks(unfolding):  # type: ignore[arg-type]
            own.spend(len(chunk))
            if budget is not None:
                budget.spend(len(chunk))
            yield chunk


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip file. `open()` gives its bytes, and raises Unreadable where they can't be had; `budget`
    is the archive's.
    """

    name: str
    empty: bool
    budget: Budget
    open: Callable[[], Iterator[bytes]]


def members(archive: BinaryIO) -> Iterator[Member]:
    """The files in a zip file, sorted by name; read them one by one, while the file is open.

    Raises Unreadable if it is damaged, holds too many files, or is no archive but an office document.
    """
    size = archive.seek(0, io.SEEK_END)
    try:
        if _directory_size(archive, size) > _LARGEST_DIRECTORY:
            raise Unreadable("a zip file of too many files: unpack it and name the folder")
        unzipped = zipfile.ZipFile(archive)
    except (*_BROKEN, NotImplementedError) as error:
        raise Unreadable(_why(error, "zip")) from error
    budget = Budget(lambda: size)
    with unzipped:
        infos = sorted(unzipped.infolist(), key=lambda info: info.filename)
        if any(info.filename in _OFFICE for info in infos):
            raise Unreadable(
                "an office document, e-book or program: copy the abstracts out of it into a text file"
            )
        for info in infos:
            if not info.is_dir():
                yield Member(info.filename, not info.file_size, budget, _opener(unzipped, info, budget))


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Callable[[], Iterator[bytes]]:
    def opened() -> Iterator[bytes]:
        if info.flag_bits & 0x1:
            raise Unreadable("it is encrypted: unpack it with its password")
        try:
            stream = archive.open(info)
        except (*_BROKEN, NotImplementedError, RuntimeError) as error:
            raise Unreadable(_why(error, "zip")) from error
        with stream:
            for chunk in chunks(stream):  # type: ignore[arg-type]
                budget.spend(len(chunk))
                yield chunk

    return opened


def _directory_size(archive: BinaryIO, size: int) -> int:
    """Bytes of the list of members, which `zipfile` reads at once, where it will look; 0 if there is none."""
    archive.seek(max(0, size - 65_557 - 20 - 56))
    tail = archive.read()
    plain = tail[-22:-18] == b"PK\x05\x06" and tail[-2:] == b"\x00\x00"
    end = len(tail) - 22 if plain else tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        return 0
    found: int = struct.unpack_from("<I", tail, end + 12)[0]
    if end >= 76 and tail[end - 20 : end - 16] == b"PK\x06\x07":
        found = max(0 if found == 0xFFFFFFFF else found, struct.unpack_from("<Q", tail, end - 36)[0])
    return found


def _why(error: Exception, kind: str = "gzip") -> str:
    if isinstance(error, EOFError):
        return f"a {kind} file that ends too early: it was not copied or loaded whole"
    if isinstance(error, OSError) and error.errno:
        return f"can't be read: {error.strerror or error}"
    return f"damaged, or no {kind} file that can be read ({error})"
