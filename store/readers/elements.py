"""XML read element by element, with the line of each, and nothing that XML could do to us.

defusedxml refuses entities (so no bombs) and anything outside the file; deep nesting is refused too. What was
read before the XML breaks off has been given out. Only the wanted elements are ever held.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from store.readers.document import Unreadable

_DEEPEST = 100
_LARGEST = 16 * 2**20
_STEP = 2**16  # characters that the parser gets at a time
_NAME = re.compile(r"<(?:[\w\-.]+:)?([A-Za-z_][\w\-.]*)")
_PROLOG = (("<?", "?>"), ("<!--", "-->"), ("<!", ">"))


def root(head: str) -> str | None:
    """The local name of the element that a text begins with, or None if it is no XML. HTML counts as XML."""
    place = len(head) - len(head.lstrip())
    while True:
        begins, ends = next(((a, b) for a, b in _PROLOG if head.startswith(a, place)), ("", ""))
        if not begins:
            found = _NAME.match(head, place)
            return found.group(1) if found else None
        if begins == "<!" and 0 <= head.find("[", place) < head.find(">", place):
            ends = "]>"  # declarations of its own, which may hold any number of >
        end = head.find(ends, place)
        if end < 0:
            return None
        place = end + len(ends)
        while head[place : place + 1].isspace():
            place += 1


class _Wanted(TreeBuilder):
    """Builds the wanted elements and forgets the others."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__()
        self._names = names
        self._inside = 0
        self._size = 0
        self._depth = 0
        self._line = 1
        self.done: list[tuple[int, Element]] = []
        self.place: Any = None
        self._stack: list[Element] = []

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._depth += 1
        if self._depth > _DEEPEST:
            line = self.place.CurrentLineNumber
            raise Unreadable(f"XML nested deeper than {_DEEPEST} elements: refused", line)
        element = Element(tag, attrs)
        if self._stack:
            self._stack[-1].append(element)
            self._stack.append(element)
        elif local(tag) in self._names:
            self._stack = [element]
            self._line = self.place.CurrentLineNumber
            self._size = 0
        return element

    def end(self, tag: Any, /) -> Element:
        self._depth -= 1
        element = self._stack.pop() if self._stack else Element(tag)
        if self._stack == [] and local(tag) in self._names:
            self.done.append((self._line, element))
        return element

    def data(self, text: Any, /) -> None:
        if not self._stack:
            return
        self._size += len(text)
        if self._size > _LARGEST:
            raise Unreadable("an XML element of more than 16 million characters: refused", self._line)
        last = self._stack[-1]
        if len(last):
            last[-1].tail = (last[-1].tail or "") + text
        else:
            last.text = (last.text or "") + text

    def close(self) -> Any:
        return None


def elements(pieces: Iterable[str], names: Collection[str]) -> Iterator[tuple[int, Element]]:
    """The elements of these local names, with the line on which each begins.

    Raises Unreadable where the XML breaks off, with the line, or for what is refused.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import XMLParser

    builder = _Wanted(names)
    parser = XMLParser(target=builder)
    builder.place = parser.parser
    try:
        for piece in pieces:
            for start in range(0, len(piece), _STEP):
                parser.feed(piece[start : start + _STEP])
                yield from builder.done
                builder.done.clear()
        parser.close()
    except DefusedXmlException:
        line = builder.place.CurrentLineNumber
        raise Unreadable("XML that declares entities or reaches outside the file: refused", line) from None
    except ParseError as error:
        yield from builder.done
        reason = f"broken XML; nothing behind it was read ({error})"
        raise Unreadable(reason, getattr(error, "position", (None,))[0]) from None
    except (ValueError, RecursionError, LookupError) as error:
        raise Unreadable(f"XML that can't be read ({error})") from None


def local(tag: object) -> str:
    """An element's name without its namespace."""
    return str(tag).rpartition("}")[2]


def all_text(element: Element | None) -> str:
    """The text of an element and of all in it, white space folded."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def child(element: Element | None, *path: str) -> Element | None:
    """The first element at a path of local names."""
    for name in path:
        element = next(children(element, name), None)
    return element


def children(element: Element | None, name: str) -> Iterator[Element]:
    return (each for each in element if local(each.tag) == name) if element is not None else iter(())
