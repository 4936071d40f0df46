"""Registering and enrolling over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from consent import likenesses
from consent.media import clip
from consent.models import Enrolment, Likeness
from ledger import vault
from ledger.models import Entry
from tests.consent import people
from tests.consent.api.conftest import Answer, Call
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
MEDIA = Path(__file__).parents[2] / "media"


def upload(person: Person, likeness: Likeness, data: bytes | None, **fields: object) -> Answer:
    form = fields | ({} if data is None else {"clip": SimpleUploadedFile("clip.mp4", data, "video/mp4")})
    return Client().post(f"/v1/likenesses/{likeness.pk}/enrolments", form, headers=person.headers())


@pytest.fixture
def bare(ada: Person) -> Likeness:
    return likenesses.register_likeness(name="Ada", kind="person", actor=ada.party)


def test_a_likeness_is_registered_listed_and_shown(call: Call, ada: Person) -> None:
    made = call(ada, "post", "likenesses", {"name": "Ada", "kind": "person"})
    assert made.status_code == 201
    assert made.json()["state"] == "enrolling"
    assert call(ada, "get", f"likenesses/{made.json()['id']}").json() == made.json()
    assert call(ada, "get", "likenesses").json() == {"items": [made.json()], "next": None}


@pytest.mark.parametrize("kind", ["deceased", "character"])
def test_others_likenesses_need_authority_first(call: Call, ada: Person, kind: str) -> None:
    answer = call(ada, "post", "likenesses", {"name": "Somebody", "kind": kind})
    assert (answer.status_code, answer.json()["code"]) == (422, "likeness-kind-refused")


def test_absent_and_anothers_are_one_answer(call: Call, ben: Person, bare: Likeness) -> None:
    theirs = call(ben, "get", f"likenesses/{bare.pk}")
    absent = call(ben, "get", f"likenesses/{people.some_id()}")
    assert theirs.status_code == absent.status_code == 404
    assert {**theirs.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert upload(ben, bare, b"x").status_code == 404


def test_a_real_clip_enrols_and_is_stored_sealed(ada: Person, bare: Likeness, own_folders: Path) -> None:
    data = (MEDIA / "calibration_grace_hopper.mp4").read_bytes()
    answer = upload(ada, bare, data)
    assert answer.status_code == 201, answer.content
    assert answer.json()["state"] == "active"
    bare.refresh_from_db()
    assert vault.read_blob(likenesses.calibration_blob(bare)) == data
    stored = [path for path in own_folders.rglob("*") if path.is_file()]
    assert stored
    needle = data[5000:5032]
    assert not any(needle in path.read_bytes() for path in stored)


@pytest.mark.parametrize("data", [b"", b"not a video", None])
def test_what_is_no_clip_is_refused_and_nothing_is_kept(ada: Person, bare: Likeness, data: bytes | None) -> None:
    before = Entry.objects.count()
    answer = upload(ada, bare, data)
    assert answer.status_code == 422, answer.content
    assert answer.json()["remedy"]
    assert "clip" in str(answer.json()["errors"])
    bare.refresh_from_db()
    assert (bare.state, Enrolment.objects.count(), Entry.objects.count()) == ("enrolling", 0, before)


def test_a_photograph_is_no_clip(ada: Person, bare: Likeness) -> None:
    assert upload(ada, bare, (MEDIA / "chelsea.jpg").read_bytes()).status_code == 422


def test_a_field_that_nobody_reads_is_refused(ada: Person, bare: Likeness) -> None:
    answer = upload(ada, bare, b"x", consent="yes")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/consent")


def test_a_clip_past_the_limit_is_refused_unread(
    ada: Person, bare: Likeness, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONSENT_CLIP_MAX_BYTES = 100
    monkeypatch.setattr(clip, "probe", lambda _data: pytest.fail("it was read"))
    answer = upload(ada, bare, b"x" * 101)
    assert (answer.status_code, answer.json()["code"]) == (413, "clip-too-large")


def test_an_upload_that_was_cut_off_says_so(ada: Person, bare: Likeness, settings: Settings) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 100_000
    answer = upload(ada, bare, b"x" * 300_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "clip-too-large")


def test_a_withdrawn_likeness_is_not_enrolled_again(ada: Person, face: Likeness) -> None:
    Likeness.objects.update(state="withdrawn")
    answer = upload(ada, face, b"x")
    assert (answer.status_code, answer.json()["code"]) == (409, "likeness-withdrawn")


def test_two_clips_are_refused_since_only_one_would_count(ada: Person, bare: Likeness) -> None:
    clips = [SimpleUploadedFile(name, b"clip", "video/mp4") for name in ("one.mp4", "two.mp4")]
    answer = Client().post(f"/v1/likenesses/{bare.pk}/enrolments", {"clip": clips}, headers=ada.headers())
    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (
        422,
        "This field is sent twice. Send it once.",
    )
    assert not Enrolment.objects.exists()
