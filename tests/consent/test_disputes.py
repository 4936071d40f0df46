"""Two who claim one likeness: until it is settled, nothing new is decided about it."""

from __future__ import annotations

import pytest

from consent import claims, likenesses, permits, reviews, standing, suspensions
from consent.authority import Act, Why, may_act
from consent.models import Claim, Likeness
from consent.staff import SecondPersonNeeded
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import FIRST, SECOND, Person
from tests.consent.test_permits import minted

pytestmark = pytest.mark.django_db


def test_a_dispute_stops_everything_but_withdrawing_until_it_is_settled(
    ada: Person, ben: Person, eve: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    permit = minted(ben, face)
    made = people.documented(eve, people.claim(eve, face, role="estate"))
    reviews.dispute(made, actor=FIRST)
    reviews.dispute(made, actor=SECOND)
    assert may_act(face.pk, ada.party, Act.GRANT).why is Why.DISPUTED
    assert may_act(face.pk, ada.party, Act.WITHDRAW)
    assert standing.standing([given.pk]) == {given.pk: standing.Standing.SUSPENDED}
    with pytest.raises(permits.PermitRefused):
        permits.redeem(permit.token, service="reference")

    with pytest.raises(SecondPersonNeeded):
        reviews.refuse(made, "not-shown", actor=SECOND)  # nobody recommended it
    reviews.recommend(made, "refuse", actor=FIRST)
    with pytest.raises(SecondPersonNeeded):
        reviews.refuse(made, "not-shown", actor=FIRST)
    reviews.refuse(made, "not-shown", actor=SECOND)
    assert standing.all_stand([given.pk])
    assert may_act(face.pk, ada.party, Act.GRANT)
    with pytest.raises(permits.PermitRefused):
        permits.redeem(permit.token, service="reference")  # what was open before the hold stays dead
    assert Entry.objects.filter(kind="claim.disputed").count() == 1


def test_a_second_dispute_keeps_the_hold(ada: Person, ben: Person, eve: Person, face: Likeness) -> None:
    first, second = people.claim(ben, face, role="estate"), people.claim(eve, face, role="estate")
    reviews.dispute(first, actor=FIRST)
    reviews.dispute(second, actor=FIRST)
    claims.withdraw_claim(first, actor=ben.party)
    assert may_act(face.pk, ada.party, Act.GRANT).why is Why.DISPUTED
    claims.withdraw_claim(second, actor=eve.party)
    assert may_act(face.pk, ada.party, Act.GRANT)


def test_nobody_takes_over_while_somebody_elses_claim_is_disputed(ben: Person, eve: Person, face: Likeness) -> None:
    reviews.dispute(people.claim(ben, face, role="estate"), actor=FIRST)
    with pytest.raises(reviews.ClaimConflict):
        people.accepted(eve, people.claim(eve, face, role="estate"), "transfer")


def disputed(face: Likeness, eve: Person) -> Claim:
    claim = people.claim(eve, face, role="rights_holder")
    reviews.dispute(claim, actor=FIRST)
    face.refresh_from_db()
    return claim


def settled(claim: Claim) -> None:
    reviews.recommend(claim, "refuse", actor=FIRST)
    reviews.refuse(claim, "not-shown", actor=SECOND)


def test_whoever_paused_before_a_dispute_does_not_resume_out_of_it(ada: Person, eve: Person, face: Likeness) -> None:
    pause = suspensions.suspend(face, reason="paused", actor=ada.party)
    claim = disputed(face, eve)
    suspensions.resume(pause, actor=ada.party)
    face.refresh_from_db()
    assert face.state == Likeness.State.DISPUTED
    settled(claim)
    face.refresh_from_db()
    assert face.state == Likeness.State.ACTIVE


def test_nobody_enrols_out_of_a_dispute(ada: Person, eve: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    for act in (people.enrol, people.proved):
        face = likenesses.register_likeness(name="Ada", kind="person", actor=ada.party)
        claim = disputed(face, eve)
        act(ada, face, monkeypatch)
        face.refresh_from_db()
        assert face.state == Likeness.State.DISPUTED
        settled(claim)


def test_what_a_court_stops_during_a_dispute_rests_when_it_is_settled(ada: Person, eve: Person, face: Likeness) -> None:
    claim = disputed(face, eve)
    stopped = suspensions.suspend(face, reason="court-hold", actor=FIRST)
    settled(claim)
    face.refresh_from_db()
    assert face.state == Likeness.State.SUSPENDED
    suspensions.resume(stopped, actor=SECOND)
    face.refresh_from_db()
    assert face.state == Likeness.State.ACTIVE
