"""Shutting out and suspending under contention: real commits on real connections."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction

from consent import exclusions, permits, suspensions
from consent.models import Likeness, Permit, Suspension, Withdrawal
from ledger.models import Entry
from tests.consent import people
from tests.consent.test_races import Story, gate_one, story, threads, together, waits_for_us

__all__ = ["story"]


def test_no_permit_is_minted_after_its_client_was_shut_out(story: Story) -> None:
    ada, ben, face = story
    carl = people.register("carl")
    people.grant(ada, face, ben.party, carl.party)
    minted = 0
    for _ in range(12):

        def shut_out() -> set[uuid.UUID]:
            exclusions.withdraw_party(ben.party, actor=ada.party)
            return set(Permit.objects.values_list("pk", flat=True))  # as of just after the commit

        then, permit = together(shut_out, lambda: gate_one(ben, face))
        assert set(Permit.objects.values_list("pk", flat=True)) == then
        if isinstance(permit, Permit):
            minted += 1
            with pytest.raises(permits.PermitRefused):
                permits.redeem(permit.token, service="reference")
        exclusions.lift_exclusion(ada.party.likenesses.get().exclusions.get(lifted_at=None), actor=ada.party)
    assert Withdrawal.objects.count() == 12


@pytest.mark.parametrize("how", ["shut-out", "suspended"])
def test_a_redemption_waits_for_what_was_first_and_is_refused(story: Story, how: str) -> None:
    ada, ben, face = story
    carl = people.register("carl")
    people.grant(ada, face, ben.party, carl.party)
    permit = gate_one(ben, face)
    assert permit is not None
    with threads(1) as start:
        with transaction.atomic():
            if how == "shut-out":
                exclusions.withdraw_party(ben.party, actor=ada.party)
            else:
                suspensions.suspend(face, reason="paused", actor=ada.party)
            redemption = start(lambda: permits.redeem(permit.token, service="one"))
            assert waits_for_us(redemption)
        with pytest.raises(permits.PermitRefused):
            redemption.result(10)


def test_a_mint_waits_for_the_suspension_that_was_first(story: Story) -> None:
    ada, ben, face = story
    given = people.grant(ada, face, ben.party)
    with threads(1) as start:
        with transaction.atomic():
            suspensions.suspend(given, reason="paused", actor=ada.party)
            gate = start(lambda: gate_one(ben, face))
            assert waits_for_us(gate)
        assert gate.result(10) is None
    assert not Permit.objects.exists()


def test_what_eight_do_at_once_is_done_once(story: Story) -> None:
    ada, ben, face = story
    together(*[lambda: exclusions.withdraw_party(ben.party, actor=ada.party)] * 8)
    assert Entry.objects.filter(kind="consent.withdrawn").count() == 1
    found = together(*[lambda: suspensions.suspend(face, reason="paused", actor=ada.party)] * 8)
    assert len({each.pk for each in found}) == 1  # type: ignore[attr-defined]  # all are suspensions
    pause = Suspension.objects.get()
    together(*[lambda: suspensions.resume(pause, actor=ada.party)] * 8)
    assert Entry.objects.filter(kind="consent.resumed").count() == 1
    assert Likeness.objects.get().state == "active"
