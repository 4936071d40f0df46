"""Four eyes: two people, in the verbs and in the database, and each act's own permission on each side."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import Error, connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from consent import blocks, claims, clock
from consent.casework import acts, erasures, proposals, viewing
from consent.casework.acts import ActRefused
from consent.casework.proposals import ProposalOver, ReasonMissing
from consent.casework.viewing import ViewingOver
from consent.models import Likeness, Party, Proposal, RevocationProposal, Viewing
from consent.staff import SecondPersonNeeded, Staff, StaffRefused
from ledger.models import Entry
from tests.consent import people
from tests.consent.casework import crew
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
WHY = "They lost their telephone and cannot log in."


@pytest.fixture
def ann() -> Staff:
    return crew.hire("ann", "administrator")


@pytest.fixture
def bob() -> Staff:
    return crew.hire("bob", "administrator")


def proposed(actor: Staff, person: Person) -> Proposal:
    said = {"key": person.key.key_id}
    made = proposals.propose("revoke-key", person.party.pk, reason=WHY, arguments=said, actor=actor)
    assert isinstance(made, Proposal)
    return made


def raw(statement: str, *values: str | uuid.UUID) -> None:
    """Run SQL as the role that the application has."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_one_person_does_not_do_it_and_two_do(ada: Person, ann: Staff, bob: Staff) -> None:
    made = proposed(ann, ada)
    assert proposals.reason_of(made) == WHY
    with pytest.raises(SecondPersonNeeded):
        proposals.confirm(made, actor=ann)
    ada.key.refresh_from_db()
    assert ada.key.revoked_at is None
    proposals.confirm(made, actor=bob)
    ada.key.refresh_from_db()
    assert ada.key.revoked_at is not None
    assert proposals.confirm(made, actor=bob).decided_by == bob.actor
    assert Entry.objects.filter(kind="proposal.confirmed").count() == 1


def test_each_side_needs_its_permission_then_and_the_proposer_still(
    ada: Person, ann: Staff, bob: Staff, lin: Staff
) -> None:
    with pytest.raises(StaffRefused):
        proposed(lin, ada)
    made = proposed(ann, ada)
    with pytest.raises(StaffRefused):
        proposals.confirm(made, actor=lin)
    crew.fire(ann)
    with pytest.raises(StaffRefused):
        proposals.confirm(made, actor=bob)
    made.refresh_from_db()
    assert made.decision == ""


def test_support_proposes_and_does_not_confirm(ada: Person, ann: Staff) -> None:
    sam = crew.hire("sam", "support")
    with pytest.raises(StaffRefused):
        proposals.confirm(proposed(ann, ada), actor=sam)
    proposals.confirm(proposed(sam, ada), actor=ann)


def test_the_same_proposal_twice_is_one_and_what_is_refused_or_old_is_over(ada: Person, ann: Staff, bob: Staff) -> None:
    made = proposed(ann, ada)
    assert proposed(ann, ada) == made
    proposals.refuse(made, actor=bob)
    with pytest.raises(ProposalOver):
        proposals.confirm(made, actor=bob)
    again = proposed(ann, ada)
    assert again != made
    assert proposals.refuse(again, actor=ann).decided_by == ann.actor  # taken back


def test_after_three_days_it_is_proposed_anew(
    ada: Person, ann: Staff, bob: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "OPEN", -timedelta(seconds=1))
    made = proposed(ann, ada)
    with pytest.raises(ProposalOver):
        proposals.confirm(made, actor=bob)


@pytest.mark.parametrize(
    "reason", ["", "  ", "x" * 2001, "a\0b", "\ud800"], ids=["none", "blank", "long", "nul", "half"]
)
def test_a_reason_is_needed(reason: str, ada: Person, ann: Staff) -> None:
    with pytest.raises(ReasonMissing):
        proposals.propose("revoke-key", ada.party.pk, reason=reason, arguments={"key": ada.key.key_id}, actor=ann)


@pytest.mark.parametrize(
    ("act", "arguments"),
    [("destroy-all", {}), ("revoke-key", {"key": "nobody's"}), ("revoke-key", {"key": "x" * 200})],
    ids=["act", "key", "long"],
)
def test_what_cannot_be_done_cannot_be_proposed(act: str, arguments: dict[str, str], ada: Person, ann: Staff) -> None:
    with pytest.raises(ActRefused):
        proposals.propose(act, ada.party.pk, reason=WHY, arguments=arguments, actor=ann)
    assert not Proposal.objects.exists()


def test_the_database_refuses_that_who_proposed_confirms(ada: Person, ann: Staff, bob: Staff) -> None:
    made = proposed(ann, ada)
    decide = "UPDATE consent_proposal SET decision = 'confirmed', decided_by = %s, decided_at = now(), "
    decide += "decided_entry_id = %s WHERE id = %s"
    other = proposed(ann, people.register("eve")).entry_id
    with pytest.raises(Error, match="proposal_by_two_people"):
        raw(decide, ann.actor, other, made.pk)
    with pytest.raises(Error, match="proposal_by_staff"):
        raw(decide, "system:anything", other, made.pk)
    with pytest.raises(Error, match="what was proposed does not change"):
        raw("UPDATE consent_proposal SET proposed_by = %s WHERE id = %s", bob.actor, made.pk)
    with pytest.raises(Error, match="what was proposed does not change"):
        raw("UPDATE consent_proposal SET target = %s WHERE id = %s", uuid.uuid4(), made.pk)
    with pytest.raises(Error, match="is not deleted"):
        raw("DELETE FROM consent_proposal WHERE id = %s", made.pk)
    raw(decide, bob.actor, made.entry_id, made.pk)  # the statement itself is right: a second one may
    with pytest.raises(Error, match="is decided once"):
        raw("UPDATE consent_proposal SET decision = '' WHERE id = %s", made.pk)


