"""A stranger on a phone, without scripts: files, the video is held back, evidence comes later by the link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.test import override_settings

from provenance import leases
from tests.browser import PHONE, Open, assert_accessible, chromium, opened, pictured, serving
from tests.conftest import FOLDERS, cloned
from tests.provenance import world as w

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.plugin import DjangoDbBlocker

__all__ = ["chromium", "opened"]  # fixtures


@dataclass
class Scene:
    """What is on the server."""

    url: str
    video: UUID
    evidence: Path


@pytest.fixture(scope="module")
def scene(
    made_keys: Path,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scene]:
    base = tmp_path_factory.mktemp("scene")
    folders = {name: (made_keys if part in {"keys", "claim"} else base) / part for name, part in FOLDERS.items()}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    stores = {"LEDGER_CHECKPOINT_STORE": base / "checkpoints", "LEDGER_ERASURE_JOURNAL": base / "erasures"}
    evidence = base / "screen.png"
    evidence.write_bytes(b"\x89PNG\r\n\x1a\n")
    with django_db_blocker.unblock(), cloned(), serving() as url, override_settings(**folders, **stores):
        yield Scene(url, w.shown(w.world().ask(), b"bytes").pk, evidence)


def go_on(page: Page, name: str) -> None:
    pictured(page, name)
    page.get_by_role("button", name="Go on", exact=True).click()


def test_a_stranger_on_a_phone_is_heard_at_once(scene: Scene, opened: Open) -> None:
    page = opened(f"{scene.url}/takedown?video={scene.video}", PHONE)
    assert_accessible(page)
    page.get_by_label("I am a parent or guardian").check()
    page.get_by_label("Who is in the video?").fill("Marta Example")
    page.get_by_label("Yes", exact=True).check()
    go_on(page, "desk-1-who")
    assert_accessible(page)
    go_on(page, "desk-2-video")
    page.get_by_label("Somebody naked").check()
    page.get_by_label("What is wrong with it?").fill("She never agreed.")
    go_on(page, "desk-3-wrong")
    page.get_by_label("Your name").fill("Rosa Example")
    page.get_by_label("Your e-mail address").fill("rosa@example.org")
    go_on(page, "desk-4-contact")
    for name in ("did not agree", "in good faith", "is accurate", "Under penalty of perjury", "None of these"):
        page.get_by_label(name).check()
    page.get_by_label("Sign: type your full name").fill("Rosa Example")
    go_on(page, "desk-5-declare")
    assert_accessible(page)
    pictured(page, "desk-6-review")
    leases.take(scene.video)
    page.get_by_role("button", name="Send it").click()
    page.get_by_role("heading", name="The video is hidden while we look at it.").wait_for()
    with pytest.raises(leases.VideoBlocked):
        leases.take(scene.video)
    assert_accessible(page)
    link = page.url
    pictured(page, "desk-7-status")
    later = opened(link, PHONE, scripts=False)
    later.set_input_files("#id_evidence", scene.evidence)
    later.get_by_role("button", name="Add them").click()
    later.get_by_text("We have what you sent, sealed.").wait_for()
    later.get_by_text("We give ourselves 24 hours").wait_for()
