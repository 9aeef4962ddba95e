"""One flat, frozen `Settings`, and where each value came from.

    flags > environment > chatbot.toml here > chatbot.toml in CHATBOT_HOME > defaults

Every setting has the same name everywhere: `base_url` is `--base-url`, `CHATBOT_BASE_URL` and
`base_url = "..."` in chatbot.toml. `OPENAI_BASE_URL`, `OPENAI_MODEL` and `OPENAI_API_KEY` are read too,
after their `CHATBOT_` names. An empty variable is as good as none.

Keys are guarded. A key is only ever meant for the configured address: without `base_url` none is used, so
`OPENAI_API_KEY` alone configures nothing. And since a chatbot.toml in the working directory may be somebody
else's, an address that stands there gets no key but one from the same file, unless it is on this machine.
`notes` says what was held back. `home` can't be set in a file: it decides which file is trusted.

Reads those files and nothing else; connects to nothing, creates nothing, builds nothing.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType

from chatbot import setting_kinds as kinds
from chatbot.endpoint import is_loopback, shown
from chatbot.errors import SettingsError
from chatbot.setting_kinds import Secret, nearest

FILE = "chatbot.toml"
_OPENAI = {"base_url": "OPENAI_BASE_URL", "model": "OPENAI_MODEL", "api_key": "OPENAI_API_KEY"}
# Each key, and the address it is for.
_KEYS = {
    "api_key": "base_url",
    "embedding_api_key": "embedding_base_url",
    "nli_api_key": "nli_url",
    "rerank_api_key": "rerank_url",
    "guard_api_key": "guard_url",
    "chroma_token": "chroma_url",
    "chroma_headers": "chroma_url",
}
SECRET = frozenset(_KEYS)
"""The settings that are shown to nobody."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be configured. None means: not set, the program decides."""

    home: Path
    """The folder of everything the program keeps."""
    cache: Path
    """The folder of the local models' files; `models` in `home`, if not set."""
    collection: str = "papers"
    """The collection's name: letters, digits, `.`, `_` and `-`."""
    base_url: str | None = None
    """The model endpoint, OpenAI-compatible. The only one ever called, if set."""
    model: str | None = None
    """The model's name at the endpoint, on this machine's servers, or among the local models."""
    api_key: Secret | None = None
    """The endpoint's key."""
    window: int | None = None
    """Tokens that prompt and answer share at most; asked of the server, if not set."""
    max_tokens: int = 512
    """Tokens of an answer at most."""
    timeout: float = 120.0
    """Seconds of silence from an endpoint that are borne; reading a long prompt is silent."""
    deadline: float = 600.0
    """Seconds for a whole answer, attempts and waits included."""
    context: int = 8192
    """Tokens of the local model's window."""
    idle: float = 300.0
    """Seconds without users after which the local model's server stops."""
    papers: int = 8
    """Papers at most whose sentences a question's answer is made of."""
    packing: str = "auto"
    """What the model is shown: `packed` sentences that bear on the question, `whole` abstracts, or `auto`:
    packed where the model is local or its window small."""
    verifier: str = "auto"
    """Who gives verdicts: `fast` rules alone, or the `model` too where they leave it open; `auto`: the model
    where its endpoint tells log-probabilities."""
    nli_path: Path | None = None
    """The folder of an ONNX cross-encoder that judges sentences in the model's place."""
    nli_url: str | None = None
    """A rerank endpoint that judges sentences in the model's place: what stands before `/rerank`."""
    nli_model: str | None = None
    """The cross-encoder's name at that endpoint."""
    nli_api_key: Secret | None = None
    """That endpoint's key."""
    policy: str = "flag"
    """What becomes of a sentence that is not proven: `flag` shows it as such, `strict` withdraws it and says
    so, `off` checks nothing."""
    style: str = "short"
    """How an answer is written: `short` sentences, `detailed`, a `list`, or a `table` of paper, statement and
    proof. Each sentence is proven all the same."""
    audience: str | None = None
    """Who reads the answer ("a school class"): changes its wording, nothing else."""
    answer_language: str = "papers"
    """The language of answers: `papers`, as the papers are written; `question`, as the question is; or a
    name. What is not the papers' is translated sentence by sentence, after it was proven."""
    thinking: str = "auto"
    """Whether the model thinks before it answers: `on`, `off`, or `auto`, as it does by itself."""
    thinking_budget: int | None = None
    """Tokens of thinking at most; then it is asked to answer without."""
    thinking_style: str = "auto"
    """How the endpoint is told to think or not; `auto`: by its address, then by what it refuses."""
    guard: str = "off"
    """Whether a moderation endpoint looks at questions and answers: `off`; `loose`, what it calls unsafe is
    stopped; `strict`, what it calls controversial too."""
    guard_url: str | None = None
    """That endpoint: an OpenAI-compatible one that serves Qwen3Guard-Gen, or one that has `/moderations`."""
    guard_model: str | None = None
    """The guard's name at that endpoint."""
    guard_api_key: Secret | None = None
    """That endpoint's key."""
    guard_on_error: str = "closed"
    """What happens if the guard fails: `closed`, nothing is answered; `open`, answers go on without it."""
    embedding_base_url: str | None = None
    """An OpenAI-compatible embeddings endpoint, instead of the embedder that is built in."""
    embedding_model: str | None = None
    """The embedder's name at that endpoint."""
    embedding_api_key: Secret | None = None
    """That endpoint's key."""
    embedding_path: Path | None = None
    """The folder of an ONNX embedder, instead of the one that is built in."""
    embedding_dimensions: int | None = None
    """Numbers of a vector from the endpoint, for Matryoshka models; all of them, if not set."""
    embedding_query_instruction: str | None = None
    """What a query is for, told to the embedder at the endpoint as `Instruct: …`, "" or `none`: nothing. If
    not set, what Qwen3-Embedding wants, and nothing for others."""
    embedding_rate: float | None = None
    """Requests a minute that the embeddings endpoint gets at most."""
    embedding_price: float | None = None
    """What a million tokens cost there: large jobs are then told with their cost, and asked for."""
    rerank_path: Path | None = None
    """The folder of an ONNX cross-encoder that puts found papers in order again."""
    rerank_url: str | None = None
    """A rerank endpoint that does so: what stands before `/rerank`."""
    rerank_model: str | None = None
    """The reranker's name at that endpoint."""
    rerank_api_key: Secret | None = None
    """That endpoint's key."""
    rerank_depth: int = 20
    """Papers at most that a reranker reads for a search."""
    chroma_url: str | None = None
    """A Chroma server, instead of Chroma in this process."""
    chroma_token: Secret | None = None
    """What is sent to it as `X-Chroma-Token`: Chroma Cloud's key."""
    chroma_headers: tuple[tuple[str, Secret], ...] = ()
    """Headers that go with each request to it, for a proxy that asks who is there: a line `Name: value` each,
    or a table."""
    chroma_tenant: str | None = None
    """The tenant that its collections are in; Chroma's default, if not set."""
    chroma_database: str | None = None
    """The database that they are in; Chroma's default, if not set."""
    save_sessions: bool = True
    """Conversations are kept as they happen, in `sessions.sqlite3` under `home`."""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where each setting came from, for people: "--model", "CHATBOT_MODEL", a file's path, "default"."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What a person should know about these settings: keys held back, variables that look misspelt."""


