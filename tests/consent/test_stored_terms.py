"""What decisions read of a row is what was signed for; what is not known there is nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from consent import stored_terms
from consent.terms import Terms
from consent.terms_document import parse_terms, terms_document
from tests.consent import anything
from tests.consent.test_terms_document import DOCUMENT, changed


def read(document: Any) -> Terms | None:  # noqa: ANN401 - JSON
    return stored_terms.read(json.dumps(document))


@given(anything.terms)
def test_both_readers_give_the_same_terms(terms: Terms) -> None:
    document = terms_document(terms)
    assert read(document) == parse_terms(document) == terms


def test_the_quick_reader_alone_reads_all_of_version_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_terms, "_strictly", lambda _stored: None)
    assert read(DOCUMENT) == parse_terms(DOCUMENT)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/terms/v", 3),
        ("/terms/v", "2"),
        ("/terms/audience/kind", "friends"),
        ("/terms/audience/parties", []),
        ("/terms/audience/parties/0/uses", 0),
        ("/terms/audience/parties/0/more", 1),
        ("/terms/window/not_after", "2026-11-22T12:00:00Z"),
        ("/terms/window/not_after", "2027-11-22T12:00:00"),
        ("/terms/limits/uses", "10"),
        ("/terms/limits/uses", True),
        ("/terms/limits/seconds_each", 1.5),
        ("/terms/purposes", ["anything"]),
        ("/terms/purposes", []),
        ("/terms/territories", ["XX"]),
        ("/terms/territories", []),
        ("/terms/campaigns", []),
        ("/terms/modalities", ["gait"]),
        ("/terms/scenes/allowed", ["intimate"]),
        ("/terms/scenes/denied", ["unheard-of"]),
        ("/terms/speech/kind", "anything"),
        ("/terms/speech/scripts", []),
        ("/terms/speech/languages", []),
        ("/terms/company/never", ["nobody"]),
        ("/terms/remix/depth", 0),
        ("/terms/remix/allowed", 1),
        ("/terms/training", "no"),
        ("/terms/rate/amount", "-1"),
        ("/terms/approval", {"hours": 0}),
        ("/terms/unknown", None),
    ],
)
def test_what_the_strict_reader_refuses_is_nothing_here_too(pointer: str, value: object) -> None:
    assert read(changed(pointer, value)) is None


@pytest.mark.parametrize("name", sorted(DOCUMENT))
def test_a_member_that_is_missing_is_never_a_default(name: str) -> None:
    assert read({key: value for key, value in DOCUMENT.items() if key != name}) is None


@pytest.mark.parametrize("stored", ["", "{", "[]", "null", "{}", '"x"', "\x00", "[" * 100_000])
def test_what_is_no_terms_at_all_is_nothing(stored: str) -> None:
    assert stored_terms.read(stored) is None
