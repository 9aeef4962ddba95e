"""Named things: what a sentence calls by name, and whether evidence names it too.

A name is a token that ordinary prose does not spell so: inner capitals, digits joined to letters, all
capitals (GSPO, Qwen2.5-1M, AlpacaEval-2, WebSailor), or a capitalised word inside a sentence. An acronym
and its definition, "Group Sequence Policy Optimization (GSPO)", are one name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from chatbot.verifying.normal import normal

_TOKEN = re.compile(r"[^\W_](?:[\w.@+/'-]*[^\W_])?\+*")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_COINED = re.compile(r"^(?=.*[A-Za-z])(?:.*[a-z].*[A-Z]|[A-Z]{2,}|.*[A-Z].*\d|[a-z]+\d|.*\d-?[A-Z])")
# 32B, 128K and 3D are quantities and words; so are hyphenated ones in which only the head is a capital.
_SIZE = re.compile(r"^\d+(?:\.\d+)?(?:[kKMBTxX]|[a-z]+)?$|^\d+-[a-z]+$|^\d[Dd]$")
_ORDINARY = frozenset(
    {
        "I",
        "A",
        "An",
        "The",
        "In",
        "On",
        "At",
        "Of",
        "For",
        "To",
        "And",
        "Or",
        "But",
        "With",
        "It",
        "We",
        "Our",
    }
    | {"This", "That", "These", "Those", "Its"}
)
_DEFINITION = re.compile(r"((?:[A-Za-z][\w-]*\s+){1,8})\(([A-Z][\w-]{1,14}?)s?\)")
_SENTENCE_HEAD = re.compile(r"([A-Z][A-Za-z]+)\s")
_SENTENCE_START = re.compile(r"(?:^|[.!?:]\s+|\(\d+\)\s*|^\W+)$")


# Greek letters are written out as often as not: IFN-γ, IFN-gamma.
_GREEK = {
    code: unicodedata.name(chr(code)).split()[-1].lower().replace("lamda", "lambda")
    for code in range(ord("α"), ord("ω") + 1)
}


def key(name: str) -> str:
    """How names are compared: small letters and digits only, Greek ones written out, a plural s of an acronym
    gone."""
    folded = re.sub(r"[^\w.]|_", "", normal(name).lower().translate(_GREEK))
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded


@lru_cache(maxsize=4096)
def names(text: str) -> tuple[str, ...]:
    """The names a text uses, as written, each once, in order."""
    text = normal(text)
    found: dict[str, str] = {}
    headline = _headline(text)
    for match in _TOKEN.finditer(text):
        word = re.sub(r"'s?$", "", match.group())
        if _is_name(word, text[: match.start()]) and not (headline and word.istitle()):
            for part in _parts(word):
                found.setdefault(key(part), part)
    return tuple(found.values())


def _headline(text: str) -> bool:
    """Whether the text Is Written Like This: then a capital shows nothing."""
    long = [match.group() for match in _TOKEN.finditer(text) if len(match.group()) > 3]
    return len(long) >= 4 and sum(word[0].isupper() for word in long) >= 0.8 * len(long)


def _is_name(word: str, before: str) -> bool:
    if _SIZE.match(word) or word in _ORDINARY or _CJK.search(word):
        return False
    if _COINED.match(word):
        return True
    # A capital at a sentence's head, or in the head of a hyphenated word, shows nothing.
    return word[0].isupper() and len(word) > 1 and not _SENTENCE_START.search(before[-12:])


def _parts(word: str) -> list[str]:
    """ "Llama-3/GPT-4o" are two names."""
    return [part for part in word.split("/") if part] if "/" in word else [word]


@lru_cache(maxsize=4096)
def definitions(text: str) -> tuple[tuple[str, str], ...]:
    """(acronym, long form) of every acronym that the text defines behind its long form."""
    pairs = []
    for match in _DEFINITION.finditer(normal(text)):
        words = match[1].split()
        capitals = sum(character.isupper() for character in match[2])
        long = " ".join(words[-max(capitals, 1) :])
        initials = "".join(part[0] for word in words for part in word.split("-") if part).upper()
        if match[2][0].upper() in initials:
            pairs.append((match[2], long))
    return tuple(pairs)


def missing_names(claim: str, evidence: Iterable[str], known: Iterable[str] = ()) -> tuple[str, ...]:
    """The names of `claim` that no evidence text says, in any spelling; `known` names are granted.

    An acronym is granted where the evidence gives its long form, and the other way round, if `claim`,
    the evidence or a known text defines it; and where the claim itself gives the long form, whose words are
    then looked for.
    """
    texts = [normal(text) for text in evidence]
    granted = [normal(text) for text in known]
    spoken = {spelling for text in [*texts, *granted] for spelling in _spellings(text)}
    said = key(" ".join([*texts, *granted]).replace(" ", ""))
    pairs = [pair for text in [claim, *texts, *granted] for pair in definitions(text)]
    own = {key(acronym) for acronym, _ in definitions(claim)}
    missing = []
    for name in names(claim):
        folded = key(name)
        if folded in spoken or folded in own or _parts_spoken(name, spoken):
            continue
        if any(_defines(pair, folded, said) for pair in pairs) or _joined(name, claim) & spoken:
            continue
        missing.append(name)
    if (head := _SENTENCE_HEAD.match(normal(claim))) and _only_with_number(head[1], texts, spoken):
        missing.insert(0, head[1])
    return tuple(missing)


def _only_with_number(word: str, texts: Iterable[str], spoken: set[str]) -> bool:
    """Whether the evidence knows a sentence's first word only as the head of a name: Alpha of "Alpha-7"."""
    return key(word) not in spoken and any(re.search(rf"\b{word}-?\d", text) for text in texts)


def _parts_spoken(name: str, spoken: set[str]) -> bool:
    """Whether a compound's parts are all spoken of: RANK-RANKL. A part of one letter or digit is none."""
    parts = [key(part) for part in name.split("-")]
    return len(parts) > 1 and all(len(part) > 2 and part in spoken for part in parts)


def _joined(name: str, claim: str) -> frozenset[str]:
    """The name with the tokens behind it as one word: "Qwen2.5 72B" is said by "Qwen2.5-72B"."""
    tokens = [match.group() for match in _TOKEN.finditer(normal(claim))]
    places = [at for at, token in enumerate(tokens) if token == name]
    return frozenset(key("".join(tokens[at : at + size])) for at in places for size in (2, 3))


@lru_cache(maxsize=4096)
def _spellings(text: str) -> frozenset[str]:
    """How the names of a text may be spelled: its tokens, up to three in a row as one ("Alpaca Eval 2"), and
    the head of a token with an ordinary tail ("GRPO-based"). Qwen3 is not said by "Qwen3-VL"."""
    tokens = [match.group() for match in _TOKEN.finditer(normal(text))]
    parts = [part for token in tokens for part in _parts(re.sub(r"'s?$", "", token))]
    found = {key("".join(parts[at : at + size])) for size in (1, 2, 3) for at in range(len(parts))}
    heads = (re.fullmatch(r"(.+?)((?:-[a-z]+)+)", part) for part in parts)
    return frozenset(found | {key(head[1]) for head in heads if head})


def _defines(pair: tuple[str, str], folded: str, said: str) -> bool:
    acronym, long = key(pair[0]), key(pair[1].replace(" ", ""))
    if folded == acronym:
        return long in said
    return folded in {key(word) for word in pair[1].split()} and acronym in said
