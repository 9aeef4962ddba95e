"""What a paper's sentences plainly say about a topic, by words and without a model.

A sentence says it plainly only if it speaks of the paper's own work, has all words of the topic near each
other behind a verb that means the same, and denies nothing. That is little; everything else that shares
half of the topic's words, or is near it in meaning, may say it. Silence says no.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.topics.verbs import GENERIC, alike
from chatbot.values import Topic
from store.keywords import content_stems, stems
from store.records import Paper, Sentence
from store.search import SentenceScore

# From these on a sentence may say it: half of the topic's words, weighted by their rarity; two of three of
# them, whatever their rarity; a cosine (bge-small-en-v1.5). Chosen on the half "tune" of
# bench/questions/topics.jsonl.
SHARE = 0.5
NEAR = 0.7
MOSTLY = 0.66
# Words between the first and the last of a topic's, beside those: "a new, fully open and multilingual
# dataset".
_BETWEEN = 7
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_OWN = re.compile(
    r"\b(?:we|our|ours|this (?:\w+ ){0,2}(?:paper|work|report|study|article|survey))\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"\b(?:not|no|cannot|without|unlike|instead of|rather than|fails? to|previous|prior|existing|earlier"
    r"|conventional|current|traditional|most works?|recent advances?)\b",
    re.IGNORECASE,
)
# What ends the phrase that a verb governs: "we introduce X, which improves the dataset".
_BREAK = frozenset("which that who whose while whereas by for to when where and using".split())  # noqa: SIM905
# Words that make no difference to whether a paper belongs.
_LIGHT = frozenset(
    "a an the new novel own several various many large paper papers work works method methods".split()  # noqa: SIM905
)
_ARTICLES = ("the", "a", "an", "our", "its")


@dataclass(frozen=True, slots=True)
class Looked:
    """What words tell of a paper: `plain` or `perhaps`, else it does not belong; and its nearest sentence.

    `ranked` are its sentences, those that bear most on the topic first.
    """

    plain: bool
    perhaps: bool
    sentence: Sentence
    ranked: tuple[Sentence, ...]


def telling(topic: Topic) -> str:
    """The words of a topic that tell papers apart; all of them, if none does."""
    words = topic.words.split()
    rest = words[1:] if topic.verb in GENERIC else words
    return " ".join(word for word in rest if word.lower() not in _LIGHT) or topic.words


def spelt(topic: Topic, sentence: str) -> str:
    """The sentence, an abbreviation of the topic's words in it spelt out: "RL" for reinforcement learning."""
    words = re.split(r"[\s-]+", telling(topic))
    for length in range(2, len(words) + 1):
        for start in range(len(words) - length + 1):
            run = words[start : start + length]
            short = "".join(word[:1] for word in run).upper()
            sentence = re.sub(rf"\b{re.escape(short)}s?\b", f"{short} ({' '.join(run)})", sentence)
    return sentence


def look(
    topic: Topic, paper: Paper, sentences: Sequence[Sentence], scores: Sequence[SentenceScore]
) -> Looked | None:
    """What the sentences say; `scores` are theirs for `telling(topic)`. None if there is no sentence."""
    if not sentences:
        return None
    order = sorted(
        zip(sentences, scores, strict=True),
        key=lambda each: (-(each[1].lexical + (each[1].vector or 0.0)), each[0].number),
    )
    ranked = tuple(sentence for sentence, _ in order)
    names = [name for name in (paper.label, paper.title) if name and len(name.split()) <= 4]
    plain = next((each for each in ranked if says(topic, each.readable, names)), None)
    wanted = content_stems(telling(topic))
    perhaps = any(
        score.lexical >= SHARE
        or len(wanted & said) >= MOSTLY * len(wanted) > 0
        or (score.vector is not None and score.vector >= NEAR)
        for (_, score), said in zip(
            order, stems([spelt(topic, each.readable) for each in ranked]), strict=True
        )
    )
    return Looked(plain is not None, perhaps, plain or ranked[0], ranked)


def says(topic: Topic, sentence: str, names: Sequence[str] = ()) -> bool:
    """Whether the sentence plainly says it of its own paper, which goes by `names`."""
    own = _OWN.search(sentence) or any(name in sentence for name in names)
    if not own or _OTHERS.search(sentence):
        return False
    spoken = [word.lower() for word in _WORD.findall(spelt(topic, sentence))]
    stemmed = stems(spoken)
    rest = topic.words.split(maxsplit=1)[1] if topic.verb else topic.words
    wanted = content_stems(" ".join(word for word in rest.split() if word.lower() not in _LIGHT))
    wanted = wanted or content_stems(rest)
    if not topic.verb:
        return any(_near(stemmed[start:], wanted, None) for start in range(len(stemmed)))
    # "builds on" is another verb than "builds".
    same = (
        (topic.verb,)
        if rest.split()[0].lower() in ("on", "upon", "from", "to", "with", "in")
        else alike(topic.verb)
    )
    verbs = frozenset[str]().union(*stems(list(same)))
    return any(
        stemmed[place] & verbs
        and not (place and spoken[place - 1] in _ARTICLES)  # "the proposed approach"
        and _near(stemmed[place + 1 :], wanted, spoken[place + 1 :])
        for place in range(len(stemmed))
    )


def _near(following: Sequence[frozenset[str]], wanted: frozenset[str], spoken: Sequence[str] | None) -> bool:
    """Whether all of the words follow soon; with `spoken`, before the phrase is over."""
    missing = set(wanted)
    for place, own in enumerate(following[: len(wanted) + _BETWEEN]):
        if spoken is not None and spoken[place] in _BREAK and place:
            return False
        missing -= own
        if not missing:
            return True
    return False
