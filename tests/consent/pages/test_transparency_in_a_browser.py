"""A report in a real browser: pictures and tables, wide and narrow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.browser import DESK, PHONE, Open, assert_accessible, chromium, opened, pictured, serving
from tests.conftest import cloned
from tests.consent.pages import reported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.plugin import DjangoDbBlocker

__all__ = ["chromium", "opened"]  # fixtures


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Serve an empty site; made before Chromium, in whose loop Django would see other connections."""
    with django_db_blocker.unblock(), cloned(), serving() as address:
        yield address


def test_a_report_is_read_on_a_telephone_and_at_a_desk(site: str, opened: Open) -> None:
    reported.report()
    page = opened(f"{site}/transparency/2026-Q3", PHONE)
    assert_accessible(page)
    assert page.locator(".narrow-only svg").first.is_visible()
    assert not page.locator(".wide-only svg").first.is_visible()
    page.set_viewport_size({"width": DESK, "height": 800})
    assert page.locator(".wide-only svg").first.is_visible()
    assert not page.locator(".narrow-only svg").first.is_visible()
    for width in (PHONE, DESK) if os.environ.get("SCREENSHOTS") else ():
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            pictured(page, f"transparency-{width}-{scheme}")
    page = opened(f"{site}/transparency", PHONE)
    assert_accessible(page)
    pictured(page, "transparency-list")
