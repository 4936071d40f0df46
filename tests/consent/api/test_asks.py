"""Requests for a grant over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from consent import ask_delivery
from consent.models import Ask, Likeness
from ledger import base64url
from tests.consent import asking, people
from tests.consent.api.conftest import Answer, Call
from tests.consent.people import Person
from tests.consent.test_asks import NOWHERE, over

pytestmark = pytest.mark.django_db
ROOT = "consent-requests"


def body(app: Person, named: object, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a body
    terms = people.full_terms(app.party, window=asking.WINDOW)
    return {"likeness": str(named), "terms": terms, "reason": asking.REASON, "return_url": asking.BACK} | changes


def made(call: Call, app: Person, named: object, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a body
    answer = call(app, "post", ROOT, body(app, named, **changes))
    assert answer.status_code == 201, answer.content
    ask_delivery.deliver_due()
    found: dict[str, Any] = answer.json()
    return found


def test_asked_drafted_signed_and_known_to_the_app(call: Call, ada: Person, carl: Person, face: Likeness) -> None:
    asked = made(call, carl, "@ada")
    assert asked["likeness"] == "@ada"  # as it was named, and no id beside it
    assert str(face.pk) not in str(asked)
    (seen,) = call(ada, "get", f"{ROOT}/received").json()["items"]
    assert (seen["reason"], seen["client"]["handle"]) == (asking.REASON, "carl")
    draft = {"likeness": seen["likeness"], "key": ada.key.key_id, "terms": seen["terms"]}
    drafted = call(ada, "post", "grants/draft", draft).json()
    signature = base64url.encode(ada.private.sign(base64url.decode(drafted["digest"])))
    signed = {"document": drafted["document"], "signature": signature}
    for _ in range(2):
        answer = call(ada, "post", f"{ROOT}/received/{seen['id']}/grant", signed)
        assert answer.status_code == 201, answer.content
    known = call(carl, "get", f"{ROOT}/{asked['id']}").json()
    assert known["state"] == "granted"
    assert call(carl, "get", f"grants/{known['grant']}").status_code == 200


def test_nobody_can_tell_by_an_answer_whom_a_request_reaches(
    call: Call, ada: Person, carl: Person, face: Likeness
) -> None:
    names = ["@ada", str(face.pk), "@nobody-here", NOWHERE]
    first = [made(call, carl, name) for name in names]
    for name, asked in zip(names, first, strict=True):
        assert made(call, carl, name) == asked  # the same again is the same
    declined = Ask.objects.get(pk=first[0]["id"])
    no = call(ada, "post", f"{ROOT}/received/{declined.pk}/refusal", {})
    assert no.json()["declined_at"] is not None

    def shown() -> list[dict[str, Any]]:
        answers = [call(carl, "get", f"{ROOT}/{one['id']}").json() for one in first]
        own = {"id", "likeness", "asked_at", "expires_at", "ended_at", "entry"}  # differ by what was asked, and when
        return [{name: value for name, value in one.items() if name not in own} for one in answers]

    assert all(one == shown()[0] for one in shown())
    for one in first:
        over(Ask.objects.get(pk=one["id"]))
    assert all(one == shown()[0] for one in shown())
    assert shown()[0]["state"] == "expired"


def test_a_no_that_the_app_may_know(call: Call, ada: Person, carl: Person, face: Likeness) -> None:
    asked = made(call, carl, face.pk)
    assert call(ada, "post", f"{ROOT}/received/{asked['id']}/refusal", {"tell": True}).status_code == 200
    assert call(carl, "get", f"{ROOT}/{asked['id']}").json()["state"] == "declined"
    assert call(carl, "delete", f"{ROOT}/{asked['id']}").status_code == 409


def test_doors_are_closed_and_opened(call: Call, ada: Person, carl: Person, face: Likeness) -> None:
    asked = made(call, carl, face.pk)
    call(ada, "post", f"{ROOT}/received/{asked['id']}/refusal", {"never_again": True})
    closed = call(ada, "post", f"{ROOT}/closed-doors", {"likeness": str(face.pk)})
    assert closed.status_code == 201
    listed = call(ada, "get", f"{ROOT}/closed-doors").json()["items"]
    assert [one["client"] for one in listed] == [None, str(carl.party.pk)]
    assert call(ada, "delete", f"{ROOT}/closed-doors/{closed.json()['id']}").json()["lifted_at"] is not None
    assert len(call(ada, "get", f"{ROOT}/closed-doors").json()["items"]) == 1
    assert call(carl, "get", f"{ROOT}/{asked['id']}").json()["state"] == "open"


def test_absent_and_somebody_elses_answer_alike(
    call: Call, ada: Person, carl: Person, eve: Person, face: Likeness
) -> None:
    asked = made(call, carl, face.pk)
    closed = call(ada, "post", f"{ROOT}/closed-doors", {"likeness": str(face.pk)}).json()

    def same(method: str, path: str, there: str, sent: dict[str, Any] | None = None) -> None:
        answers: list[Answer] = [call(eve, method, f"{ROOT}/{path.format(pk)}", sent) for pk in (there, NOWHERE)]
        assert {one.status_code for one in answers} == {404}
        assert answers[0].content.replace(there.encode(), NOWHERE.encode()) == answers[1].content

    same("get", "{}", asked["id"])
    same("delete", "{}", asked["id"])
    same("get", "received/{}", asked["id"])
    same("post", "received/{}/refusal", asked["id"], {})
    same("delete", "closed-doors/{}", closed["id"])
    stranger = call(eve, "post", f"{ROOT}/closed-doors", {"likeness": str(face.pk)})
    assert stranger.content == call(eve, "post", f"{ROOT}/closed-doors", {"likeness": NOWHERE}).content


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"likeness": "@Ada"}, "/likeness"),
        ({"reason": "a\x00b"}, "/reason"),
        ({"reason": "\u202eabc"}, "/reason"),
        ({"return_url": "http://app.example.com/"}, "/return_url"),
        ({"expires_at": "2026-01-01T00:00:00Z"}, "/expires_at"),
        ({"terms": {}}, "/terms/v"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_what_cannot_be_asked_is_named(call: Call, carl: Person, changes: dict[str, Any], pointer: str) -> None:
    answer = call(carl, "post", ROOT, body(carl, "@ada", **changes))
    assert answer.status_code in {400, 422}
    assert pointer in answer.content.decode()
