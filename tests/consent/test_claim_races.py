"""Authority under contention: real commits on real connections."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction

from consent import authority, claims, keys, permits, reviews
from consent.authority import Act
from consent.models import Assent, Claim, Likeness
from consent.staff import SecondPersonNeeded, Staff
from ledger.canonical import digest
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import FIRST, SECOND, Person
from tests.consent.test_races import gate_one, threads, together, waits_for_us

THIRD = Staff(9)


@pytest.fixture
def ada(fresh_database: str) -> Person:
    return people.register("ada")


@pytest.fixture
def ben(fresh_database: str) -> Person:
    return people.register("ben")


@pytest.fixture
def face(ada: Person, monkeypatch: pytest.MonkeyPatch) -> Likeness:
    return people.enrolled(ada, monkeypatch)


def test_a_claim_accepted_by_eight_at_once_is_accepted_once(ada: Person) -> None:
    made = people.documented(ada, people.claim(ada))
    reviews.recommend(made, "accept", actor=FIRST)
    found = together(*[lambda n=n: reviews.accept(made, actor=Staff(n)) for n in range(8, 16)])
    assert all(isinstance(answer, Claim) for answer in found)
    assert Entry.objects.filter(kind="claim.accepted").count() == 1


def test_of_acceptance_refusal_and_withdrawal_at_once_one_wins(ada: Person) -> None:
    for _ in range(5):
        made = people.documented(ada, people.claim(ada))
        reviews.recommend(made, "accept", actor=FIRST)
        together(
            lambda made=made: reviews.accept(made, actor=SECOND),  # type: ignore[misc]  # bound now
            lambda made=made: reviews.refuse(made, "not-shown", actor=THIRD),  # type: ignore[misc]  # bound now
        )
        made.refresh_from_db()
        assert made.state in {"accepted", "refused"}
        assert Entry.objects.filter(kind__in=["claim.accepted", "claim.refused"]).count() == Claim.objects.count()


def test_two_who_recommend_and_accept_at_once_are_two_people_each_time(ada: Person) -> None:
    for _ in range(5):
        made = people.documented(ada, people.claim(ada))
        found = together(
            lambda made=made: reviews.recommend(made, "accept", actor=FIRST),  # type: ignore[misc]  # bound now
            lambda made=made: reviews.accept(made, actor=FIRST),  # type: ignore[misc]  # bound now
        )
        assert isinstance(found[1], SecondPersonNeeded)


def test_two_estates_that_take_over_at_once_do_not_both_decide(ada: Person, ben: Person, face: Likeness) -> None:
    eve = people.register("eve")
    both = [people.documented(each, people.claim(each, face, role="estate")) for each in (ben, eve)]
    for made in both:
        reviews.recommend(made, "transfer", actor=FIRST)
    together(*[lambda made=made: reviews.transfer(made, actor=SECOND) for made in both])
    face.refresh_from_db()
    deciding = [each.party.pk for each in (ada, ben, eve) if authority.may_act(face.pk, each.party, Act.GRANT)]
    assert deciding == [face.holder_id]
    assert Claim.objects.filter(state="accepted").get().claimant_id == face.holder_id


def test_a_transfer_waits_for_the_gate_that_was_first_and_then_kills_its_permit(
    ada: Person, ben: Person, face: Likeness
) -> None:
    people.grant(ada, face, ben.party)
    eve = people.register("eve")
    made = people.documented(eve, people.claim(eve, face, role="estate"))
    reviews.recommend(made, "transfer", actor=FIRST)
    with threads(1) as start:
        with transaction.atomic():
            permit = gate_one(ben, face)
            moving = start(lambda: reviews.transfer(made, actor=SECOND))
            assert waits_for_us(moving)
        moving.result(10)
    assert permit is not None
    with pytest.raises(permits.PermitRefused):
        permits.redeem(permit.token, service="one")


def test_an_assent_that_races_a_transfer_does_not_outlive_it(ada: Person, ben: Person, face: Likeness) -> None:
    made = people.documented(ben, people.claim(ben, face, role="estate"))
    reviews.recommend(made, "transfer", actor=FIRST)
    document = {"id": str(uuid.uuid4())}
    together(
        lambda: people.agree(ada, face, "grant", document),
        lambda: reviews.transfer(made, actor=SECOND),
    )
    assert not Assent.objects.filter(dropped_entry=None).exists()
    assert not authority.may_act(face.pk, ada.party, Act.GRANT, document=digest("grant", document))


def test_one_assent_given_four_times_at_once_is_one(ada: Person, face: Likeness) -> None:
    document = {"id": str(uuid.uuid4())}
    together(*[lambda: people.agree(ada, face, "grant", document)] * 4)
    assert Assent.objects.count() == Entry.objects.filter(kind="authority.assented").count() == 1


def test_one_claim_sent_four_times_at_once_is_made_once(ada: Person) -> None:
    subject = {"name": "Grandmother", "kind": "deceased", "rule": "all", "adult_on": None}
    document = claims.draft({"role": "heir", "basis": "x", "subject": subject}, key=ada.key, actor=ada.party)
    signature = ada.private.sign(digest("claim", document))
    found = together(*[lambda: claims.make_claim(document, signature, actor=ada.party)] * 4)
    assert sum(isinstance(answer, Claim) for answer in found) == 1
    assert sum(isinstance(answer, claims.ClaimRefused) for answer in found) == 3
    assert Likeness.objects.count() == 1


def test_of_twelve_claims_at_once_no_more_wait_than_may(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MAX_WAITING", 3)
    # As if each were signed with another of her keys: one key is held by one claim at a time.
    monkeypatch.setattr(keys, "key_in_use", lambda party, key_id: party.keys.get(key_id=key_id))
    found = together(*[lambda: people.claim(ada) for _ in range(12)])
    assert sum(isinstance(answer, Claim) for answer in found) == 3
    assert Claim.objects.filter(state__in=claims.WAITING).count() == 3
