"""Dates, names and identifiers are understood however an export writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.readers.dates import iso
from store.readers.fields import arxiv_of, categories, clean
from store.readers.names import authors


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2025-05-14", "2025-05-14"),
        ("2025-05-14T17:59:59Z", "2025-05-14"),
        ("2025-05", "2025-05"),
        ("2025", "2025"),
        (2025, "2025"),
        (2025.0, "2025"),
        ("2019/10//undefined", "2019-10"),
        ("2019///", "2019"),
        ("2014//", "2014"),
        ("2019/08/01/Summer", "2019-08-01"),
        ("Wed, 14 May 2025 17:59:59 GMT", "2025-05-14"),
        ("14 May 2025", "2025-05-14"),
        ("May 14, 2025", "2025-05-14"),
        ("JUN 8 2004", "2004-06-08"),
        ("2019 Jul 8", "2019-07-08"),
        ("2019 Jul-Aug", "2019"),
        ("15--19 Jul 2024", "2024-07"),
        ("Spring 2019", "2019"),
        ("14/05/2025", "2025-05-14"),
        ("05/14/2025", "2025-05-14"),
        ("03/04/2019", "2019"),
        ("20250514", "2025-05-14"),
        (1747180800000, "2025-05-14"),
        (1747180800, "2025-05-14"),
        ([2025, 5], "2025-05"),
        ({"date-parts": [[2025, 5, 14]]}, "2025-05-14"),
        ({"date-time": "2025-05-14T00:00:00Z"}, "2025-05-14"),
        ("2025-13-40", None),
        ("soon", None),
        ("", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (10**400, None),
        ({"date-parts": [[None]]}, None),
    ],
)
def test_a_date_becomes_iso_as_far_as_it_is_known(written: object, date: str | None) -> None:
    assert iso(written) == date


@given(st.text() | st.integers() | st.floats() | st.lists(st.integers() | st.text() | st.none()))
def test_whatever_a_date_is_it_raises_nothing(written: object) -> None:
    found = iso(written)
    assert found is None or (len(found) in (4, 7, 10) and found[:4].isdecimal())


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Lovelace, Ada; Babbage, Charles", ("Ada Lovelace", "Charles Babbage")),
        ("Liu R., Adler D.G.", ("Liu R.", "Adler D.G.")),
        ("Ada Lovelace, Charles Babbage and Bowen Yu", ("Ada Lovelace", "Charles Babbage", "Bowen Yu")),
        ("Lovelace, Ada and Babbage, Charles", ("Ada Lovelace", "Charles Babbage")),
        ("Lovelace, Ada", ("Ada Lovelace",)),
        ("Donald E. Knuth", ("Donald E. Knuth",)),
        ("['Marx, Karl', 'Lindgren, Astrid']", ("Karl Marx", "Astrid Lindgren")),
        ("[['Lovelace', 'Ada', ''], ['King', 'Martin', 'Jr.']]", ("Ada Lovelace", "Martin King Jr.")),
        ("Martin King, Jr., Ada Lovelace", ("Martin King Jr.", "Ada Lovelace")),
        ("A|B", ("A", "B")),
        ("C. Bal\\'azs", ("C. Balázs",)),
        ([{"given": "Ada", "family": "Lovelace"}, {"name": "B"}, "C, D"], ("Ada Lovelace", "B", "D C")),
        ("", ()),
        (None, ()),
        ([None, 3, {}, []], ()),
    ],
)
def test_authors_are_told_apart_and_turned(written: object, names: tuple[str, ...]) -> None:
    assert authors(written) == names


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("2505.09388v2", "2505.09388"),
        ("arXiv:2505.09388", "2505.09388"),
        ("arXiv preprint arXiv:2505.09388 [cs.CL]", "2505.09388"),
        ("https://arxiv.org/pdf/2505.09388v1.pdf", "2505.09388"),
        ("http://arxiv.org/abs/math.GT/0309136", "math.GT/0309136"),
        ("10.48550/arXiv.2505.09388", "2505.09388"),
        ("abs/2505.09388", "2505.09388"),
        ("cs/0601001", "cs/0601001"),
        ("1234.56789", None),  # there is no month 34
        ("10.1000/2505.09388", None),
        ("as in 2505.09388", None),
        ("12345", None),
    ],
)
def test_an_arxiv_id_is_taken_only_where_a_field_is_one(written: str, id: str | None) -> None:
    assert arxiv_of(written) == id


def test_categories_are_told_apart() -> None:
    assert categories("cs.CL cs.LG hep-th") == ("cs.CL", "cs.LG", "hep-th")
    assert categories("quant-ph,cs.GL") == ("quant-ph", "cs.GL")
    assert categories("['cs.GL', 'cs.LO']") == ("cs.GL", "cs.LO")
    assert categories("Machine Learning; Language") == ("Machine Learning", "Language")
    assert categories(None) == ()


@given(st.text())
def test_cleaning_is_done_once_and_for_all_white_space(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
