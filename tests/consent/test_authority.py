"""Who may act for a likeness: asked of the rows, at each act."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from consent import (
    authority,
    capture,
    claims,
    enrolment,
    erasure,
    likenesses,
    permits,
    reviews,
    revocations,
    rfc3339,
    signing,
    standing,
    suspensions,
)
from consent.authority import Act, AuthorityRefused, Why, may_act
from consent.grants import GrantMissing
from consent.likenesses import ClaimNeeded, LikenessMissing
from consent.models import Assent, Claim, Grant, Likeness
from consent.staff import SecondPersonNeeded
from ledger.canonical import digest
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import FIRST, SECOND, Person, agree
from tests.consent.test_permits import minted

pytestmark = pytest.mark.django_db
SOON = datetime(2027, 6, 1, tzinfo=UTC)
MANDATE: dict[str, Any] = {"acts": ["grant", "withdraw"], "purposes": ["satire"], "not_after": rfc3339.write(SOON)}


@pytest.fixture
def eve(db: None) -> Person:
    return people.register("eve", "Eve Example")


def inherited(*heirs: Person, rule: str = "all", shares: tuple[int, ...] = ()) -> Likeness:
    """Somebody died; these heirs decide."""
    subject = {"name": "Grandmother", "kind": "deceased", "rule": rule, "adult_on": None}
    likeness: Likeness | None = None
    for n, heir in enumerate(heirs):
        more: dict[str, Any] = {"share": shares[n] if shares else 1}
        more |= {"subject": subject} if likeness is None else {}
        likeness = people.accepted(heir, people.claim(heir, likeness, **more)).likeness
    assert likeness is not None
    likeness.refresh_from_db()
    return likeness


def agent_of(holder: Person, likeness: Likeness, agent: Person, **limits: Any) -> Claim:  # noqa: ANN401 - of a document
    made = people.claim(agent, likeness, role="agent", limits=MANDATE | limits)
    agree(holder, likeness, "claim", claims.document_of(made))
    return people.accepted(agent, made)


def test_an_adult_decides_about_their_own_likeness_alone(ada: Person, ben: Person, face: Likeness) -> None:
    for act in Act:
        assert may_act(face.pk, ada.party, act)
        assert may_act(face.pk, ben.party, act).why is Why.NOT_THEIRS


def test_nobody_decides_about_what_does_not_exist(ada: Person) -> None:
    assert not may_act(uuid.uuid4(), ada.party, Act.GRANT)
    with pytest.raises(LikenessMissing):
        authority.require(uuid.uuid4(), ada.party, Act.GRANT)


def test_a_claim_that_waits_gives_no_authority(ada: Person, ben: Person) -> None:
    made = people.claim(ada)
    assert made.likeness is not None
    assert not may_act(made.likeness.pk, ada.party, Act.GRANT)
    assert may_act(made.likeness.pk, ada.party, Act.WITHDRAW)  # what narrows is always theirs


def test_no_door_makes_active_what_awaits_a_claim(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    made = people.claim(ada)
    likeness = made.likeness
    assert likeness is not None
    with pytest.raises(ClaimNeeded):
        people.enrol(ada, likeness, monkeypatch)
    with pytest.raises(IntegrityError, match="likeness_active_by_authority"), transaction.atomic():
        Likeness.objects.filter(pk=likeness.pk).update(state="active")


@pytest.mark.parametrize(
    ("rule", "shares", "agreeing", "may"),
    [
        ("any", (1, 1, 1), 1, True),
        ("majority", (1, 1, 1), 1, False),
        ("majority", (1, 1, 1), 2, True),
        ("majority", (2, 1, 1), 1, False),
        ("majority", (3, 1, 1), 1, True),
        ("all", (9, 1, 1), 2, False),
        ("all", (1, 1, 1), 3, True),
    ],
)
def test_heirs_widen_by_their_rule_and_each_narrows_alone(
    rule: str, shares: tuple[int, ...], agreeing: int, *, may: bool
) -> None:
    family = [people.register(name) for name in ("ada", "ben", "eve")]
    ada = family[0]
    likeness = inherited(*family, rule=rule, shares=shares)
    document = {"id": people.some_id()}
    for heir in family[1:agreeing]:
        agree(heir, likeness, "grant", document)
    found = may_act(likeness.pk, ada.party, Act.GRANT, document=digest("grant", document))
    assert bool(found) == may
    if not may:
        assert found.why is Why.ASSENT_NEEDED
        assert found.missing == {heir.party.pk for heir in family[agreeing:]}
    assert all(may_act(likeness.pk, heir.party, Act.WITHDRAW) for heir in family)


def test_an_assent_counts_for_exactly_its_document(ada: Person, ben: Person) -> None:
    likeness = inherited(ada, ben)
    document = {"id": people.some_id()}
    agree(ben, likeness, "grant", document)
    agree(ben, likeness, "grant", document)
    assert Assent.objects.count() == 1
    assert may_act(likeness.pk, ada.party, Act.GRANT, document=digest("grant", document))
    assert not may_act(likeness.pk, ada.party, Act.GRANT, document=digest("grant", {"id": "another"}))
    assert not may_act(likeness.pk, ada.party, Act.GRANT, document=digest("claim", document))
    assert not may_act(likeness.pk, ada.party, Act.GRANT)


def test_nobody_assents_with_anothers_key_or_to_what_is_not_theirs(ada: Person, ben: Person, eve: Person) -> None:
    likeness = inherited(ada, ben)
    with pytest.raises(LikenessMissing):
        agree(eve, likeness, "grant", {})
    forged = Person(ben.party, ben.key, eve.private, ben.token)
    with pytest.raises(signing.SignatureRefused):
        agree(forged, likeness, "grant", {})
    with pytest.raises(AuthorityRefused):
        agree(ben, likeness, "erasure", {})
    assert not Assent.objects.exists()


def test_an_heir_who_was_erased_is_no_heir(ada: Person, ben: Person) -> None:
    likeness = inherited(ada, ben)
    erasure.erase_party(ben.party, actor=ben.party)
    assert set(authority.principals(likeness, datetime.now(UTC))) == {ada.party.pk}
    assert may_act(likeness.pk, ada.party, Act.GRANT)


def test_an_agent_acts_within_limits_and_only_if_the_holder_has_signed(
    ada: Person, ben: Person, eve: Person, face: Likeness
) -> None:
    made = people.claim(ben, face, role="agent", limits=MANDATE)
    with pytest.raises(reviews.ClaimUnproven):
        people.accepted(ben, made)
    agree(ada, face, "claim", claims.document_of(made))
    reviews.accept(made, actor=SECOND)
    found = may_act(face.pk, ben.party, Act.GRANT)
    assert (found.may, found.purposes, found.not_after) == (True, frozenset({"satire"}), SOON)
    assert not may_act(face.pk, ben.party, Act.SEE)
    for wrong in ({"purposes": ["advertising"]}, {"not_after": SOON + timedelta(seconds=1)}):
        asked: dict[str, Any] = {"purposes": ["satire"], "not_after": SOON, "everyone": False} | wrong
        with pytest.raises(AuthorityRefused):
            authority.check_scope(face, found, **asked)
    authority.check_scope(face, found, purposes=["satire"], not_after=SOON, everyone=True)
    assert not may_act(face.pk, eve.party, Act.GRANT)


def test_a_mandate_that_is_over_gives_nothing(ada: Person, ben: Person, face: Likeness) -> None:
    made = agent_of(ada, face, ben)
    Claim.objects.filter(pk=made.pk).update(not_after=datetime.now(UTC) - timedelta(seconds=1))
    assert not may_act(face.pk, ben.party, Act.GRANT)


def test_whoever_appointed_an_agent_dismisses_them_alone_and_at_once(
    ada: Person, ben: Person, eve: Person, face: Likeness
) -> None:
    made = agent_of(ada, face, ben)
    with pytest.raises(claims.ClaimMissing):
        claims.end(made, actor=eve.party)
    claims.end(made, actor=ada.party)
    claims.end(made, actor=ada.party)
    assert not may_act(face.pk, ben.party, Act.GRANT)
    assert Entry.objects.filter(kind="claim.ended").count() == 1


def test_a_transfer_drops_every_right_of_who_decided_before(ada: Person, ben: Person, eve: Person) -> None:
    carl = people.register("carla")
    likeness = inherited(ada, ben)
    pending = {"id": people.some_id()}
    agree(ben, likeness, "grant", pending)
    made = people.claim(carl, likeness, role="agent", limits=MANDATE)
    for heir in (ada, ben):
        agree(heir, likeness, "claim", claims.document_of(made))
    people.accepted(carl, made)
    assert may_act(likeness.pk, carl.party, Act.GRANT)

    people.accepted(eve, people.claim(eve, likeness, role="rights_holder"), "transfer")

    asked = digest("grant", pending)
    for person in (ada, ben, carl):
        for act in Act:
            assert may_act(likeness.pk, person.party, act, document=asked).why is Why.NOT_THEIRS
    assert may_act(likeness.pk, eve.party, Act.GRANT)
    assert not Assent.objects.filter(dropped_entry=None).exists()
    assert Entry.objects.filter(kind="authority.transferred").count() == 1
    assert Claim.objects.filter(state="ended").values("ended_entry").distinct().count() == 1


def test_grants_outlive_a_transfer_and_open_permits_do_not(
    ada: Person, ben: Person, eve: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    permit = minted(ben, face)
    people.accepted(eve, people.claim(eve, face, role="estate"), "transfer")
    with pytest.raises(permits.PermitRefused) as refusal:
        permits.redeem(permit.token, service="reference")
    assert refusal.value.reason == "authority_moved"
    assert standing.all_stand([given.pk])
    with pytest.raises(GrantMissing):
        revocations.withdraw_grant(given, actor=ada.party)  # she sold it, and takes back nothing
    permits.redeem(minted(ben, face).token, service="reference")
    revocations.withdraw_grant(given, actor=eve.party)
    assert not standing.all_stand([given.pk])


def test_who_sold_a_likeness_can_be_erased_and_what_they_signed_ends(
    ada: Person, ben: Person, eve: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    people.accepted(eve, people.claim(eve, face, role="estate"), "transfer")
    erasure.erase_party(ada.party, actor=ada.party)
    given.refresh_from_db()
    face.refresh_from_db()
    assert given.ended_at is not None
    assert (face.state, face.holder_id) == ("active", eve.party.pk)
    assert Grant.objects.get().terms == {}


def test_an_estate_whose_claim_ended_is_not_the_holder_by_another_door(
    ada: Person, eve: Person, face: Likeness
) -> None:
    made = people.accepted(eve, people.claim(eve, face, role="estate"), "transfer")
    reviews.recommend(made, "end", actor=FIRST)
    with pytest.raises(SecondPersonNeeded):
        claims.end(made, actor=FIRST)
    claims.end(made, actor=SECOND)
    assert not may_act(face.pk, eve.party, Act.GRANT)
    assert not may_act(face.pk, ada.party, Act.GRANT)


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


def child(guardian: Person, years: int = 5) -> Likeness:
    adult_on = datetime.now(UTC).date() + timedelta(days=365 * years)
    subject = {"name": "Kim", "kind": "person", "rule": "any", "adult_on": adult_on.isoformat()}
    made = people.claim(guardian, subject=subject, role="guardian", basis="I am their mother.")
    likeness = people.accepted(guardian, made).likeness
    assert likeness is not None
    return likeness


def test_a_minor_needs_a_guardian_who_enrols_them(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    likeness = child(ada)
    likeness.refresh_from_db()
    assert likeness.state == "enrolling"  # no picture stands for a child's own clip
    people.enrol(ada, likeness, monkeypatch)
    assert may_act(likeness.pk, ada.party, Act.GRANT)


def test_a_minor_is_never_for_everyone_and_nothing_outlasts_their_childhood(ada: Person, face: Likeness) -> None:
    likeness = child(ada)
    bounds = authority.limits(likeness)
    assert (bounds.no_everyone, bounds.not_after) == (True, likeness.adult_on)
    assert likeness.adult_on is not None
    day = datetime.combine(likeness.adult_on, datetime.min.time(), UTC)
    found = may_act(likeness.pk, ada.party, Act.GRANT)
    authority.check_scope(likeness, found, purposes=[], not_after=day, everyone=False)
    with pytest.raises(AuthorityRefused):
        authority.check_scope(likeness, found, purposes=[], not_after=day + timedelta(seconds=1), everyone=False)
    with pytest.raises(AuthorityRefused):
        authority.check_scope(likeness, found, purposes=[], not_after=day, everyone=True)
    assert authority.limits(face) == authority.Limits(no_everyone=False, not_after=None)


def test_a_guardian_and_their_agent_decide_nothing_from_the_eighteenth_birthday_on(ada: Person, ben: Person) -> None:
    likeness = child(ada)
    agent_of(ada, likeness, ben)
    Likeness.objects.filter(pk=likeness.pk).update(adult_on=datetime.now(UTC).date() + timedelta(days=1))
    assert may_act(likeness.pk, ben.party, Act.GRANT)
    Likeness.objects.filter(pk=likeness.pk).update(adult_on=datetime.now(UTC).date())
    assert not may_act(likeness.pk, ada.party, Act.GRANT)
    assert not may_act(likeness.pk, ben.party, Act.GRANT)


def test_who_has_come_of_age_takes_over(ada: Person, ben: Person) -> None:
    likeness = child(ada)
    made = people.claim(ben, likeness, role="rights_holder")
    with pytest.raises(reviews.ClaimConflict):
        people.accepted(ben, made, "transfer")  # not yet
    Likeness.objects.filter(pk=likeness.pk).update(adult_on=datetime.now(UTC).date())
    reviews.transfer(made, actor=SECOND)
    likeness.refresh_from_db()
    assert likeness.adult_on is None
    assert may_act(likeness.pk, ben.party, Act.GRANT)
    assert not may_act(likeness.pk, ada.party, Act.WITHDRAW)


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


def test_who_takes_over_what_was_paused_resumes_it(ada: Person, eve: Person, face: Likeness) -> None:
    pause = suspensions.suspend(face, reason="paused", actor=ada.party)
    people.accepted(eve, people.claim(eve, face, role="rights_holder"), "transfer")
    with pytest.raises(suspensions.SuspensionMissing):
        suspensions.resume(pause, actor=ada.party)
    suspensions.resume(pause, actor=eve.party)
    face.refresh_from_db()
    assert face.state == Likeness.State.ACTIVE


def test_a_guardian_is_of_somebody_who_is_born(ada: Person) -> None:
    with pytest.raises(claims.ClaimRefused) as refused:
        child(ada, years=19)
    assert refused.value.pointer == "/subject/adult_on"
    assert child(ada, years=18)


def test_a_proof_of_who_held_a_likeness_is_none_of_who_holds_it(
    ada: Person, eve: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.proved(ada, face, monkeypatch)
    begun = capture.open_session(face, language="en", actor=ada.party)
    face.refresh_from_db()
    assert enrolment.fresh_proof_at(face) is not None
    people.accepted(eve, people.claim(eve, face, role="rights_holder"), "transfer")
    face.refresh_from_db()
    begun.refresh_from_db()
    assert enrolment.fresh_proof_at(face) is None
    assert begun.state == "expired"
