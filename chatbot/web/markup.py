"""HTML by construction: the one place of the page where text becomes markup.

    el("p", "a < b", class_="note")      <p class="note">a &lt; b</p>

Every child and every attribute is escaped unless it is `Safe`, and only this module makes `Safe` text. So a
title, an abstract, a file's name or a model's words can never be more than text. Tags and the names of
attributes are the page's own and never come from outside; an address becomes a link only if it is http.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

# What is invisible, or turns the reading direction of all that follows it.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_VOID = frozenset({"br", "hr", "img", "input", "wbr"})
_NAME = re.compile(r"[a-z][a-z0-9]*\Z", re.IGNORECASE)


class Safe(str):
    """HTML made by this module."""

    __slots__ = ()


Child = str | int | float | None | Iterable["Child"]
EMPTY: Final = Safe("")


def text(value: object) -> Safe:
    """Any value as text."""
    return Safe(html.escape(_UNSEEN.sub("", str(value))))


def el(tag: str, *children: Child, **attributes: str | int | float | bool | None) -> Safe:
    """An element. `class_` is the attribute class, `aria_label` aria-label; None and False leave one out.

    Raises ValueError for a tag that is no name.
    """
    if not _NAME.match(tag):
        raise ValueError(f"{tag!r} is no tag.")
    inner = "".join(
        f" {_attribute(name)}" if value is True else f' {_attribute(name)}="{text(value)}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in _VOID:
        return Safe(f"<{tag}{inner}>")
    return Safe(f"<{tag}{inner}>{join(*children)}</{tag}>")


def join(*children: Child) -> Safe:
    """Children one behind the other, escaped unless they are safe."""
    return Safe("".join(_child(child) for child in children))


def link(address: str | None, *children: Child, class_: str | None = None) -> Safe:
    """A link that opens beside the page and tells the other side nothing; its children alone if the address
    is none of the web's."""
    if not address or urlsplit(address).scheme not in ("http", "https"):
        return join(*children)
    return el("a", *children, href=address, target="_blank", rel="noopener noreferrer", class_=class_)


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Safe):
        return str(child)
    if isinstance(child, str | int | float):
        return text(child)
    return "".join(_child(each) for each in child)


def _attribute(name: str) -> str:
    return name.rstrip("_").replace("_", "-")
