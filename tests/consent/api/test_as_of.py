"""The past over HTTP: one point, named in one of three ways; whatever cannot be asked about is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from consent import revocations
from consent.models import Decision, Likeness
from ledger.models import Entry, Head, Leaf
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person
from tests.consent.test_as_of import here

pytestmark = pytest.mark.django_db


def asked(face: Likeness, point: dict[str, Any], **more: object) -> dict[str, Any]:
    use = {"cast": [str(face.pk)], "purpose": "satire", "seconds": 4, "remix": False}
    return {"use": use, "as_of": point} | more


def test_what_was_allowed_then_is_told_after_its_end(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    grant = people.grant(ada, face, ben.party)
    before = here()
    moment = Head.objects.get(size=before.size).created_at
    revocations.withdraw_grant(grant, actor=ada.party)
    after = here()
    entries, decided = Entry.objects.count(), Decision.objects.count()
    last = str(Leaf.objects.get(index=before.size - 1).entry_id)
    for point in ({"size": before.size}, {"entry": last}, {"time": moment.isoformat()}):
        told = call(ben, "post", "decisions/as-of", asked(face, point)).json()
        assert (told["outcome"], told["is_permit"], told["judged"]) == ("allow", False, [str(face.pk)])
        assert told["as_of"]["index"] == before.size - 1
        assert told["as_of"]["checkpoint"]["size"] == after.size
    told = call(ada, "post", "decisions/as-of", asked(face, {"size": after.size}, client=str(ben.party.pk))).json()
    assert [one["reason"] for one in told["reasons"]] == ["grant_withdrawn"]
    assert (Entry.objects.count(), Decision.objects.count()) == (entries, decided)


@pytest.mark.parametrize(
    ("point", "status"),
    [
        ({}, 422),
        ({"size": 1, "time": "2026-11-22T14:35:00Z"}, 422),
        ({"size": 0}, 422),
        ({"size": 2**53 - 1}, 404),
        ({"time": "2026-11-22T14:35:00"}, 422),  # no instant
        ({"time": "2199-11-22T14:35:00Z"}, 404),
        ({"time": "1999-11-22T14:35:00Z"}, 404),
        ({"time": "yesterday"}, 422),
        ({"entry": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"checkpoint": 3}, 422),
    ],
    ids=str,
)
def test_a_point_that_is_none_is_refused(
    call: Call, ben: Person, face: Likeness, point: dict[str, Any], status: int
) -> None:
    here()
    assert call(ben, "post", "decisions/as-of", asked(face, point)).status_code == status


def test_nobody_asks_about_others_but_those_who_may_see_the_likeness(
    call: Call, ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    people.grant(ada, face, ben.party)
    body = asked(face, {"size": here().size}, client=str(ben.party.pk))
    refused = call(carl, "post", "decisions/as-of", body)
    body["use"]["cast"] = [str(people.some_id())]
    absent = call(carl, "post", "decisions/as-of", body)
    assert (refused.status_code, absent.status_code) == (404, 404)
    assert [refused.json()[name] for name in ("type", "detail")] == [absent.json()[name] for name in ("type", "detail")]
    assert call(None, "post", "decisions/as-of", body).status_code == 401