NAMES = tuple(entry.name for entry in fields(Settings) if entry.name not in ("origins", "notes"))


_KINDS: dict[str, kinds.Kind] = {
    "home": kinds.path,
    "cache": kinds.path,
    "collection": kinds.collection,
    "base_url": kinds.url,
    "model": kinds.text,
    "api_key": kinds.secret,
    "window": kinds.whole(256, 100_000_000),
    "max_tokens": kinds.whole(1, 1_000_000),
    "timeout": kinds.number(0.1, 86_400),
    "deadline": kinds.number(0.1, 86_400),
    "context": kinds.whole(512, 10_000_000),
    "idle": kinds.number(1, 31_536_000),
    "papers": kinds.whole(1, 1_000),
    "packing": kinds.one_of("auto", "packed", "whole"),
    "verifier": kinds.one_of("auto", "fast", "model"),
    "nli_path": kinds.path,
    "nli_url": kinds.url,
    "nli_model": kinds.text,
    "nli_api_key": kinds.secret,
    "policy": kinds.one_of("flag", "strict", "off"),
    "style": kinds.one_of("short", "detailed", "list", "table"),
    "audience": kinds.short_text(200),
    "answer_language": kinds.tongue,
    "thinking": kinds.one_of("auto", "on", "off"),
    "thinking_budget": kinds.whole(1, 1_000_000),
    "thinking_style": kinds.one_of(
        "auto",
        "vllm",
        "sglang",
        "llamacpp",
        "template",
        "dashscope",
        "openai",
        "openrouter",
        "ollama",
        "prompt",
        "none",
    ),
    "guard": kinds.one_of("off", "loose", "strict"),
    "guard_url": kinds.url,
    "guard_model": kinds.text,
    "guard_api_key": kinds.secret,
    "guard_on_error": kinds.one_of("open", "closed"),
    "embedding_base_url": kinds.url,
    "embedding_model": kinds.text,
    "embedding_api_key": kinds.secret,
    "embedding_path": kinds.path,
    "embedding_dimensions": kinds.whole(1, 100_000),
    "embedding_query_instruction": kinds.optional_text,
    "embedding_rate": kinds.number(0.1, 1_000_000),
    "embedding_price": kinds.number(0, 1_000_000),
    "rerank_path": kinds.path,
    "rerank_url": kinds.url,
    "rerank_model": kinds.text,
    "rerank_api_key": kinds.secret,
    "rerank_depth": kinds.whole(1, 200),
    "chroma_url": kinds.url,
    "chroma_token": kinds.secret,
    "chroma_headers": kinds.headers,
    "chroma_tenant": kinds.text,
    "chroma_database": kinds.text,
    "save_sessions": kinds.switch,
}


