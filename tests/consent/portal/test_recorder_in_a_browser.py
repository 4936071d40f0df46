"""Somebody records themselves in a real browser, whose camera and microphone play the calibration clip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from consent import capture, likenesses
from consent.media import challenge
from consent.models import Enrolment, EnrolmentSession
from tests.browser import DESK, FLAGS, PHONE, assert_accessible, pictured, serving
from tests.conftest import cloned
from tests.consent import logins, people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django.plugin import DjangoDbBlocker

MEDIA = Path(__file__).parents[2] / "media"
ASKED = json.loads((MEDIA / "calibration_astronaut.json").read_text())["challenge"]
STILL = 4.0  # seconds that the face waits before the clip begins: opening the camera and the countdown take as long
LENGTH = 13.0  # seconds of the clip
type Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Serve a site; made before Chromium, in whose loop Django would see other connections."""
    with django_db_blocker.unblock(), cloned(), serving() as address:
        yield address


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Write the clip as a camera and a microphone give it; return the flags with which Chromium plays that."""
    folder, clip = tmp_path_factory.mktemp("camera"), str(MEDIA / "calibration_astronaut.mp4")
    wait = f"tpad=start_mode=clone:start_duration={STILL}:stop_mode=clone:stop_duration=6,fps=25"
    heard = f"adelay={STILL * 1000:.0f},apad=pad_dur=6"
    made = ["-vf", wait, "-an", "-q:v", "4", "camera.mjpeg", "-af", heard, "-vn", "-ar", "48000", "microphone.wav"]
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-loglevel", "error", "-i", clip, *made], check=True, cwd=folder)
    return [
        f"--use-file-for-fake-video-capture={folder}/camera.mjpeg",
        f"--use-file-for-fake-audio-capture={folder}/microphone.wav",
    ]


@pytest.fixture(scope="module")
def browser(filmed: list[str], site: str) -> Iterator[Browser]:
    """Start Chromium with that camera; without one these tests are skipped, but on CI they fail."""
    program = shutil.which("chromium")
    if program is None and "CI" not in os.environ:
        pytest.skip("there is no chromium")
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in this thread, where tests ask the ORM
        flags = ["--use-fake-device-for-media-stream", *filmed]
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS + flags)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Open the page on which somebody is asked for what the clip shows; a complaint of the console fails the test."""
    from django.db import connections

    connections.close_all()
    monkeypatch.setattr(challenge, "draw", lambda: challenge.Challenge(tuple(ASKED["steps"]), tuple(ASKED["digits"])))
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def visited(*, allowed: bool = True, before: str = "") -> Page:
        person = people.register(f"ada{len(contexts)}{os.urandom(2).hex()}", "Ada Lovelace")
        likeness = likenesses.register_likeness(name="Ada Lovelace", kind="person", actor=person.party)
        session = capture.open_session(likeness, language="en", actor=person.party)
        cookie = logins.client_of(logins.own(person.party)).cookies["sessionid"].value
        context = browser.new_context(
            viewport={"width": PHONE, "height": 800}, permissions=["camera", "microphone"] if allowed else []
        )
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if before:
            page.add_init_script(before)
        page.goto(f"{site}/me/enrolments/{session.pk}")
        return page

    yield visited
    for context in contexts:
        context.close()
    connections.close_all()
    assert [said for said in complaints if "422" not in said and "ERR_" not in said] == []


def pressed(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def looked_at(page: Page, name: str) -> None:
    """Take pictures where somebody wants to look."""
    if "SCREENSHOTS" in os.environ:
        for width, scheme in ((DESK, "light"), (DESK, "dark"), (PHONE, "dark"), (PHONE, "light")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # both are known
            pictured(page, f"{name}-{width}-{scheme}")


def test_a_recording_from_the_camera_to_the_checks_in_words(visit: Visit) -> None:
    page = visit()
    assert_accessible(page)
    looked_at(page, "begin")
    said = page.locator("[data-part=said]")
    pressed(page, "Open the camera")
    expect(said).to_contain_text("This is you")
    pressed(page, "Start recording")
    expect(said).to_have_text("Turn your head to your right, then back.", timeout=8_000)
    assert_accessible(page)
    expect(said).to_have_text("Say in English: seven, two, nine, zero, three, eight.", timeout=8_000)
    page.wait_for_timeout((LENGTH - 5.4) * 1000)
    pressed(page, "I am done")
    expect(said).to_contain_text("It has not been sent")
    played = page.locator("[data-part=played]")
    expect(played).to_have_js_property("readyState", 4)  # it can be looked at before it is sent
    assert_accessible(page)
    looked_at(page, "made")
    page.route(
        "**/me/enrolments/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    pressed(page, "Send this recording")
    expect(page.get_by_role("alert")).to_contain_text("Your recording is still here")
    looked_at(page, "lost")
    page.unroute("**/me/enrolments/*")
    pressed(page, "Send this recording")
    expect(page.get_by_text("You are enrolled")).to_be_visible(timeout=30_000)
    assert page.get_by_text("in order").count() == 8
    looked_at(page, "passed")
    assert EnrolmentSession.objects.get(likeness__holder__handle__startswith="ada0").state == "passed"
    assert Enrolment.objects.get().assurance == "prompted-capture"


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("", "were not allowed"),
        ("MediaRecorder.isTypeSupported = (type) => type.startsWith('video/webm')", "(WebM)"),
        ("delete window.MediaRecorder", "cannot record video"),
        (
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))",
            "No camera",
        ),
    ],
    ids=["refused", "webm", "unsupported", "absent"],
)
def test_who_cannot_record_here_is_told_why_and_sends_a_file(visit: Visit, before: str, words: str) -> None:
    page = visit(allowed=False, before=before)
    open_camera = page.get_by_role("button", name="Open the camera")
    if open_camera.is_visible():
        open_camera.click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator("#id_clip")).to_be_visible()
    if not before:
        assert_accessible(page)
        looked_at(page, "refused")
