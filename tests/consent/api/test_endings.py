"""Shutting out, pausing and undoing over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from consent import exclusions
from consent.models import Likeness, Suspension
from ledger import base64url
from ledger.canonical import digest
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person
from tests.consent.test_undo import long_ago, stolen_key

pytestmark = pytest.mark.django_db


def test_a_party_is_shut_out_and_let_back_in(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party)
    answer = call(ada, "post", "withdrawals", {"party": str(ben.party.pk)})
    assert answer.status_code == 200
    (made,) = answer.json()["items"]
    assert (made["state"], made["scope"], made["party"]) == ("effective", "party", str(ben.party.pk))
    (listed,) = call(ada, "get", "exclusions").json()["items"]
    assert call(ben, "delete", f"exclusions/{listed['id']}").status_code == 404
    assert call(ada, "delete", f"exclusions/{listed['id']}").json()["lifted_at"] is not None
    assert exclusions.excluded([face.pk], ben.party.pk) == set()
    assert call(ada, "post", "withdrawals", {"party": people.some_id()}).status_code == 422


def test_what_is_ones_own_is_paused_and_resumed(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party)
    made = call(ada, "post", "suspensions", {"likeness": str(face.pk)}).json()
    assert (made["reason"], made["yours"], made["resumed_at"]) == ("paused", True, None)
    assert made["effective_at"] > made["accepted_at"]
    assert [each["id"] for each in call(ada, "get", "suspensions").json()["items"]] == [made["id"]]
    assert call(ben, "delete", f"suspensions/{made['id']}").status_code == 404
    assert call(ada, "delete", f"suspensions/{made['id']}").json()["resumed_at"] is not None
    assert call(ada, "post", "suspensions", {}).status_code == 422
    assert call(ben, "post", "suspensions", {"likeness": str(face.pk)}).status_code == 404


def test_the_preview_gives_what_is_signed_to_undo(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    since = long_ago(ada)
    people.grant(stolen_key(ada), face, ben.party)
    asked = {"since": since.isoformat(), "key": ada.key.key_id}
    seen = call(ada, "post", "undo/preview", asked).json()
    assert seen["counts"] == {"grants": 1, "keys": 1, "exclusions": 0, "suspensions": 0}
    signature = base64url.encode(ada.private.sign(digest("undo", seen["document"])))
    answer = call(ada, "post", "undo", {"document": seen["document"], "signature": signature})
    assert (answer.status_code, answer.json()["effective"]) == (200, True)
    assert answer.json()["grants"] == seen["grants"]
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert call(ada, "post", "undo/preview", {**asked, "since": later}).status_code == 422


@pytest.mark.parametrize("when", ["2027-01-01T10:00:00", "2027-01-01", 1, None, "2027-02-29T00:00:00Z"], ids=str)
def test_a_time_says_its_zone(call: Call, ada: Person, face: Likeness, when: object) -> None:
    for path, body in (
        ("suspensions", {"likeness": str(face.pk), "until": when}),
        ("undo/preview", {"key": ada.key.key_id, "since": when}),
    ):
        answer = call(ada, "post", path, body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] in {"#/until", "#/since"}
    assert not Suspension.objects.exists()
