"""Permits: minted from an allowance, renewed by another, used once."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from consent import caveats, clock, decisions, permit, permits, revocations
from consent.models import Decision, Grant, Likeness, Permit, PermitGrant
from consent.permit import Order, PermitFlaw, PermitInvalid
from consent.policy import Allow
from ledger import base64url, keyring, log
from ledger.canonical import canonical, digest
from ledger.commitment import commit
from ledger.entry import decode
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db

ORDER = Order(hashlib.sha256(b"a walk by the sea").hexdigest(), "reference", 4, "1280x720", None)


def minted(client: Person, *cast: Likeness) -> Permit:
    with transaction.atomic():
        decision, outcome = decisions.decide_locked(people.use(client.party, *cast), actor=client.party)
        assert isinstance(outcome, Allow)
        return permits.mint(decision, outcome, job=uuid.uuid4(), video=uuid.uuid4(), order=ORDER, actor=client.party)


@pytest.fixture
def given(ada: Person, ben: Person, face: Likeness) -> Grant:
    return people.grant(ada, face, ben.party)


@pytest.fixture
def made(ben: Person, face: Likeness, given: Grant) -> Permit:
    return minted(ben, face)


def test_a_permit_carries_what_was_decided(made: Permit, face: Likeness, given: Grant) -> None:
    keys = {key.key_id: key.public for key in keyring.public_keys("permit")}
    claims = permit.verify(made.token, keys=keys, order=ORDER, at=clock.now())
    assert (claims.permit, claims.job, claims.epochs) == (str(made.pk), str(made.job), ((str(face.pk), 0),))
    assert claims.expires - claims.not_before == timedelta(seconds=60)
    assert list(made.grants.all()) == [given]
    assert made.entry == made.decision.entry
    assert Decision.objects.get().outcome == "allow"
    assert [attempt.decision for attempt in face.attempts.all()] == [made.decision]


def test_the_binding_opens_to_the_grants_and_says_nobodys_name(
    made: Permit, ada: Person, ben: Person, face: Likeness, given: Grant
) -> None:
    opened = json.loads(log.opening(made.entry).payload)["payload"]
    prompt = commit(base64url.decode(opened["prompt_salt"]), bytes.fromhex(ORDER.prompt_sha256), label="prompt")
    assert made.binding_document == {
        "video": str(made.video),
        "permit": str(made.pk),
        "grants": [given.entry.commit_text],
        "prompt": base64url.encode(prompt),
    }
    binding = commit(bytes(made.binding_salt), canonical(made.binding_document), label="binding")
    assert decode(bytes(made.entry.body))["binding"] == base64url.encode(binding)
    for person in (ada.party, ben.party, face):
        assert str(person.pk) not in json.dumps(made.binding_document)


def test_a_permit_does_not_outlive_the_grant_it_rests_on(ada: Person, ben: Person, face: Likeness) -> None:
    until = (clock.now() + timedelta(seconds=20)).replace(microsecond=0)
    spelt = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    audience = {"kind": "named", "parties": [{"party": str(ben.party.pk), "not_after": spelt}]}
    people.grant(ada, face, ben.party, audience=audience)
    assert minted(ben, face).expires_at == until


def test_nothing_is_minted_from_an_empty_or_used_allowance(made: Permit, ben: Person, face: Likeness) -> None:
    decision, outcome = decisions.decide_locked(people.use(ben.party, face), actor=ben.party)
    assert isinstance(outcome, Allow)
    ids = {"job": uuid.uuid4(), "video": uuid.uuid4(), "order": ORDER, "actor": ben.party}
    bad: list[tuple[Decision, Allow]] = [
        (decision, Allow((), outcome.until)),
        (decision, Allow(((str(face.pk), people.some_id()),), outcome.until)),
        (decision, Allow(((people.some_id(), outcome.grants[0][1]),), outcome.until)),
        (made.decision, outcome),
    ]
    for basis, allow in bad:
        with pytest.raises(ValueError, match="nothing to mint"):
            permits.mint(basis, allow, **ids)  # type: ignore[arg-type]  # a dict of what every call takes
    assert Permit.objects.count() == 1


def test_a_permit_is_redeemed_once(made: Permit) -> None:
    redeemed = permits.redeem(made.token, service="reference")
    assert redeemed.redeemed_entry is not None
    assert redeemed.redeemed_entry.kind == "permit.redeemed"
    with pytest.raises(permits.PermitReplayed) as refusal:
        permits.redeem(made.token, service="reference")
    assert (refusal.value.status, refusal.value.reason) == (409, "permit_replayed")
    assert Entry.objects.filter(kind="permit.redeemed").count() == 1


def test_a_withdrawal_before_the_redemption_wins(made: Permit, ada: Person, given: Grant) -> None:
    revocations.withdraw_grant(given, actor=ada.party)
    with pytest.raises(permits.PermitRefused) as refusal:
        permits.redeem(made.token, service="reference")
    assert (refusal.value.status, refusal.value.reason) == (403, "consent_ended")
    made.refresh_from_db()
    assert made.redeemed_at is None


def test_another_grant_ending_does_not_disturb_the_permit(made: Permit, ada: Person, face: Likeness) -> None:
    revocations.withdraw_grant(people.grant(ada, face), actor=ada.party)
    assert permits.redeem(made.token, service="reference").redeemed_at is not None


def test_a_permit_that_rests_on_nothing_is_refused(made: Permit) -> None:
    PermitGrant.objects.all().delete()
    with pytest.raises(permits.PermitRefused):
        permits.redeem(made.token, service="reference")


def test_a_permit_of_which_one_person_rests_on_nothing_is_refused(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many there are is said by what we signed, not by what is found."""
    other = people.enrolled(ben, monkeypatch)
    people.grant(ada, face, ben.party)
    people.grant(ben, other, ben.party)
    permit = minted(ben, face, other)
    PermitGrant.objects.get(grant__likeness=face).delete()
    with pytest.raises(permits.PermitRefused) as refusal:
        permits.redeem(permit.token, service="reference")
    assert refusal.value.reason == "consent_ended"


