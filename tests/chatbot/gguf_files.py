"""Small GGUF files for tests: a head with metadata, and no tensors."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf_bytes(entries: Mapping[str, str | int | list[str] | list[int]], *, version: int = 3) -> bytes:
    body = b""
    for key, value in entries.items():
        body += _string(key)
        if isinstance(value, str):
            body += struct.pack("<I", 8) + _string(value)
        elif isinstance(value, int):
            body += struct.pack("<II", 4, value)
        elif value and isinstance(value[0], str):
            body += struct.pack("<IIQ", 9, 8, len(value)) + b"".join(_string(str(item)) for item in value)
        else:
            body += struct.pack("<IIQ", 9, 4, len(value)) + b"".join(
                struct.pack("<I", item) for item in value
            )
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(entries)) + body


def write_gguf(path: Path, *, context: int = 32768) -> Path:
    path.write_bytes(
        gguf_bytes(
            {"general.architecture": "qwen3", "general.license": "mit", "qwen3.context_length": context}
        )
    )
    return path
