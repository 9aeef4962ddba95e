"""Bytes as text, whatever their encoding: whole, or as a stream of any length.

Line ends become `\\n`, a byte order mark goes. Decides by the first megabyte; never raises on any bytes.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator

SAMPLE = 2**20
"""Bytes from which the encoding is told."""

_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """What isn't UTF-8 in a text that began as such is most likely of the usual one-byte encoding."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return wrong.decode("latin-1"), error.end


codecs.register_error("store-cp1252", _as_cp1252)


def decode(content: bytes) -> str | None:
    """Bytes as text, or None if they are none: UTF-8, UTF-16 and UTF-32 with or without a mark, else a guess.

    Line ends become `\\n`. Among one-byte encodings cp1252 is assumed unless a tenth of the bytes or more are
    not ASCII; then charset-normalizer guesses.
    """
    found = _encoding(content, whole=True)
    if found is None:
        return None
    text = content.decode(*found)
    return None if _is_binary(text) else text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def stream(sample: bytes, rest: Iterable[bytes]) -> Iterator[str] | None:
    """`decode` for a long content: `sample` is its first megabyte. None if it is no text."""
    found = _encoding(sample, whole=False)
    if found is None or _is_binary(sample[:4096].decode(found[0], "ignore")):
        return None
    return _pieces(sample, rest, *found)


def _pieces(sample: bytes, rest: Iterable[bytes], encoding: str, errors: str) -> Iterator[str]:
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(errors), translate=True)
    yield decoder.decode(sample).removeprefix("\ufeff")
    for chunk in rest:
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _is_binary(text: str) -> bool:
    """Whether the text begins with more control characters than any text has."""
    controls = sum(1 for char in text[:4096] if char < " " and char not in "\t\n\r\f\v\x1b")
    return controls > len(text[:4096]) / 50


def _encoding(content: bytes, *, whole: bool) -> tuple[str, str] | None:
    """Encoding and how to treat errors; None for what is no text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding, "replace"
    if b"\x00" in content:
        head = content[:2048]
        # In UTF-16 without a mark every other byte of western text is zero.
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if (
                head[start::2].count(0) > len(head) * 0.35
                and head[1 - start :: 2].count(0) < len(head) * 0.05
            ):
                return encoding, "replace"
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content, final=whole)
    except UnicodeDecodeError:
        repaired = content.decode("utf-8", errors="replace")
        broken = repaired.count("\ufffd")
        good = sum(1 for char in repaired if char > "\x7f") - broken
        return ("utf-8", "replace") if good > broken else (_guessed(content), "replace")
    return "utf-8", "strict" if whole else "store-cp1252"


def _guessed(content: bytes) -> str:
    from charset_normalizer import from_bytes

    if sum(byte > 0x7F for byte in content[:65536]) >= len(content[:65536]) / 10:
        best = from_bytes(content[:65536]).best()
        if best is not None:
            return best.encoding
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"
