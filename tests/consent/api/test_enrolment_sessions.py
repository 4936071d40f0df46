"""Proving a likeness over HTTP, once with a real clip through the real sandbox."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent import likenesses
from consent.media import capture as measuring
from consent.media import challenge
from consent.media.challenge import Challenge
from consent.models import EnrolmentSession, EnrolmentTry, Likeness
from tests.consent import people
from tests.consent.api.conftest import Answer, Call
from tests.consent.media.followed import ASKED, followed
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
MEDIA = Path(__file__).parents[2] / "media"


@pytest.fixture
def bare(ada: Person) -> Likeness:
    return likenesses.register_likeness(name="Ada", kind="person", actor=ada.party)


def opened(call: Call, person: Person, likeness: Likeness, **body: str) -> Answer:
    return call(person, "post", f"likenesses/{likeness.pk}/enrolment-sessions", body)


def upload(person: Person, session: str, data: bytes) -> Answer:
    form = {"clip": SimpleUploadedFile("clip.mp4", data, "video/mp4")}
    return Client().post(f"/v1/enrolment-sessions/{session}/clip", form, headers=person.headers())


def test_a_real_clip_that_follows_its_challenge_enrols(
    call: Call, ada: Person, bare: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = json.loads((MEDIA / "calibration_grace_hopper.json").read_text())["challenge"]
    monkeypatch.setattr(challenge, "draw", lambda: Challenge(tuple(asked["steps"]), tuple(asked["digits"])))
    session = opened(call, ada, bare).json()
    assert session["state"] == "open"
    assert session["instructions"][-1] == "Say in English: one, five, six, four, zero, two."
    answer = upload(ada, session["id"], (MEDIA / "calibration_grace_hopper.mp4").read_bytes())
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["state"], body["assurance"], body["tries_left"]) == ("passed", "prompted-capture", 2)
    assert all(check["passed"] for check in body["checks"])
    assert call(ada, "get", f"enrolment-sessions/{session['id']}").json() == body
    bare.refresh_from_db()
    assert bare.state == "active"


def test_a_real_clip_of_another_challenge_is_told_what_to_do(
    call: Call, ada: Person, bare: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Challenge(("up", "speak", "left"), ("nine",) * 6)
    monkeypatch.setattr(challenge, "draw", lambda: asked)
    session = opened(call, ada, bare, language="es").json()
    body = upload(ada, session["id"], (MEDIA / "calibration_grace_hopper.mp4").read_bytes()).json()
    failed = {check["name"]: check["remedy"] for check in body["checks"] if not check["passed"]}
    assert set(failed) == {"turns", "digits"}
    assert failed["turns"].startswith("Mire primero al frente.")
    assert (body["state"], body["assurance"], body["enrolment"]) == ("open", None, None)


def test_an_answer_holds_no_score_no_template_and_no_doubt(
    call: Call, ada: Person, bare: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(challenge, "draw", lambda: ASKED)
    monkeypatch.setattr(measuring, "measure", lambda data: replace(followed(heard=()), clip=data))
    session = opened(call, ada, bare).json()
    for left in (2, 1):
        body = upload(ada, session["id"], b"clip").json()
        assert (body["state"], body["tries_left"]) == ("open", left)
        assert {frozenset(check) for check in body["checks"]} == {frozenset({"name", "passed", "remedy"})}
    last = upload(ada, session["id"], b"clip").json()
    assert (last["state"], last["tries_left"], last["checks"]) == ("in_review", 0, [])
    for word in ("thousandths", "template", "tries-spent", "doubt", "measured"):
        assert word not in json.dumps({**last, "notice": ""})
    refused = upload(ada, session["id"], b"clip")
    assert (refused.status_code, refused.json()["code"]) == (409, "enrolment-in-review")


def test_absent_and_anothers_are_one_answer(call: Call, ada: Person, ben: Person, bare: Likeness) -> None:
    session = opened(call, ada, bare).json()
    for method, path in (("get", "enrolment-sessions/{}"), ("post", "enrolment-sessions/{}/clip")):
        theirs = call(ben, method, path.format(session["id"]))
        absent = call(ben, method, path.format(people.some_id()))
        assert theirs.status_code == absent.status_code == 404
        assert {**theirs.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert opened(call, ben, bare).status_code == 404


def test_strangers_are_asked_who_they_are(call: Call, ada: Person, bare: Likeness) -> None:
    session = opened(call, ada, bare).json()
    assert call(None, "get", f"enrolment-sessions/{session['id']}").status_code == 401


@pytest.mark.parametrize("body", [{"language": "tlh"}, {"language": ""}, {"lang": "en"}], ids=str)
def test_a_session_that_cannot_be_understood_is_not_opened(
    call: Call, ada: Person, bare: Likeness, body: dict[str, str]
) -> None:
    answer = opened(call, ada, bare, **body)
    assert answer.status_code == 422, answer.content
    assert not EnrolmentSession.objects.exists()


@pytest.mark.parametrize("data", [b"", b"not a video"])
def test_what_is_no_clip_uses_up_no_try(call: Call, ada: Person, bare: Likeness, data: bytes) -> None:
    session = opened(call, ada, bare).json()
    answer = upload(ada, session["id"], data)
    assert answer.status_code == 422, answer.content
    assert answer.json()["remedy"]
    assert not EnrolmentTry.objects.exists()


def test_a_clip_that_nobody_asked_for_says_so(call: Call, ada: Person, face: Likeness) -> None:
    answer = Client().post(
        f"/v1/likenesses/{face.pk}/enrolments",
        {"clip": SimpleUploadedFile("clip.mp4", b"measured elsewhere", "video/mp4")},
        headers=ada.headers(),
    )
    assert (answer.status_code, answer.json()["assurance"]) == (201, "measured-only")
