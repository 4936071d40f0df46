"""A proxy sends the bytes: it is told which, under a lease, and holders wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings as project
from django.http import HttpResponseBase
from django.test import Client
from pytest_django.fixtures import Settings

from consent import revocations
from provenance import checks, serving
from provenance.models import Video
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
DATA = bytes(range(256)) * 40
SECONDS = 7


@pytest.fixture
def accel(settings: Settings) -> None:
    Path(project.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it
    settings.SERVING_MODE, settings.SERVING_PROXY_SECONDS = "accel", SECONDS


@dataclass
class Sent:
    """What the proxy's client gets."""

    status: int
    body: bytes
    headers: dict[str, str]


class Proxy:
    """What nginx does with `X-Accel-Redirect`, as far as it concerns us: internal prefix, one range, own body."""

    def __init__(self) -> None:
        self.behind = Client(raise_request_exception=False)

    def ask(self, video: Video, person: w.Person, query: str = "", **headers: str) -> HttpResponseBase:
        found: HttpResponseBase = self.behind.get(
            f"/v1/videos/{video.id}/content{query}", headers=person.header | headers
        )
        return found

    def get(self, video: Video, person: w.Person, query: str = "", **headers: str) -> Sent:
        answer = self.ask(video, person, query, **headers)
        told = answer.headers.get("X-Accel-Redirect")
        kept = {name: value for name, value in answer.headers.items() if not name.startswith("X-Accel-")}
        if told is None:
            return Sent(answer.status_code, answer.content, kept)  # type: ignore[attr-defined]  # an answer of ours
        assert told.startswith("/protected/")
        assert answer.content == b""  # type: ignore[attr-defined]  # the same
        file = (Path(project.MEDIA_ROOT) / unquote(told.removeprefix("/protected/"))).resolve()
        assert file.is_relative_to(Path(project.MEDIA_ROOT).resolve())
        data = file.read_bytes()
        span = serving.byte_range(headers.get("Range"), len(data))
        return Sent(206 if len(span) < len(data) else 200, data[span.start : span.stop], kept)


@pytest.mark.usefixtures("accel")
def test_the_proxy_sends_the_file_or_a_range_and_keeps_nothing() -> None:
    world = w.world()
    video = w.shown(world.ask(), DATA)
    whole = Proxy().get(video, world.ben)
    part = Proxy().get(video, world.ben, Range="bytes=10-19")
    picture = Proxy().get(video, world.ada, "?variant=thumbnail")
    assert (whole.status, whole.body) == (200, DATA)
    assert (part.status, part.body) == (206, DATA[10:20])
    assert picture.body.startswith(b"\xff\xd8")
    for one in (whole, part, picture):
        assert one.headers["Cache-Control"] == "no-store"
        assert not {"ETag", "Last-Modified"} & set(one.headers)


@pytest.mark.usefixtures("accel")
@pytest.mark.parametrize("query", ["", "?variant=thumbnail"])
@pytest.mark.parametrize("span", ["", "bytes=0-1"])
def test_after_a_withdrawal_the_proxy_is_told_of_no_file(query: str, span: str) -> None:
    world = w.world()
    video = w.shown(world.ask(), DATA)
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    answer = Proxy().get(video, world.ben, query, **({"Range": span} if span else {}))
    assert (answer.status, answer.headers["Cache-Control"]) == (410, "no-store")


def test_our_own_server_tells_nobody_of_files() -> None:
    Path(project.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    world = w.world()
    video = w.shown(world.ask(), DATA)
    answer = Proxy().ask(video, world.ben)
    assert "X-Accel-Redirect" not in answer.headers
    assert b"".join(answer) == DATA


@pytest.mark.usefixtures("accel")
def test_an_acknowledgement_waits_for_the_proxy_too() -> None:
    assert revocations.longest_answer() == project.SERVING_LEASE_SECONDS + SECONDS


def test_without_a_proxy_it_waits_for_the_lease_alone() -> None:
    assert revocations.longest_answer() == project.SERVING_LEASE_SECONDS


@pytest.mark.parametrize(
    ("mode", "seconds", "prefix", "starts"),
    [
        ("own", 0, "/protected/", True),
        ("accel", 1, "/protected/", True),
        ("accel", 15, "/x/", True),
        ("own", 5, "/protected/", False),
        ("accel", 0, "/protected/", False),
        ("accel", 16, "/protected/", False),
        ("accel", 5, "protected", False),
        ("redirect", 5, "/protected/", False),
    ],
)
def test_a_proxy_starts_only_if_it_is_meant(
    mode: str,
    seconds: int,
    prefix: str,
    starts: bool,  # noqa: FBT001 - a parameter of the test
    settings: Settings,
) -> None:
    settings.SERVING_MODE, settings.SERVING_PROXY_SECONDS, settings.SERVING_ACCEL_PREFIX = mode, seconds, prefix
    assert [one.id for one in checks.serving_mode_is_meant(None)] == ([] if starts else ["provenance.E023"])
