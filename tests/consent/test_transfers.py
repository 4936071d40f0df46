"""A likeness passes to somebody else: what ends with it, and what outlives it."""

from __future__ import annotations

import pytest

from consent import capture, claims, enrolment, erasure, permits, reviews, revocations, standing, suspensions
from consent.authority import Act, Why, may_act
from consent.grants import GrantMissing
from consent.models import Assent, Claim, Grant, Likeness
from consent.staff import SecondPersonNeeded
from ledger.canonical import digest
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import FIRST, SECOND, Person, agree
from tests.consent.test_authority import MANDATE, inherited
from tests.consent.test_permits import minted

pytestmark = pytest.mark.django_db


def test_a_transfer_drops_every_right_of_who_decided_before(ada: Person, ben: Person, eve: Person) -> None:
    carl = people.register("carla")
    likeness = inherited(ada, ben)
    pending = {"id": people.some_id()}
    agree(ben, likeness, "grant", pending)
    made = people.claim(carl, likeness, role="agent", limits=MANDATE)
    for heir in (ada, ben):
        agree(heir, likeness, "claim", claims.document_of(made))
    people.accepted(carl, made)
    assert may_act(likeness.pk, carl.party, Act.GRANT)

    people.accepted(eve, people.claim(eve, likeness, role="rights_holder"), "transfer")

    asked = digest("grant", pending)
    for person in (ada, ben, carl):
        for act in Act:
            assert may_act(likeness.pk, person.party, act, document=asked).why is Why.NOT_THEIRS
    assert may_act(likeness.pk, eve.party, Act.GRANT)
    assert not Assent.objects.filter(dropped_entry=None).exists()
    assert Entry.objects.filter(kind="authority.transferred").count() == 1
    assert Claim.objects.filter(state="ended").values("ended_entry").distinct().count() == 1


def test_grants_outlive_a_transfer_and_open_permits_do_not(
    ada: Person, ben: Person, eve: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    permit = minted(ben, face)
    people.accepted(eve, people.claim(eve, face, role="estate"), "transfer")
    with pytest.raises(permits.PermitRefused) as refusal:
        permits.redeem(permit.token, service="reference")
    assert refusal.value.reason == "authority_moved"
    assert standing.all_stand([given.pk])
    with pytest.raises(GrantMissing):
        revocations.withdraw_grant(given, actor=ada.party)  # she sold it, and takes back nothing
    permits.redeem(minted(ben, face).token, service="reference")
    revocations.withdraw_grant(given, actor=eve.party)
    assert not standing.all_stand([given.pk])


def test_who_sold_a_likeness_can_be_erased_and_what_they_signed_ends(
    ada: Person, ben: Person, eve: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    people.accepted(eve, people.claim(eve, face, role="estate"), "transfer")
    erasure.erase_party(ada.party, actor=ada.party)
    given.refresh_from_db()
    face.refresh_from_db()
    assert given.ended_at is not None
    assert (face.state, face.holder_id) == ("active", eve.party.pk)
    assert Grant.objects.get().terms == {}


def test_an_estate_whose_claim_ended_is_not_the_holder_by_another_door(
    ada: Person, eve: Person, face: Likeness
) -> None:
    made = people.accepted(eve, people.claim(eve, face, role="estate"), "transfer")
    reviews.recommend(made, "end", actor=FIRST)
    with pytest.raises(SecondPersonNeeded):
        claims.end(made, actor=FIRST)
    claims.end(made, actor=SECOND)
    assert not may_act(face.pk, eve.party, Act.GRANT)
    assert not may_act(face.pk, ada.party, Act.GRANT)


def test_who_takes_over_what_was_paused_resumes_it(ada: Person, eve: Person, face: Likeness) -> None:
    pause = suspensions.suspend(face, reason="paused", actor=ada.party)
    people.accepted(eve, people.claim(eve, face, role="rights_holder"), "transfer")
    with pytest.raises(suspensions.SuspensionMissing):
        suspensions.resume(pause, actor=ada.party)
    suspensions.resume(pause, actor=eve.party)
    face.refresh_from_db()
    assert face.state == Likeness.State.ACTIVE


def test_a_proof_of_who_held_a_likeness_is_none_of_who_holds_it(
    ada: Person, eve: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.proved(ada, face, monkeypatch)
    begun = capture.open_session(face, language="en", actor=ada.party)
    face.refresh_from_db()
    assert enrolment.fresh_proof_at(face) is not None
    people.accepted(eve, people.claim(eve, face, role="rights_holder"), "transfer")
    face.refresh_from_db()
    begun.refresh_from_db()
    assert enrolment.fresh_proof_at(face) is None
    assert begun.state == "expired"
