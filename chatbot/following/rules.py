"""A follow-up made to stand alone by rules, without a model.

In this order, the first that applies: the last answer in another form; a reason; fewer papers; addresses
(numbers, ids, places, descriptions); the same of another subject; pronouns; what is left unsaid. What was
addressed is exact; a pronoun, or what is left unsaid, is `loose`: there a model may know better.
A question that stands alone comes back as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.following import pointing, refining, repeating
from chatbot.following.addresses import addressed, describes
from chatbot.following.past import Past, joined
from store.records import Filter


@dataclass(frozen=True, slots=True)
class Ruled:
    """The question on its own, and of which papers it is asked beside those that it was asked of before.
    `sure`: it was a pronoun, and there is but one thing that it can mean. `wish` is what is wanted of the
    answer's form."""

    text: str
    filter: Filter = Filter()
    loose: bool = False
    sure: bool = False
    wish: str = ""


def by_rules(text: str, past: Past, filter: Filter = Filter()) -> Ruled:
    """The question on its own; `filter` is what its own words filtered. Raises NotThere."""
    text = text.strip()
    if past.turns:
        if not filter.empty and refining.only(text) == "" and (found := refining.again(past, filter)):
            return Ruled(found.text, found.filter)
        if repeating.wish(text):
            return Ruled(past.asked, past.turns[-1].filter, wish=text)
        for repeated in (repeating.reason(text, past), repeating.more(text, past)):
            if repeated is not None:
                return Ruled(repeated, past.turns[-1].filter, loose=True)
        if (found := refining.refined(text, past)) is not None:
            return Ruled(found.text, found.filter)
    there = addressed(text, past)
    plain = there.text
    if past.turns and (same := repeating.same(plain, there.names, past)) is not None:
        return Ruled(same)
    if there.names:
        bare = plain.strip(" ?.!")
        if bare in there.names:
            return Ruled(f"What is {bare}?")
        return Ruled(_upper(pointing.LEAD.sub("", plain)) if _leads(plain) else plain)
    return _pointed(plain, past) if past.turns else Ruled(plain)


def _pointed(text: str, past: Past) -> Ruled:
    about = past.subjects()
    if not about:
        return Ruled(text)
    if (one := pointing.one_of(text)) is not None:
        several = about if len(about) > 1 else past.names()
        if len(several) > 1:
            return Ruled(f"Which of {joined(several)}{text[one.end() :]}", loose=True)
    if (found := pointing.pointed(text)) is not None:
        subject = joined(about) if found.plural else about[0]
        if found.owner:
            subject = f"{subject}'s" if not subject.endswith("s") else f"{subject}'"
        if found.authors:
            subject = f"the authors of {subject}"
        filled = f"{text[: found.start]}{subject}{text[found.end :]}"
        return Ruled(_upper(pointing.LEAD.sub("", filled)), loose=True, sure=len(about) == 1)
    if describes(text):
        return Ruled(text)  # a paper that nobody has cited: the search will find it
    subject = joined(about)
    if (part := pointing.part(text)) is not None:
        filled = f"{text[: part.end('part')]} of {about[0]}{text[part.end('part') :]}"
        return Ruled(_upper(pointing.LEAD.sub("", filled)), loose=True)
    if (rest := refining.only(text)) and past.asked:
        return Ruled(f"{past.asked.rstrip(' ?.!')}, only {rest}?", past.turns[-1].filter, loose=True)
    if pointing.elliptical(text):
        plain = pointing.LEAD.sub("", text).rstrip(" ?.!")
        return Ruled(f"{_upper(plain)} ({subject})?", loose=True)
    return Ruled(text)


def _leads(text: str) -> bool:
    return bool(pointing.LEAD.match(text)) and len(pointing.LEAD.sub("", text).split()) > 1


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
