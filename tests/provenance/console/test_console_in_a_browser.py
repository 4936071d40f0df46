"""A moderator's round by keyboard alone: take, look, decide, next; then what axe says on a phone and at a desk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as conf
from playwright.sync_api import expect

from consent.models import Ruling
from consent.takedown.provisional import Found
from consent.takedown.provisional import Video as Shown
from ledger.models import Entry
from provenance.models import Video
from tests.browser import DESK, PHONE, Open, assert_accessible, chromium, opened, pictured, serving
from tests.conftest import cloned
from tests.consent import logins
from tests.consent.takedown import notices
from tests.provenance import world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.plugin import DjangoDbBlocker

__all__ = ["chromium", "opened"]  # fixtures


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Serve a site; made before Chromium, in whose loop Django would see other connections."""
    with django_db_blocker.unblock(), cloned(), serving() as address:
        yield address


def test_a_round_by_keyboard_alone(house: str, opened: Open) -> None:
    video = world.world().ask()
    (Path(conf.MEDIA_ROOT) / f"{video.pk}.mp4").write_bytes(world.clip(seconds=1))
    Video.objects.filter(pk=video.pk).update(path=f"{video.pk}.mp4")
    case = notices.filed(Found((Shown(video.pk),))).notice.case
    client = logins.client_of(logins.staff("one"))
    page = opened(f"{house}/healthz")
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": house}])
    page.goto(f"{house}/console/queues/cases")
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text(case.number)
    page.keyboard.press("v")
    expect(page.locator("video")).to_have_count(1)
    assert Entry.objects.filter(kind="case.video_seen").count() == 1
    page.keyboard.press("3")
    page.keyboard.press("p")
    page.keyboard.type("The person shown gave")
    page.keyboard.press("Tab")
    page.locator("body").evaluate("() => document.activeElement.blur()")
    page.keyboard.press("f")
    page.keyboard.type("The record holds no permission for this.")
    page.keyboard.press("Control+k")
    page.keyboard.type("Show what they")
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text("The record holds no permission for this.")
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 800})
        assert_accessible(page)
        pictured(page, f"console-case-{width}")
    page.keyboard.press("d")
    expect(page).to_have_url(re.compile("/console/queues/cases"))
    assert Ruling.objects.get().state == "proposed"
    for address in ("/console/", "/console/second-words", "/console/queues/cases"):
        page.goto(house + address)
        for width in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": 800})
            assert_accessible(page)
            pictured(page, f"console{address.replace('/', '-')}-{width}")
