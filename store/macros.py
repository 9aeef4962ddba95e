"""What the macros of LaTeX look like: tables for `store.latex`, which does the reading.

Symbols come from pylatexenc; the tables here hold what it lacks, or shows in a way that matches
ordinary text badly.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "d": "\u0323", "b": "\u0331",
    "r": "\u030a", "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306",
}  # fmt: skip
# Macros that dress their argument, declare a style, or size a bracket: the macro goes, the content stays.
WRAPPERS = _names(
    """
    textbf textit texttt textsc textsf textrm textsl textup textmd textnormal text emph underline uline
    overline mathbf mathrm mathit mathsf mathtt mathcal mathbb mathscr mathfrak boldsymbol bm mbox hbox
    operatorname textsuperscript textsubscript url nolinkurl path ensuremath mathop mathbin mathrel
    textquote enquote sout st boxed fbox title footnotesize term
    """
)
STYLES = _names(
    """
    bf it em sf sc rm tt sl cal bfseries itshape scshape ttfamily sffamily rmfamily normalfont small
    footnotesize scriptsize tiny large Large normalsize displaystyle textstyle scriptstyle left right middle
    big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr limits nolimits noindent protect xspace relax
    centering unboldmath boldmath mathversion
    """
)
DROPPED_ARGUMENT = _names(
    """
    textcolor color colorbox href label vspace hspace phantom hphantom
    """
)
CITATIONS = _names(
    """
    cite citep citet citealp citealt citeauthor citeyear autocite parencite textcite ref
    """
)
# What pylatexenc's tables lack, or show in a way that matches ordinary text badly.
SYMBOLS = {
    "deg": "°", "degree": "°", "textdegree": "°", "sim": "~", "textasciitilde": "~", "textbackslash": "\\",
    "textgreater": ">", "textless": "<", "textbar": "|", "textunderscore": "_", "textasciicircum": "^",
    "euro": "€", "texteuro": "€", "pounds": "£", "LaTeX": "LaTeX", "TeX": "TeX", "copyright": "©", "mid": "|",
    "lvert": "|", "rvert": "|", "vert": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖", "star": "*", "ast": "*",
    "quad": " ", "qquad": " ", "eg": "e.g.", "ie": "i.e.", "etal": "et al.", "bullet": "•", "item": "•",
    "colon": ":", "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "and": "and", "tfrac": "",
    "newline": " ", "linebreak": " ", "par": " ", "textendash": "–", "textemdash": "—", "pmod": "mod ",
}  # fmt: skip
ESCAPES = {",": " ", ";": " ", ":": " ", ">": " ", "!": "", "-": "", "/": "", "|": "‖", "@": ""}


@lru_cache(maxsize=4096)
def symbol(name: str) -> str | None:
    """What the macro looks like if it is a symbol, else None."""
    if name in SYMBOLS:
        return SYMBOLS[name]
    look = getattr(_tables().get_macro_spec(name), "simplify_repl", None)
    return look if isinstance(look, str) and "%" not in look else None


@cache
def _tables() -> Any:
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()
