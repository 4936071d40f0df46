"""A policy says all that the terms say, in words that its context explains, and can be read back."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

from consent.exports import odrl, odrl_reading, profile
from consent.exports.granted import Granted
from consent.fields import StatementInvalid
from ledger.canonical import canonical
from tests.consent.exports.grants import BASE, BEN, EVERYONE, FULL, GRANTOR, GRANTS, OLDER
from tests.consent.exports.jsonld import compact_iris, unmapped

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
# Those terms of http://www.w3.org/ns/odrl.jsonld that are used here, as the copy of it in w3c/poe has them.
ODRL_TERMS = {
    "uid", "type", "Agreement", "Offer", "profile", "conflict", "prohibit", "assigner", "assignee", "target",
    "permission", "prohibition", "duty", "action", "constraint", "leftOperand", "operator", "rightOperand",
    "obtainConsent", "consentingParty", "compensatedParty", "attributedParty",
    "dateTime", "count", "meteredTime", "elapsedTime", "purpose", "spatial", "language", "recipient", "payAmount",
    "eq", "lt", "lteq", "gteq", "isA", "isAnyOf", "isPartOf",
}  # fmt: skip


@given(GRANTS)
def test_an_export_reads_back_as_the_same_grant(granted: Granted) -> None:
    assert odrl_reading.read(odrl.policy(granted, base=BASE), base=BASE) == granted


@given(GRANTS, GRANTS)
def test_two_different_grants_never_export_alike(one: Granted, other: Granted) -> None:
    assume(one != other)
    assert canonical(odrl.policy(one, base=BASE)) != canonical(odrl.policy(other, base=BASE))


@given(GRANTS)
def test_every_word_is_in_the_context_and_every_word_of_ours_in_the_profile(granted: Granted) -> None:
    document = odrl.policy(granted, base=BASE)
    assert unmapped(document, ODRL_TERMS) == set()
    defined = {term["@id"] for term in profile.document(BASE)["@graph"]}
    assert {term for term in compact_iris(document) if term.startswith("cn:")} <= defined


def test_a_word_that_no_context_explains_is_found() -> None:
    document = odrl.policy(FULL, base=BASE)
    document["permission"][0]["gusto"] = {"cm:none": 1}
    assert unmapped(document, ODRL_TERMS) == {"gusto", "cm:none"}


@given(GRANTS)
def test_conflicts_prohibit_and_the_profile_is_named(granted: Granted) -> None:
    document = odrl.policy(granted, base=BASE)
    assert (document["conflict"], document["profile"]) == ("prohibit", f"{BASE}/profile/odrl")
    assert all(("assignee" in rule) == (document["type"] == "Agreement") for rule in document["permission"])


def test_what_is_not_permitted_to_train_is_prohibited() -> None:
    assert {"action": ["cn:train"]} in odrl.policy(FULL, base=BASE)["prohibition"]
    assert "cn:train" in odrl.policy(EVERYONE, base=BASE)["permission"][0]["action"]


def test_each_share_is_a_duty_and_their_amounts_sum_to_the_rate() -> None:
    duties = odrl.policy(FULL, base=BASE)["permission"][0]["duty"]
    paid = [
        duty["action"][0]["refinement"][0]["rightOperand"]["@value"] for duty in duties if "compensatedParty" in duty
    ]
    assert paid == ["0.040", "0.010"]


def _without_veto(document: dict[str, Any]) -> None:
    del document["prohibition"][1]


def _one_party_twice_as_much(document: dict[str, Any]) -> None:
    document["permission"][1]["constraint"][2]["rightOperand"] = 200


def _perm(document: dict[str, Any]) -> None:
    document["conflict"] = "perm"


def _more(document: dict[str, Any]) -> None:
    document["permission"][0]["remedy"] = []


def _other_assignee(document: dict[str, Any]) -> None:
    document["permission"][0]["assignee"] = f"urn:uuid:{GRANTOR}"


def _other_payee(document: dict[str, Any]) -> None:
    document["permission"][0]["duty"][1]["compensatedParty"] = f"urn:uuid:{BEN}"


def _empty(document: dict[str, Any]) -> None:
    document["permission"] = []


def _number(document: dict[str, Any]) -> None:
    document["uid"] = 1


def _float(document: dict[str, Any]) -> None:
    document["cn:termsVersion"] = 2.0


@pytest.mark.parametrize(
    "change",
    [_one_party_twice_as_much, _perm, _more, _other_assignee, _other_payee, _empty, _number, _float],
    ids=lambda change: change.__name__,
)
def test_a_policy_that_was_changed_is_not_read(change: Any) -> None:  # noqa: ANN401 - one of the above
    document = copy.deepcopy(odrl.policy(FULL, base=BASE))
    change(document)
    with pytest.raises(StatementInvalid):
        odrl_reading.read(document, base=BASE)


def test_a_veto_that_was_taken_out_is_another_grant() -> None:
    document = odrl.policy(FULL, base=BASE)
    _without_veto(document)
    assert odrl_reading.read(document, base=BASE) != FULL


def test_a_policy_of_another_place_is_not_ours() -> None:
    with pytest.raises(StatementInvalid):
        odrl_reading.read(odrl.policy(FULL, base="https://elsewhere.example"), base=BASE)


@pytest.mark.parametrize(
    ("name", "granted"), [("odrl-agreement", FULL), ("odrl-offer", EVERYONE), ("odrl-version-1", OLDER)]
)
def test_the_examples_are_what_is_made(name: str, granted: Granted) -> None:
    assert json.loads((EXAMPLES / f"{name}.jsonld").read_text()) == odrl.policy(granted, base=BASE)


def test_the_profile_explains_its_own_words_and_names_each_once() -> None:
    document = profile.document(BASE)
    assert unmapped(document, set()) == set()
    names = [term["@id"] for term in document["@graph"]]
    assert len(names) == len(set(names))
    assert json.loads((EXAMPLES / "odrl-profile.jsonld").read_text()) == document
