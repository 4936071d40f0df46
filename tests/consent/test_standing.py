"""Whether grants stand now."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db.models import F

from consent import standing
from consent.models import Grant, Likeness
from consent.standing import Standing
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def test_an_empty_collection_does_not_stand() -> None:
    assert standing.standing([]) == {}
    assert not standing.all_stand([])


def test_an_unknown_grant_does_not_stand(ada: Person, ben: Person, face: Likeness) -> None:
    given, absent = people.grant(ada, face, ben.party).pk, uuid.uuid4()
    assert standing.all_stand([given])
    assert standing.standing([given, absent])[absent] is Standing.UNKNOWN
    assert not standing.all_stand([given, absent])


@pytest.mark.parametrize(("days", "expected"), [(-60, Standing.EXPIRED), (0, Standing.STANDS), (60, Standing.NOT_YET)])
def test_the_window_is_judged_by_the_database(
    ada: Person, ben: Person, face: Likeness, days: int, expected: Standing
) -> None:
    given = people.grant(ada, face, ben.party)
    shift = timedelta(days=days)
    Grant.objects.update(not_before=F("not_before") + shift, not_after=F("not_after") + shift)
    assert standing.standing([given.pk]) == {given.pk: expected}
    assert standing.all_stand([given.pk]) == (expected is Standing.STANDS)


@pytest.mark.parametrize(("state", "expected"), [("enrolling", Standing.SUSPENDED), ("withdrawn", Standing.WITHDRAWN)])
def test_only_an_active_likeness_lets_grants_stand(
    ada: Person, ben: Person, face: Likeness, state: str, expected: Standing
) -> None:
    given = people.grant(ada, face, ben.party)
    Likeness.objects.update(state=state)
    assert standing.standing([given.pk]) == {given.pk: expected}


def test_one_fallen_grant_of_eight_is_enough(ada: Person, ben: Person, face: Likeness) -> None:
    given = [people.grant(ada, face, ben.party).pk for _ in range(8)]
    assert standing.all_stand(given)
    for fallen in given:
        Grant.objects.filter(pk=fallen).update(not_after=F("not_before") + timedelta(seconds=1))
        assert not standing.all_stand(given)
        Grant.objects.filter(pk=fallen).update(not_after=F("not_before") + timedelta(days=9))
