"""Does a question point back, and with which words? Pronouns, definite nouns, and what is left unsaid.

    pointed("What does it clip?")                           the words "it"
    pointed("Do agents improve when they use tools?")       None: it says itself whom it means
    elliptical("And on which data?")                        True

Knows English and the words that people use for papers; knows no conversation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatbot.verifying.names import names

LEAD = re.compile(
    r"^\s*(?:(?:and|but|so|also|or|then|ok|okay|now|well|what about|how about)\b[\s,]*)+", re.IGNORECASE
)
_WORK = r"(?:paper|work|method|model|approach|framework|algorithm|technique)"
_WORKS = r"(?:papers|works|methods|models|approaches|frameworks|algorithms|techniques)"
# What stands behind makes it another one: "the method of choice", "the paper that introduced attention".
_ALONE = r"(?!\s+(?:of|for|to|that|which|who|whose|on|about|with|in|from|used|called|behind)\b)(?!\s*[“\"'’])"
_PLURAL = rf"they|them|these {_WORKS}|those {_WORKS}|these(?! \w)|those(?! \w)|both"
_SINGULAR = (
    rf"it|(?:this|that) (?!work\b){_WORK}|(?<!does )(?<!did )(?:this|that) work"
    rf"|the (?:paper|method|model|approach|framework|algorithm){_ALONE}"
)
_POINTING = re.compile(
    rf"\b(?:(?P<owner>its|their|the authors['’])(?! own\b)|(?P<authors>(?:the|its|their) authors{_ALONE})"
    rf"|(?P<plural>{_PLURAL})|(?P<singular>{_SINGULAR}))(?!['’])\b",
    re.IGNORECASE,
)
# "What does that mean?", "Why is this?"
_THAT = re.compile(
    r"\b(?:(?<=is )|(?<=does )|(?<=did )|(?<=was )|(?<=like )|(?<=than )|(?<=about )|(?<=of )|(?<=with )"
    r"|(?<=on )|(?<=for )|(?<=to )|(?<=from ))(?P<singular>this|that)"
    r"(?=\s*[?.!]*\s*$|\s+(?:mean|work|help|matter|compare|differ|hold|apply|scale|happen|imply|generali[sz]e"
    r"|require|need|include|cost|depend|true|new|better|worse|different|possible|done|\w+ed)\b)",
    re.IGNORECASE,
)
# "is it common that", "how long does it take": nothing is pointed back at.
_EXPLETIVE = re.compile(
    r"\b(?:is|was|does|would|will|can) it (?:take|possible|true|common|necessary|clear|known)\b"
    r"|\bit (?:is|was) (?:possible|true|common|necessary|clear|known|said)\b",
    re.IGNORECASE,
)
_NOT_MEANT = re.compile(
    r"\b(?:with|than|to|like|besides|unlike|against|versus|vs\.?|over)\s+$", re.IGNORECASE
)
_AUXILIARY = r"(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|may|might)"
_SUBJECT = re.compile(rf"\b{_AUXILIARY}\s+(?:not\s+)?(?:the authors of\s+)?$", re.IGNORECASE)
_INDEFINITE = re.compile(r"\b(?:an?|each|every|any|one)\s+(?!few\b|lot\b)[\w-]+", re.IGNORECASE)
_CONDITION = re.compile(r"^\W*(?:if|when|once|after|suppose|given|assuming)\b", re.IGNORECASE)
# "Do agents …", "whether agents …": they may be what is spoken about.
_SEVERAL = re.compile(
    rf"\b(?:{_AUXILIARY}\s+(?:[\w-]+\s+)*?|(?:whether|that|when|if|because|while|why|how)\s+(?:[\w-]+\s+)?)"
    r"(?P<noun>[\w-]{3,}s)\b",
    re.IGNORECASE,
)
_OWN_NOUN = re.compile(
    r"[\w-]+\s+(?:between|among|of|with|from|in|to|for|than|like|by|on|about)\s+(?:all |both )?(?:of )?$",
    re.IGNORECASE,
)
_ASKS_PAPERS = re.compile(
    r"^\W*(?:which|what|how many|list|show|find)\b(?: \S+){0,3}? (?:papers|abstracts|publications)\b",
    re.IGNORECASE,
)
_ASKING = r"which|what|who|whom|whose|how|why|when|where"
_SIZES = r"many|much|large|big|small|long|often|fast|far|well|good|high|low|old|new|accurate|expensive"
# What is short and has no verb leaves something unsaid.
_UNSAID = re.compile(
    rf"^(?:(?:{_ASKING})|(?:by|for|on|in|with|to|from|at|since|of|under|through|against|over|until) "
    rf"(?:which|what|whom|whose|when|how many|how much)(?: [\w-]+){{0,3}}"
    rf"|(?:which|what|whose)(?: [\w-]+){{1,2}}|how (?:{_SIZES})(?: [\w-]+){{0,2}}"
    rf"|(?:the|any|some|for|in|on|with|without) (?:[\w-]+ ?){{1,4}})$",
    re.IGNORECASE,
)
# "What datasets were used?"
_PASSIVE = re.compile(
    r"^(?:which|what|how many) (?:[\w-]+ ){1,2}(?:is|are|was|were) (?:used|released|trained|evaluated|tested|"
    r"reported|achieved|compared|supported|covered|included|shown|found|needed)$",
    re.IGNORECASE,
)
_VERB = re.compile(
    rf"\b(?:{_AUXILIARY}|be|been|there|means?|causes?|makes?|works?|uses?|used|improves?|shows?|helps?|gives?)\b",
    re.IGNORECASE,
)
# Parts of any paper's work, that belong to whatever is spoken about.
_PART = re.compile(
    r"\b(?P<the>the) (?:[\w-]+ ){0,2}?(?P<part>code|data|datasets?|results?|licen[cs]e|accuracy|scores?|"
    r"evaluations?|architecture|parameters|sizes?|experiments?|limitations?|baselines?|rewards?|costs?|"
    rf"loss|idea|goal|benchmarks?|languages?|training|contributions?|findings?){_ALONE}(?=\s*[?,.!]|\s+\w+|$)",
    re.IGNORECASE,
)
_THERE_TOO = re.compile(r"^(?:in|on|at|for|with|under|during|by) [\w-]+$", re.IGNORECASE)
_ONE_OF = re.compile(
    r"^(?:(?:and|but|so)\b[\s,]*)*which(?: one| of the (?:two|three|four))\b(?! of\b)", re.IGNORECASE
)
_THERE = re.compile(
    r"^(?:is|are) there (?:any |some |a |an |public |open )*(?P<part>code|data|datasets?|demo|results?|"
    r"limitations?|experiments?|weights?)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pointed:
    """Words of a question at [start, end) that stand for something said before. `owner`: for what is its
    own; `authors`: for who wrote it; `plural`: for several things."""

    start: int
    end: int
    plural: bool = False
    owner: bool = False
    authors: bool = False


def pointed(text: str) -> Pointed | None:
    """The first words that point out of the question; None if there are none."""
    if _EXPLETIVE.search(text):
        return None
    for match in _POINTING.finditer(text):
        kind = match.lastgroup
        said = match.group().lower()
        if said == "both" and re.search(r"\bboth\b.*\band\b", text, re.IGNORECASE):
            continue
        plural = kind == "plural" or said == "their"
        if not _inside(text, match, plural=plural, own=kind == "owner"):
            return Pointed(match.start(), match.end(), plural, kind == "owner", kind == "authors")
    if that := _THAT.search(text):
        return Pointed(that.start("singular"), that.end("singular"))
    return None


def one_of(text: str) -> re.Match[str] | None:
    """ "Which one …", "which of the two …": one of several that were spoken about."""
    return _ONE_OF.match(text)


def part(text: str) -> re.Match[str] | None:
    """A part of what is spoken about, where the question names nothing that it could be a part of: "Is the
    code available?"; group `part` is its noun."""
    if len(text.split()) > 9 or names(_headless(text)):
        return None
    return _THERE.search(text) or _PART.search(text)


