"""The table of terms: dated, sourced, and silent where it does not know."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import postmortem
from consent.postmortem import NOT_ADVICE, TABLE, Status, term

DIED = date(2022, 3, 4)


@pytest.mark.parametrize(
    ("place", "ends", "status", "longer"),
    [
        ("US-CA", date(2092, 3, 4), Status.LAW, False),
        ("US-NY", date(2062, 3, 4), Status.LAW, False),
        ("US-TN", date(2032, 3, 4), Status.LAW, True),
        ("US", date(2032, 3, 4), Status.BILL, True),
        ("DK", date(2072, 3, 4), Status.DRAFT, False),
    ],
)
def test_each_row_gives_its_term_and_what_it_rests_on(place: str, ends: date, status: Status, *, longer: bool) -> None:
    found = term(place, DIED)
    assert (found.ends_on, found.status, found.may_last_longer) == (ends, status, longer)
    assert found.source == TABLE[place].source


@given(st.text(max_size=8), st.dates())
def test_every_answer_says_that_it_is_not_the_last_word(place: str, died_on: date) -> None:
    assert term(place, died_on).caveats[-1] == NOT_ADVICE


@given(st.sampled_from(sorted(TABLE)), st.dates())
def test_no_term_ends_before_the_death(place: str, died_on: date) -> None:
    found = term(place, died_on)
    assert found.as_of == postmortem.AS_OF
    assert found.ends_on is None or found.ends_on > died_on


@pytest.mark.parametrize("place", ["", "us-ca", "FR", "US-XX", "XX"])
def test_a_place_that_is_not_in_the_table_is_not_known_and_never_guessed(place: str) -> None:
    found = term(place, DIED)
    assert (found.ends_on, found.status, found.source) == (None, Status.NOT_KNOWN, None)
    assert "not mean that nothing protects" in found.caveats[0]


@pytest.mark.parametrize(
    ("died_on", "ends"),
    [
        (date(2021, 4, 30), None),
        (date(2021, 5, 29), None),  # the rule began around here: not known is not a no
        (date(2021, 5, 31), None),
        (date(2021, 6, 1), date(2061, 6, 1)),
    ],
)
def test_new_yorks_rule_reaches_no_earlier_death(died_on: date, ends: date | None) -> None:
    assert term("US-NY", died_on).ends_on == ends


def test_what_is_a_bill_says_so_in_words() -> None:
    assert any("not in force" in caveat for caveat in term("US", DIED).caveats)


def test_a_leap_day_ends_a_day_later_and_never_earlier() -> None:
    assert term("US-TN", date(2024, 2, 29)).ends_on == date(2034, 3, 1)
    assert term("US-NY", date(2024, 2, 29)).ends_on == date(2064, 2, 29)


def test_an_end_beyond_the_calendar_is_not_known() -> None:
    assert term("US-CA", date(9990, 1, 1)).ends_on is None
