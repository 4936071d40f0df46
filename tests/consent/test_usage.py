"""Limits in number: counted with the permit, given back when nothing comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from consent import decisions, permits, usage
from consent.models import GrantUsage, Likeness, Permit
from consent.models.reach import ANYBODY
from consent.policy import Reason
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person
from tests.consent.test_permits import minted

pytestmark = pytest.mark.django_db

NONE: dict[str, Any] = {"uses": None, "seconds": None, "seconds_each": None}


def reasons(ben: Person, face: Likeness, seconds: int = 4) -> list[str]:
    decision = decisions.preflight(people.use(ben.party, face, seconds=seconds), actor=ben.party)
    return [reason["reason"] for reason in decision.reasons]


def test_a_number_of_uses_is_used_up(ada: Person, ben: Person, face: Likeness) -> None:
    people.full_grant(ada, face, ben.party, limits=NONE | {"uses": 2})
    minted(ben, face)
    assert reasons(ben, face) == []
    minted(ben, face)
    assert reasons(ben, face) == [Reason.COUNT_EXHAUSTED]


def test_seconds_are_added_up_and_each_video_has_a_limit_of_its_own(ada: Person, ben: Person, face: Likeness) -> None:
    people.full_grant(ada, face, ben.party, limits=NONE | {"seconds": 10, "seconds_each": 6})
    assert reasons(ben, face, seconds=7) == [Reason.SECONDS_EXHAUSTED]
    minted(ben, face)  # four seconds
    assert reasons(ben, face, seconds=6) == []
    minted(ben, face)
    assert reasons(ben, face, seconds=2) == []
    assert reasons(ben, face, seconds=3) == [Reason.SECONDS_EXHAUSTED]


def test_each_party_has_its_own_quota(ada: Person, ben: Person, carl: Person, face: Likeness) -> None:
    named = [
        {"party": str(one.party.pk), "not_after": None, "uses": 1, "seconds": None}
        for one in sorted((ben, carl), key=lambda one: str(one.party.pk))
    ]
    people.full_grant(ada, face, audience={"kind": "named", "parties": named})
    minted(ben, face)
    assert reasons(ben, face) == [Reason.QUOTA_EXHAUSTED]
    assert reasons(carl, face) == []


def test_what_came_to_nothing_is_given_back_once(ada: Person, ben: Person, face: Likeness) -> None:
    people.full_grant(ada, face, ben.party, limits=NONE | {"uses": 1})
    permit = minted(ben, face)
    assert reasons(ben, face) == [Reason.COUNT_EXHAUSTED]
    assert usage.release(permit.pk) == 1
    assert usage.release(permit.pk) == 0
    resting = permit.rests_on.get()
    assert (resting.counted_seconds, resting.released_seconds) == (None, 4)
    assert resting.released_entry is not None
    assert resting.released_entry.kind == "permit.released"
    assert Entry.objects.filter(kind="permit.released").count() == 1
    assert list(GrantUsage.objects.values_list("uses", "seconds")) == [(0, 0), (0, 0)]
    minted(ben, face)
    assert reasons(ben, face) == [Reason.COUNT_EXHAUSTED]


def test_a_renewed_permit_counts_once(ada: Person, ben: Person, face: Likeness) -> None:
    people.full_grant(ada, face, ben.party, limits=NONE | {"uses": 1})
    renewed = permits.renew(minted(ben, face), actor=ben.party)
    assert GrantUsage.objects.get(party=ANYBODY).uses == 1
    assert Permit.objects.count() == 2
    assert usage.release(renewed.pk) == 1


def test_a_use_that_was_counted_is_not_counted_against_itself(ada: Person, ben: Person, face: Likeness) -> None:
    people.full_grant(ada, face, ben.party, limits=NONE | {"uses": 1})
    permit = minted(ben, face)
    again = decisions.use_of(permit.decision, counted=True)
    assert decisions.decide_locked(again, actor=ben.party)[1]
    assert not decisions.decide_locked(decisions.use_of(permit.decision), actor=ben.party)[1]


def test_a_grant_without_limits_is_not_counted(ada: Person, ben: Person, face: Likeness) -> None:
    people.full_grant(ada, face, ben.party)
    permit = minted(ben, face)
    assert not GrantUsage.objects.exists()
    assert usage.release(permit.pk) == 0


def test_what_was_given_back_is_not_redeemed(ada: Person, ben: Person, face: Likeness) -> None:
    people.full_grant(ada, face, ben.party, limits=NONE | {"uses": 1})
    permit = minted(ben, face)
    usage.release(permit.pk)
    with pytest.raises(permits.PermitRefused) as refusal:
        permits.redeem(permit.token, service="gpu")
    assert refusal.value.reason == "permit_released"


@pytest.mark.parametrize("newest", [True, False])
def test_of_a_renewed_permit_and_its_predecessor_either_is_redeemed(
    ada: Person, ben: Person, face: Likeness, *, newest: bool
) -> None:
    people.full_grant(ada, face, ben.party, limits=NONE | {"uses": 1})
    old = minted(ben, face)
    renewed = permits.renew(old, actor=ben.party)
    taken = renewed if newest else old
    assert permits.redeem(taken.token, service="gpu").redeemed_at is not None


def test_a_grant_that_replaces_another_counts_from_nothing(ada: Person, ben: Person, face: Likeness) -> None:
    first = people.full_grant(ada, face, ben.party, limits=NONE | {"uses": 1})
    permit = minted(ben, face)
    assert reasons(ben, face) == [Reason.COUNT_EXHAUSTED]
    people.full_grant(ada, face, ben.party, supersedes=first, limits=NONE | {"uses": 1})
    assert reasons(ben, face) == []
    minted(ben, face)
    usage.release(permit.pk)  # gives back to the grant that counted it, and to no other
    assert reasons(ben, face) == [Reason.COUNT_EXHAUSTED]