def elliptical(text: str) -> bool:
    """Whether the question leaves out what it is about: short, without a name and without a verb."""
    plain = LEAD.sub("", text).strip(" ?.!,")
    if LEAD.match(text) and _THERE_TOO.match(plain):
        return True
    if not plain or len(plain.split()) > 6 or names(_headless(plain)):
        return False
    if _ASKS_PAPERS.match(plain):
        return False
    if _PASSIVE.match(plain):
        return True
    continues = bool(LEAD.match(text))
    if continues and len(plain.split()) <= 4 and not _VERB.search(plain):
        return True
    return bool(_UNSAID.match(plain)) and not _VERB.search(plain) and not _third_person(plain)


def _headless(text: str) -> str:
    """The text as it stands inside a sentence, where a capital shows a name."""
    head, _, rest = text.strip().partition(" ")
    plain = head[1:].replace("'", "").replace("’", "")
    return f"about {head.lower() if plain.islower() else head} {rest}"


def _third_person(text: str) -> bool:
    """ "What causes hallucinations": a verb in the middle."""
    words = text.split()
    return len(words) == 3 and words[1].endswith("s") and words[0].lower() in ("what", "which")


def _inside(text: str, match: re.Match[str], *, plural: bool, own: bool) -> bool:
    """Whether the question itself says before what the words stand for."""
    before = text[: match.start()]
    if _ASKS_PAPERS.match(before) and not re.search(r"\b(?:of|among|in|from)\s+$", before):
        return True
    for name in names(_headless(before + "x")):
        at = before.find(name)
        if at >= 0 and not _NOT_MEANT.search(before[:at]):
            return True
    if _CONDITION.search(before) and _INDEFINITE.search(before):
        return True
    if _SUBJECT.search(before):
        return False  # it is what the question asks about itself
    if plural:
        before = _OWN_NOUN.sub("", before)  # "the differences between them"
        return any(
            found["noun"].lower() not in ("does", "this", "its") for found in _SEVERAL.finditer(before)
        )
    return bool(_INDEFINITE.search(before))
