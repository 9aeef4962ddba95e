"""Short names for papers without a title: the name an abstract gives its own contribution.

The patterns are those of abstracts at large ("we introduce X, a …", "Long Name (ACRO)", "a method called
X"), not of any collection. A name is believed only where the text brings it as its own: what a paper
compares with, builds on or is evaluated on is no candidate. No name is better than a wrong one.
`bench/labels.py` measures how often that works, against titles of the form "Name: rest".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from store.latex import readable
from store.sentences import split

_LABEL_WORDS = 8
_LABEL_LENGTH = 72
_LONGEST_NAME = 5
# A candidate must reach this; tuned on half of the records of `bench/labels.py`.
_ENOUGH = 2.0

_WORD = r"[^\W_][\w.+*@/^&'’\-–²³∞]{0,48}[\w+*²³∞!]|[^\W_]"
_OWN = re.compile(
    r"\b(?:we|this (?:\w+ ){0,2}?(?:paper|work|report|study|article|thesis|manuscript|survey|letter|research"
    r"|effort|poster|demo)"
    r"|(?:the|our) (?:paper|work|study|poster|demo)|authors)\b[^.;:]{0,70}?"
    r"\b(?P<verb>introduc|propos|present|develop|releas|describ|creat|construct|design|open-sourc|unveil"
    r"|contribut|establish|publish|offer|formulat|devis|curat|launch|built|build|collect|synthesi[sz]e)"
    r"(?:e|es|ed|s|ing|t)?\b(?: and \w+| here| in this (?:paper|work))?:?\s+",
    re.IGNORECASE,
)
# A verb of presenting is the authors' own even where its subject stands far off.
_ALSO_OWN = re.compile(r"(?<!et al\. )(?<!they )\b(?P<verb>propos|introduc|present)(?:e|es|ing)\b:?\s+")
_MAIN_VERBS = ("introduc", "propos", "present", "unveil")
_SECONDARY = re.compile(
    r"\b(?:also|further|furthermore|additionally|moreover|addition|finally|lastly)\b", re.IGNORECASE
)
_CALLED = re.compile(
    r"\b(?:called|named|dubbed|termed|namely|coined|denoted(?: as| by)?|referred to as"
    r"|refer to (?:it |this \w+ )?as"
    r"|entitled|titled|codenamed|call(?: it| this(?: \w+){0,2}| our(?: \w+){1,2})?"
    r"|name(?: it| this \w+)|dub(?: it| this \w+)?|term(?: it| this \w+)?)(?: as)?[:,]? ",
)
_PASSIVE = re.compile(
    rf"(?P<name>{_WORD})(?: \([^()]{{2,80}}\))?,? (?:is|are|was|has been) (?:\w+ )?"
    r"(?:introduced|proposed|presented|developed|designed)\b"
)
_IS_NEW = re.compile(
    rf"(?P<name>{_WORD})(?: \([^()]{{2,80}}\))? (?:is|are) (?:an?|the first|our) (?:\w+[\s-]){{0,3}}?"
    r"(?:new|novel|open-source|method|framework|model|benchmark|dataset|system|approach|tool|library|toolkit)\b"
)
_OUR = re.compile(
    r"\b[Oo]ur (?:[\w-]+ ){0,4}?(?:method|framework|model|approach|system|benchmark|dataset|algorithm|"
    r"tool|pipeline|"
    r"solution|technique|agent|architecture|library|platform|corpus|strategy)s?,? (?:\(|— ?|– ?)?"
)
_ARTICLE = re.compile(r"(?:an?|one|two|three|four|several|some|new|novel)\b", re.IGNORECASE)
_DETERMINER = re.compile(
    r"(?:the|our|its|their)\s+(?:(?:novel|new|first|open|latest|proposed)\s+)*", re.IGNORECASE
)
_CONNECTOR = re.compile(
    r" (?:of|and|for|the|with|in|via|to|by|as|on|from|a|an|through|without|is|are) (?=[A-Z])"
)
# Where the noun phrase that a verb brings is over.
_PHRASE_END = re.compile(
    r"\b(?:that|which|to|by|using|based on|built on|for|where|while|with|whose|in order|across|from|via|"
    r"through|so|on|"
    r"against|under|inspired|trained|capable|compared|such as|like|including|where|when|it|we)\b|[.;]\s"
)
_FIRST_PERSON = re.compile(r"\b(?:we|our|this)\b", re.IGNORECASE)
_APPOSITION = re.compile(r"(?:[,:–—]|--| -|\()\s*(?:the |namely |i\.e\.,? )?")
_KINDS = (
    r"(?:framework|method|methodology|model|benchmark|dataset|system|approach|algorithm|tool|toolkit|library|pipeline|"
    r"corpus|architecture|agent|technique|platform|paradigm|strategy|mechanism|network|suite|family|series|metric|"
    r"baseline|task|challenge|environment|engine|protocol|language|simulator|collection|models|datasets|benchmarks|loss|module)"
)
_KIND = re.compile(rf"\b{_KINDS}\s")
# "a novel X framework"
_BEFORE_KIND = re.compile(rf"(?:an?|the|our) (?:[a-z][\w-]*,? ){{0,4}}(?P<name>{_WORD}) {_KINDS}\b")
_IN_PARENTHESIS = (
    r"\s*\$?\(\s*(?:(?:or|i\.e\.,?|abbreviated as|called|dubbed|termed|denoted as|abbr\.) )?[\"“‘'`]*"
    rf"(?P<name>{_WORD})[\"”’'`]*\s*[),;](?!-\w)"
)
_PARENTHESIS = re.compile(_IN_PARENTHESIS)
_NEAR_PARENTHESIS = re.compile(r"(?: [a-z][a-z\-]+){0,2}" + _IN_PARENTHESIS)
# What follows a name that the text sets apart.
_APART = re.compile(r"[\"”’'`]*(?:\s*[,:;(–—)]|\s*$|\.|\s+(?:is|are|that|which|to|for|series|family)\b)")
# What every field's abstracts are full of, and no paper calls its own any more.
_COMMON = frozenset(
    word
    for line in (
        "ai ml rl nlp llm llms vlm vlms mllm mllms lmm lmms lvlm lvlms slm slms cot rag gpu gpus cpu cpus",
        "cnn cnns gan gans rnn rnns gnn gnns dnn dnns nn mlp lstm vit vits bert gpt gpt-4 gpt-4o clip sam",
        "rlhf sft dpo ppo grpo moe moes api apis qa vqa ood 2d 3d 4d 5g 6g iot uav uavs mri ct eeg ecg",
        "pde pdes ode odes mdp mdps ssl tts asr ocr kg kgs ehr fl dp sota xai agi hpc fpga fpgas sql json",
        "xml html pdf ir ner ddpm nerf svm pca mcmc mcts mpc slam bev ar vr xr hci sdk prm prms orm lora",
        "peft kv icl mcp mas gui guis rgb ui cv dl ann snn snns gp gps u-net transformer mamba i ii iii",
        "bayesian gaussian riemannian euclidean python github markov",
    )
    for word in line.split()
)
_GENERIC_TAIL = frozenset(
    [
        "series",
        "family",
        "models",
        "model",
        "suite",
        "framework",
        "benchmark",
        "dataset",
        "method",
        "algorithm",
        "system",
    ]
)


def label(abstract: str) -> str:
    """The derived name, else the abstract's first words (about eight, with an ellipsis)."""
    name = derive(abstract)
    if name is not None:
        return name
    words = readable(abstract).split(" ")
    first = " ".join(words[:_LABEL_WORDS])
    if len(first) > _LABEL_LENGTH:
        first = first[:_LABEL_LENGTH].rsplit(" ", 1)[0]
    cut = len(first) < len(" ".join(words))
    return first.rstrip(" ,;:.") + "…" if cut else first


