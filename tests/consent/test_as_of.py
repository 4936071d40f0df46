"""What is kept of states, hands and erased people: each point in the log has its own truth, or says that it is lost."""

from __future__ import annotations

from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from consent import (
    amendments,
    as_of,
    clock,
    erasure,
    facts,
    history,
    permits,
    points,
    policy,
    reviews,
    suspensions,
    usage,
)
from consent.as_of import Remembered
from consent.likenesses import LikenessMissing
from consent.models import Likeness, Permit, PermitGrant
from consent.points import PointUnknown
from consent.policy import Allow, Deny, Objection, Reason, Use
from ledger import merkle, publisher, sequencer
from ledger.models import Leaf
from tests.consent import people
from tests.consent.people import FIRST, SECOND, Person
from tests.consent.test_guardians import child
from tests.consent.test_permits import minted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short_leases(settings: Settings) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01


def here() -> points.Point:
    """Publish what is on record, and return the point of now."""
    while sequencer.sequence() > 1:
        pass
    with publisher.alone():
        publisher.start().publish()
    return points.after(Leaf.objects.count())


def told(use: Use) -> Allow | Deny:
    known = facts.whole([UUID(one) for one in use.cast], UUID(use.client))
    return policy.decide(use, known.facts, known.at)


class Diary:
    """What was true at points of a story; in the end each of them is asked about again."""

    def __init__(self, *uses: Use) -> None:
        self.uses, self.pages = uses, list[tuple[points.Point, list[Allow | Deny]]]()

    def write(self) -> None:
        self.pages.append((here(), [told(use) for use in self.uses]))

    def asked_again(self, seen_by: Person) -> list[list[Allow | Deny]]:
        return [[as_of.ask(use, point, actor=seen_by.party).outcome for use in self.uses] for point, _ in self.pages]

    def agrees(self, seen_by: Person) -> bool:
        return self.asked_again(seen_by) == [answers for _, answers in self.pages]


def reasons(found: Remembered) -> list[Reason]:
    return [one.reason for one in found.outcome.reasons] if isinstance(found.outcome, Deny) else []


