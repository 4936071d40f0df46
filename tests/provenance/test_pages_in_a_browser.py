"""The public pages as people meet them: on a phone, by keyboard, without scripts, read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from django.test import override_settings

from consent import revocations
from provenance import publication, renders
from provenance.models import Video
from tests.browser import DESK, PHONE, Open, assert_accessible, chromium, opened, pictured, serving
from tests.conftest import FOLDERS, cloned
from tests.provenance import clockwork
from tests.provenance import world as w
from tests.provenance.workshop import footage, one_media_byte_changed

if TYPE_CHECKING:
    from pytest_django.plugin import DjangoDbBlocker

__all__ = ["chromium", "opened"]  # fixtures


@dataclass
class Scene:
    """What is on the server, and files to show it."""

    url: str
    world: w.World
    video: Video
    remix: Video  # a remix of a remix of `video`
    files: dict[str, Path]

    def record(self, video: UUID) -> str:
        return f"{self.url}/v/{video}"


def published(world: w.World, parent: Video | None = None) -> Video:
    """Let a video be rendered, stamped and published; with a parent, as its remix."""
    video = renders.remix(parent, prompt="Again", actor=world.ben.party) if parent else world.ask()
    w.publish_log()
    w.deliver(video, w.clip())
    return publication.finish(video.pk)


def bytes_of(video: Video) -> bytes:
    from django.conf import settings

    return (Path(settings.MEDIA_ROOT) / video.path).read_bytes()


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
    clock = {
        "PROVENANCE_TSA_URL": clockwork.clock().url,
        "PROVENANCE_TSA_ROOTS": clockwork.folder() / "tsa-root.pem",
        "PROVENANCE_LABELS": {"default": "overlay"},
    }
    stores = {"LEDGER_CHECKPOINT_STORE": base / "checkpoints", "LEDGER_ERASURE_JOURNAL": base / "erasures", **clock}
    with django_db_blocker.unblock(), cloned(), serving() as url:
        with override_settings(**folders, **stores):
            world = w.world()
            video = published(world)
            middle = published(world, video)
            remix = published(world, middle)
            good, family = bytes_of(video), bytes_of(remix)
        made = {
            "intact": good,
            "family": family,
            "tampered": one_media_byte_changed(good),
            "plain": footage(),
            "unreadable": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + bytes(200),
        }
        files = {name: base / f"{name}.mp4" for name in made}
        for name, data in made.items():
            files[name].write_bytes(data)
        yield Scene(url, world, video, remix, files)


HEADLINES = {
    "intact": "Nothing speaks against this file.",
    "family": "Nothing speaks against this file.",
    "tampered": "This file is not what was signed.",
    "plain": "This file carries no record of where it comes from.",
    "unreadable": "This file could not be checked.",
}


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_each_answer_is_accessible_and_takes_the_focus(scene: Scene, opened: Open, width: int) -> None:
    page = opened(f"{scene.url}/verify", width)
    assert_accessible(page)
    pictured(page, f"verify-empty-{width}")
    for name, headline in HEADLINES.items():
        page.goto(f"{scene.url}/verify")
        page.set_input_files("#file", scene.files[name])
        page.get_by_role("button", name="Check this file").click()
        page.get_by_role("heading", name=headline).wait_for()
        assert page.evaluate("document.activeElement.id") == "answer"
        proven = name in {"intact", "family"}  # of all others it is looked for what they are like
        assert page.locator(".answer").count() == (5 if proven else 6)
        assert_accessible(page)
        pictured(page, f"verify-{name}-{width}")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_record_is_accessible_and_so_is_that_there_is_none(scene: Scene, opened: Open, width: int) -> None:
    page = opened(scene.record(scene.remix.pk), width)
    page.get_by_text("Permission stands").first.wait_for()
    assert page.get_by_role("img", name="What this video was made from").count() == 1
    page.get_by_text("The same as a list").click()
    assert page.locator(".family-list li").count() == 3
    assert_accessible(page)
    pictured(page, f"record-family-{width}")
    page.goto(scene.record(scene.video.pk))
    assert_accessible(page)
    pictured(page, f"record-{width}")
    page.goto(scene.record(uuid4()))
    page.get_by_role("heading", name="There is no public record here.").wait_for()
    assert_accessible(page)
    pictured(page, f"record-none-{width}")


def test_a_file_is_checked_with_the_keyboard_alone(scene: Scene, opened: Open) -> None:
    page = opened(f"{scene.url}/verify", PHONE)
    page.set_input_files("#file", scene.files["tampered"])  # the system's own dialogue is out of a test's reach
    page.locator("#file").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check this file"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=HEADLINES["tampered"]).wait_for()
    assert page.evaluate("document.activeElement.id") == "answer"


def test_a_file_is_dropped(scene: Scene, opened: Open) -> None:
    page = opened(f"{scene.url}/verify")
    page.evaluate(
        """() => { const carried = new DataTransfer();
        carried.items.add(new File(["hello"], "<b>x</b>.mp4", {type: "video/mp4"}));
        const drop = new DragEvent("drop", {dataTransfer: carried, bubbles: true});
        document.getElementById("check").dispatchEvent(drop); }"""
    )
    page.get_by_role("heading", name=HEADLINES["unreadable"]).wait_for()


def test_sending_can_be_cancelled_and_is_told_aloud(scene: Scene, opened: Open) -> None:
    page = opened(f"{scene.url}/verify", PHONE)
    page.route("**/verify", lambda _: None)  # it never arrives
    page.set_input_files("#file", scene.files["intact"])
    page.get_by_role("button", name="Check this file").click()
    page.get_by_role("button", name="Cancel").wait_for()
    assert page.locator("#progress").is_visible()
    pictured(page, "verify-sending")
    assert_accessible(page)
    page.get_by_role("button", name="Cancel").click()
    assert page.get_by_role("status").inner_text() == "Cancelled. Nothing was kept."
    assert page.evaluate("document.activeElement.textContent") == "Check this file"
    assert page.locator("#answer").count() == 0


def test_it_works_without_scripts(scene: Scene, opened: Open) -> None:
    page = opened(f"{scene.url}/verify", PHONE, scripts=False)
    page.set_input_files("#file", scene.files["intact"])
    page.get_by_role("button", name="Check this file").click()
    page.get_by_role("heading", name=HEADLINES["intact"]).wait_for()
    page.get_by_role("link", name="The record of this video").click()
    page.get_by_role("heading", name="The record of a video").wait_for()
    page.goto(f"{scene.url}/verify")
    page.get_by_label("Its id, or the link to its record").fill("DROP TABLE")
    page.get_by_role("button", name="Look up").click()
    page.get_by_text("That is neither the id of a video nor a link to its record.").wait_for()
    page.get_by_label("Its id, or the link to its record").fill(scene.record(scene.video.pk).upper())
    page.get_by_role("button", name="Look up").click()
    page.get_by_role("heading", name="The record of a video").wait_for()


def test_a_withdrawal_shows_at_the_next_look(scene: Scene, opened: Open) -> None:
    """The last test: nothing of the scene is shown any more after it."""
    page = opened(scene.record(scene.remix.pk), PHONE)
    page.get_by_text("Permission stands").first.wait_for()
    revocations.withdraw_grant(scene.world.grant, actor=scene.world.ada.party)
    page.reload()
    page.get_by_text("Permission has ended").first.wait_for()
    assert page.locator(".pin.bad").count() == 1
    assert_accessible(page)
    pictured(page, "record-withdrawn")
    page.goto(f"{scene.url}/verify")
    page.set_input_files("#file", scene.files["family"])
    page.get_by_role("button", name="Check this file").click()
    page.get_by_role("heading", name="Permission for this video has ended.").wait_for()
    assert_accessible(page)
    pictured(page, "verify-withdrawn")
