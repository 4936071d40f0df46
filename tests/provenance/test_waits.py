"""A dead authority for the time makes a video wait, and nothing worse."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as configured
from django.db.models.functions import Now

from ledger.keyfile import KeyUnavailable
from provenance import claim_leaves, publication, results, waits
from provenance.certificates import ClaimChain, LeafEnded
from provenance.models import Stamp, Video
from provenance.stamp import NotTimeStamped
from tests.provenance import clockwork
from tests.provenance import world as w

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"http://127.0.0.1:{closed.getsockname()[1]}/"


def test_pauses_grow_to_ten_minutes() -> None:
    found = [waits.pause(number) for number in range(1, 200)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (timedelta(seconds=10), timedelta(minutes=10))
    assert timedelta(hours=23) < sum(found[: waits.MOST], timedelta()) < timedelta(hours=26)


@pytest.mark.django_db
def test_a_video_waits_for_the_time_visibly_and_is_stamped_once_it_can_be(settings: Settings) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, w.clip())
    settings.PROVENANCE_TSA_URL = nobody()
    for attempt in range(1, results.ATTEMPTS + 2):
        Video.objects.update(claimed_until=Now() - timedelta(seconds=1))
        with pytest.raises(NotTimeStamped):
            results.accept(job)
        video.refresh_from_db()
        assert (video.state, video.claims, video.waits) == ("stamping", 0, attempt)
    assert video.error_code == "time-stamp-unavailable"
    assert video.pk not in publication.due()
    assert not Stamp.objects.exists()
    folder = Path(configured.MEDIA_ROOT) / str(video.pk)
    assert list(folder.glob("*")) == []
    settings.PROVENANCE_TSA_URL = clockwork.clock().url
    Video.objects.update(claimed_until=Now() - timedelta(seconds=1))
    assert video.pk in publication.due()
    video = publication.finish(video.pk)
    assert (video.state, video.error_code) == ("published", "")


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["PROVENANCE_TSA_URL", "PROVENANCE_TSA_ROOTS"])
def test_without_an_authority_to_trust_nothing_is_stamped(missing: str, settings: Settings) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, w.clip())
    setattr(settings, missing, "")
    with pytest.raises(NotTimeStamped, match=missing):
        results.accept(job)
    Video.objects.update(waits=waits.MOST, claimed_until=Now() - timedelta(seconds=1))
    assert results.accept(job).error_code == "time-stamp-unavailable"
    video.refresh_from_db()
    assert video.state == "failed"
    assert not Stamp.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["claim-leaf-ended", "claim-signer-unavailable"])
def test_a_video_waits_for_a_leaf_and_for_a_signature_and_is_stamped_once_there_are(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, w.clip())
    working = claim_leaves.current()

    def nothing_signs() -> ClaimChain:
        if why == "claim-leaf-ended":
            raise LeafEnded("The leaf is valid until yesterday only.")
        return replace(working, key=Lost())

    with monkeypatch.context() as patch:
        patch.setattr(claim_leaves, "current", nothing_signs)
        for _ in range(results.ATTEMPTS + 1):
            Video.objects.filter(pk=video.pk).update(claimed_until=None)
            with pytest.raises(waits.WAITED_FOR):
                results.accept(job)
    found = Video.objects.get(pk=video.pk)
    assert (found.state, found.error_code, found.waits) == (Video.State.STAMPING, why, results.ATTEMPTS + 1)
    assert not Stamp.objects.filter(video=video).exists()
    Video.objects.filter(pk=video.pk).update(claimed_until=None)
    assert results.accept(job).error_code == ""
    assert Stamp.objects.filter(video=video).exists()


class Lost:
    """A key whose module does not answer."""

    def sign(self, data: bytes) -> bytes:  # noqa: ARG002 - the protocol's
        raise KeyUnavailable("The PKCS#11 module is busy")