def test_disputes_suspensions_and_transfers_are_told_as_they_stood(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    people.grant(ada, face, ben.party)
    people.grant(ada, face)  # only the holder, whoever that is
    diary = Diary(*(people.use(one.party, face) for one in (ben, ada, carl)))
    diary.write()
    claim = people.claim(carl, face, role="estate")
    reviews.dispute(claim, actor=FIRST)
    diary.write()
    pause = suspensions.suspend(Likeness.objects.get(pk=face.pk), reason="under-review", actor=FIRST)
    diary.write()
    suspensions.resume(pause, actor=SECOND)
    diary.write()
    people.accepted(carl, claim, "transfer")
    diary.write()
    assert len({str(answers) for _, answers in diary.pages}) == len(diary.pages) - 1  # the dispute shows twice
    assert diary.agrees(carl)
    with pytest.raises(LikenessMissing):  # who held it then sees no more of it than anybody
        as_of.ask(people.use(ben.party, face), diary.pages[0][0], actor=ada.party)


def test_a_character_is_nobodys_until_its_claim_is_accepted(ada: Person, ben: Person) -> None:
    claim = people.claim(
        ada, subject={"name": "Hero", "kind": "character", "rule": "all", "adult_on": None}, role="studio"
    )
    assert claim.likeness is not None
    diary = Diary(people.use(ben.party, claim.likeness))
    diary.write()
    people.accepted(ada, claim)
    face = Likeness.objects.get(pk=claim.likeness.pk)
    diary.write()
    people.grant(ada, face, ben.party)
    diary.write()
    assert [bool(answers[0]) for _, answers in diary.pages] == [False, False, True]
    assert diary.agrees(ada)


def test_counts_are_told_as_of_the_permits_of_then(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = people.full_grant(ada, face, ben.party, limits={"uses": 1, "seconds": None, "seconds_each": None})
    diary = Diary(people.use(ben.party, face))
    diary.write()
    permit = minted(ben, face)
    diary.write()
    usage.release(permit.pk)
    diary.write()
    permits.renew(minted(ben, face), actor=ben.party)
    diary.write()
    assert [bool(answers[0]) for _, answers in diary.pages] == [True, False, True, False]
    assert diary.agrees(ada)
    for forgotten, kept in (("coalesce(released.index, %(never)s)", "%(never)s"), ("AND minted.index < %(size)s", "")):
        with monkeypatch.context() as patch:
            patch.setattr(history, "_COUNTED", history._COUNTED.replace(forgotten, kept))
            assert not diary.agrees(ada)
    PermitGrant.objects.filter(permit=permit, grant=grant).update(released_seconds=None, released_entry=None)
    found = as_of.ask(diary.uses[0], diary.pages[1][0], actor=ada.party)  # given back before that was kept
    assert reasons(found) == [Reason.UNKNOWN_AT_THAT_POINT]
    assert as_of.ask(diary.uses[0], diary.pages[0][0], actor=ada.party).outcome


def test_limits_that_came_later_count_from_then(ada: Person, ben: Person, face: Likeness) -> None:
    grant = people.full_grant(ada, face, ben.party)
    old = minted(ben, face)
    Permit.objects.filter(pk=old.pk).update(expires_at=clock.now())  # nothing came of it
    diary = Diary(people.use(ben.party, face))
    diary.write()
    terms = people.full_terms(ben.party) | {"window": grant.terms["window"]}
    amendments.narrow(grant, terms | {"limits": {"uses": 1, "seconds": None, "seconds_each": None}}, actor=ada.party)
    diary.write()
    minted(ben, face)
    diary.write()
    assert [bool(answers[0]) for _, answers in diary.pages] == [True, True, False]
    assert diary.agrees(ada)


def test_what_an_erasure_destroyed_is_not_guessed(ada: Person, ben: Person, carl: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party)
    minted(ben, face)
    before, use = here(), people.use(ben.party, face)
    assert as_of.ask(use, before, actor=ben.party).outcome
    erasure.erase_party(ada.party, actor=ada.party)
    after = here()
    assert reasons(as_of.ask(use, before, actor=ben.party)) == [Reason.UNKNOWN_AT_THAT_POINT]
    stranger = as_of.ask(people.use(carl.party, face), before, actor=carl.party)
    assert stranger.outcome == Deny((Objection(str(face.pk), Reason.NO_GRANT),))
    assert told(use) == Deny((Objection(str(face.pk), Reason.GRANT_WITHDRAWN),))
    assert reasons(as_of.ask(use, after, actor=ben.party)) == [Reason.NO_GRANT]  # as a stranger would hear it now


def test_strangers_hear_one_thing_of_what_was_never_theirs(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    people.grant(ada, face, ben.party)
    point = here()
    nobody = Use(frozenset({str(people.some_id())}), str(carl.party.pk), "satire", remix=False, seconds=4)
    heard = as_of.ask(people.use(carl.party, face), point, actor=carl.party)
    assert [(one.reason, one.clause, one.grant) for one in _objections(heard)] == [(Reason.NO_GRANT, None, None)]
    assert reasons(as_of.ask(nobody, point, actor=carl.party)) == [Reason.NO_GRANT]
    with pytest.raises(LikenessMissing):
        as_of.ask(people.use(ben.party, face), point, actor=carl.party)
    named = as_of.ask(people.use(ben.party, face, purpose="advertising"), point, actor=ben.party)
    assert [one.clause for one in _objections(named)] == ["/terms/purposes"]


def test_a_holder_hears_about_their_own_of_a_cast(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = people.enrolled(ben, monkeypatch)
    people.grant(ada, face, ben.party)
    use = Use(frozenset({str(face.pk), str(other.pk)}), str(ben.party.pk), "satire", remix=False, seconds=4)
    found = as_of.ask(use, here(), actor=ada.party)
    assert found.outcome
    assert found.judged == (str(face.pk),)
    assert not as_of.ask(use, here(), actor=ben.party).outcome


def _objections(found: Remembered) -> tuple[Objection, ...]:
    assert isinstance(found.outcome, Deny)
    return found.outcome.reasons


def test_a_point_is_anchored_in_what_is_published(ada: Person) -> None:
    first = here()
    people.register("dora")
    late = clock.now()
    with pytest.raises(PointUnknown):
        points.after(first.size + 1)  # on record, and not published
    second = here()
    early = points.after(first.size)
    proof = list(early.consistency)
    merkle.verify_consistency(early.size, second.size, early.root, second.checkpoint.root, proof)
    assert (early.root, early.checkpoint) == (first.root, second.checkpoint)
    assert points.at(late).size == first.size
    assert points.at(late).at == late
    entry = Leaf.objects.get(index=1).entry_id
    assert points.just_after(entry).size == 2
    now = clock.now()
    for moment in (now.replace(year=2199), now.replace(year=1999)):
        with pytest.raises(PointUnknown):
            points.at(moment)
    with pytest.raises(PointUnknown):
        points.after(0)
    with pytest.raises(PointUnknown):
        points.just_after(ada.party.pk)


def test_who_came_of_age_was_a_child_before(ada: Person, ben: Person) -> None:
    likeness = child(ada)
    made = people.claim(ben, likeness, role="rights_holder")
    day = likeness.adult_on
    Likeness.objects.filter(pk=likeness.pk).update(adult_on=clock.now().date())
    people.documented(ben, made)
    reviews.recommend(made, "transfer", actor=FIRST)
    before = here()
    reviews.transfer(made, actor=SECOND)
    after = here()
    past = history.of([likeness.pk], client=ben.party.pk, size=before.size).likenesses[0]
    assert (past.of_age_on(before.size), past.holder(before.size)) == (day, str(ada.party.pk))
    assert (past.of_age_on(after.size), past.holder(after.size)) == (None, str(ben.party.pk))
