"""Preflight, and the holder's list of attempts."""

from __future__ import annotations

import pytest
from django.test import Client

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


def test_the_whole_vocabulary_of_a_use_can_be_said(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    people.full_grant(
        ada,
        face,
        ben.party,
        modalities=["face"],
        territories=["DE", "ES"],
        campaigns=["spring"],
        scenes={"allowed": ["alcohol", "everyday"], "denied": []},
        speech={"kind": "own_words", "scripts": [], "banned": ["buy"], "languages": ["en"]},
        credit="Ada Example",
    )
    said: dict[str, object] = {
        "modalities": {str(face.pk): ["face"]},
        "territories": ["DE"],
        "campaign": "spring",
        "scenes": ["alcohol"],
        "speech": {"text": "Good morning", "language": "en"},
        "depth": 2,
        "remix": True,
    }
    answer = call(ben, "post", "decisions", asked(face.pk, **said)).json()
    assert (answer["outcome"], answer["reasons"]) == ("allow", [])
    assert [owed["duty"] for owed in answer["obligations"]] == ["label", "attribute"]
    changes: list[tuple[dict[str, object], str]] = [
        ({"modalities": {}}, "/terms/modalities"),
        ({"territories": None}, "/terms/territories"),
        ({"campaign": None}, "/terms/campaigns"),
        ({"scenes": ["crime"]}, "/terms/scenes/allowed"),
        ({"speech": {"text": "Buy", "language": "en"}}, "/terms/speech/banned"),
        ({"speech": {"text": "Hola", "language": "es"}}, "/terms/speech/languages"),
        ({"training": True}, "/terms/training"),
        ({"depth": 9}, "/terms/remix/depth"),
    ]
    for change, clause in changes:
        denied = call(ben, "post", "decisions", asked(face.pk, **(said | change))).json()
        assert [reason["clause"] for reason in denied["reasons"]] == [clause], change


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"depth": -1}, "#/depth"),
        ({"modalities": ["face"]}, "#/modalities"),
        ({"scenes": ["anything"]}, "#/scenes/0"),
        ({"speech": {"text": "Hi"}}, "#/speech/language"),
        ({"speech": {"text": "Hi", "language": "en", "voice": "x"}}, "#/speech/voice"),
        ({"training": 1}, "#/training"),
        ({"counted": True}, "#/counted"),
        ({"territories": ["XX"]}, "/territories"),
        ({"territories": []}, "/territories"),
        ({"campaign": ""}, "/campaign"),
        (
            {"modalities": {"00000000-0000-0000-0000-000000000001": ["face"]}},
            "/modalities/00000000-0000-0000-0000-000000000001",
        ),
    ],
)
def test_a_wrong_word_of_the_vocabulary_is_named(
    call: Call, ben: Person, change: dict[str, object], pointer: str
) -> None:
    answer = call(ben, "post", "decisions", asked(people.some_id(), **change))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert answer["Content-Type"] == "application/problem+json"
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b'{"cast": [], "cast": []}', "application/json", 400, "malformed-json"),
        (b'{"seconds": 1.5}', "application/json", 400, "malformed-json"),
        (b"[]", "application/json", 400, "malformed-json"),
        (b"{" + b" " * 70_000 + b"}", "application/json", 400, "malformed-json"),
        (b"{}", "text/plain", 415, "unsupported-media-type"),
        (b"{}", "application/json", 422, "invalid"),
    ],
)
def test_a_body_that_is_none_is_refused_like_everywhere(
    ben: Person, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = Client().post("/v1/decisions", body, content_type=kind, headers=ben.headers())
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("header", "code"),
    [({}, "not-authenticated"), ({"Authorization": "Bearer wrong"}, "authentication-failed"),
     ({"Authorization": "Basic x"}, "authentication-failed")],
)  # fmt: skip
def test_a_stranger_is_asked_for_a_token(db: None, header: dict[str, str], code: str) -> None:
    answer = Client().post("/v1/decisions", b"{}", content_type="application/json", headers=header)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_hundred_uses_are_answered_as_if_each_were_alone(
    call: Call, ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.grant(ada, face, ben.party)
    other = people.enrolled(ada, monkeypatch)
    uses = [asked(face.pk), asked(other.pk), asked(face.pk, purpose="advertising"), asked(face.pk, other.pk), asked()]
    single = [call(ben, "post", "decisions", use).json() for use in uses]
    before = Decision.objects.count()
    body = {"uses": [*uses, asked(face.pk, seconds=0), asked(face.pk, campaign=""), 7] + [uses[0]] * 92}
    answers = call(ben, "post", "decisions/batch", body).json()["answers"]
    plainly = ("outcome", "reasons", "obligations")
    assert [[one["answer"][name] for name in plainly] for one in answers[:5]] == [
        [one[name] for name in plainly] for one in single
    ]
    assert [(one["error"]["code"], one["error"]["pointer"]) for one in answers[5:8]] == [
        ("invalid", "/uses/5/seconds"),
        ("use-invalid", "/uses/6/campaign"),
        ("invalid", "/uses/7"),
    ]
    assert {one["answer"]["outcome"] for one in answers[8:]} == {"allow"}
    assert Decision.objects.count() == before + 4


@pytest.mark.parametrize("uses", [[], [{}] * 101])
def test_a_batch_of_none_or_too_many_is_refused(call: Call, ben: Person, uses: list[object]) -> None:
    answer = call(ben, "post", "decisions/batch", {"uses": uses})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/uses")
