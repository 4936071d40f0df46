"""Likenesses and enrolment by the pages: nothing is asked before the notice was agreed to, and checks come in words."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent import enrolment_notice, likenesses
from consent.models import EnrolmentSession, EnrolmentTry, Likeness
from tests.consent import logins
from tests.consent.people import Person
from tests.consent.sessions import CLIP, Camera, faced

pytestmark = pytest.mark.django_db
NOTICE = enrolment_notice.in_language("en")
HOSTILE = ["<script>alert(1)</script>", '"><img onerror=x>', "\u202egnp.exe", "x" * 100_000, "a\0b", "\ud800", "🎭", ""]


@pytest.fixture
def browser(ada: Person) -> Client:
    return logins.client_of(logins.own(ada.party))


@pytest.fixture
def likeness(ada: Person) -> Likeness:
    return likenesses.register_likeness(name="Ada", kind="person", actor=ada.party)


def begun(browser: Client, likeness: Likeness) -> str:
    sent = {"notice": NOTICE.sha256, "agree": "on"}
    return str(browser.post(f"/me/likenesses/{likeness.pk}/enrolment", sent)["Location"])


def sent(browser: Client, url: str, data: bytes = CLIP) -> int:
    return browser.post(url, {"clip": SimpleUploadedFile("clip.mp4", data, "video/mp4")}).status_code


def test_registering_leads_to_the_recording_and_a_second_click_to_the_same(browser: Client) -> None:
    first, second = (browser.post("/me/likenesses/new", {"name": "Ada"})["Location"] for _ in range(2))
    assert first == second == f"/me/likenesses/{Likeness.objects.get().pk}/enrolment"


def test_the_notice_is_shown_whole_with_its_hash(browser: Client, likeness: Likeness) -> None:
    page = browser.get(f"/me/likenesses/{likeness.pk}/enrolment")
    shown = page.content.decode()
    assert all(paragraph in shown for paragraph in NOTICE.text.strip().split("\n"))
    assert NOTICE.sha256 in shown
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize(
    "form",
    [{}, {"notice": NOTICE.sha256}, {"agree": "on"}, {"agree": "on", "notice": "0" * 64}],
    ids=["nothing", "unagreed", "no-text", "another-text"],
)
def test_nothing_is_asked_before_this_very_notice_was_agreed_to(
    browser: Client, likeness: Likeness, form: dict[str, str]
) -> None:
    assert browser.post(f"/me/likenesses/{likeness.pk}/enrolment", form).status_code == 422
    assert not EnrolmentSession.objects.exists()


def test_a_clip_that_follows_enrols(browser: Client, likeness: Likeness, camera: Camera) -> None:
    del camera
    url = begun(browser, likeness)
    session = EnrolmentSession.objects.get()
    page = browser.get(url).content.decode()
    assert ", ".join(session.digits) in page
    assert sent(browser, url) == 302
    assert "You are enrolled" in browser.get(url).content.decode()
    shown = browser.get(f"/me/likenesses/{likeness.pk}").content.decode()
    assert "prompted-capture" in shown
    assert "no document was checked" in shown


def test_a_clip_that_fails_is_answered_in_words_and_the_third_goes_to_a_person(
    browser: Client, likeness: Likeness, camera: Camera
) -> None:
    camera.shows = faced(0.1, heard=())
    url = begun(browser, likeness)
    sent(browser, url)
    page = browser.get(url).content.decode()
    assert "try again" in page
    assert "2 tries are left" in page
    sent(browser, url)
    sent(browser, url)
    page = browser.get(url).content.decode()
    assert "a person of ours looks" in page
    assert "What we found" not in page
    assert EnrolmentTry.objects.count() == 3


@pytest.mark.parametrize("data", [b"", b"no video", b"\0" * 4096], ids=["empty", "text", "noughts"])
def test_what_is_no_video_is_refused_beside_its_field_and_uses_up_no_try(
    browser: Client, likeness: Likeness, data: bytes
) -> None:
    assert sent(browser, begun(browser, likeness), data) == 422
    assert not EnrolmentTry.objects.exists()


def test_a_form_without_a_file_is_shown_again(browser: Client, likeness: Likeness) -> None:
    assert browser.post(begun(browser, likeness), {}).status_code == 422


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_breaks_no_page(browser: Client, likeness: Likeness, text: str) -> None:
    text = text.encode(errors="replace").decode()
    made = browser.post("/me/likenesses/new", {"name": text})
    assert made.status_code in {302, 422}
    assert text[:4] != "<scr" or text not in browser.get("/me/likenesses").content.decode()
    form = {"notice": text, "agree": text}
    assert browser.post(f"/me/likenesses/{likeness.pk}/enrolment", form).status_code == 422


def test_what_is_somebody_elses_is_absent(browser: Client, likeness: Likeness, ben: Person) -> None:
    url = begun(browser, likeness)
    stranger = logins.client_of(logins.own(ben.party))
    mine = [f"/me/likenesses/{likeness.pk}", f"/me/likenesses/{likeness.pk}/enrolment", url]
    assert {stranger.get(one).status_code for one in mine} == {404}
    assert browser.get(f"/me/likenesses/{uuid.uuid4()}").status_code == 404
    assert browser.get(f"/me/enrolments/{uuid.uuid4()}").status_code == 404
