"""Who decides for a child, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from consent import authority, claims, reviews
from consent.authority import Act, AuthorityRefused, may_act
from consent.models import Likeness
from tests.consent import people
from tests.consent.people import SECOND, Person
from tests.consent.test_authority import agent_of

pytestmark = pytest.mark.django_db


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


def test_a_guardian_is_of_somebody_who_is_born(ada: Person) -> None:
    with pytest.raises(claims.ClaimRefused) as refused:
        child(ada, years=19)
    assert refused.value.pointer == "/subject/adult_on"
    assert child(ada, years=18)
