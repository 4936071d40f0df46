"""Who is mutual: whoever has, by a grant that stands, permitted the holder by name."""

from __future__ import annotations

import pytest

from consent import exclusions, permits, revocations, suspensions
from consent.models import Exclusion, Likeness
from consent.permits import PermitRefused
from tests.consent import people
from tests.consent.people import Person
from tests.consent.test_permits import minted
from tests.consent.test_superseding import asks

pytestmark = pytest.mark.django_db
MUTUALS = {"kind": "mutuals", "except": []}


@pytest.fixture
def back(ben: Person, monkeypatch: pytest.MonkeyPatch) -> Likeness:
    return people.enrolled(ben, monkeypatch)


def test_whoever_named_the_holder_is_mutual_until_that_grant_rests(
    ada: Person, ben: Person, face: Likeness, back: Likeness
) -> None:
    people.full_grant(ada, face, audience=MUTUALS)
    assert not asks(ben, face)
    given = people.full_grant(ben, back, ada.party)
    assert asks(ben, face)
    pause = suspensions.suspend(given, reason="paused", actor=ben.party)
    assert not asks(ben, face)
    suspensions.resume(pause, actor=ben.party)
    assert asks(ben, face)


def test_whoever_has_shut_the_holder_out_is_not_mutual(
    ada: Person, ben: Person, carl: Person, face: Likeness, back: Likeness
) -> None:
    people.full_grant(ada, face, audience=MUTUALS)
    parties = sorted((ada, carl), key=lambda one: str(one.party.pk))
    people.full_grant(ben, back, *(one.party for one in parties))
    assert asks(ben, face)
    exclusions.withdraw_party(ada.party, actor=ben.party)
    assert not asks(ben, face)
    exclusions.lift_exclusion(Exclusion.objects.get(), actor=ben.party)
    assert asks(ben, face)


def test_a_grant_to_oneself_makes_nobody_mutual(ada: Person, face: Likeness) -> None:
    people.full_grant(ada, face, audience=MUTUALS)
    people.full_grant(ada, face, purposes=["education"])
    assert not asks(ada, face)


def test_a_place_that_has_ended_names_nobody(ada: Person, ben: Person, face: Likeness, back: Likeness) -> None:
    people.full_grant(ada, face, audience=MUTUALS)
    given = people.full_grant(ben, back, ada.party)
    for end, expected in ((given.not_before, False), (given.not_after, True)):
        given.terms["audience"]["parties"][0]["not_after"] = f"{end:%Y-%m-%dT%H:%M:%SZ}"
        given.save(update_fields=["terms"])
        assert asks(ben, face) is expected


def test_a_permit_is_not_redeemed_by_who_is_mutual_no_more(
    ada: Person, ben: Person, face: Likeness, back: Likeness
) -> None:
    people.full_grant(ada, face, audience=MUTUALS)
    given = people.full_grant(ben, back, ada.party)
    kept, lost = minted(ben, face), minted(ben, face)
    assert permits.redeem(kept.token, service="gpu").redeemed_at is not None
    revocations.withdraw_grant(given, actor=ben.party)
    with pytest.raises(PermitRefused):
        permits.redeem(lost.token, service="gpu")
