"""Permission that rests, and who may bring it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from consent import clock, decisions, enrolment, grants, likenesses, permits, revocations, standing, suspensions
from consent.models import Grant, Likeness, Message, Suspension
from consent.policy import Allow
from consent.revocation_reasons import ReasonRefused
from consent.staff import SecondPersonNeeded, Staff
from consent.standing import Standing
from consent.suspensions import SuspensionMissing, SuspensionRefused
from ledger.entry import decode
from tests.consent import people
from tests.consent.people import Person
from tests.consent.test_permits import minted

pytestmark = pytest.mark.django_db
MAX, LIN = Staff(71), Staff(72)


def allowed(client: Person, face: Likeness) -> bool:
    with transaction.atomic():
        _, outcome = decisions.decide_locked(people.use(client.party, face), actor=client.party)
    return isinstance(outcome, Allow)


def named(suspension: Suspension) -> list[str]:
    found: list[str] = decode(bytes(suspension.entry.body))["suspends"]
    return found


def resumed(suspension: Suspension) -> list[str]:
    assert suspension.resumed_entry is not None
    found: list[str] = decode(bytes(suspension.resumed_entry.body))["resumes"]
    return found


def test_a_paused_likeness_permits_nothing_until_it_is_resumed(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    permit = minted(ben, face)
    pause = suspensions.suspend(face, reason="paused", actor=ada.party)
    assert named(pause) == [given.entry.commit_text]
    assert standing.standing([given.pk]) == {given.pk: Standing.SUSPENDED}
    assert not allowed(ben, face)
    with pytest.raises(permits.PermitRefused):
        permits.redeem(permit.token, service="reference")
    face.refresh_from_db()
    with pytest.raises(likenesses.NotEnrolled):
        likenesses.calibration_blob(face)
    with pytest.raises(grants.LikenessNotActive):
        people.grant(ada, face, ben.party)
    with pytest.raises(enrolment.LikenessWithdrawn, match="suspended"):
        people.enrol_again(ada, face)
    back = suspensions.resume(pause, actor=ada.party)
    assert resumed(back) == [given.entry.commit_text]
    assert standing.all_stand([given.pk])
    assert allowed(ben, face)


def test_a_paused_grant_rests_alone(ada: Person, ben: Person, face: Likeness) -> None:
    rests, stands = people.grant(ada, face, ben.party), people.grant(ada, face, ben.party)
    permit = minted(ben, face)
    pause = suspensions.suspend(rests, reason="paused", actor=ada.party)
    assert standing.standing([rests.pk, stands.pk]) == {rests.pk: Standing.SUSPENDED, stands.pk: Standing.STANDS}
    assert suspensions.suspended([rests.pk, stands.pk]) == {rests.pk}
    assert allowed(ben, face)
    revocations.withdraw_grant(stands, actor=ada.party)
    assert not allowed(ben, face)
    with pytest.raises(permits.PermitRefused):
        permits.redeem(permit.token, service="reference")
    suspensions.resume(pause, actor=ada.party)
    assert allowed(ben, face)


def test_what_two_suspend_comes_back_with_the_second(ada: Person, ben: Person, face: Likeness) -> None:
    given, other = people.grant(ada, face, ben.party), people.grant(ada, face, ben.party)
    mine = suspensions.suspend(given, reason="paused", actor=ada.party)
    theirs = suspensions.suspend(face, reason="under-review", actor=MAX)
    assert named(theirs) == [other.entry.commit_text]
    assert resumed(suspensions.resume(mine, actor=ada.party)) == []
    assert not standing.all_stand([given.pk])
    back = suspensions.resume(theirs, actor=LIN)
    assert set(resumed(back)) == {given.entry.commit_text, other.entry.commit_text}
    assert standing.all_stand([given.pk, other.pk])


def test_staff_suspend_alone_and_only_another_lifts_it(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    hold = suspensions.suspend(face, reason="account-at-risk", actor=MAX)
    with pytest.raises(SecondPersonNeeded):
        suspensions.resume(hold, actor=MAX)
    with pytest.raises(SuspensionMissing):
        suspensions.resume(hold, actor=ada.party)
    assert not standing.all_stand([given.pk])
    suspensions.resume(hold, actor=LIN)
    assert standing.all_stand([given.pk])
    kinds = Message.objects.filter(party=ada.party).values_list("kind", flat=True)
    assert sorted(kinds) == ["consent-resumed", "consent-suspended"]
    assert "somebody else acts in your name" in Message.objects.get(kind="consent-suspended").text


def test_staff_do_not_lift_a_persons_own_pause(ada: Person, face: Likeness) -> None:
    pause = suspensions.suspend(face, reason="paused", actor=ada.party)
    with pytest.raises(SuspensionMissing):
        suspensions.resume(pause, actor=MAX)


@pytest.mark.parametrize(("who", "reason"), [("holder", "under-review"), ("staff", "paused"), ("staff", "because")])
def test_a_reason_is_of_the_list_of_whoever_gives_it(ada: Person, face: Likeness, who: str, reason: str) -> None:
    with pytest.raises(ReasonRefused):
        suspensions.suspend(face, reason=reason, actor=ada.party if who == "holder" else MAX)


def test_nobody_else_pauses_or_resumes(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    with pytest.raises(likenesses.LikenessMissing):
        suspensions.suspend(face, reason="paused", actor=ben.party)
    with pytest.raises(grants.GrantMissing):
        suspensions.suspend(given, reason="paused", actor=ben.party)
    pause = suspensions.suspend(face, reason="paused", actor=ada.party)
    with pytest.raises(SuspensionMissing):
        suspensions.resume(pause, actor=ben.party)


def test_a_promised_end_comes_by_itself_and_never_early(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    until = clock.now() + timedelta(hours=1)
    pause = suspensions.suspend(face, reason="paused", until=until, actor=ada.party)
    assert suspensions.resume_due() == 0
    Suspension.objects.update(until=clock.now() - timedelta(seconds=1))
    assert not standing.all_stand([given.pk])  # the clock alone brings nothing back
    assert suspensions.resume_due() == 1
    assert standing.all_stand([given.pk])
    assert suspensions.resume_due() == 0
    pause.refresh_from_db()
    assert pause.resumed_by == "system:consent"
    with pytest.raises(SuspensionRefused):
        suspensions.suspend(face, reason="paused", until=clock.now(), actor=ada.party)


def test_a_withdrawal_while_it_rests_is_final(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    pause = suspensions.suspend(face, reason="paused", actor=ada.party)
    revocations.withdraw_likeness(face, actor=ada.party)
    assert resumed(suspensions.resume(pause, actor=ada.party)) == []
    face.refresh_from_db()
    assert face.state == "withdrawn"
    assert standing.standing([given.pk]) == {given.pk: Standing.WITHDRAWN}
    with pytest.raises(SuspensionRefused):
        suspensions.suspend(face, reason="under-review", actor=MAX)
    with pytest.raises(SuspensionRefused):
        suspensions.suspend(Grant.objects.get(pk=given.pk), reason="under-review", actor=MAX)


def test_twice_is_once_and_it_is_effective_like_a_withdrawal(ada: Person, ben: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party)
    pause = suspensions.suspend(face, reason="paused", actor=ada.party)
    assert suspensions.suspend(face, reason="paused", actor=ada.party) == pause
    drained = revocations.drain(pause)
    assert drained.effective_at is not None
    assert drained.drained_entry is not None
    assert decode(bytes(drained.drained_entry.body))["withdrawal"] == pause.entry.commit_text
    first = suspensions.resume(pause, actor=ada.party)
    assert suspensions.resume(pause, actor=ada.party).resumed_entry == first.resumed_entry
