"""Gate 3, and how videos cease to be seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from consent import revocations
from consent.models import Likeness
from gpu_client.models import RenderJob
from provenance import publication
from provenance.models import Stamp, Video
from provenance.publication import NotTheClient
from tests.provenance import world as w

if TYPE_CHECKING:
    from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

pytestmark = pytest.mark.django_db


def draft(video: Video) -> Video:
    w.shown(video, b"stamped bytes")
    Video.objects.filter(pk=video.pk).update(state="stamping", published_at=None)
    video.refresh_from_db()
    return video


def test_a_stamped_draft_is_published_once() -> None:
    video = draft(w.world().ask())
    published = publication.publish(video)
    assert published.state == "published"
    assert published.published_at is not None
    publication.publish(published)
    assert w.entries("video.published") == 1


def test_a_withdrawal_after_the_dispatch_withholds_the_draft() -> None:
    world = w.world()
    video = draft(world.ask())
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    withheld = publication.publish(video)
    assert (withheld.state, withheld.error_code) == ("withheld", "consent-withdrawn")
    assert w.entries("video.withheld") == 1
    assert w.entries("video.published") == 0


def test_another_grant_that_would_do_does_not_replace_the_one_that_ended() -> None:
    world = w.world()
    video = draft(world.ask())
    w.grant(world.ada, world.likeness, world.ben)
    revocations.withdraw_grant(video.appearances.get().grant, actor=world.ada.party)
    assert publication.publish(video).state == "withheld"


@pytest.mark.parametrize("place", range(3))
def test_each_of_several_likenesses_is_asked(place: int) -> None:
    world = w.world()
    cast = [world.likeness, *(w.likeness_of(world.ada) for _ in range(2))]
    for one in cast[1:]:
        w.grant(world.ada, one, world.ben)
    video = draft(world.ask(cast=[one.pk for one in cast]))
    Likeness.objects.filter(pk=cast[place].pk).update(state="enrolling")
    assert publication.publish(video).state == "withheld"


def test_a_video_without_appearances_is_never_published() -> None:
    video = draft(w.world().ask())
    video.appearances.all().delete()
    assert publication.publish(video).state == "withheld"


def test_a_changed_byte_of_the_file_is_never_published() -> None:
    video = draft(w.world().ask())
    path = Path(settings.MEDIA_ROOT) / video.path
    path.write_bytes(b"stamped byteZ")
    assert publication.publish(video).error_code == "file-differs-from-stamp"


def test_a_missing_file_is_never_published() -> None:
    video = draft(w.world().ask())
    (Path(settings.MEDIA_ROOT) / video.path).unlink()
    assert publication.publish(video).error_code == "file-differs-from-stamp"


def test_a_row_that_disagrees_with_its_stamp_is_never_published() -> None:
    video = draft(w.world().ask())
    Stamp.objects.filter(video=video).update(file_sha256="1" * 64)
    assert publication.publish(video).state == "withheld"


def test_what_was_not_stamped_is_never_published() -> None:
    video = w.world().ask()
    Video.objects.filter(pk=video.pk).update(state="stamping")
    assert publication.publish(video).error_code == "not-stamped"


def test_its_client_deletes_a_video_with_its_files(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    path = Path(settings.MEDIA_ROOT) / video.path
    with django_capture_on_commit_callbacks(execute=True):
        video = publication.delete(video, actor=world.ben.party)
    assert (video.state, video.error_code, video.path) == ("withheld", "deleted-by-client", "")
    assert not path.exists()
    publication.delete(video, actor=world.ben.party)
    assert w.entries("video.withheld") == 1


def test_deleting_a_video_under_way_cancels_its_job() -> None:
    world = w.world()
    video = publication.delete(world.ask(), actor=world.ben.party)
    assert RenderJob.objects.get(pk=video.job).state == "cancelled"
    assert publication.finish(video.id).state == "withheld"


def test_nobody_else_deletes_a_video() -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    with pytest.raises(NotTheClient):
        publication.delete(video, actor=world.ada.party)
    video.refresh_from_db()
    assert video.state == "published"


def test_what_waits_is_found_until_it_is_finished() -> None:
    world = w.world()
    video = world.ask()
    assert publication.due() == []
    w.deliver(video, w.clip())
    assert publication.due() == [video.id]
    w.publish_log()
    assert publication.finish(video.id).state == "published"
    assert publication.due() == []
