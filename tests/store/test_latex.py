"""LaTeX becomes readable, prose stays itself, and nothing makes it raise or crawl."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.latex import maths, readable

LATEX_LIKE = st.text(alphabet="\\${}[]()^_%&~`'-\" \nabctimesfrac0123.,é", max_size=200)


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"in $\textbf{2B}$ and \textbf{8B} sizes", "in 2B and 8B sizes"),
        (r"7\% of 54.1\%", "7% of 54.1%"),
        (r"21.59$\times$ compression", "21.59× compression"),
        (r"$O(\log P)$", "O(log P)"),
        (r"a score of $\textbf{77.8}$", "a score of 77.8"),
        (r"$\textbf{S}$h$\textbf{o}$rt-to-$\textbf{Lo}$ng", "Short-to-Long"),
        (r"Erd\H{o}s, Poincar\'e, Schr\"odinger, na{\"\i}ve", "Erdős, Poincaré, Schrödinger, naïve"),
        (r"\href{https://a.b/~x}{code} at \url{https://a.b/c\_d}", "code at https://a.b/c_d"),
        (r"\textit{a \textbf{nested} one} and {\em this}", "a nested one and this"),
        ("models--such as a---b, pages 3--5", "models–such as a—b, pages 3–5"),
        ("Fig.~2 ``says so''", "Fig. 2 “says so”"),
        (r"$\frac{a}{b+c}$ and $\sqrt{n}$ at $30^{\circ}$C", "a/(b+c) and √n at 30°C"),
        (r"\(\alpha\)-fair, \[ x = 1 \]", "α-fair, x = 1"),
        (r"$ \epsilon $-greedy in $\mathcal{O}(n^2)$", "ϵ-greedy in O(n^2)"),
        (r"\ours{} wins", "ours wins"),
        (r"TRBench$_{BFCL}$", "TRBench_BFCL"),
    ],
)
def test_latex_becomes_what_it_looks_like(latex: str, plain: str) -> None:
    assert readable(latex) == plain


@pytest.mark.parametrize(
    "prose",
    [
        "We propose World Preference Modeling$ (WorldPM) to emphasize this.",
        "It costs $5, then $10, or US$3.2M in total.",
        "from $10 million to $2 billion a year",
        "90% of a_b & c_d stay; 50 % too # not a comment",
        "a JSON object {key: value} and a set {1, 2}",
        r"C:\Users\me stays, and so does \method here",
        "run it with --plain at x.edu/~user, ~5 times",
        "don't, can't: 'single' and `code`",
        "see https://github.com/a/b--c_d~e",
    ],
)
def test_prose_stays_itself(prose: str) -> None:
    assert readable(prose) == prose


def test_white_space_is_folded() -> None:
    assert readable(" a\n b\t\u00a0c \r\n") == "a b c"


def test_what_a_terminal_would_obey_is_gone() -> None:
    assert readable("a\x1b[31mb\u202ec\x00d\ud800") == "a[31mbcd"


@given(LATEX_LIKE | st.text(max_size=200))
def test_no_text_makes_it_raise_and_the_result_is_one_clean_line(text: str) -> None:
    result = readable(text)
    assert result == " ".join(result.split())


@given(st.text(alphabet="abc XYZ 0123.,;:%&_#{}()-\n", max_size=200).filter(lambda text: "--" not in text))
def test_text_without_latex_only_loses_white_space(text: str) -> None:
    assert readable(text) == " ".join(text.split())
    assert readable(readable(text)) == readable(text)


@given(LATEX_LIKE)
def test_spans_of_maths_are_ordered_and_delimited(text: str) -> None:
    end = 0
    for start, stop in maths(text):
        assert end <= start < stop
        assert text[start] in "$\\"
        assert text[stop - 1] in "$)]"
        end = stop


@pytest.mark.parametrize(
    "unit",
    [
        "{",
        "}",
        "$",
        "\\",
        "``",
        "~a",
        "\\textbf{",
        "\\frac{",
        "$x",
        "$x^{",
        "\\[",
        "a--",
        "\\'",
        "{\\",
        "\\cite[",
    ],
)
def test_fifty_kilobytes_of_one_mark_are_read_in_a_moment(unit: str) -> None:
    started = time.perf_counter()
    readable(unit * (50_000 // len(unit)))
    assert time.perf_counter() - started < 2
