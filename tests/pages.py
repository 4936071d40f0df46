"""What every page must hold, in one call: `assert_page(page)` in a browser, `assert_html(response)` without one.

Take `chromium` and `opened` from `tests.browser`; `opened` also fails the test for whatever the console complains of,
a breach of the CSP for one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tests.browser import PHONE, assert_accessible, pictured

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST = 150_000  # bytes of a page with its styles and scripts, pictures and videos left out
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WEIGHT = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(each => !["img", "video", "audio", "image"].includes(each.initiatorType))
  .reduce((sum, each) => sum + each.decodedBodySize, 0)"""
STYLED = """() => [...document.querySelectorAll("[style], style, script:not([src])")].map(each => each.outerHTML)"""


def weight(page: Page) -> int:
    """Return how many bytes the page took, unpacked, without media."""
    return int(page.evaluate(WEIGHT))


def assert_page(page: Page, name: str = "", *, width: int = PHONE) -> None:
    """Require that axe finds nothing in light and dark, one h1, a language, no sideways scroll, and little weight.

    With a `name`, and SCREENSHOTS naming a folder, what it looks like is saved in both schemes.
    """
    assert page.locator("h1").count() == 1, "a page has one h1"
    assert page.locator("html").get_attribute("lang"), "a page says its language"
    assert page.evaluate(STYLED) == [], "the policy refuses what stands inline"
    assert weight(page) <= MOST, f"{page.url} weighs {weight(page)} bytes"
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 800})
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        if name:
            pictured(page, f"{name}-{width}-{scheme}")
        assert_accessible(page)
    page.emulate_media(color_scheme="no-preference")
    if before:
        page.set_viewport_size(before)


def assert_html(response: Any) -> str:  # noqa: ANN401 - what the test client returns has no public name
    """Require of an answer to Django's test client what needs no browser; return its text."""
    text: str = response.text
    assert response["Content-Type"].startswith("text/html")
    assert len(re.findall(r"<h1\b", text)) == 1, "a page has one h1"
    assert re.search(r'<html lang="[a-z]{2}', text)
    assert not re.search(r"<[a-z][^>]*\s(?:style|on[a-z]+)=", text), "the policy refuses what stands inline"
    assert not re.search(r"<script(?![^>]*\ssrc=)", text), "the policy refuses what stands inline"
    assert "unsafe" not in response["Content-Security-Policy"]
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), "an id is there once"
    return text


def styles() -> int:
    """Return the bytes of the house's own style sheets."""
    folder = Path(__file__).resolve().parents[1] / "config/static/config"
    return sum(file.stat().st_size for file in folder.glob("*.css"))
