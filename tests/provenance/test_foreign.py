"""A stranger's text stays on its line, in its place and within its length."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.foreign import CONTROLS, MOST, REPLACEMENT, defused


@given(st.text())
def test_no_text_keeps_a_control_and_none_is_too_long(text: str) -> None:
    shown = defused(text)
    assert len(shown) <= MOST
    assert {unicodedata.category(character) for character in shown} & CONTROLS == set()
    assert "\n" not in shown


@given(st.text(alphabet=st.characters(codec="ascii", categories=("L", "N", "P", "S")), max_size=MOST))
def test_plain_text_is_left_alone(text: str) -> None:
    assert defused(text) == text


@pytest.mark.parametrize(
    "mark", list("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\ufeff\x00\x1b\n")
)
def test_each_mark_that_turns_or_hides_text_is_replaced(mark: str) -> None:
    assert defused(f"a{mark}b") == f"a{REPLACEMENT}b"


def test_marks_do_not_pile_up() -> None:
    assert defused("z" + "\u0300" * 50 + "!") == "z\u0300\u0300!"


def test_what_was_cut_says_so() -> None:
    assert defused("x" * 500, 10) == "x" * 9 + "…"
    assert defused("x" * 10, 10) == "x" * 10
    assert defused("\u0300" * 5000, 10).endswith("…")