def test_a_forged_altered_or_unknown_permit_is_refused(made: Permit) -> None:
    head, _, tail = made.token.partition(".")
    payload: dict[str, Any] = json.loads(base64url.decode(head))
    longer = payload | {"caveats": [[5, 400] if item[0] == 5 else item for item in payload["caveats"]]}
    forged = base64url.encode(canonical(longer)) + "." + tail
    for token in ("", "x", head, made.token + "A", forged):
        with pytest.raises(PermitInvalid):
            permits.redeem(token, service="reference")
    other = payload | {"id": people.some_id()}
    signature = keyring.signing_key("permit").sign(digest("permit", other))
    unknown = base64url.encode(canonical(other)) + "." + base64url.encode(signature)
    with pytest.raises(permits.PermitRefused) as refusal:
        permits.redeem(unknown, service="reference")
    assert refusal.value.reason == "permit_unknown"


def test_an_expired_permit_is_refused_and_can_be_renewed(
    ben: Person, face: Likeness, given: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        real = clock.now
        patch.setattr(clock, "now", lambda: real() - timedelta(seconds=61))
        old = minted(ben, face)
    with pytest.raises(PermitInvalid) as refusal:
        permits.redeem(old.token, service="reference")
    assert refusal.value.reason is PermitFlaw.EXPIRED
    fresh = permits.renew(old, actor=ben.party)
    assert (fresh.job, fresh.video) == (old.job, old.video)
    assert fresh.pk != old.pk
    assert permits.redeem(fresh.token, service="reference").pk == fresh.pk


def test_a_job_begins_once_whatever_permits_it_has(made: Permit, ben: Person) -> None:
    second = permits.renew(made, actor=ben.party)
    permits.redeem(second.token, service="reference")
    with pytest.raises(permits.PermitReplayed):
        permits.redeem(made.token, service="reference")
    with pytest.raises(permits.PermitReplayed):
        permits.renew(made, actor=ben.party)


def test_a_permit_is_not_renewed_after_a_withdrawal(made: Permit, ada: Person, ben: Person, given: Grant) -> None:
    revocations.withdraw_grant(given, actor=ada.party)
    with pytest.raises(decisions.Denied) as refusal:
        permits.renew(made, actor=ben.party)
    assert [reason["reason"] for reason in refusal.value.extra["reasons"]] == ["grant_withdrawn"]  # type: ignore[attr-defined]
    assert Decision.objects.filter(outcome="deny").count() == 1


def test_the_order_of_a_renewed_permit_is_the_old_one(made: Permit, ben: Person) -> None:
    keys = {key.key_id: key.public for key in keyring.public_keys("permit")}
    fresh = permits.renew(made, actor=ben.party)
    assert permit.read(fresh.token, keys=keys).order == ORDER


def test_expiry_counts_for_every_grant_when_redeeming(made: Permit) -> None:
    Grant.objects.update(not_before=F("not_before") - timedelta(days=90), not_after=F("not_after") - timedelta(days=90))
    with pytest.raises(permits.PermitRefused):
        permits.redeem(made.token, service="reference")


def test_the_log_entry_can_be_opened_to_the_decision(made: Permit) -> None:
    opened = json.loads(log.opening(made.entry).payload)["payload"]
    assert opened["decision"] == str(made.decision_id)
    assert opened["use"] == made.decision.use


def test_every_limit_is_in_the_token(made: Permit) -> None:
    payload = json.loads(base64url.decode(made.token.partition(".")[0]))
    assert [item[0] for item in payload["caveats"]] == sorted(caveats.REGISTRY)
