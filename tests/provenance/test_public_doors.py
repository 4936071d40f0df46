"""What a stranger may ask about a video tells nothing about one that was never published (I11)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from provenance.models import Stamp, Video
from tests.provenance import world as w

pytestmark = pytest.mark.django_db

DOORS = (
    "/v/{}",
    "/v1/videos/{}/status",
    "/v1/videos/{}/manifest",
    "/v1/videos/{}/receipt",
    "/v1/manifests/urn:c2pa:{}:countenance",
)
OF_A_REQUEST = {"X-Request-Id", "RateLimit", "Date", "Content-Length"}


@pytest.fixture
def http() -> Client:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it
    return Client()


def hidden() -> dict[str, Video]:
    """Make one video of each kind that strangers must not learn of."""
    world = w.world()
    queued, draft, refused, deleted, erased = world.ask(), *(w.shown(world.ask(), b"film") for _ in range(4))
    changes: dict[Video, dict[str, Any]] = {
        draft: {"state": "stamping"},
        refused: {"state": "withheld", "error_code": "approval-refused"},
        deleted: {"state": "withheld", "error_code": "deleted", "deleted_at": deleted.created_at},
        erased: {"state": "withheld", "error_code": "consent-withdrawn"},
    }
    for video, columns in changes.items():
        Video.objects.filter(pk=video.pk).update(published_at=None, **columns)
    return {"queued": queued, "draft": draft, "refused": refused, "deleted": deleted, "withdrawn": erased}


def said(http: Client, door: str, about: object) -> tuple[object, ...]:
    """Return all of an answer but the id that was asked about."""
    answer = http.get(door.format(about))
    headers = tuple(sorted((name, value) for name, value in answer.headers.items() if name not in OF_A_REQUEST))
    return answer.status_code, re.sub(str(about).encode(), b"-", answer.content), headers


@pytest.mark.parametrize("door", DOORS)
def test_what_was_never_published_and_what_never_was_get_the_same_bytes(http: Client, door: str) -> None:
    nobodys, videos = said(http, door, uuid4()), hidden()
    assert len(videos) == 5
    assert [kind for kind, video in videos.items() if said(http, door, video.pk) != nobodys] == []


def test_a_published_video_is_told_apart_at_each_of_these_doors(http: Client) -> None:
    """Otherwise the sameness above would prove nothing; the two that need a real file are asked in other tests."""
    video = w.shown(w.world().ask(), b"film")
    assert Stamp.objects.get(video=video).manifest_label in DOORS[4].format(video.pk)
    for door in DOORS[:4]:
        assert said(http, door, video.pk) != said(http, door, uuid4()), door


@pytest.mark.parametrize("door", DOORS)
def test_no_answer_of_these_doors_may_be_kept(http: Client, door: str) -> None:
    video = w.shown(w.world().ask(), b"film")
    for about in (video.pk, uuid4()):
        assert "no-store" in http.get(door.format(about))["Cache-Control"]
