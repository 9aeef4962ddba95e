"""What a GGUF file says about itself: architecture, name, licence, trained context.

Reads the metadata at the head of the file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)
and never the tensors. The file is data of unknown origin: whatever is wrong with it ends in a
LocalModelError, and no length that it claims is believed before the bytes are there.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chatbot.errors import LocalModelError

MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
# Value types of the format, as struct codes; strings and arrays are read by hand.
_SCALARS = dict(zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True))
_LONGEST = 1 << 20  # characters; no key or value that we want comes near


@dataclass(frozen=True, slots=True)
class Header:
    """`context_length` is the window that the model was trained for, in tokens; None: not said."""

    architecture: str
    name: str | None
    licence: str | None
    context_length: int | None


def read_header(path: Path) -> Header:
    """The metadata of the GGUF file at `path`. Raises LocalModelError where it is none."""
    try:
        with path.open("rb") as file:
            found = _metadata(path, file)
    except OSError as error:
        raise LocalModelError(
            f"{path} can't be read: {error.strerror}. Give the path of a GGUF file."
        ) from error
    except (struct.error, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise LocalModelError(
            f"{path} begins like a GGUF file but is damaged or cut short; fetch it again."
        ) from error
    architecture = found.get("general.architecture")
    length = found.get(f"{architecture}.context_length")
    return Header(
        architecture=architecture if isinstance(architecture, str) else "unknown",
        name=_text(found.get("general.name")),
        licence=_text(found.get("general.license")),
        context_length=length if isinstance(length, int) and length > 0 else None,
    )


def _metadata(path: Path, file: BinaryIO) -> dict[str, object]:
    magic = file.read(4)
    if magic != MAGIC:
        raise LocalModelError(
            f"{path} is not a GGUF model (it begins with {magic!r}, not {MAGIC!r}). "
            "Give the path of a .gguf file, or a hub id such as Qwen/Qwen3-4B-GGUF."
        )
    version, _tensors, count = _unpack(file, "<IQQ")
    if version not in (2, 3):
        raise LocalModelError(
            f"{path} is GGUF version {version}; versions 2 and 3 are understood. Convert it."
        )
    found: dict[str, object] = {}
    for _ in range(count):
        key = _string(file)
        # Everything that we want stands before the vocabulary, by convention of all converters;
        # the vocabulary is megabytes of strings that can only be skipped one by one.
        if key.startswith("tokenizer."):
            break
        (kind,) = _unpack(file, "<I")
        if kind == _STRING:
            found[key] = _string(file)
        elif kind == _ARRAY:
            if not _skip_array(file):
                break
        elif kind in _SCALARS:
            (found[key],) = _unpack(file, "<" + _SCALARS[kind])
        else:
            raise ValueError(f"value type {kind}")
    return found


def _skip_array(file: BinaryIO) -> bool:
    kind, count = _unpack(file, "<IQ")
    if kind == _STRING:
        for _ in range(count):
            _string(file)
    elif kind in _SCALARS:
        file.seek(count * struct.calcsize("<" + _SCALARS[kind]), os.SEEK_CUR)
    else:  # arrays of arrays: nobody writes them
        return False
    return True


def _unpack(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _string(file: BinaryIO) -> str:
    (length,) = _unpack(file, "<Q")
    if length > _LONGEST:
        raise ValueError(f"a string of {length} bytes")
    data = file.read(length)
    if len(data) < length:
        raise ValueError("cut short")
    return data.decode("utf-8", errors="replace")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
