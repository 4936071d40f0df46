"""A grant is made smaller at once, without a signature; never larger."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction
from django.test import Client

from consent import amendments, decisions, grants, permits, revocations
from consent.models import Grant, GrantUsage, Narrowing, Permit, Reach
from consent.models.reach import ANYBODY
from consent.policy import Allow
from ledger import vault
from ledger.canonical import parse
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person, full_grant, register, use
from tests.consent.test_approvals import ORDER

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Person:
    return register("ada")


@pytest.fixture
def ben() -> Person:
    return register("ben")


@pytest.fixture
def grant(ada: Person, ben: Person, monkeypatch: pytest.MonkeyPatch) -> Grant:
    likeness = people.enrolled(ada, monkeypatch)
    made = full_grant(ada, likeness, ben.party, register("cleo").party)
    made.refresh_from_db()
    return made


def minted(grant: Grant, ben: Person) -> Permit:
    with transaction.atomic():
        decision, allow = decisions.decide_locked(use(ben.party, grant.likeness), actor=ben.party)
        assert isinstance(allow, Allow)
        return permits.mint(decision, allow, job=uuid.uuid4(), video=uuid.uuid4(), order=ORDER, actor=ben.party)


def allowed(grant: Grant, ben: Person) -> bool:
    return decisions.preflight(use(ben.party, grant.likeness), actor=ben.party).outcome == "allow"


def test_a_permit_from_before_is_judged_by_the_new_terms(grant: Grant, ada: Person, ben: Person) -> None:
    kept, lost = minted(grant, ben), minted(grant, ben)
    amendments.narrow(grant, grant.terms | {"territories": None, "training": False, "credit": "Ada"}, actor=ada.party)
    assert permits.redeem(kept.token, service="test").redeemed_at
    grant.refresh_from_db()
    amendments.narrow(grant, grant.terms | {"purposes": ["entertainment"]}, actor=ada.party)
    with pytest.raises(permits.PermitRefused):
        permits.redeem(lost.token, service="test")
    assert not allowed(grant, ben)


def test_what_widens_is_refused_and_every_clause_is_named(grant: Grant, ada: Person, ben: Person) -> None:
    before = grant.terms
    wider = before | {"training": True, "purposes": ["advertising"], "credit": "Ada"}
    with pytest.raises(amendments.Widens) as refused:
        amendments.narrow(grant, wider, actor=ada.party)
    assert refused.value.extra["clauses"] == ["/terms/purposes", "/terms/training"]
    grant.refresh_from_db()
    assert grant.terms == before
    assert not Narrowing.objects.exists()
    assert allowed(grant, ben)


def test_a_limit_that_comes_later_counts_what_was_used(grant: Grant, ada: Person, ben: Person) -> None:
    permits.redeem(minted(grant, ben).token, service="test")
    spent = minted(grant, ben)
    Permit.objects.filter(pk=spent.pk).update(expires_at=spent.minted_at)  # never redeemed, and over
    limits = {"uses": 2, "seconds": None, "seconds_each": None}
    amendments.narrow(grant, grant.terms | {"limits": limits}, actor=ada.party)
    counter = GrantUsage.objects.get(grant=grant, party=ANYBODY)
    assert (counter.uses, counter.seconds) == (1, 4)
    minted(grant, ben)
    assert not allowed(grant, ben)


def test_whoever_is_left_out_is_not_reached_any_more(grant: Grant, ada: Person, ben: Person) -> None:
    smaller = grant.terms["audience"] | {
        "parties": [one for one in grant.terms["audience"]["parties"] if one["party"] != str(ben.party.pk)]
    }
    amendments.narrow(grant, grant.terms | {"audience": smaller}, actor=ada.party)
    assert not Reach.objects.filter(grant=grant, subject=ben.party.pk).exists()
    assert Reach.objects.filter(grant=grant).count() == 1
    assert not allowed(grant, ben)


def test_it_is_on_record_with_what_it_was_before_and_once(grant: Grant, ada: Person) -> None:
    before, after = grant.terms, grant.terms | {"after_end": "delete"}
    made = amendments.narrow(grant, after, actor=ada.party)
    assert amendments.narrow(grant, after, actor=ada.party) == made
    document = parse(vault.unseal(made.document))
    assert (document["before"], document["after"]) == (before, after)
    (entry,) = Entry.objects.filter(kind="grant.narrowed")
    body = parse(bytes(entry.body))
    assert body["narrows"] == grant.entry.commit_text
    grant.refresh_from_db()
    assert grant.after_end == "delete"


def test_the_columns_follow_the_terms(grant: Grant, ada: Person) -> None:
    remix = {"allowed": False, "depth": 0}
    amendments.narrow(grant, grant.terms | {"remix": remix}, actor=ada.party)
    grant.refresh_from_db()
    assert grant.remix is False


def test_what_has_ended_or_was_replaced_cannot_be_changed(grant: Grant, ada: Person, ben: Person) -> None:
    smaller = grant.terms | {"purposes": ["satire"]}
    newer = full_grant(ada, grant.likeness, ben.party, supersedes=grant)
    with pytest.raises(amendments.NotAmendable):
        amendments.narrow(grant, smaller, actor=ada.party)
    revocations.withdraw_grant(newer, actor=ada.party)
    with pytest.raises(amendments.NotAmendable):
        amendments.narrow(newer, smaller, actor=ada.party)


def test_only_who_decides_narrows(grant: Grant, ben: Person) -> None:
    with pytest.raises(grants.GrantMissing):
        amendments.narrow(grant, grant.terms | {"purposes": ["satire"]}, actor=ben.party)


def test_the_door_narrows_in_one_call(client: Client, grant: Grant, ada: Person, ben: Person) -> None:
    address, body = f"/v1/grants/{grant.pk}", {"terms": grant.terms | {"purposes": ["satire"]}}
    stranger = client.patch(address, body, content_type="application/json", headers=ben.headers())
    assert stranger.status_code == 404
    answer = client.patch(address, body, content_type="application/json", headers=ada.headers())
    assert (answer.status_code, answer.json()["terms"]["purposes"]) == (200, ["satire"])
    wider = client.patch(address, {"terms": grant.terms}, content_type="application/json", headers=ada.headers())
    assert (wider.status_code, wider.json()["code"], wider.json()["clauses"]) == (
        422,
        "terms-widen",
        ["/terms/purposes"],
    )
