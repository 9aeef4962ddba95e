"""One paper judged for a topic: by a model where one is asked, by rules else.

The model is asked yes or no about the abstract; where that is no clear no, about the paper's nearest
sentences, one at a time. Sure is only a paper of which a sentence is shown to say it: by a clear yes to that
sentence, or by the rules. A yes without such a sentence, a doubtful answer, and a yes about an abstract that
looks like instructions to a program are uncertain; so is the yes of a model on this machine about a paper
none of whose words speak for it. Read are the odds of the first token; an endpoint that tells none is asked
for the word.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import prompts
from chatbot.constrained import answered
from chatbot.evidence import as_data
from chatbot.model import ChatModel, Message
from chatbot.proving import as_evidence, passage
from chatbot.topics.kept import Judgement, Kept, Key, Reply
from chatbot.topics.rules import Looked, look, telling
from chatbot.values import JudgedBy, Standing, Topic, TopicPaper
from chatbot.verifying import passage_text, yes_odds
from store.collection import Collection
from store.records import Paper, Sentence
from store.suspicion import suspicions

# Natural log-odds. A small model leans to a yes or a no by the wording of the question alone: asked "Is the
# paper about long context?" of the price of grain, Qwen2.5-Coder 1.5B says yes with odds of 1.5. So it is
# asked about NEUTRAL texts first, and what it says of a paper is held against the median of that (contextual
# calibration, Zhao et al. 2021). A clear yes is YES and CLEAR above the median, a clear no is NO or not LEANS
# above it. Chosen on the half "tune" of bench/questions/topics.jsonl; bench/results/topics.md says how well.
YES = 2.0
NO = -2.0
CLEAR = 2.2
LEANS = 1.3
NEUTRAL = (
    "The committee met on a rainy Tuesday and agreed to meet again in spring.",
    "Bees find their way home by the position of the sun.",
    "We describe the restoration of a medieval bridge and the stones that were used for it.",
    "N/A",
    "Grain prices in three ports are compared over two centuries, from the records of merchants.",
)
"""Texts that nobody asks a collection of papers about."""
# Sentences of a paper that a model is asked about, at most: each is one short prompt.
_SENTENCES = 3
# Of an abstract, a model on this machine is shown so many words, the sentences that bear most on the topic:
# every token costs time there (13 ms with a 1.5B on two cores). The first sentence, mostly of others' work,
# has no lead.
_LOCAL_WORDS = 110
# What must stay free of a model's window beside the abstract: the examples, the question, the reply.
_RESERVE = 900
_PROMPTS = ("topic_judge", "topic_asked", "topic_word")
_WORD_SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "enum": ["yes", "no"]}},
    "required": ["answer"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which log-odds on a reply is a clear yes, and down to which a clear no."""

    yes: float = YES
    no: float = NO

    def beside(self, neutral: float | None) -> Thresholds:
        """Those for a question to which a text that says nothing gets the odds `neutral`."""
        if neutral is None:
            return self
        return Thresholds(max(self.yes, neutral + CLEAR), max(self.no, neutral + LEANS))

    def clearly(self, reply: Reply) -> bool | None:
        """True, False, or None where it is neither."""
        if reply.odds is None:
            return reply.yes
        return True if reply.odds >= self.yes else False if reply.odds <= self.no else None

    def leans(self, reply: Reply) -> bool:
        """Whether it is nearer to a clear yes than to a clear no."""
        return reply.yes if reply.odds is None else reply.odds >= (self.yes + self.no) / 2


DEFAULT = Thresholds()