@dataclass(frozen=True, slots=True)
class _Found:
    """A value as it was given, where, and the folder it is relative to if it is a path."""

    value: object
    origin: str
    folder: Path


def load(flags: Mapping[str, object], env: Mapping[str, str], cwd: Path) -> Settings:
    """The settings of one run.

    `flags` by setting name, None where a flag was not given; `env` is the environment; `cwd` where
    chatbot.toml is looked for first. Raises SettingsError naming the flag, variable or file, what is wrong
    with it and what is right.
    """
    found: dict[str, _Found] = {}
    for name, value in flags.items():
        if name not in NAMES:
            raise SettingsError(f"There is no setting {name}.{nearest(name, NAMES)}")
        if value is not None:
            found[name] = _Found(value, _flag(name), cwd)
    for name in NAMES:
        for variable in (_variable(name), _OPENAI.get(name, "")):
            if env.get(variable, "").strip():
                found.setdefault(name, _Found(env[variable].strip(), variable, cwd))
    home = _home(found.get("home"))
    here = {name: _Found(value, str(cwd / FILE), cwd) for name, value in _read(cwd / FILE).items()}
    trusted = {name: _Found(value, str(home / FILE), home) for name, value in _read(home / FILE).items()}
    if cwd.resolve() == home.resolve():
        here = {}
    found = {**trusted, **here, **found}
    notes = [*_misspelt(env), *_hold_back(found, here)]
    values = {name: _parse(name, given) for name, given in found.items()}
    origins = {name: found[name].origin if name in found else "default" for name in NAMES}
    return Settings(
        **{"cache": home / "models", **values, "home": home},  # type: ignore[arg-type]
        origins=MappingProxyType(origins),
        notes=tuple(notes),
    )


def _home(given: _Found | None) -> Path:
    if given is not None:
        path = _parse("home", given)
        if isinstance(path, Path):
            return path
    import platformdirs

    try:
        return Path(platformdirs.user_data_dir("chatbot", appauthor=False))
    except RuntimeError as error:
        raise SettingsError(
            "There is no home directory to keep things in. Set CHATBOT_HOME to a folder of yours."
        ) from error


def _read(path: Path) -> dict[str, object]:
    """What a chatbot.toml sets. None there: nothing."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        values = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}. Mend or remove it.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text. Save it as UTF-8.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f'{path} is no TOML: {error}. A line looks like: model = "qwen3"') from error
    if "home" in values:
        raise SettingsError(f"{path}: home can't be set in a file. Use --home or CHATBOT_HOME.")
    for name in values:
        if name not in NAMES:
            raise SettingsError(f"{path}: there is no setting {name!r}.{nearest(name, NAMES)}")
    return values


def _hold_back(found: dict[str, _Found], here: Mapping[str, _Found]) -> list[str]:
    """Remove keys that were not meant for the address they would go to; say so.

    `here` is what the file in the working directory sets, if it may be somebody else's: a key of its own is
    the right one for its address, whatever else is set.
    """
    notes = []
    for key, address in _KEYS.items():
        if key not in found:
            continue
        origin, there = found[key].origin, found.get(address)
        if there is None or not there.value:
            notes.append(
                f"{origin} is set but not used: there is no address it is for. Set {_variable(address)}."
            )
            del found[key]
        elif there is here.get(address) and key in here:
            found[key] = here[key]
        elif there is here.get(address) and not is_loopback(str(there.value)):
            notes.append(
                f"{origin} is not sent to {shown(str(there.value))}: that address comes from {there.origin}, "
                f"which may not be yours. Set {_variable(address)}, or put the key into the same file."
            )
            del found[key]
    return notes


def _misspelt(env: Mapping[str, str]) -> list[str]:
    """Variables of ours that look like a setting and are none. Others may be meant for tests or tools."""
    variables = [_variable(name) for name in NAMES]
    strange = sorted(name for name in env if name.startswith("CHATBOT_") and name not in variables)
    near = ((name, difflib.get_close_matches(name, variables, 1, 0.85)) for name in strange)
    return [f"{name} is no setting. Did you mean {match[0]}?" for name, match in near if match]


def _parse(name: str, given: _Found) -> object:
    try:
        return _KINDS[name](given.value, given.folder)
    except ValueError as error:
        value = "***" if name in _KEYS else re.sub("//[^/]*@", "//***@", repr(given.value))
        where = f"{given.origin}: {name}" if given.origin.endswith(FILE) else given.origin
        raise SettingsError(f"{where} can't be {value[:100]}: it has to be {error}.") from error


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _variable(name: str) -> str:
    return f"CHATBOT_{name.upper()}"
