"""What makes a notice valid: each element counts, one complete regime is enough, and a bill is never called law."""

from __future__ import annotations

from typing import Any

import pytest

from consent.takedown import notice_document, regimes
from tests.consent.takedown.notices import document

CHARACTER: dict[str, Any] = {"topic": "character", "depicted": {"name": "Robot", "standing": "character"}}
EMPTY: dict[str, Any] = {
    "/signature": {"signature": ""},
    "/works": {"works": []},
    "/claimant/email": {"claimant": {"name": "Rosa", "role": "parent"}},
    "/claimant/name": {"claimant": {"email": "rosa@example.org", "role": "parent"}},
    "/depicted/name": {"depicted": {"standing": "living"}},
    "/explanation": {"explanation": ""},
    "/non_consent": {"non_consent": False},
    "/good_faith": {"good_faith": False},
    "/accuracy": {"accuracy": False},
    "/exclusions": {"exclusions": ["parody"]},
    "/authority_perjury": {"authority_perjury": False},
}
CASES = [(regime.code, element.field) for regime in regimes.REGIMES.values() for element in regime.elements]


def read(code: str, **changes: Any) -> notice_document.NoticeDocument:  # noqa: ANN401 - members of a document
    """Return a notice that is complete under this regime, changed."""
    kinds: dict[str, dict[str, Any]] = {"take-it-down": {"intimate": True}, "dmca-512": CHARACTER}
    merged = {**kinds.get(code, {}), **changes}
    if code == "dmca-512" and "depicted" in changes:
        merged["depicted"] = {"standing": "character"}
    return notice_document.parse(document(**merged))


@pytest.mark.parametrize("code", list(regimes.REGIMES))
def test_a_complete_notice_is_valid(code: str) -> None:
    assert code in regimes.valid(read(code))
    assert regimes.nearest(read(code)) == []


@pytest.mark.parametrize(("code", "field"), CASES, ids=[f"{code}{field}" for code, field in CASES])
def test_without_one_element_it_is_not_and_the_element_is_named_in_both_languages(code: str, field: str) -> None:
    without = read(code, **EMPTY[field])
    assert code not in regimes.valid(without)
    (lacking,) = [one for one in regimes.missing(without) if (one.regime, one.field) == (code, field)]
    assert lacking.english
    assert lacking.spanish != lacking.english


def test_an_empty_form_is_valid_under_nothing_and_sworn_by_nobody() -> None:
    empty = notice_document.parse({})
    assert regimes.valid(empty) == ()
    assert regimes.nearest(empty)
    assert not regimes.sworn(empty)


def test_characters_have_no_replica_rule_and_people_no_copyright() -> None:
    assert "dmca-512" not in regimes.valid(read("ordinary"))
    assert "no-fakes" not in regimes.valid(read("dmca-512"))
    assert "take-it-down" not in regimes.valid(read("dmca-512", intimate=True))


def test_a_bill_is_never_named_or_called_law() -> None:
    bill = regimes.REGIMES["no-fakes"]
    assert bill.status == "bill"
    assert "Act" not in bill.title + bill.source
    assert {regime.status for regime in regimes.REGIMES.values()} == {"law", "bill", "ours"}