class PaperJudge:
    """Judges papers for one topic; `model` None: by rules. Raises ModelError where the model does not answer.

    `thresholds` decide, at the time of asking and of reading what was kept.
    """

    def __init__(
        self,
        topic: Topic,
        collection: Collection,
        model: ChatModel | None,
        kept: Kept,
        thresholds: Thresholds = DEFAULT,
    ) -> None:
        self._topic = topic
        self._collection = collection
        self._model = model
        self._kept = kept
        self._given = thresholds
        self._thresholds = thresholds
        self._calibrated = False
        self._tells_odds = True

    def judged(self, paper: Paper, *, by_rules: bool = False) -> tuple[TopicPaper | None, JudgedBy]:
        """The paper with its standing, None if it does not belong; and who decided."""
        sentences = self._collection.sentences(paper.id)
        scores = self._collection.score_sentences(telling(self._topic), sentences)
        looked = look(self._topic, paper, sentences, scores)
        if looked is None:
            return None, JudgedBy.RULES
        judgement = None if by_rules or self._model is None else self._asked(self._model, paper, looked)
        if judgement is None:
            standing = Standing.SURE if looked.plain else Standing.UNCERTAIN if looked.perhaps else None
            if standing is None:
                return None, JudgedBy.RULES
            return TopicPaper(paper, standing, as_evidence(looked.sentence)), JudgedBy.RULES
        return self._settled(paper, looked, judgement), JudgedBy.MODEL

    def _asked(self, model: ChatModel, paper: Paper, looked: Looked) -> Judgement | None:
        self._calibrate(model)
        key = self._key(model, paper.id, paper.abstract)
        if (known := self._kept.get(key)) is not None:
            return known
        text = " ".join(sentence.readable for sentence in _shown(looked, whole=not model.local))
        whole = self._reply(model, passage_text([passage(paper, text)]))
        if whole is None:
            return None
        made = Judgement(whole)
        if self._worth(looked, whole) and self._may_be_sure(looked):
            made = self._with_sentence(model, paper, looked, whole)
        self._kept.put(key, made)
        return made

    def _calibrate(self, model: ChatModel) -> None:
        """Hold what follows against what the model says of texts that say nothing. Asked once a question."""
        if self._calibrated:
            return
        odds = []
        for text in NEUTRAL:
            key = self._key(model, "", text)
            if (known := self._kept.get(key)) is None:
                reply = self._reply(model, text)
                if reply is None or reply.odds is None:  # it tells no odds, or nothing
                    break
                self._kept.put(key, known := Judgement(reply))
            if known.abstract.odds is not None:
                odds.append(known.abstract.odds)
        self._thresholds = self._given.beside(median(odds) if len(odds) == len(NEUTRAL) else None)
        self._calibrated = True

    def _key(self, model: ChatModel, paper: str, text: str) -> Key:
        return Key(paper, text, self._topic.question, wording(self._given), model.name)

    def _worth(self, looked: Looked, whole: Reply) -> bool:
        """Whether the paper may belong: where its words don't speak for it, the model must."""
        if self._thresholds.clearly(whole) is False:
            return False
        return looked.perhaps or self._thresholds.leans(whole)

    def _may_be_sure(self, looked: Looked) -> bool:
        """A small model is easily persuaded: one called 17 of 39 papers multimodal, of which 4 are. So where
        no word of a paper speaks for the topic, the yes of a model on this machine is not enough."""
        return looked.perhaps or self._model is None or not self._model.local

    def _with_sentence(self, model: ChatModel, paper: Paper, looked: Looked, whole: Reply) -> Judgement:
        """The abstract's reply with that of the first sentence clearly told, else of the likeliest."""
        first = [looked.sentence, *(each for each in looked.ranked if each is not looked.sentence)]
        best: tuple[float, int, Reply] | None = None
        for sentence in first[:_SENTENCES]:
            said = self._reply(model, passage_text([passage(paper, sentence.readable)]))
            if said is None:
                continue
            weight = said.odds if said.odds is not None else 1.0 if said.yes else -1.0
            if best is None or weight > best[0]:
                best = (weight, sentence.number, said)
            if self._thresholds.clearly(said):
                break
        return Judgement(whole) if best is None else Judgement(whole, best[1], best[2])

    def _reply(self, model: ChatModel, text: str) -> Reply | None:
        """Yes or no about a text; None where the model's reply is neither."""
        shown = as_data(model.encoding.cut(text, max(model.window - _RESERVE, 100)))
        system = Message("system", prompts.load("topic_judge").render())
        question = as_data(self._topic.question)
        if self._tells_odds:
            asked = prompts.load("topic_asked").render(question=question, text=shown)
            first = model.first_token([system, Message("user", asked)])
            # What begins otherwise, with a thought or a quotation mark, is asked for the word this time.
            if (odds := yes_odds(first.scores)) is not None:
                return Reply(odds > 0, odds)
            self._tells_odds = bool(first.scores)
        asked = prompts.load("topic_word").render(question=question, text=shown)
        found = answered(model, [system, Message("user", asked)], _WORD_SCHEMA, 64)
        said = str(found.get("answer", "")).strip().lower().rstrip(".") if found else ""
        return Reply(said == "yes") if said in ("yes", "no") else None

    def _settled(self, paper: Paper, looked: Looked, judgement: Judgement) -> TopicPaper | None:
        whole = judgement.abstract
        if not self._worth(looked, whole) and not looked.plain:
            return None
        by_number = {sentence.number: sentence for sentence in looked.ranked}
        told = judgement.said is not None and self._thresholds.clearly(judgement.said) is True
        sentence = by_number.get(judgement.sentence or 0) if told else None
        borne_out = self._thresholds.leans(whole) if looked.perhaps else self._thresholds.clearly(whole)
        told_well = borne_out and self._may_be_sure(looked) and not suspicions(paper.abstract)
        if told_well and sentence is not None:
            return TopicPaper(paper, Standing.SURE, as_evidence(sentence), JudgedBy.MODEL, whole.odds)
        if looked.plain and self._thresholds.clearly(whole) is not False:
            return TopicPaper(paper, Standing.SURE, as_evidence(looked.sentence), JudgedBy.RULES, whole.odds)
        nearest = sentence or by_number.get(judgement.sentence or 0) or looked.sentence
        return TopicPaper(paper, Standing.UNCERTAIN, as_evidence(nearest), JudgedBy.MODEL, whole.odds)


def _shown(looked: Looked, *, whole: bool) -> list[Sentence]:
    """The sentences that the model is shown as the abstract, in their order."""
    shown: list[Sentence] = []
    words = 0
    for each in looked.ranked:
        words += len(each.readable.split())
        if not whole and shown and words > _LOCAL_WORDS:
            break
        shown.append(each)
    return sorted(shown, key=lambda each: each.number)


def wording(thresholds: Thresholds = DEFAULT) -> str:
    """A fingerprint of what is kept: the prompts, and what decides which sentences are asked about."""
    marks = [prompts.load(name).fingerprint for name in _PROMPTS]
    return prompts.fingerprint(
        " ".join([*marks, f"{thresholds.yes} {thresholds.no} {CLEAR} {LEANS} {_SENTENCES} {_LOCAL_WORDS}"])
    )