def test_the_database_refuses_one_that_is_made_decided(ada: Person, ann: Staff, bob: Staff) -> None:
    made = proposed(ann, ada)
    made.pk, made.decision, made.decided_by, made.decided_at = uuid.uuid4(), "confirmed", bob.actor, clock.now()
    with pytest.raises(Error, match="is not made decided"), transaction.atomic():
        made.save(force_insert=True)


def test_a_block_is_lifted_by_its_own_verbs_and_there_is_no_second_truth(max_: Staff, zoe: Staff, lin: Staff) -> None:
    (block,) = crew.blocked(max_)
    blocks.confirm(block, actor=zoe)
    wanted = proposals.propose("lift-block", block.pk, reason=WHY, actor=lin)
    assert wanted == block.pk
    with pytest.raises(SecondPersonNeeded):
        proposals.confirm_theirs("lift-block", block.pk, actor=lin)
    proposals.confirm_theirs("lift-block", block.pk, actor=zoe)
    block.refresh_from_db()
    assert block.lifted_by == zoe.actor
    assert not Proposal.objects.exists()


def test_refusing_a_claim_takes_two_here_also_where_it_holds_nothing_up(ada: Person, lin: Staff, zoe: Staff) -> None:
    made = people.claim(ada)
    said = {"reason": "not-shown"}
    with pytest.raises(SecondPersonNeeded):
        proposals.confirm_theirs("refuse-claim", made.pk, arguments=said, actor=lin)
    proposals.propose("refuse-claim", made.pk, reason=WHY, actor=lin)
    with pytest.raises(SecondPersonNeeded):
        proposals.confirm_theirs("refuse-claim", made.pk, arguments=said, actor=lin)
    proposals.confirm_theirs("refuse-claim", made.pk, arguments=said, actor=zoe)
    made.refresh_from_db()
    assert (made.state, made.refusal) == ("refused", "not-shown")


def test_a_grant_is_revoked_by_two(ada: Person, ben: Person, face: Likeness, max_: Staff, zoe: Staff) -> None:
    given = people.grant(ada, face, ben.party)
    wanted = proposals.propose("revoke-grant", given.pk, reason=WHY, arguments={"reason": "rules-broken"}, actor=max_)
    assert isinstance(wanted, uuid.UUID)
    with pytest.raises(SecondPersonNeeded):
        proposals.confirm_theirs("revoke-grant", wanted, actor=max_)
    proposals.confirm_theirs("revoke-grant", wanted, actor=zoe)
    given.refresh_from_db()
    assert given.ended_at is not None
    assert RevocationProposal.objects.get().approved_by == zoe.actor


def test_somebody_is_erased_on_behalf_by_two(
    ada: Person, ann: Staff, bob: Staff, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    made = proposals.propose("erase-on-behalf", ada.party.pk, reason=WHY, actor=ann)
    assert isinstance(made, Proposal)
    assert erasures.finish() == 0
    with django_capture_on_commit_callbacks(execute=True):
        proposals.confirm(made, actor=bob)
    assert Party.objects.get(pk=ada.party.pk).erased_at is not None
    assert erasures.finish() == 0  # nothing is left to be done


def test_if_we_crash_after_the_confirmation_the_erasure_is_done_later(ada: Person, ann: Staff, bob: Staff) -> None:
    made = proposals.propose("erase-on-behalf", ada.party.pk, reason=WHY, actor=ann)
    assert isinstance(made, Proposal)
    proposals.confirm(made, actor=bob)  # nothing runs after this commit
    assert erasures.finish() == 1
    assert Party.objects.get(pk=ada.party.pk).erased_at is not None


def document(ada: Person) -> uuid.UUID:
    return people.documented(ada, people.claim(ada)).documents.get().pk


def test_something_sealed_is_seen_for_a_quarter_of_an_hour_and_each_look_is_an_entry(
    ada: Person, lin: Staff, zoe: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"source": "claim-document"}
    made = proposals.propose("view-sealed", document(ada), reason=WHY, arguments=said, actor=lin)
    assert isinstance(made, Proposal)
    with pytest.raises(ViewingOver):
        viewing.look(made, actor=lin)
    proposals.confirm(made, actor=zoe)
    for _ in range(2):
        media_type, chunks = viewing.look(made, actor=lin)
        assert media_type == "image/png"
        assert b"".join(chunks).startswith(b"\x89PNG")
    assert Viewing.objects.filter(actor=lin.actor).count() == Entry.objects.filter(kind="sealed.viewed").count() == 2
    with pytest.raises(ViewingOver):
        viewing.look(made, actor=zoe)  # who let a colleague look asks for themselves
    monkeypatch.setattr(viewing, "LASTS", timedelta(0))
    with pytest.raises(ViewingOver):
        viewing.look(made, actor=lin)
    assert Viewing.objects.count() == 2


@pytest.mark.parametrize("source", ["claim-document", "passwords"])
def test_what_is_not_there_cannot_be_asked_for(source: str, lin: Staff) -> None:
    with pytest.raises(ActRefused):
        proposals.propose("view-sealed", uuid.uuid4(), reason=WHY, arguments={"source": source}, actor=lin)


def test_each_act_names_a_permission_for_each_side() -> None:
    superuser = User.objects.create_superuser("root")
    assert set(acts.confirmable(Staff(superuser.pk))) == {act.name for act in acts.table()}
    assert all(act.propose and act.confirm and (act.theirs or act.check) for act in acts.table())
    assert claims.WAITING
