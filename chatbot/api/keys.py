"""API keys: made, listed and revoked by command, and never kept.

Kept is the SHA-256 of each, in `keys.json` under the home, which its owner alone may read. A key holds 256
random bits, so that no slower hash is needed: nothing that can be guessed is hashed. It is told once, when it
is made. `cbk-ID-SECRET`: the id finds the hash, which is compared in constant time.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from chatbot.errors import SettingsError
from chatbot.setting_kinds import Secret

FILE = "keys.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@ -]{0,63}")
_KEY = re.compile(r"cbk-([0-9a-f]{12})-[A-Za-z0-9_-]{43}")
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept. `write`: it may add and remove papers, too."""

    id: str
    name: str
    hash: str
    created: str
    write: bool = False

    def __repr__(self) -> str:
        return f"Key({self.id!r}, {self.name!r})"


class Keys:
    """The keys under a home. Read again when the file has changed, so that a revoked one ends at once."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._stamp: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def all(self) -> list[Key]:
        """The keys, oldest first. Raises SettingsError."""
        self._read()
        return sorted(self._keys.values(), key=lambda key: (key.created, key.id))

    def create(self, name: str, *, write: bool = False) -> tuple[Key, Secret]:
        """A new key and its text, which can't be told again. Raises SettingsError."""
        if not NAME.fullmatch(name):
            raise SettingsError(
                f"{name[:80]!r} can't name a key: use up to 64 letters, digits and ' .@_-', beginning with a "
                "letter or digit."
            )
        id = secrets.token_hex(6)
        text = Secret(f"cbk-{id}-{secrets.token_urlsafe(32)}")
        key = Key(id, name, _hashed(text), datetime.now(UTC).isoformat(timespec="seconds"), write)
        with self._alone():
            self._write({**self._keys, id: key})
        return key, text

    def revoke(self, ref: str) -> list[Key]:
        """Forget the keys of that id or name, or the key itself. Raises SettingsError if there is none."""
        if whole := _KEY.fullmatch(ref):
            ref = whole[1]
        with self._alone():
            gone = [key for key in self._keys.values() if ref in (key.id, key.name)]
            if not gone:
                shown = "like this" if ref.startswith("cbk-") else repr(ref[:80])
                raise SettingsError(f"There is no key {shown}. `chatbot keys list` shows them.")
            self._write({id: key for id, key in self._keys.items() if key not in gone})
        return gone

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """The keys as they are, and nobody else changes them meanwhile. Raises SettingsError."""
        from filelock import FileLock, Timeout

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path.with_name(f".{FILE}.lock"), timeout=10, mode=0o600):
                self._stamp = None
                self._read()
                yield
        except (OSError, Timeout) as error:
            raise SettingsError(
                f"The keys can't be written to {self._path} ({error}). Change its permissions, or set "
                "CHATBOT_HOME to a folder of yours."
            ) from error

    def known(self, text: str) -> Key | None:
        """The key that the text is; None if it is none. Takes as long whether its id is known or not."""
        self._read()
        match = _KEY.fullmatch(text)
        key = self._keys.get(match[1]) if match else None
        same = hmac.compare_digest(_hashed(text), key.hash if key else _NOBODY)
        return key if same else None

    def _read(self) -> None:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
            if stamp == self._stamp:
                return
            listed = json.loads(self._path.read_text(encoding="utf-8"))
            self._keys = {entry["id"]: Key(**entry) for entry in listed}
            self._stamp = stamp
        except FileNotFoundError:
            self._keys, self._stamp = {}, None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise SettingsError(
                f"The keys in {self._path} can't be read ({type(error).__name__}). Mend the file, or "
                "remove it and make new keys with `chatbot keys create`."
            ) from error

    def _write(self, keys: dict[str, Key]) -> None:
        """The file anew, beside the old one and in its place in one step."""
        beside = self._path.with_name(f".{FILE}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump([asdict(key) for key in keys.values()], file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        self._stamp = None
        self._read()


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