def derive(abstract: str) -> str | None:
    """The name an abstract gives its own contribution, as it stands in the readable abstract; else None."""
    text = readable(abstract)
    best: tuple[float, str] | None = None
    seen = ""
    # A dash of old typists': "X-a framework that".
    for sentence in split("", re.sub(r"(?<=\w)-(?=(?:an?|the) [a-z])", " - ", abstract)):
        for strength, candidate in _candidates(sentence.readable):
            name = _trimmed(candidate)
            if (
                len(name) < 2
                or name.lower() in _COMMON
                or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", seen)
            ):
                continue
            again = len(re.findall(rf"(?<![\w-]){re.escape(name)}(?!\w)", text)) - 1
            score = strength + min(again, 4) * 0.25
            if score >= _ENOUGH and (best is None or score > best[0]):
                best = (score, name)
        seen += " " + sentence.readable
    return best[1] if best else None


def _candidates(sentence: str) -> Iterator[tuple[float, str]]:
    """Names that the sentence brings as its authors' own, each with how strongly it does."""
    own = {found.end(): found for pattern in (_ALSO_OWN, _OWN) for found in pattern.finditer(sentence)}
    for found in own.values():
        strength = 3.0 if found.group("verb").lower().startswith(_MAIN_VERBS) else 2.2
        if found.re is _ALSO_OWN:
            strength = 2.4
        if _SECONDARY.search(sentence[: found.end()]):
            strength -= 1.0
        for sureness, name in _brought(sentence[found.end() :]):
            yield strength * sureness, name
    for found in _CALLED.finditer(sentence):
        called = _named(sentence[found.end() :], anything=True)
        if called is not None and (any(map(_is_coined, called.split(" "))) or _FIRST_PERSON.search(sentence)):
            yield 2.2, called
    for found in _OUR.finditer(sentence):
        ours = _named(sentence[found.end() :])
        if ours is not None and len(ours.split()) == 1:
            yield 2.0, ours
    for pattern in (_PASSIVE, _IS_NEW):
        for found in pattern.finditer(sentence):
            if _is_coined(found.group("name")):
                yield (2.0 if pattern is _PASSIVE or found.start() == 0 else 1.0), found.group("name")


