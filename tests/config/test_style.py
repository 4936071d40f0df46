"""Every part of a page, in each frame: accessible in light and dark, on a phone and on a desk; absent in production."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.test import Client, override_settings
from pytest_django.fixtures import Settings

from tests.browser import DESK, PHONE, Open, chromium, opened, pictured, serving

__all__ = ["chromium", "opened"]  # fixtures
LIMIT = 32 * 1024  # bytes of style for everything there is


@pytest.fixture
def address(db: None) -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("frame", ["", "portal", "console"])
def test_every_part_is_accessible(address: str, opened: Open, width: int, frame: str) -> None:
    page = opened(f"{address}/style?frame={frame}", width)
    from tests.browser import assert_accessible

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        pictured(page, f"style-{frame or 'public'}-{width}-{scheme}")
        assert_accessible(page)
