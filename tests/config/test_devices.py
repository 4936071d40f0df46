"""Camera and microphone are shut on every page, but for the one that records."""

from __future__ import annotations

import pytest
from django.test import Client

from config import devices
from consent import capture, likenesses
from tests.consent import logins, people

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/me/"])
def test_no_page_has_camera_or_microphone(path: str) -> None:
    assert Client().get(path)[devices.HEADER] == devices.NONE


def test_the_page_that_records_opens_both_for_itself_and_plays_from_its_own_memory() -> None:
    ada = people.register("ada")
    likeness = likenesses.register_likeness(name="Ada", kind="person", actor=ada.party)
    session = capture.open_session(likeness, language="en", actor=ada.party)
    client = logins.client_of(logins.own(ada.party))
    page = client.get(f"/me/enrolments/{session.pk}")
    assert "camera=(self), microphone=(self)" in page[devices.HEADER]
    assert "media-src 'self' blob:" in page["Content-Security-Policy"]
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "blob:" not in client.get(f"/me/likenesses/{likeness.pk}")["Content-Security-Policy"]
