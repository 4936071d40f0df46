"""Preflight, and the holder's list of attempts."""

from __future__ import annotations

import pytest

from consent import revocations
from consent.models import Decision, Likeness
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def asked(*cast: object, **change: object) -> dict[str, object]:
    return {"cast": [str(one) for one in cast], "purpose": "satire", "seconds": 4, "remix": False} | change


def test_a_covered_use_is_allowed_without_a_promise(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party)
    answer = call(ben, "post", "decisions", asked(face.pk)).json()
    assert (answer["outcome"], answer["decision"], answer["reasons"]) == ("allow", None, [])
    assert call(ada, "get", "attempts").json()["items"] == []


def test_the_holder_sees_who_asked_and_why_it_was_denied(
    call: Call, ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    carls = call(carl, "post", "decisions", asked(face.pk)).json()
    bens = call(ben, "post", "decisions", asked(face.pk, purpose="advertising")).json()
    assert carls["reasons"] == [{"likeness": str(face.pk), "reason": "no_grant", "clause": None, "grant": None}]
    clause = {"clause": "/terms/purposes", "grant": str(given.pk)}
    assert bens["reasons"] == [{"likeness": str(face.pk), "reason": "purpose", **clause}]
    seen = call(ada, "get", "attempts").json()["items"]
    assert [item["client"]["handle"] for item in seen] == ["ben", "carl"]
    assert seen[1]["reasons"][0]["reason"] == "not_in_audience"
    assert seen[0]["decision"] == bens["decision"]
    assert call(ben, "get", "attempts").json()["items"] == []


def test_nobody_in_the_cast_is_denied(call: Call, ben: Person) -> None:
    answer = call(ben, "post", "decisions", asked())
    assert answer.json()["outcome"] == "deny"
    assert answer.json()["reasons"][0]["reason"] == "no_appearance"


def test_a_stranger_reads_the_same_whatever_is_there(
    call: Call, ada: Person, carl: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.grant(ada, face, people.register("dora").party)
    private, gone = people.enrolled(ada, monkeypatch), people.enrolled(ada, monkeypatch)
    revocations.withdraw_likeness(gone, actor=ada.party)
    answers = []
    for pk in (face.pk, private.pk, gone.pk, people.some_id()):
        answer = call(carl, "post", "decisions", asked(pk)).json()
        answer["reasons"][0].pop("likeness")
        answers.append({name: value for name, value in answer.items() if name not in {"decision", "decided_at"}})
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"cast": "x"}, "#/cast"),
        ({"cast": ["x"]}, "#/cast/0"),
        ({"purpose": "anything"}, "#/purpose"),
        ({"seconds": 0}, "#/seconds"),
        ({"remix": "yes"}, "#/remix"),
        ({"remix": 1}, "#/remix"),
        ({"cast": [1]}, "#/cast/0"),
        ({"client": "ada"}, "#/client"),
    ],
)
def test_a_wrong_field_is_named(call: Call, ben: Person, change: dict[str, object], pointer: str) -> None:
    answer = call(ben, "post", "decisions", asked(**change))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert not Decision.objects.exists()


def test_attempts_come_in_pages_and_each_once(
    call: Call, ada: Person, carl: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = people.enrolled(ada, monkeypatch)
    made = [call(carl, "post", "decisions", asked(face.pk, other.pk)).json()["decision"] for _ in range(3)]
    first = call(ada, "get", "attempts?limit=2").json()
    second = call(ada, "get", f"attempts?limit=2&cursor={first['next']}").json()
    assert [item["decision"] for item in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None
    assert set(first["items"][0]["likenesses"]) == {str(face.pk), str(other.pk)}
