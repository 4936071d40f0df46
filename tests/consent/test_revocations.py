"""Taking consent back: once, at once, and said to be effective only when it is."""

from __future__ import annotations

import time

import pytest
from django.conf import settings

from consent import grants, likenesses, revocations, standing
from consent.models import Likeness, Withdrawal
from consent.standing import Standing
from ledger.entry import decode
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def test_a_withdrawn_grant_ends_and_the_entry_names_it(ada: Person, ben: Person, face: Likeness) -> None:
    kept, ended = people.grant(ada, face, ben.party), people.grant(ada, face, ben.party)
    withdrawal = revocations.withdraw_grant(ended, actor=ada.party)
    assert decode(bytes(withdrawal.entry.body))["ends"] == [ended.entry.commit_text]
    assert standing.standing([kept.pk, ended.pk]) == {kept.pk: Standing.STANDS, ended.pk: Standing.WITHDRAWN}
    face.refresh_from_db()
    assert (face.epoch, face.state, withdrawal.epoch) == (1, "active", 1)


def test_a_withdrawn_likeness_ends_every_grant(ada: Person, ben: Person, face: Likeness) -> None:
    given = [people.grant(ada, face, ben.party) for _ in range(3)]
    first = revocations.withdraw_grant(given[0], actor=ada.party)
    whole = revocations.withdraw_likeness(face, actor=ada.party)
    assert set(decode(bytes(whole.entry.body))["ends"]) == {grant.entry.commit_text for grant in given[1:]}
    assert set(standing.standing([grant.pk for grant in given]).values()) == {Standing.WITHDRAWN}
    face.refresh_from_db()
    assert (face.epoch, face.state) == (2, "withdrawn")
    assert revocations.withdraw_grant(given[0], actor=ada.party) == first
    assert revocations.withdraw_grant(given[1], actor=ada.party) == whole


def test_withdrawing_twice_is_withdrawing_once(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    assert revocations.withdraw_grant(given, actor=ada.party) == revocations.withdraw_grant(given, actor=ada.party)
    assert revocations.withdraw_likeness(face, actor=ada.party) == revocations.withdraw_likeness(face, actor=ada.party)
    assert Entry.objects.filter(kind="consent.withdrawn").count() == 2
    face.refresh_from_db()
    assert face.epoch == 2


def test_nobody_else_withdraws(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    with pytest.raises(grants.GrantMissing):
        revocations.withdraw_grant(given, actor=ben.party)
    with pytest.raises(likenesses.LikenessMissing):
        revocations.withdraw_likeness(face, actor=ben.party)
    assert not Withdrawal.objects.exists()


def test_a_withdrawal_becomes_effective_no_earlier_than_the_last_lease(
    ada: Person, ben: Person, face: Likeness
) -> None:
    withdrawal = revocations.withdraw_grant(people.grant(ada, face, ben.party), actor=ada.party)
    assert withdrawal.effective_at is None
    before = time.monotonic()
    drained = revocations.drain(withdrawal)
    assert time.monotonic() - before >= settings.SERVING_LEASE_SECONDS
    assert drained.effective_at is not None
    assert (drained.effective_at - drained.accepted_at).total_seconds() >= settings.SERVING_LEASE_SECONDS
    assert drained.drained_entry is not None
    assert decode(bytes(drained.drained_entry.body))["withdrawal"] == withdrawal.entry.commit_text


def test_draining_twice_is_draining_once(ada: Person, ben: Person, face: Likeness) -> None:
    withdrawal = revocations.withdraw_grant(people.grant(ada, face, ben.party), actor=ada.party)
    first = revocations.drain(withdrawal)
    assert revocations.drain(withdrawal).drained_entry == first.drained_entry
    assert Entry.objects.filter(kind="withdrawal.drained").count() == 1


def test_a_withdrawal_whose_door_died_is_drained_later(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdrawal = revocations.withdraw_grant(people.grant(ada, face, ben.party), actor=ada.party)
    assert revocations.drain_overdue() == 0  # its door has its time first
    monkeypatch.setattr(revocations, "OVERDUE", -revocations.OVERDUE)
    assert revocations.drain_overdue() == 1
    withdrawal.refresh_from_db()
    assert withdrawal.effective_at is not None
    assert revocations.drain_overdue() == 0
