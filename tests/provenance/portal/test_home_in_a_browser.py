"""A draft is looked at and approved on a phone; the pages around it are accessible there and on a desk."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from consent import clock, royalties
from consent.models import Approval
from provenance import renders
from provenance.models import Video
from tests.browser import DESK, PHONE, Open, assert_accessible, chromium, opened, pictured, serving
from tests.conftest import cloned
from tests.consent import deals, logins
from tests.provenance import world as w
from tests.provenance.portal import test_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.plugin import DjangoDbBlocker

__all__ = ["chromium", "opened"]  # fixtures


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Serve a site; made before Chromium, in whose loop Django would see other connections."""
    with django_db_blocker.unblock(), cloned(), serving() as address:
        yield address


def picture(video: Video, colour: str) -> None:
    """Put a real picture where the thumbnail is."""
    image = Image.new("RGB", (640, 360), colour)
    ImageDraw.Draw(image).ellipse((230, 60, 410, 240), fill="#e6b08a")
    out = io.BytesIO()
    image.save(out, "JPEG")
    video.refresh_from_db()
    (Path(settings.MEDIA_ROOT) / video.thumbnail_path).write_bytes(out.getvalue())


def looked_at(page: Page, name: str) -> None:
    """Check a page on the phone, and take pictures of it where somebody wants to look."""
    assert_accessible(page)
    for width in (DESK, PHONE) if os.environ.get("SCREENSHOTS") else ():
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="light")
        pictured(page, f"{name}-{width}-light")
        page.emulate_media(color_scheme="dark")
        pictured(page, f"{name}-{width}-dark")
    page.emulate_media(color_scheme="light")


def test_a_draft_is_approved_on_a_phone(site: str, opened: Open) -> None:
    world = w.world()
    world.ada.party.name = "Ada"
    asked = test_answers.draft(world, rate=deals.rate("2"))
    for number, colour in enumerate(("#35607a", "#7a5135")):
        shown = w.shown(world.ask(prompt=f"A walk by the sea, {number}"), b"%d" % number)
        picture(shown, colour)
        royalties.accrue(w.permit_of(shown), at=clock.now(), actor="system:provenance")
    remix = w.shown(renders.remix(shown, prompt="The same at night", actor=world.ben.party), b"remix")
    picture(remix, "#22304a")
    picture(Video.objects.get(pk=asked.video), "#5a7a35")
    for purpose in ("advertising", "education"):
        with suppress(renders.ConsentRequired):
            world.ask(purpose=purpose)
    client = logins.client_of(logins.own(world.ada.party))
    page = opened(f"{site}/verify", PHONE)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
    page.goto(f"{site}/me/")
    looked_at(page, "home")
    for path in ("videos", f"videos/{remix.pk}", "attempts", "requests", "earnings", "licences"):
        page.goto(f"{site}/me/{path}")
        looked_at(page, path.replace(str(remix.pk), "one").replace("/", "-"))
    page.goto(f"{site}/me/earnings/{clock.now():%Y-%m}")
    looked_at(page, "statement")
    page.goto(f"{site}/me/")
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.get_by_role("link", name="A draft by Ben").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("May this video be shown?")
    looked_at(page, "draft")
    media = page.locator(".veil-media video")
    assert "blur" in str(media.evaluate("each => getComputedStyle(each).filter"))
    page.get_by_text("Show the video").click()
    assert media.evaluate("each => getComputedStyle(each).filter") == "grayscale(1)"
    yes = page.get_by_role("button", name="Yes, show it")
    box = yes.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    yes.click()
    expect(page.get_by_role("status")).to_contain_text("You said yes")
    looked_at(page, "answered")
    assert Approval.objects.get(pk=asked.pk).state == "given"
    page.get_by_role("link", name="All requests").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Your latest answers")
