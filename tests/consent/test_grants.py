"""A grant is recorded only as it was signed, and signed only as it was shown."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent import grants, keys, likenesses, revocations, rfc3339, signing
from consent.models import Grant, Likeness
from consent.statements import StatementInvalid
from ledger import base64url, log, vault
from ledger.canonical import digest
from ledger.models import Entry
from ledger.problem import Problem
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(ada: Person, ben: Person, face: Likeness) -> dict[str, Any]:
    return grants.draft(face, people.terms(ben.party), key=ada.key, actor=ada.party)


def refused(ada: Person, document: dict[str, Any], kind: type[Problem]) -> Problem:
    """Sign whatever is there, so that nothing but the flaw refuses it; nothing is left behind."""
    before = Entry.objects.count()
    with pytest.raises(kind) as refusal:
        grants.record_grant(document, ada.sign(document), actor=ada.party)
    assert not Grant.objects.exists()
    assert Entry.objects.count() == before
    assert refusal.value.remedy
    return refusal.value


def test_a_signed_grant_is_recorded_with_its_statement(ada: Person, document: dict[str, Any]) -> None:
    signature = ada.sign(document)
    recorded = grants.record_grant(document, signature, actor=ada.party)
    assert recorded.entry.kind == "grant.recorded"
    opened = json.loads(log.opening(recorded.entry).payload)
    assert opened["payload"] == {"grant": document["id"], "statement": base64url.encode(digest("grant", document))}
    sealed = json.loads(vault.unseal(recorded.statement))
    assert sealed == {"statement": document, "signature": base64url.encode(signature)}
    assert recorded.terms == document["terms"]


def test_the_shown_text_is_in_what_is_signed(document: dict[str, Any]) -> None:
    text = grants.shown_text(document)
    assert "Ben Example" in text
    assert document["text"]["sha256"] == base64url.encode(hashlib.sha256(text.encode()).digest())


def test_terms_other_than_shown_are_refused(ada: Person, document: dict[str, Any]) -> None:
    document["terms"]["remix"]["allowed"] = False
    assert refused(ada, document, grants.TextMismatch).pointer == "/text/sha256"


def test_a_text_of_somebodys_own_is_refused(ada: Person, document: dict[str, Any]) -> None:
    document["text"]["sha256"] = base64url.encode(hashlib.sha256(b"You permit nothing.").digest())
    refused(ada, document, grants.TextMismatch)


def test_a_name_that_changed_since_is_refused(ada: Person, ben: Person, document: dict[str, Any]) -> None:
    ben.party.name = "Somebody Else"
    ben.party.save()
    refused(ada, document, grants.TextMismatch)


@pytest.mark.parametrize("flip", [0, 17, 63])
def test_a_changed_signature_is_refused(ada: Person, document: dict[str, Any], flip: int) -> None:
    signature = bytearray(ada.sign(document))
    signature[flip] ^= 1
    with pytest.raises(signing.SignatureRefused):
        grants.record_grant(document, bytes(signature), actor=ada.party)
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", "7f3f2f30-8b5e-4a53-9d5c-1c2f9d1c0a01"), ("nonce", "AAAAAAAAAAAAAAAAAAAAAA")],
)
def test_a_document_changed_after_signing_is_refused(
    ada: Person, document: dict[str, Any], field: str, value: str
) -> None:
    signature = ada.sign(document)
    with pytest.raises(signing.SignatureRefused):
        grants.record_grant(document | {field: value}, signature, actor=ada.party)
    assert not Grant.objects.exists()


def test_a_signature_over_another_kind_of_document_is_refused(ada: Person, document: dict[str, Any]) -> None:
    signature = ada.private.sign(digest("permit", document))
    with pytest.raises(signing.SignatureRefused):
        grants.record_grant(document, signature, actor=ada.party)


def test_somebody_elses_signature_is_refused(ada: Person, ben: Person, document: dict[str, Any]) -> None:
    with pytest.raises(signing.SignatureRefused):
        grants.record_grant(document, ben.sign(document), actor=ada.party)
    with pytest.raises(StatementInvalid) as refusal:
        grants.record_grant(document, ada.sign(document), actor=ben.party)
    assert refusal.value.pointer == "/grantor"


def test_somebody_elses_likeness_cannot_be_granted(ada: Person, ben: Person, face: Likeness) -> None:
    with pytest.raises(likenesses.LikenessMissing):
        grants.draft(face, people.terms(ben.party), key=ben.key, actor=ben.party)
    document = grants.draft(face, people.terms(ben.party), key=ada.key, actor=ada.party)
    document |= {"grantor": str(ben.party.pk), "key": ben.key.key_id}
    with pytest.raises(likenesses.LikenessMissing) as theirs:
        grants.record_grant(document, ben.sign(document), actor=ben.party)
    document["likeness"] = people.some_id()
    with pytest.raises(likenesses.LikenessMissing) as absent:
        grants.record_grant(document, ben.sign(document), actor=ben.party)
    assert str(theirs.value) == str(absent.value)


def test_a_key_that_is_revoked_or_anothers_is_refused(ada: Person, ben: Person, document: dict[str, Any]) -> None:
    refused(ada, document | {"key": ben.key.key_id}, keys.KeyUnknown)
    keys.revoke_key(ada.key, actor=ada.party)
    refused(ada, document, keys.KeyUnknown)


def test_a_likeness_that_is_not_enrolled_cannot_be_granted(ada: Person, ben: Person) -> None:
    bare = likenesses.register_likeness(name="Ada", kind="person", actor=ada.party)
    document = grants.draft(bare, people.terms(ben.party), key=ada.key, actor=ada.party)
    refused(ada, document, grants.LikenessNotActive)


def test_a_withdrawn_likeness_cannot_be_granted(ada: Person, face: Likeness, document: dict[str, Any]) -> None:
    revocations.withdraw_likeness(face, actor=ada.party)
    refused(ada, document, grants.LikenessNotActive)


@pytest.mark.parametrize("minutes", [-11, 11])
def test_a_statement_from_another_time_is_refused(ada: Person, document: dict[str, Any], minutes: int) -> None:
    document["issued_at"] = rfc3339.write(datetime.now(UTC) + timedelta(minutes=minutes))
    assert refused(ada, document, grants.NotFresh).pointer == "/issued_at"


def test_a_grant_that_is_over_already_is_refused(ada: Person, ben: Person, face: Likeness) -> None:
    past = datetime.now(UTC) - timedelta(days=2)
    window = {"not_before": rfc3339.write(past), "not_after": rfc3339.write(past + timedelta(days=1))}
    document = grants.draft(face, people.terms(ben.party, window=window), key=ada.key, actor=ada.party)
    assert refused(ada, document, grants.NotFresh).pointer == "/terms/window/not_after"


def test_a_replayed_grant_is_refused(ada: Person, document: dict[str, Any]) -> None:
    signature = ada.sign(document)
    recorded = grants.record_grant(document, signature, actor=ada.party)
    for _ in range(2):
        with pytest.raises(grants.GrantReplayed):
            grants.record_grant(document, signature, actor=ada.party)
        revocations.withdraw_grant(recorded, actor=ada.party)
    assert Grant.objects.count() == 1


def test_a_party_that_does_not_exist_cannot_be_named(ada: Person, face: Likeness, document: dict[str, Any]) -> None:
    stranger = copy.deepcopy(document)
    stranger["terms"]["audience"]["parties"][0]["party"] = people.some_id()
    assert refused(ada, stranger, StatementInvalid).pointer == "/terms/audience/parties/0/party"
    with pytest.raises(StatementInvalid):
        grants.draft(face, stranger["terms"], key=ada.key, actor=ada.party)


def test_a_likeness_has_no_more_grants_than_one_withdrawal_can_end(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert grants.MAX_LIVE == 1000
    monkeypatch.setattr(grants, "MAX_LIVE", 2)
    first = people.grant(ada, face, ben.party)
    people.grant(ada, face)
    with pytest.raises(grants.TooManyGrants):
        people.grant(ada, face)
    revocations.withdraw_grant(first, actor=ada.party)
    people.grant(ada, face)


def test_nothing_of_a_grant_is_readable_in_the_log(ada: Person, ben: Person, face: Likeness) -> None:
    recorded = people.grant(ada, face, ben.party)
    body = bytes(recorded.entry.body)
    for secret in (ada.party.pk, ben.party.pk, face.pk, recorded.pk):
        assert str(secret).encode() not in body
