"""Revocation by staff: two people, a reason from a list, and the person is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from consent import clock, revocation_proposals, revocations, standing
from consent.models import Likeness, Message, RevocationProposal
from consent.revocation_proposals import ProposalRefused, approve_revocation, propose_revocation
from consent.revocation_reasons import REVOCATIONS, SUSPENSIONS, By, ReasonRefused
from consent.staff import SecondPersonNeeded, Staff
from consent.standing import Standing
from ledger.entry import decode
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
MAX, LIN = Staff(71), Staff(72)


def test_one_person_cannot_revoke(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    proposal = propose_revocation(given, reason="rules-broken", actor=MAX)
    assert standing.all_stand([given.pk])  # a proposal ends nothing
    with pytest.raises(SecondPersonNeeded):
        approve_revocation(proposal, actor=MAX)
    assert standing.all_stand([given.pk])
    assert Entry.objects.filter(kind="revocation.proposed").count() == 1
    assert not Entry.objects.filter(kind="consent.revoked").exists()


def test_the_database_too_wants_two_people(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    proposal = propose_revocation(given, reason="rules-broken", actor=MAX)
    withdrawal = revocations.withdraw_grant(given, actor=ada.party)
    with pytest.raises(IntegrityError, match="revocation_by_two_people"), transaction.atomic():
        RevocationProposal.objects.filter(pk=proposal.pk).update(approved_by=MAX.actor, withdrawal=withdrawal)


def test_two_people_revoke_a_grant_and_the_person_is_told_why(ada: Person, ben: Person, face: Likeness) -> None:
    given, other = people.grant(ada, face, ben.party), people.grant(ada, face, ben.party)
    proposal = propose_revocation(given, reason="court-order", reference="4 C 7/26", actor=MAX)
    withdrawal = approve_revocation(proposal, actor=LIN)
    assert (withdrawal.entry.kind, withdrawal.reason, withdrawal.actor) == ("consent.revoked", "court-order", LIN.actor)
    assert decode(bytes(withdrawal.entry.body))["ends"] == [given.entry.commit_text]
    assert standing.standing([given.pk, other.pk]) == {given.pk: Standing.WITHDRAWN, other.pk: Standing.STANDS}
    message = Message.objects.get(party=ada.party)
    assert message.kind == "consent-revoked"
    assert "A court ordered" in message.text
    assert "Un tribunal ordenó" in message.text
    assert "You can object" in message.text
    assert "4 C 7/26" not in message.text
    assert approve_revocation(proposal, actor=LIN) == withdrawal
    assert revocations.drain(withdrawal).effective_at is not None
    assert revocations.withdraw_grant(given, actor=ada.party) == withdrawal


def test_two_people_revoke_a_likeness_for_good(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    withdrawal = approve_revocation(propose_revocation(face, reason="minor", actor=MAX), actor=LIN)
    face.refresh_from_db()
    assert face.state == "withdrawn"
    assert standing.standing([given.pk]) == {given.pk: Standing.WITHDRAWN}
    assert revocations.withdraw_likeness(face, actor=ada.party) == withdrawal


def test_an_old_proposal_and_one_whose_object_has_ended_end_nothing(ada: Person, ben: Person, face: Likeness) -> None:
    given, other = people.grant(ada, face, ben.party), people.grant(ada, face, ben.party)
    old, late = (propose_revocation(each, reason="minor", actor=MAX) for each in (given, other))
    assert revocation_proposals.waiting() == [old, late]
    RevocationProposal.objects.filter(pk=old.pk).update(created_at=clock.now() - timedelta(days=15))
    assert revocation_proposals.waiting() == [late]
    revocations.withdraw_grant(other, actor=ada.party)
    for proposal in (old, late):
        with pytest.raises(ProposalRefused):
            approve_revocation(proposal, actor=LIN)
    other.refresh_from_db()
    with pytest.raises(ProposalRefused):
        propose_revocation(other, reason="minor", actor=MAX)
    assert standing.all_stand([given.pk])


@pytest.mark.parametrize("reason", ["estate-decision", "paused", "", "because"])
def test_staff_give_only_the_reasons_that_are_theirs(ada: Person, face: Likeness, reason: str) -> None:
    with pytest.raises(ReasonRefused):
        propose_revocation(face, reason=reason, actor=MAX)


def test_a_reference_is_short_and_visible(ada: Person, face: Likeness) -> None:
    for reference in ("x" * 121, "a\nb"):
        with pytest.raises(ProposalRefused):
            propose_revocation(face, reason="minor", reference=reference, actor=MAX)


def test_every_reason_of_staff_takes_two_people_and_is_told_in_two_languages() -> None:
    for reason in (*REVOCATIONS.values(), *SUSPENSIONS.values()):
        assert reason.by
        assert reason.english != reason.spanish
        assert len(reason.code) <= 32
    assert all(each.two_people for each in REVOCATIONS.values() if each.by & {By.STAFF, By.COURT})
    assert not any(By.HOLDER in each.by for each in REVOCATIONS.values())


@pytest.mark.parametrize("whole", [False, True], ids=["one grant", "the likeness"])
def test_nothing_stays_visible_by_a_clause_of_what_was_revoked(
    ada: Person, ben: Person, face: Likeness, *, whole: bool
) -> None:
    """The clause is the word of the person for their own end of consent, and who was revoked may not be the person."""
    given = people.full_grant(ada, face, ben.party, after_end="keep")
    before = people.full_grant(ada, face, ben.party, after_end="keep_with_label")
    revocations.withdraw_grant(before, actor=ada.party)
    assert standing.standing([before.pk]) == {before.pk: Standing.KEPT_WITH_LABEL}
    proposal = propose_revocation(face if whole else given, reason="not-the-person", actor=MAX)
    approve_revocation(proposal, actor=LIN)
    found = standing.standing([given.pk, before.pk])
    assert found[given.pk] == Standing.WITHDRAWN
    assert found[before.pk] == (Standing.WITHDRAWN if whole else Standing.KEPT_WITH_LABEL)
