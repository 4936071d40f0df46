"""Preflight of a reference: only for a cast that is allowed, and one answer for every doubt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent import providers, templates
from consent.media import scene
from consent.media.scene import Scene, Seen
from consent.models import Decision, Enrolment, Likeness
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db

ADA, STRANGER = np.zeros(128), np.full(128, 0.5)


def sent(client: Client, by: Person, face: Likeness, **changes: Any) -> Any:  # noqa: ANN401 - fields, and an answer
    data = {"cast": [str(face.pk)], "purpose": "satire", "seconds": 4, "reference": SimpleUploadedFile("a", b"bytes")}
    return client.post("/v1/screenings", data | changes, headers=by.headers())


def shows(monkeypatch: pytest.MonkeyPatch, *numbers: Any) -> None:  # noqa: ANN401 - templates
    found = tuple(Seen(0.0, 0.2, 200.0 if one is not None else 40.0, 3.0, one) for one in numbers)
    monkeypatch.setattr(scene, "of_reference", lambda *_, **__: Scene(1, None, 0.03, found))


def enrolled(ada: Person, face: Likeness) -> None:
    enrolment = Enrolment.objects.get(likeness=face)
    model = providers.OwnFaceEmbedder.model_sha256
    enrolment.template = templates.seal(ada.party.actor, ADA, model=model, context="template:test")
    enrolment.save(update_fields=["template"])


def test_a_reference_of_the_cast_is_clear_and_says_what_was_not_checked(
    monkeypatch: pytest.MonkeyPatch, client: Client, ada: Person, ben: Person, face: Likeness
) -> None:
    people.grant(ada, face, ben.party)
    enrolled(ada, face)
    shows(monkeypatch, ADA)
    answer = sent(client, ben, face)
    assert (answer.status_code, answer.json()["faces"]) == (200, 1)
    assert answer.json()["not_checked"]
    assert Decision.objects.count() == 0


@pytest.mark.parametrize("numbers", [(STRANGER,), (ADA + 0.55 / 128**0.5,), (ADA, STRANGER), (None,)], ids=range(4))
def test_every_doubt_has_one_answer_and_the_holder_sees_the_attempt(  # noqa: PLR0917 - fixtures
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
    ada: Person,
    ben: Person,
    face: Likeness,
    numbers: Any,  # noqa: ANN401
) -> None:
    people.grant(ada, face, ben.party)
    enrolled(ada, face)
    shows(monkeypatch, *numbers)
    answer = sent(client, ben, face)
    told = {name: answer.json()[name] for name in ("status", "code", "detail", "remedy")}
    assert told == {
        "status": 403,
        "code": "reference-shows-somebody",
        "detail": "The reference shows, or may show, a face that is not of the cast.",
        "remedy": "Declare everybody whom it shows. Faces have to be 50 pixels wide or more and look into the camera.",
    }
    assert Decision.objects.get().cast.get().likeness_id == face.pk


def test_a_likeness_without_a_template_cannot_be_compared_and_that_has_a_remedy(
    monkeypatch: pytest.MonkeyPatch, client: Client, ada: Person, ben: Person, face: Likeness
) -> None:
    people.grant(ada, face, ben.party)
    shows(monkeypatch, STRANGER)
    answer = sent(client, ben, face)
    assert (answer.status_code, answer.json()["code"]) == (409, "reference-not-comparable")
    assert "session" in answer.json()["remedy"]


def test_who_may_not_use_the_likeness_learns_nothing_of_a_photograph(
    monkeypatch: pytest.MonkeyPatch, client: Client, ada: Person, carl: Person, face: Likeness
) -> None:
    enrolled(ada, face)
    monkeypatch.setattr(scene, "of_reference", lambda *_, **__: pytest.fail("it was looked at"))
    assert sent(client, carl, face).json()["code"] == "denied"


def test_sound_is_said_not_to_be_checked(client: Client, ada: Person, ben: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party)
    answer = sent(client, ben, face, reference=SimpleUploadedFile("a.flac", b"fLaC....")).json()
    assert answer["code"] == "reference-unreadable"
    assert answer["detail"].startswith("Sound is not checked")


def test_what_is_not_known_is_refused(client: Client, ben: Person, face: Likeness) -> None:
    assert sent(client, ben, face, mask="x").status_code == 422
