"""What a hidden name looks like, and that words which name nobody stay free."""

from __future__ import annotations

import string
import unicodedata
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import folding, names
from consent.names import Kind
from tests.consent import namebook

BOOK: Final = namebook.book()
NAME: Final = "Nikola Tesla"
UNSEEN: Final = (
    "\u00ad\u034f\u061c\u115f\u180b\u200b\u200c\u200d\u200e\u2060\u2064\u202e\ufe0f\ufeff\u3164\uffa0\u2800\x00\x7f"
)
CASES: Final = namebook.VECTORS["disguises"]
INNOCENT: Final = namebook.VECTORS["innocent"]


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case[1]}" for number, case in enumerate(CASES)])
def test_each_disguise_comes_out_as_the_table_says(case: list[str]) -> None:
    text, expected, why = case
    assert namebook.verdict(text, BOOK) == expected, why


@pytest.mark.parametrize("text", INNOCENT, ids=[str(number) for number in range(len(INNOCENT))])
def test_an_innocent_prompt_hits_nothing(text: str) -> None:
    assert namebook.hits(text, BOOK) == ()


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    once = folding.fold(text)
    assert once.isascii()
    assert folding.fold(once) == once


@given(st.lists(st.tuples(st.integers(0, len(NAME)), st.sampled_from(UNSEEN)), min_size=1, max_size=20))
def test_what_cannot_be_seen_never_defeats_a_name(marks: list[tuple[int, str]]) -> None:
    text = NAME
    for place, mark in sorted(marks, reverse=True):
        text = text[:place] + mark + text[place:]
    assert namebook.verdict(f"then {text} waves", BOOK) == "block"


def alike(letter: str) -> list[str]:
    """Return every character that is confusable with the letter, and that NFKC does not make another one of."""
    table = folding.look_alikes().items()
    found = [char for char, ascii_char in table if ascii_char.lower() == letter]
    return [char for char in found if unicodedata.normalize("NFKC", char).lower() in (char, char.lower(), letter)]


@pytest.mark.parametrize("letter", sorted(set(NAME.lower()) - {" "}))
def test_no_look_alike_of_a_letter_defeats_a_name(letter: str) -> None:
    assert len(alike(letter)) > 3
    escaped = [char for char in alike(letter) if namebook.verdict(NAME.lower().replace(letter, char), BOOK) != "block"]
    assert escaped == []


@given(st.text(st.characters(), max_size=200), st.sampled_from([NAME, "N1kola Tes1a", "Tesla, Nikola", "ニコラテスラ"]))
def test_a_hit_lies_inside_the_text_and_is_found_again(before: str, name: str) -> None:
    text = f"{before} {name} "
    found = namebook.hits(text, BOOK)
    assert found
    for hit in found:
        assert 0 <= hit.start < hit.stop <= len(text)
        assert text[hit.start : hit.stop] == text[hit.start : hit.stop].strip()
    assert found == namebook.hits(text, BOOK)


@given(st.lists(st.text(string.ascii_lowercase, min_size=2, max_size=12), min_size=2, max_size=5))
def test_a_name_is_always_found_as_it_is_written(parts: list[str]) -> None:
    name = " ".join(parts)
    (hit,) = namebook.hits(f"The {name.title()}!", namebook.book(name))
    assert hit.sure
    assert hit.kind in (Kind.EXACT, Kind.DISGUISED)


@given(st.text(max_size=300))
def test_any_text_can_be_asked_about_and_any_name_stored(text: str) -> None:
    for stored in names.keys_of(text):
        assert stored.key[1] == ":"
        assert 1 <= stored.words <= names.LONGEST
    asked = names.asked_of(text)
    assert all(place.start < place.stop <= len(text) for places in asked.values() for place, _ in places)


@pytest.mark.parametrize("text", ["", " ", "...", "\u200b", "a", "one two three four five six", "\u0301"])
def test_too_little_or_too_much_is_no_name(text: str) -> None:
    assert names.keys_of(text) == ()


def test_a_disguised_single_word_counts_only_if_somebody_chose_it() -> None:
    found: namebook.Book = {}
    namebook.write(found, "Prism", "Prism")
    assert namebook.verdict("Pr1sm on stage", found) == "review"
    assert namebook.verdict("Prism on stage", found) == "block"


def test_the_surest_hit_speaks_for_a_name() -> None:
    (hit,) = namebook.hits("NT, that is N1kola Tesla, or Nikola Tesla", BOOK)
    assert (hit.kind, hit.start, hit.stop) == (Kind.EXACT, 29, 41)


def test_nothing_stored_depends_on_the_process() -> None:
    assert [stored.key for stored in names.keys_of("Al Go")] == ["1:al go", "2:aigo"]
    assert names.keys_of(NAME)[2].key == "3:nikola tesla"
    assert len(names.keys_of(NAME)) == 2 + 1 + 5 + 4


def test_the_printed_table_stands_in_the_documents() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/design/screening.md").read_text()
    assert namebook.table() in page
    assert "**missed**" in page
