"""Take every page of the registry at two widths and in two schemes, and print what each weighs.

Run by `./dev shots`; the name keeps it out of the tests. SCREENSHOTS names the folder, PAGES a part of the names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client, override_settings

from provenance import publication, renders
from provenance.models import Video
from tests.browser import DESK, PHONE, chromium, serving
from tests.conftest import FOLDERS, cloned
from tests.pages import MOST, SCHEMES, weight
from tests.provenance import clockwork
from tests.provenance import world as w
from tests.shots.registry import SHOTS, Scene, Shot

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pytest_django.plugin import DjangoDbBlocker

__all__ = ["chromium"]  # a fixture


def published(world: w.World, parent: Video | None = None) -> Video:
    """Let a video be rendered, stamped and published; with a parent, as its remix."""
    video = renders.remix(parent, prompt="Again", actor=world.ben.party) if parent else world.ask()
    w.publish_log()
    w.deliver(video, w.clip())
    return publication.finish(video.pk)


@pytest.fixture(scope="module")  # before the browser, in whose context Django would open another connection
def scene(
    made_keys: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Scene, dict[str, Any]]]:
    base = tmp_path_factory.mktemp("shots")
    folders = {name: (made_keys if part in {"keys", "claim"} else base) / part for name, part in FOLDERS.items()}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    stores = {
        "LEDGER_CHECKPOINT_STORE": base / "checkpoints",
        "LEDGER_ERASURE_JOURNAL": base / "erasures",
        "PROVENANCE_TSA_URL": clockwork.clock().url,
        "PROVENANCE_TSA_ROOTS": clockwork.folder() / "tsa-root.pem",
        "PROVENANCE_LABELS": {"default": "overlay"},
    }
    with django_db_blocker.unblock(), cloned(), serving() as url:
        with override_settings(**folders, **stores):
            world = w.world()
            video = published(world)
            remix = published(world, video)
            w.publish_log()
        yield url, Scene(world, video, remix), folders | stores


def taken(browser: Browser, url: str, shot: Shot, scene: Scene, folder: Path) -> int:
    """Take one page four times; return its bytes without media."""
    path = shot.address if isinstance(shot.address, str) else shot.address(scene)
    found = 0
    for width in (PHONE, DESK):
        context = browser.new_context(viewport={"width": width, "height": 800}, locale=shot.language)
        if shot.user:
            client = Client()
            client.force_login(shot.user(scene))
            value = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}])
        page = context.new_page()
        page.goto(f"{url}{path}")
        found = weight(page)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=folder / f"{shot.name}-{width}-{scheme}.png", full_page=True)
        context.close()
    return found


def test_every_page_is_pictured_and_light(scene: tuple[str, Scene, dict[str, Any]], chromium: Browser) -> None:
    url, made, kept = scene
    folder = Path(os.environ.get("SCREENSHOTS", "var/shots")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    asked = os.environ.get("PAGES", "")
    with override_settings(**kept):  # each test has folders of its own; these pages show what is in the scene's
        weights = {s.name: taken(chromium, url, s, made, folder) for s in SHOTS if asked in s.name}
    print(f"\n{len(weights)} pages in {folder}, from {urlsplit(url).hostname}")  # noqa: T201 - a command's answer
    for name, found in sorted(weights.items(), key=lambda each: -each[1]):
        print(f"{found / 1000:8.1f} kB  {name}{'  TOO HEAVY' if found > MOST else ''}")  # noqa: T201 - likewise
    assert [name for name, found in weights.items() if found > MOST and not name.startswith("admin")] == []
