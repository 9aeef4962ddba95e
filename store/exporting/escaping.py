"""Any text between the braces of a BibTeX field, and back again, to the letter.

Abstracts are LaTeX as their authors wrote it, so LaTeX stays. What would break the entry or its typesetting
is replaced by a group that shows the same: `50%` becomes `50{\\%}`, while `50\\%` stays. A text that holds
such a group already gets an empty one into it, which TeX does not see. Knows no fields and no names.

Braces are balanced as BibTeX counts them (all of them) and as others do (without those behind a backslash).
"""

from __future__ import annotations

import re
import sys

from store.latex import maths

_SHOWN = {
    "%": "%", "#": "#", "&": "&", "_": "_", "$": "$", "^": "textasciicircum",
    "{": "textbraceleft", "}": "textbraceright", "\\": "textbackslash",
    "\\{": "lbrace", "\\}": "rbrace",
}  # fmt: skip
_MEANT = {name: text for text, name in _SHOWN.items()}
_GROUP = re.compile(rf"(?<!\\)\{{(?P<filled>(?:\{{\}})*)\\(?P<name>{'|'.join(map(re.escape, _MEANT))})\}}")
_SPECIAL = frozenset("%#&_$^")
# Even within maths these two begin a comment or a parameter.
_ALWAYS = frozenset("%#")
_MARK = re.compile(r"[\\{}%#&_$^]")
_BRACE = re.compile("[{}]")
_BACKSLASHES = re.compile(r"\\+")
_NOWHERE = (sys.maxsize, sys.maxsize)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f]")


def folded(text: str) -> str:
    """A text on one line: white space folded, control characters gone."""
    return " ".join(_CONTROL.sub("", text).split())


def escaped(text: str, *, typeset: bool = True) -> str:
    """The text as it may stand between braces. `typeset`: TeX will read it; an address it won't."""
    return "".join(_pieces(text, _unmatched(text), typeset))


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    return _GROUP.sub(_original, text)


def _original(group: re.Match[str]) -> str:
    if group["filled"]:
        return f"{{{group['filled'][2:]}\\{group['name']}}}"
    return _MEANT[group["name"]]


def _pieces(text: str, unmatched: frozenset[int], typeset: bool) -> list[str]:
    formulas = iter(maths(text) if typeset and ("$" in text or "\\" in text) else ())
    formula = next(formulas, _NOWHERE)
    special = _SPECIAL if typeset else frozenset()
    found: list[str] = []
    place = 0
    while stop := _MARK.search(text, place):
        start, char = stop.start(), stop.group()
        found.append(text[place:start])
        place = start + 1
        while start >= formula[1]:
            formula = next(formulas, _NOWHERE)
        if char == "{" and (group := _GROUP.match(text, start)):
            found.append(f"{{{{}}{group.group()[1:]}")
            place = group.end()
        elif char == "\\" and (run := _BACKSLASHES.match(text, start)):
            place = run.end()
            if place in unmatched:
                found += [_group("\\")] * (len(run.group()) - 1) + [_group("\\" + text[place])]
                place += 1
            elif place == len(text):  # the closing brace comes next
                found += [_group("\\")] * len(run.group())
            else:
                found += [run.group(), text[place]]
                place += 1
        else:
            shown = char in special and (start < formula[0] or char in _ALWAYS)
            found.append(_group(char) if shown or start in unmatched else char)
    return [*found, text[place:]]


def _group(text: str) -> str:
    return f"{{\\{_SHOWN[text]}}}"


def _unmatched(text: str) -> frozenset[int]:
    """The places of braces without a partner, those behind a backslash being a kind of their own."""
    found: set[int] = set()
    opened: dict[bool, list[int]] = {True: [], False: []}
    for brace in _BRACE.finditer(text):
        place, char = brace.start(), brace.group()
        kind = opened[text[place - 1 : place] == "\\"]
        if char == "{":
            kind.append(place)
        elif kind:
            kind.pop()
        else:
            found.add(place)
    return frozenset(found.union(*opened.values()))