def _brought(rest: str) -> Iterator[tuple[float, str]]:
    """Names at the head of the noun phrase `rest` begins with."""
    if not _ARTICLE.match(rest):
        determiner = _DETERMINER.match(rest)
        name = _named(rest[determiner.end() :] if determiner else rest)
        if name is not None:
            yield (0.9 if determiner else 1.0), name
            return
    end = _PHRASE_END.search(rest, 1)
    phrase = rest[: end.start()] if end else rest
    for found in _PARENTHESIS.finditer(rest[: len(phrase) + 1]):
        if _abbreviates(found.group("name"), rest[: found.start()]):
            yield 0.9, found.group("name")
            return
    before = _BEFORE_KIND.match(rest)
    if before and _is_coined(before.group("name")):
        yield 0.75, before.group("name")
    for pattern, sureness in ((_APPOSITION, 0.9), (_KIND, 0.8)):
        for found in pattern.finditer(phrase):
            name = _named(rest[found.end() :])
            if name is not None and _is_coined(name.split(" ")[0]) and _stands_alone(rest, found.end(), name):
                yield sureness, name
                return


def _named(rest: str, anything: bool = False) -> str | None:
    """The name that `rest` starts with, if it starts with one: "X", "Long Name,", "Long Name (X)"."""
    lead = re.match(r"[\"“‘'`{\s]*(?:(?:the|an?) )?[\"“‘'`{]*", rest)
    rest = rest[lead.end() :] if lead else rest
    run = _run(rest)
    after = rest[len(run) :]
    parenthesis = _NEAR_PARENTHESIS.match(after)
    if parenthesis and run and _abbreviates(parenthesis.group("name"), run):
        return parenthesis.group("name")
    if not run and anything:
        words = re.match(rf"(?:(?:{_WORD}) ){{0,6}}(?:{_WORD})(?=\s*\()", rest)
        parenthesis = _PARENTHESIS.match(rest, words.end()) if words else None
        if words and parenthesis and _abbreviates(parenthesis.group("name"), words.group()):
            return parenthesis.group("name")
    if not run:
        return None
    count = len(run.split(" "))
    if count > _LONGEST_NAME:
        return None
    apart = _APART.match(after)
    if _is_coined(run.split(" ")[0]) or (count > 1 and any(map(_is_coined, run.split(" ")))):
        return run if count == 1 or apart else next(filter(_is_coined, run.split(" ")))
    return run if apart and (anything or re.match(r"[\"”’'`]*(?:,|:| \(| –| —)", after)) else None


def _run(rest: str) -> str:
    """The capitalised words that `rest` starts with, small words between them included."""
    found = re.match(_WORD, rest)
    if found is None or not _is_capital(found.group()):
        return ""
    end = found.end()
    while True:
        connector = _CONNECTOR.match(rest, end)
        following = re.compile(_WORD).match(rest, connector.end() if connector else end + 1)
        if connector and " " not in rest[:end] and _is_coined(rest[:end]):
            break
        if following is None or not (connector or rest[end] == " ") or not _is_capital(following.group()):
            break
        end = following.end()
    return rest[:end]


def _is_capital(word: str) -> bool:
    return word[0].isupper() or _is_coined(word)


def _is_coined(word: str) -> bool:
    """Whether a word looks made up: capitals inside, several of them, or one beside a digit."""
    if word.lower() in _COMMON or re.search(r"[-–](?!v\d)[a-z]{2,}$", word):
        return False
    return bool(
        re.search(r"[a-z][A-Z]|[A-Z].*[A-Z]|[A-Z].*\d|\d.*[A-Z]|^[a-z]-?[A-Z]", word)
        and not re.fullmatch(r"[A-Z]+s|\d+[A-Z]{1,2}", word)
    )


def _abbreviates(name: str, words: str) -> bool:
    """Whether the letters of `name` come, in order, from the words before it, starting at a word's start."""
    if not _is_coined(name) and not (name[0].isupper() and len(name) > 2):
        return False
    letters = [char for char in name.lower() if char.isalnum()]
    parts = re.split(r"[\s\-–]+", words.lower())[-9:]
    for first, part in enumerate(parts):
        if part.lstrip("\"“‘'`(")[:1] == letters[0]:
            source = iter("".join(parts[first:]))
            if sum(char in source for char in letters) >= max(2, len(letters) - 1):
                return True
    return False


def _stands_alone(rest: str, position: int, name: str) -> bool:
    start = rest.find(name, position)
    after = rest[start + len(name) :]
    return bool(_APART.match(after) or re.match(r"\s+(?:and|with|by|in|on)\b", after))


def _trimmed(name: str) -> str:
    words = name.strip(" .,;:'\"").split(" ")
    while len(words) > 1 and words[-1].lower() in _GENERIC_TAIL:
        words.pop()
    return re.sub(r"[’']s$", "", " ".join(words))
