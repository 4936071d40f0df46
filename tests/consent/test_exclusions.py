"""Shutting one party out: of all that covers it now, and of all that will be signed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from consent import decisions, disclosure, exclusions, likenesses, permits, revocations, standing
from consent.exclusions import ExclusionInvalid, ExclusionMissing
from consent.models import Exclusion, Likeness, Withdrawal
from consent.policy import Allow, Deny
from consent.standing import Standing
from ledger.entry import decode
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person
from tests.consent.test_permits import minted

pytestmark = pytest.mark.django_db


def allowed(client: Person, face: Likeness) -> bool:
    with transaction.atomic():
        _, outcome = decisions.decide_locked(people.use(client.party, face), actor=client.party)
    return isinstance(outcome, Allow)


def test_grants_that_name_nobody_else_end_and_the_others_stand(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    alone = people.grant(ada, face, ben.party)
    shared = people.grant(ada, face, ben.party, carl.party)
    (withdrawal,) = exclusions.withdraw_party(ben.party, actor=ada.party)
    assert decode(bytes(withdrawal.entry.body))["ends"] == [alone.entry.commit_text]
    assert (withdrawal.scope, withdrawal.party, withdrawal.epoch) == ("party", ben.party, 1)
    found = standing.standing([alone.pk, shared.pk])
    assert found == {alone.pk: Standing.WITHDRAWN, shared.pk: Standing.STANDS}
    assert standing.all_stand_for([shared.pk], carl.party.pk)
    assert not standing.all_stand_for([shared.pk], ben.party.pk)
    assert revocations.drain(withdrawal).effective_at is not None


def test_no_grant_covers_whoever_is_shut_out_not_even_one_signed_later(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    people.grant(ada, face, ben.party, carl.party)
    exclusions.withdraw_party(ben.party, actor=ada.party)
    people.grant(ada, face, ben.party)
    assert not allowed(ben, face)
    assert allowed(carl, face)


def test_whoever_is_shut_out_hears_what_a_stranger_hears(ada: Person, ben: Person, face: Likeness) -> None:
    exclusions.withdraw_party(ben.party, actor=ada.party)
    people.grant(ada, face, ben.party)
    decision, outcome = None, None
    with transaction.atomic():
        decision, outcome = decisions.decide_locked(people.use(ben.party, face), actor=ben.party)
    assert isinstance(outcome, Deny)
    assert {each["reason"] for each in disclosure.reasons_for(decision, ben.party)} == {"no_grant"}
    assert {each["reason"] for each in disclosure.reasons_for(decision, ada.party)} == {"not_in_audience"}


def test_a_permit_from_before_is_not_redeemed(ada: Person, ben: Person, carl: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party, carl.party)
    permit = minted(ben, face)
    exclusions.withdraw_party(ben.party, actor=ada.party)
    with pytest.raises(permits.PermitRefused, match="no longer stands"):
        permits.redeem(permit.token, service="reference")
    assert permits.redeem(minted(carl, face).token, service="reference").redeemed_at is not None


def test_it_holds_for_every_likeness_or_for_the_one_that_is_named(
    ada: Person, ben: Person, carl: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = people.enrolled(ada, monkeypatch)
    exclusions.withdraw_party(carl.party, likeness=other, actor=ada.party)
    assert exclusions.excluded([face.pk, other.pk], carl.party.pk) == {other.pk}
    made = exclusions.withdraw_party(ben.party, actor=ada.party)
    assert {each.likeness_id for each in made} == {face.pk, other.pk}
    assert exclusions.excluded([face.pk, other.pk], ben.party.pk) == {face.pk, other.pk}
    assert exclusions.excluded([], ben.party.pk) == set()


def test_twice_is_once(ada: Person, ben: Person, face: Likeness) -> None:
    first = exclusions.withdraw_party(ben.party, actor=ada.party)
    assert exclusions.withdraw_party(ben.party, actor=ada.party) == first
    assert Entry.objects.filter(kind="consent.withdrawn").count() == 1
    face.refresh_from_db()
    assert face.epoch == 1


def test_only_the_holder_lets_back_in_and_what_ended_stays_ended(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    people.grant(ada, face, ben.party, carl.party)
    alone = people.grant(ada, face, ben.party)
    exclusions.withdraw_party(ben.party, actor=ada.party)
    out = Exclusion.objects.get()
    with pytest.raises(ExclusionMissing):
        exclusions.lift_exclusion(out, actor=ben.party)
    assert not allowed(ben, face)
    lifted = exclusions.lift_exclusion(out, actor=ada.party)
    assert exclusions.lift_exclusion(out, actor=ada.party).lifted_entry == lifted.lifted_entry
    assert allowed(ben, face)
    assert standing.standing([alone.pk])[alone.pk] is Standing.WITHDRAWN
    exclusions.withdraw_party(ben.party, actor=ada.party)
    assert not allowed(ben, face)


def test_nobody_shuts_out_from_what_is_anothers_or_shuts_out_themself(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    with pytest.raises(likenesses.LikenessMissing):
        exclusions.withdraw_party(carl.party, likeness=face, actor=ben.party)
    with pytest.raises(likenesses.LikenessMissing):
        exclusions.withdraw_party(carl.party, actor=ben.party)
    with pytest.raises(ExclusionInvalid):
        exclusions.withdraw_party(ada.party, actor=ada.party)
    assert not Withdrawal.objects.exists()


def test_an_audience_of_another_form_names_nobody_and_breaks_nothing(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    shapes: tuple[Any, ...] = ({}, {"audience": "everyone"}, {"audience": {"parties": [5, {"party": 5}]}}, [])
    for terms in shapes:
        given.terms = terms
        assert exclusions.named(given) == set()
        assert not exclusions.names_only(given, ben.party)
